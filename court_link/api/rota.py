"""Rotas over HTTP: send a file, look at the difference that it makes, confirm it."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Annotated, BinaryIO, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.api.imports import ErrorOut, put_aside
from court_link.api.versions import etag
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.importing import rota, rota_runs
from court_link.importing.reports import Report
from court_link.importing.rota_comparing import Change, Difference, Step
from court_link.importing.rota_comparing import Session as Listed
from court_link.importing.rota_runs import Run
from court_link.store import Db
from court_link.store.tables.imports import ImportState

router = APIRouter(prefix="/api/rotas", tags=["Court calendars"])

#: What FastAPI cannot derive: the body is the rota itself.
_A_ROTA = {
    "requestBody": {
        "required": True,
        "description": "A justice area's rota as XML (namespace http://com.moj.mcr.rota/v1/)",
        "content": {"application/xml": {"schema": {"type": "string"}}},
    }
}


class RotaRefused(Invalid):
    """This rota cannot be imported. Nothing was."""


class RotaReport(BaseModel):
    """What a rota holds, and what comes of it. An error's path names the line and the element."""

    model_config = ConfigDict(from_attributes=True)

    court_houses: int
    court_rooms: int
    sittings: int
    created: int
    updated: int
    unchanged: int
    no_longer_listed: int
    warnings: list[str]
    errors: list[ErrorOut]


class RotaOut(BaseModel):
    """A rota that was sent; `days` are the first and the last of its period."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    file_name: str
    state: ImportState
    days: list[date]
    created_at: datetime
    report: RotaReport


class Rotas(BaseModel):
    """The newest first; `next` goes into `before` for older ones."""

    items: list[RotaOut]
    next: UUID | None


class SessionOut(BaseModel):
    """A session as it was, or as the rota has it."""

    courtroom_id: UUID
    room: str
    starts_at: datetime
    ends_at: datetime
    business_type: str
    panel: str

    @classmethod
    def of(cls, session: Listed | None) -> Self | None:
        if session is None:
            return None
        return cls(
            courtroom_id=session.courtroom_id,
            room=session.room,
            starts_at=session.during.start,
            ends_at=session.during.end,
            business_type=session.business_type,
            panel=session.panel,
        )


class StepOut(BaseModel):
    change: Change
    key: str
    before: SessionOut | None
    after: SessionOut | None

    @classmethod
    def of(cls, step: Step) -> Self:
        before, after = SessionOut.of(step.before), SessionOut.of(step.after)
        return cls(change=step.change, key=step.session.key, before=before, after=after)


class DifferenceOut(BaseModel):
    """What confirming would do, without what stays as it is; `total` counts the steps. Its ETag names it."""

    items: list[StepOut]
    total: int
    warnings: list[str]


class Confirmation(BaseModel):
    """`shown`, when given, is the ETag (without quotes) of the difference that was looked at."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"shown": None}]})

    shown: str | None = None


@router.get("")
async def listed(
    store: Store, ctx: Asker, before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Rotas:
    """The rotas that your court was sent."""
    found = await store.read(rota_runs.history, ctx, before, limit + 1)
    more = found[limit - 1].id if len(found) > limit else None
    return Rotas(items=[RotaOut.model_validate(run) for run in found[:limit]], next=more)


@router.post("", status_code=201, openapi_extra=_A_ROTA)
async def send(request: Request, store: Store, ctx: Asker) -> RotaOut:
    """Send a rota. It is staged: nothing changes until it is confirmed. A faulty one is a 422."""
    await store.read(rota_runs.allow, ctx)
    run = await staged(store, ctx, await put_aside(request), "rota.xml")
    _check(run.report)
    return RotaOut.model_validate(run)


@router.post("/check", openapi_extra=_A_ROTA)
async def check(request: Request, store: Store, ctx: Asker) -> RotaReport:
    """Send a rota to hear what it would change. Nothing is kept of it."""
    organisation_id = await store.read(rota_runs.allow, ctx)
    reading = await _read(await put_aside(request))
    report, _ = await store.read(rota_runs.foretell, ctx, organisation_id, reading)
    _check(report)
    return RotaReport.model_validate(report)


@router.get("/{rota_id}")
async def one(store: Store, ctx: Asker, rota_id: UUID) -> RotaOut:
    """One rota and its report."""
    return RotaOut.model_validate(await store.read(rota_runs.one, ctx, rota_id))


@router.get("/{rota_id}/difference")
async def difference(
    store: Store,
    ctx: Asker,
    response: Response,
    rota_id: UUID,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> DifferenceOut:
    """What a staged rota would change as things stand now."""
    found = await store.read(rota_runs.difference, ctx, rota_id)
    response.headers["ETag"] = f'"{found.fingerprint}"'
    steps = changed(found)
    some = [StepOut.of(step) for step in steps[skip : skip + limit]]
    return DifferenceOut(items=some, total=len(steps), warnings=list(found.warnings()))


@router.post("/{rota_id}/confirm")
async def confirm(
    store: Store, ctx: Asker, response: Response, rota_id: UUID, asked: Confirmation
) -> RotaOut:
    """Apply a staged rota whole. With `shown`, a difference that has changed since is a 409."""
    run = await store.write(rota_runs.confirm, ctx, rota_id, asked.shown)
    response.headers.update(etag(run.version))
    return RotaOut.model_validate(run)


@router.post("/{rota_id}/cancel")
async def cancel(store: Store, ctx: Asker, rota_id: UUID) -> RotaOut:
    """Forget a staged rota. Nothing of it was imported."""
    return RotaOut.model_validate(await store.write(rota_runs.cancel, ctx, rota_id))


async def staged(store: Db, ctx: Context, source: BinaryIO, file_name: str) -> Run:
    """Reads a file on another thread, closes it, and stages what it says."""
    organisation_id = await store.read(rota_runs.allow, ctx)
    return await store.write(rota_runs.stage, ctx, organisation_id, file_name, await _read(source))


def changed(difference: Difference) -> tuple[Step, ...]:
    """The steps that change something, or would but for a booking."""
    return tuple(step for step in difference.steps if step.change is not Change.UNCHANGED)


async def _read(source: BinaryIO) -> rota.Reading:
    with source:
        return await asyncio.to_thread(rota.read, source)


def _check(report: Report) -> None:
    if report.refused:
        errors = [FieldError(fault.path, fault.message) for fault in report.errors]
        raise RotaRefused(errors=errors)
