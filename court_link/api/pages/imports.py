"""Court lists: send one, see what it would change, confirm, watch, look back."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO, cast
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.imports import Importing, cancelled, own_court
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import day_of
from court_link.domain.context import Context
from court_link.domain.errors import FieldError
from court_link.importing import runs
from court_link.importing.formats import FORMATS, UNKNOWN
from court_link.store import Db
from court_link.store.tables.imports import ImportState

router = APIRouter(prefix="/imports")

PAGE = 25
#: Matters shown before confirming.
_FIRST = 20
#: Seconds that a person waits for the next page; a longer import goes on beside it.
_PATIENCE = 2.0


@router.get("")
async def listed(request: Request, store: Store, ctx: Asker, before: UUID | None = None) -> Response:
    return await _listed(request, store, ctx, before)


@router.post("")
async def send(request: Request, store: Store, ctx: Asker, importer: Importing) -> Response:
    # Read here, and not as a parameter: those are read, all 129 MiB, before it is asked who sends them.
    async with request.form() as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return await _listed(request, store, ctx, error="Select a court list")
        typed = str(form.get("day", "")).strip()
        told = day_of(typed) if typed else None
        if typed and told is None:
            return await _listed(
                request, store, ctx, error="Enter a day, like 23/11/2026", field="day", values={"day": typed}
            )
        run_id = await store.write(runs.start, ctx, own_court(ctx), file.filename)
        copy = await asyncio.to_thread(_own_copy, file.file)
    await _patiently(importer.read(ctx, run_id, copy, told))
    return RedirectResponse(f"/imports/{run_id}", 303)


@router.get("/{run_id}")
async def one(request: Request, store: Store, ctx: Asker, run_id: UUID) -> Response:
    run = await store.read(runs.one, ctx, run_id)
    first = await store.read(runs.matters, ctx, run_id, -1, _FIRST) if run.state is ImportState.STAGED else []
    return render(
        request, "import.html", run=run, report=run.report, format=FORMATS.get(run.report.format), first=first
    )


@router.post("/{run_id}/confirm")
async def confirm(store: Store, ctx: Asker, importer: Importing, run_id: UUID) -> Response:
    await store.write(runs.begin, ctx, run_id)
    await _patiently(importer.apply(ctx, run_id))
    return RedirectResponse(f"/imports/{run_id}", 303)


@router.post("/{run_id}/cancel")
async def cancel(store: Store, ctx: Asker, run_id: UUID) -> Response:
    await cancelled(store, ctx, run_id)
    return RedirectResponse(f"/imports/{run_id}", 303)


async def _listed(
    request: Request,
    store: Db,
    ctx: Context,
    before: UUID | None = None,
    *,
    error: str = "",
    field: str = "file",
    values: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    found = await store.read(runs.history, ctx, before, PAGE + 1)
    return render(
        request,
        "imports.html",
        status=422 if error else 200,
        runs=[(run, FORMATS.get(run.report.format, "")) for run in found[:PAGE]],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        errors=[FieldError(field, error)] if error else (),
        values=values,
        formats=[said for name, said in FORMATS.items() if name != UNKNOWN],
    )


async def _patiently(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task], timeout=_PATIENCE)


def _own_copy(uploaded: BinaryIO) -> BinaryIO:
    """A copy that outlives the request."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - its reader closes it
    shutil.copyfileobj(uploaded, copy)
    copy.seek(0)
    return cast(BinaryIO, copy)
