"""People and their shifts as CSV files over HTTP: send one, look at what it would change, confirm it."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.domain.errors import FieldError, Invalid
from court_link.importing import people, people_export, people_files
from court_link.importing.people import Staged
from court_link.importing.people_files import COLUMNS, DUTIES, PEOPLE
from court_link.store.tables.imports import ImportState

router = APIRouter(prefix="/api/staff", tags=["Staff"])

_EXAMPLE = "person number,date,from,to,kind\r\n1187,23/11/2026,07:00,15:00,shift\r\n"
_A_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "People ("
        + ", ".join(COLUMNS[PEOPLE])
        + ") or their shifts ("
        + ", ".join(COLUMNS[DUTIES])
        + "), in UTF-8",
        "content": {"text/csv": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}, "description": "A CSV file"}}


class FileRefused(Invalid):
    """This file cannot be imported. Nothing was."""


class Kind(StrEnum):
    """Which of the two files about staff."""

    PEOPLE = PEOPLE
    DUTIES = DUTIES


class FaultOut(BaseModel):
    """One thing wrong with a file, and where: "Line 7, date"."""

    where: str
    message: str


class StagedOut(BaseModel):
    """A file about staff, and what came of it or would. `days` are the first and last that it covers."""

    id: UUID
    file_name: str
    format: Kind
    state: ImportState
    rows: int
    days: list[date]
    added: int
    changed: int
    unchanged: int
    gone: int
    said: list[str]
    errors: list[FaultOut]
    created_at: datetime

    @classmethod
    def of(cls, staged: Staged) -> Self:
        return cls(
            id=staged.id,
            file_name=staged.file_name,
            format=Kind(staged.format),
            state=staged.state,
            rows=staged.rows,
            days=list(staged.days),
            added=staged.added,
            changed=staged.changed,
            unchanged=staged.unchanged,
            gone=staged.gone,
            said=list(staged.said),
            errors=[FaultOut(where=each.path, message=each.message) for each in staged.errors],
            created_at=staged.created_at,
        )


class Files(BaseModel):
    """One page of files, newest first; `next` goes into `before`."""

    items: list[StagedOut]
    next: UUID | None


@router.get("/imports")
async def history(
    store: Store, ctx: Asker, before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Files:
    """The files about staff that your organisation has sent."""
    found = await store.read(people.history, ctx, before, limit + 1)
    items = [StagedOut.of(each) for each in found[:limit]]
    return Files(items=items, next=items[-1].id if len(found) > limit else None)


@router.post("/imports", status_code=201, openapi_extra=_A_FILE)
async def stage(
    request: Request,
    store: Store,
    ctx: Asker,
    file_name: Annotated[str, Query(max_length=200)] = "staff.csv",
    check: Annotated[bool, Query(description="Only say what it would change; keep nothing of it")] = False,
) -> StagedOut:
    """Send a file. It is checked whole and compared with what is known; nothing is in until you confirm."""
    people.allow(ctx)  # before anything is read for them
    reading = await asyncio.to_thread(people_files.read, await request.body())
    if check:
        staged = await store.write(people.check, ctx, reading)
    else:
        staged = await store.write(people.stage, ctx, file_name, reading)
    if staged.errors:
        raise FileRefused(errors=[FieldError(each.path, each.message) for each in staged.errors])
    return StagedOut.of(staged)


@router.get("/imports/{run_id}")
async def one(store: Store, ctx: Asker, run_id: UUID) -> StagedOut:
    """One file: its report, and what became of it."""
    return StagedOut.of(await store.read(people.one, ctx, run_id))


@router.post("/imports/{run_id}/confirm")
async def confirm(store: Store, ctx: Asker, run_id: UUID) -> StagedOut:
    """Apply a file that was sent, all of it or nothing."""
    return StagedOut.of(await store.write(people.confirm, ctx, run_id))


@router.post("/imports/{run_id}/cancel")
async def cancel(store: Store, ctx: Asker, run_id: UUID) -> StagedOut:
    """Let a file go that was sent."""
    return StagedOut.of(await store.write(people.cancel, ctx, run_id))


@router.get("/templates/{kind}", response_class=Response, responses=_CSV)
async def template(ctx: Asker, kind: Kind) -> Response:
    """An empty file of either kind, with lines that show how it is written."""
    people.allow(ctx)
    return csv_file(f"{kind.value}-template.csv", people_files.template(kind.value))


@router.get("/people.csv", response_class=Response, responses=_CSV)
async def export_people(store: Store, ctx: Asker) -> Response:
    """Your people, as a file that can be imported again."""
    return csv_file("people.csv", await store.read(people_export.people, ctx))


@router.get("/duties.csv", response_class=Response, responses=_CSV)
async def export_duties(store: Store, ctx: Asker, first: date, last: date) -> Response:
    """The rota of your people from one London day to another, as a file that can be imported again."""
    return csv_file("shifts.csv", await store.read(people_export.shifts, ctx, first, last))


def csv_file(name: str, content: bytes) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=disposition)
