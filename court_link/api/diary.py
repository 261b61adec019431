"""Diaries as JSON: the same as the page shows, within what the asker may see."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from court_link.api.asking import Asker, Store
from court_link.domain.booking import Purpose, ResourceKind
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.hearing import HearingState
from court_link.domain.times import london_day
from court_link.scheduling import diary, readings
from court_link.scheduling.diary import MOST_DAYS, Choices, Diary, Ground, Kind

router = APIRouter(prefix="/api", tags=["Diary"])


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SubjectOut(_Out):
    """Whose diary it is; `key` is what to ask for it by."""

    key: str
    kind: Kind
    id: UUID
    name: str
    what: str


class ChoicesOut(_Out):
    """The courts and sites whose diary the asker may see, and the people that were searched for."""

    subjects: list[SubjectOut]
    people: list[SubjectOut]


class IntervalOut(_Out):
    """Half-open, in UTC."""

    start: datetime
    end: datetime


class RowOut(_Out):
    id: UUID
    name: str
    site: str
    kind: ResourceKind


class PartOut(_Out):
    interval: IntervalOut
    purpose: Purpose | None


class BlockOut(_Out):
    """One booking in one row. A hearing that is not the asker's to see has its time alone."""

    row_id: UUID
    parts: list[PartOut]
    title: str
    hearing_id: UUID | None
    booking_id: UUID | None
    hearing_type: str
    state: HearingState | None
    slot: IntervalOut | None
    courtroom_id: UUID | None
    courtroom: str
    held_until: datetime | None
    movable: bool


class BehindOut(_Out):
    """A sitting, a stretch on duty, or one in which the row cannot be had."""

    row_id: UUID
    interval: IntervalOut
    ground: Ground
    label: str


class DiaryOut(_Out):
    """A diary. `warnings` are soft: sessions that hold more than they take, pools with too few on shift."""

    subject: SubjectOut
    days: list[date]
    rows: list[RowOut]
    blocks: list[BlockOut]
    behind: list[BehindOut]
    warnings: list[str]
    holidays: list[tuple[date, str]]


@router.get("/diaries")
async def subjects(
    store: Store, ctx: Asker, q: Annotated[str, Query(max_length=100, examples=["1187"])] = ""
) -> ChoicesOut:
    """The diaries that the asker may see; `q` looks for people by name or number."""
    found: Choices = await store.read(diary.choices, ctx, q)
    return ChoicesOut.model_validate(found)


@router.get("/diary")
async def one(
    store: Store,
    ctx: Asker,
    of: Annotated[
        str,
        Query(
            max_length=50,
            description="court:<organisation id>, site:<id> or person:<id>",
            examples=["site:0197a1c0-0000-7000-8000-000000000001"],
        ),
    ],
    day: Annotated[date | None, Query(description="the first London day; today when left out")] = None,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 1,
) -> DiaryOut:
    """What stands in a diary, row by row. What is not the asker's to see is already booked, and no more."""
    kind, subject_id = subject_of(of)
    shown = await store.read(diary.show, ctx, kind, subject_id, day or london_day(store.clock.now()), days)
    await store.write(readings.note, ctx, hearing_ids(shown))
    return DiaryOut.model_validate(shown)


def subject_of(text: str) -> tuple[Kind, UUID]:
    """What `court:<id>`, `site:<id>` or `person:<id>` names. Raises Invalid."""
    kind, _, id_ = text.partition(":")
    try:
        return Kind(kind), UUID(id_)
    except ValueError:
        raise Invalid(errors=[FieldError("of", "Choose whose diary to see.")]) from None


def hearing_ids(shown: Diary) -> list[UUID]:
    """The hearings that somebody has read of in a diary."""
    return list({block.hearing_id: None for block in shown.blocks if block.hearing_id})
