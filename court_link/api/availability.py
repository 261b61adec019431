"""Free times of a day, and why the others are refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from court_link.api.asking import Asker, Settings, Store
from court_link.api.bookings import rules
from court_link.domain.requirements import CustodyNeed, Needs
from court_link.scheduling import availability
from court_link.scheduling.availability import Availability

router = APIRouter(prefix="/api/hearings", tags=["Booking"])


class RefusalOut(BaseModel):
    """What cannot be had, why, and until when, as far as you may know."""

    model_config = ConfigDict(from_attributes=True)

    resource: str
    reason: str
    until: datetime | None


class StartOut(BaseModel):
    """A start, and what refuses it; nothing does when it is free."""

    at: datetime
    free: bool
    refusals: list[RefusalOut]


class AvailabilityOut(BaseModel):
    """A day's starts in order. With none, `closed` says why the courtroom has no sitting that day."""

    day: date
    starts: list[StartOut]
    closed: RefusalOut | None
    warnings: list[str]


@router.get("/{hearing_id}/availability")
async def find(
    store: Store,
    ctx: Asker,
    settings: Settings,
    hearing_id: UUID,
    courtroom_id: UUID,
    day: Annotated[date, Query(description="A London day")],
    minutes: Annotated[int, Query(description="Estimated length")],
    custody: Annotated[list[UUID] | None, Query(description="Custody rooms")] = None,
    consultation: Annotated[int, Query(description="Minutes of consultation before")] = 15,
    turnaround: Annotated[int, Query(description="Minutes of turnaround after")] = 10,
    attending: Annotated[list[UUID] | None, Query(description="People, evidence rooms, vehicles")] = None,
    others: Annotated[int, Query(description="Further participants by link")] = 0,
    detained: Annotated[bool, Query(description="A defendant is charged and detained")] = False,
    step: Annotated[int, Query(ge=5, le=60, multiple_of=5, description="Minutes between starts")] = 5,
) -> AvailabilityOut:
    """Starts at which everything needed can be had together, and for every other start what refuses it."""
    rooms = tuple(CustodyNeed(room, consultation, turnaround) for room in custody or ())
    needs = Needs(courtroom_id, minutes, rooms, tuple(attending or ()), others, detained)
    found = await store.read(
        availability.find, ctx, hearing_id, needs, day, rules=rules(settings), step=step // 5
    )
    return _shown(found)


def _shown(found: Availability) -> AvailabilityOut:
    return AvailabilityOut(
        day=found.day,
        starts=[
            StartOut(
                at=start.at,
                free=start.free,
                refusals=[RefusalOut.model_validate(each) for each in start.refusals],
            )
            for start in found.starts
        ],
        closed=RefusalOut.model_validate(found.closed) if found.closed else None,
        warnings=list(found.warnings),
    )
