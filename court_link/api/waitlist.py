"""The wait list: who waits for a released time, in order and why; accept or decline what is on offer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from court_link.api.asking import Asker, Store
from court_link.api.bookings import BookingOut, NeedsIn
from court_link.api.bookings import shown as booking_shown
from court_link.api.versions import IfMatch, etag
from court_link.domain.waiting import Wants
from court_link.scheduling import readings, waitlist
from court_link.scheduling.waitlist import Place

router = APIRouter(prefix="/api", tags=["Wait list"])

_EXAMPLE: dict[str, Any] = {
    "needs": {"courtroom_id": "0197a1c0-0000-7000-8000-000000000001", "minutes": 20},
    "courtrooms": ["0197a1c0-0000-7000-8000-000000000001", "0197a1c0-0000-7000-8000-000000000004"],
    "earliest": "2026-11-23",
    "latest": "2026-12-04",
    "urgent": False,
}


class WantsIn(BaseModel):
    """What would do: the needs, every courtroom that would serve, the first and the last London day."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]}
    )

    needs: NeedsIn
    courtrooms: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    earliest: date
    latest: date
    urgent: bool = False

    def wants(self) -> Wants:
        """As the domain has it. Raises Invalid."""
        return Wants(self.needs.needs(), tuple(self.courtrooms), self.earliest, self.latest, self.urgent)


class WaitingOut(BaseModel):
    """A hearing on the list: its position, why it stands there, and the provisional booking it is offered."""

    hearing_id: UUID
    title: str
    hearing_type: str
    position: int
    why: list[str]
    wants: WantsIn
    since: datetime
    offer: BookingOut | None
    version: int


class WaitlistOut(BaseModel):
    """One page of the list in order; `next` goes into `after`."""

    items: list[WaitingOut]
    next: int | None


@router.get("/waitlist")
async def listed(
    store: Store,
    ctx: Asker,
    after: Annotated[int, Query(ge=0, description="The `next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    q: Annotated[str, Query(max_length=100, description="In the title or the hearing type")] = "",
) -> WaitlistOut:
    """What waits at your courts, the first to be offered a released time first."""
    every = await store.read(waitlist.listed, ctx, q)
    page = every[after : after + limit]
    await store.write(readings.note, ctx, [place.entry.hearing_id for place in page])
    more = after + limit < len(every)
    return WaitlistOut(items=[shown(place) for place in page], next=after + limit if more else None)


@router.get("/hearings/{hearing_id}/waiting")
async def one(store: Store, ctx: Asker, response: Response, hearing_id: UUID) -> WaitingOut:
    """Where one hearing stands. A hearing that does not wait is a 404."""
    place = await store.read(waitlist.get, ctx, hearing_id)
    response.headers.update(etag(place.entry.version))
    return shown(place)


@router.put("/hearings/{hearing_id}/waiting")
async def join(
    store: Store, ctx: Asker, response: Response, hearing_id: UUID, asked: WantsIn, expected: IfMatch
) -> WaitingOut:
    """Put a listed hearing on the wait list, or change what it waits for; it keeps its place in time."""
    place = await store.write(waitlist.join, ctx, hearing_id, asked.wants(), version=expected)
    response.headers.update(etag(place.entry.version))
    return shown(place)


@router.delete("/hearings/{hearing_id}/waiting", status_code=204)
async def leave(store: Store, ctx: Asker, hearing_id: UUID, expected: IfMatch) -> None:
    """Take a hearing off the list; a time that is on offer is let go."""
    await store.write(waitlist.leave, ctx, hearing_id, version=expected)


@router.post("/hearings/{hearing_id}/waiting/accept")
async def accept(
    store: Store, ctx: Asker, response: Response, hearing_id: UUID, expected: IfMatch
) -> BookingOut:
    """Book the time that is on offer. The hearing waits no more."""
    made = await store.write(waitlist.accept, ctx, hearing_id, version=expected)
    response.headers.update(etag(made.version))
    return booking_shown(made)


@router.post("/hearings/{hearing_id}/waiting/decline", status_code=204)
async def decline(store: Store, ctx: Asker, hearing_id: UUID, expected: IfMatch) -> None:
    """Let the time go that is on offer: it goes to the next, and is not offered to this hearing again."""
    await store.write(waitlist.decline, ctx, hearing_id, version=expected)


def shown(place: Place) -> WaitingOut:
    """A place on the list as the API shows it."""
    entry = place.entry
    return WaitingOut(
        hearing_id=entry.hearing_id,
        title=entry.title,
        hearing_type=entry.hearing_type,
        position=place.position,
        why=list(place.why),
        wants=WantsIn.model_validate(entry.claim.wants),
        since=entry.claim.since,
        offer=booking_shown(place.offer) if place.offer else None,
        version=entry.version,
    )
