"""People and their shifts from CSV files: send one, see what it would change, confirm."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.people_import import Kind, csv_file
from court_link.domain.context import Context
from court_link.domain.errors import FieldError
from court_link.importing import people, people_files
from court_link.importing.csvs import MOST_BYTES
from court_link.importing.people_files import COLUMNS, DUTIES, PEOPLE
from court_link.store import Db

router = APIRouter(prefix="/staff/import")

PAGE = 25
CALLED = {PEOPLE: "People", DUTIES: "Shifts and leave"}


@router.get("")
async def listed(request: Request, store: Store, ctx: Asker, before: UUID | None = None) -> Response:
    return await _listed(request, store, ctx, before)


@router.post("")
async def send(request: Request, store: Store, ctx: Asker) -> Response:
    people.allow(ctx)
    # Read here, and not as a parameter: those are read whole before it is asked who sends them.
    async with request.form() as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return await _listed(request, store, ctx, error="Select a CSV file.")
        name, content = file.filename, await file.read(MOST_BYTES + 1)
    reading = await asyncio.to_thread(people_files.read, content)
    staged = await store.write(people.stage, ctx, name, reading)
    return RedirectResponse(f"/staff/import/{staged.id}", 303)


@router.get("/template/{kind}")
async def template(ctx: Asker, kind: Kind) -> Response:
    people.allow(ctx)
    return csv_file(f"{kind.value}-template.csv", people_files.template(kind.value))


@router.get("/{run_id}")
async def one(request: Request, store: Store, ctx: Asker, run_id: UUID) -> Response:
    run = await store.read(people.one, ctx, run_id)
    return render(request, "staff-file.html", run=run, called=CALLED[run.format])


@router.post("/{run_id}/confirm")
async def confirm(store: Store, ctx: Asker, run_id: UUID) -> Response:
    await store.write(people.confirm, ctx, run_id)
    return RedirectResponse(f"/staff/import/{run_id}", 303)


@router.post("/{run_id}/cancel")
async def cancel(store: Store, ctx: Asker, run_id: UUID) -> Response:
    await store.write(people.cancel, ctx, run_id)
    return RedirectResponse(f"/staff/import/{run_id}", 303)


async def _listed(
    request: Request, store: Db, ctx: Context, before: UUID | None = None, error: str = ""
) -> Response:
    found = await store.read(people.history, ctx, before, PAGE + 1)
    return render(
        request,
        "staff-import.html",
        status=422 if error else 200,
        runs=found[:PAGE],
        called=CALLED,
        columns=COLUMNS,
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        errors=[FieldError("file", error)] if error else (),
    )
