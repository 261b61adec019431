"""Court lists over HTTP: send a file, look at what it would change, confirm it, watch it go in."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from typing import Annotated, BinaryIO, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from court_link.api.asking import Asker, Store
from court_link.api.importer import Importer
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.importing import lists, runs
from court_link.importing.formats import FORMATS, READ
from court_link.importing.reports import Report
from court_link.store import Db
from court_link.store.tables.imports import ImportState

router = APIRouter(prefix="/api/imports", tags=["Court lists"])

#: What FastAPI cannot derive: the body is the list itself.
_A_LIST = {
    "requestBody": {
        "required": True,
        "description": f"A court's list as it is published. Court Link reads {READ}",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


class ListRefused(Invalid):
    """This file cannot be imported. Nothing was."""


class NoCourt(Invalid):
    """Lists are imported by a court, and you do not act for one."""


class ErrorOut(BaseModel):
    """One thing wrong with a file, and where: a JSON path such as `$.courtLists[0].courtHouse`."""

    model_config = ConfigDict(from_attributes=True)

    path: str
    message: str


class ReportOut(BaseModel):
    """What a file holds, and what came of it or would."""

    model_config = ConfigDict(from_attributes=True)

    format: str
    court_houses: int
    court_rooms: int
    sittings: int
    hearings: int
    video_hearings: int
    cases: int
    created: int
    updated: int
    unchanged: int
    no_longer_listed: int
    warnings: list[str]
    errors: list[ErrorOut]


class RunOut(BaseModel):
    """One file and how far it is; `applied` of `rows` hearings are in."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    file_name: str
    state: ImportState
    rows: int
    applied: int
    created_at: datetime
    report: ReportOut


class Runs(BaseModel):
    """One page of imports, newest first; `next` goes into `before`."""

    items: list[RunOut]
    next: UUID | None


def _importer(request: Request) -> Importer:
    return cast(Importer, request.app.state.importer)


#: Of an adult court list, which says only when it was printed.
Told = Annotated[date | None, Query(description="The London day of a list that does not say which it is for")]
Importing = Annotated[Importer, Depends(_importer)]


def own_court(ctx: Context) -> UUID:
    """The court that the asker imports for."""
    if ctx.actor.organisation_id is None:
        raise NoCourt(errors=[FieldError("court", NoCourt.__doc__ or "")])
    return ctx.actor.organisation_id


@router.get("")
async def history(
    store: Store, ctx: Asker, before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Runs:
    """Your court's imports, newest first."""
    found = await store.read(runs.history, ctx, before, limit + 1)
    items = [RunOut.model_validate(run) for run in found[:limit]]
    return Runs(items=items, next=items[-1].id if len(found) > limit else None)


@router.post("", status_code=201, openapi_extra=_A_LIST)
async def stage(
    request: Request,
    store: Store,
    ctx: Asker,
    importer: Importing,
    file_name: Annotated[str, Query(max_length=200)] = "list.json",
    day: Told = None,
) -> RunOut:
    """Send a list. It is checked whole and compared with what is known; nothing is in until you confirm."""
    run_id = await store.write(runs.start, ctx, own_court(ctx), file_name)
    await importer.read(ctx, run_id, await put_aside(request), day)
    run = await store.read(runs.one, ctx, run_id)
    _check(run.report)
    return RunOut.model_validate(run)


@router.post("/check", openapi_extra=_A_LIST)
async def check(request: Request, store: Store, ctx: Asker, day: Told = None) -> ReportOut:
    """Send a list to hear what it would change. Nothing is kept of it."""
    organisation_id = await store.read(runs.court, ctx, own_court(ctx))
    with await put_aside(request) as source:
        what = await lists.read(source, day)
    report = await lists.foretell(store, ctx, organisation_id, what)
    _check(report)
    return ReportOut.model_validate(report)


@router.get("/{run_id}")
async def one(store: Store, ctx: Asker, run_id: UUID) -> RunOut:
    """One import: its report, and how far it is."""
    return RunOut.model_validate(await store.read(runs.one, ctx, run_id))


@router.post("/{run_id}/confirm", status_code=202)
async def confirm(store: Store, ctx: Asker, importer: Importing, run_id: UUID) -> RunOut:
    """Apply a list that was sent, or go on with one that was stopped. Ask again for how far it is."""
    run = await store.write(runs.begin, ctx, run_id)
    importer.apply(ctx, run_id)
    return RunOut.model_validate(run)


@router.post("/{run_id}/cancel")
async def cancel(store: Store, ctx: Asker, run_id: UUID) -> RunOut:
    """Stop an import. What is in stays, each hearing whole."""
    return RunOut.model_validate(await cancelled(store, ctx, run_id))


async def cancelled(store: Db, ctx: Context, run_id: UUID) -> runs.Run:
    run = await store.write(runs.cancel, ctx, run_id)
    await lists.forget(store, ctx, run_id)
    return run


async def put_aside(request: Request) -> BinaryIO:
    """The body, put aside in a file that has no name, so that no list stands in memory whole."""
    file = tempfile.SpooledTemporaryFile(max_size=1024 * 1024)  # noqa: SIM115 - its reader closes it
    async for chunk in request.stream():
        file.write(chunk)
    file.seek(0)
    return cast(BinaryIO, file)


def _check(report: Report) -> None:
    if report.refused:
        raise ListRefused(
            f"This {FORMATS[report.format].lower()} cannot be imported. Nothing was.",
            [FieldError(fault.path, fault.message) for fault in report.errors],
        )
