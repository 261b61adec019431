"""A hearing takes longer: what that would push, and doing it when a person of the court approves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from court_link.api.asking import Asker, Settings, Store
from court_link.api.bookings import BookingOut, rules
from court_link.api.bookings import shown as booking_shown
from court_link.scheduling import overrun
from court_link.scheduling.lengthening import Way
from court_link.scheduling.overrun import Proposal

router = APIRouter(prefix="/api/hearings", tags=["Overrun"])

_EXAMPLE: dict[str, Any] = {"minutes": 15, "ways": {"0197a1c0-0000-7000-8000-000000000009": "wait"}}
_SEEN = "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2"


class OverrunIn(BaseModel):
    """Minutes more than booked; `ways` says, by hearing, what to do with those that have nowhere to go."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    minutes: Annotated[int, Field(examples=[15])]
    ways: Annotated[dict[UUID, Way], Field(max_length=100)] = {}


class ApprovalIn(OverrunIn):
    """What was proposed, said back: `seen` is the proposal's."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE | {"seen": _SEEN}]})

    seen: Annotated[str, Field(max_length=64)]


class SpanOut(BaseModel):
    """Half-open, in UTC."""

    model_config = ConfigDict(from_attributes=True)

    start: datetime
    end: datetime


class MoveOut(BaseModel):
    """One hearing that would be pushed; `affects` are sentences about those whose facts change."""

    hearing_id: UUID
    booking_id: UUID
    title: str
    before: SpanOut
    after: SpanOut
    courtroom: str
    elsewhere: bool
    shortened: bool
    affects: list[str]


class PinnedOut(BaseModel):
    """One that has nowhere to go, and the ways open to it. Another court's is told by its time alone."""

    model_config = ConfigDict(from_attributes=True)

    hearing_id: UUID | None
    title: str
    slot: SpanOut
    why: str
    ways: Mapping[Way, str]


class ProposalOut(BaseModel):
    """What would follow. It can be approved when `ready`, by saying `seen` back."""

    hearing_id: UUID
    minutes: int
    before: SpanOut
    after: SpanOut
    moves: list[MoveOut]
    waiting: list[UUID]
    pinned: list[PinnedOut]
    warnings: list[str]
    refused: str
    ready: bool
    seen: str


@router.post("/{hearing_id}/overrun/preview")
async def preview(
    store: Store, ctx: Asker, settings: Settings, hearing_id: UUID, asked: OverrunIn
) -> ProposalOut:
    """What would follow if the hearing took longer. Nothing is changed."""
    found = await store.read(
        overrun.propose, ctx, hearing_id, asked.minutes, asked.ways, rules=rules(settings)
    )
    return shown(found)


@router.post("/{hearing_id}/overrun")
async def approve(
    store: Store, ctx: Asker, settings: Settings, hearing_id: UUID, asked: ApprovalIn
) -> list[BookingOut]:
    """Do what was proposed, all or nothing. A person of the court approves it; a machine is refused.

    A 412 when it is no longer what was seen.
    """
    made = await store.write(
        overrun.approve, ctx, hearing_id, asked.minutes, asked.ways, seen=asked.seen, rules=rules(settings)
    )
    return [booking_shown(each) for each in made]


def shown(found: Proposal) -> ProposalOut:
    """A proposal as the API shows it."""
    return ProposalOut(
        hearing_id=found.hearing_id,
        minutes=found.more,
        before=SpanOut.model_validate(found.before),
        after=SpanOut.model_validate(found.after),
        moves=[
            MoveOut(
                hearing_id=move.hearing_id,
                booking_id=move.booking_id,
                title=move.title,
                before=SpanOut.model_validate(move.before),
                after=SpanOut.model_validate(move.after),
                courtroom=move.courtroom,
                elsewhere=move.elsewhere,
                shortened=move.shortened,
                affects=[each.sentence for each in move.affected],
            )
            for move in found.moves
        ],
        waiting=[hearing_id for hearing_id, _ in found.waiting],
        pinned=[PinnedOut.model_validate(each) for each in found.pinned],
        warnings=list(found.warnings),
        refused=found.refused,
        ready=found.ready,
        seen=found.seen,
    )
