"""Hearings and their bookings over some days, for spreadsheets and other systems."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from court_link.domain.booking import BookingState
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.hearing import HearingState
from court_link.domain.roles import Permission
from court_link.domain.times import london_day
from court_link.scheduling import matters
from court_link.scheduling.matters import Summary
from court_link.store import Session, calendar
from court_link.store import hearings as store
from court_link.store.hearings import Filters

#: One export: a year at most, and no more than a spreadsheet is pleasant with.
MOST_DAYS, MOST_HEARINGS = 366, 10_000
_AT_ONCE = 1000


class TooMany(Invalid):
    """There are more than 10,000 hearings in that time. Choose fewer days."""


@dataclass(frozen=True, slots=True)
class Line:
    """One hearing with its booking. The title is personal. `rooms` are those of the booking that the reader
    sees, the courtroom first."""

    id: UUID
    reference: str
    state: HearingState
    title: str
    hearing_type: str
    day: date
    starts_at: datetime
    ends_at: datetime
    minutes: int
    booking: BookingState | None
    court_house: str
    courtroom: str
    rooms: tuple[str, ...]
    listed_at: datetime
    listed_room: str
    youth: bool
    family: bool
    visibility: str
    restrictions: bool
    no_longer_listed: bool
    outcome: str
    version: int


def hearings(session: Session, ctx: Context, filters: Filters) -> tuple[Line, ...]:
    """The asker's hearings listed or booked from `filters.day` to `filters.until`, by when they start.

    A state in the filters is the one as of now. Raises Invalid for days that are none, and TooMany before any
    is read.
    """
    first, last = filters.day, filters.until
    if first is None or last is None or not first <= last < first + timedelta(days=MOST_DAYS):
        raise Invalid(errors=[FieldError("last", "Choose a last day within a year after the first.")])
    ctx.require(Permission.SEE_HEARINGS)
    every = replace(filters, state=None)
    if store.count(session, ctx, every, most=MOST_HEARINGS) > MOST_HEARINGS:
        raise TooMany(errors=[FieldError("last", TooMany.__doc__ or "")])
    found = [
        each
        for each in _every(session, ctx, every)
        if filters.state in (None, each.state) and first <= london_day(each.slot.start) <= last
    ]
    rooms = {room for each in found for room in _rooms(each)}
    places = calendar.places(session, rooms)
    found.sort(key=lambda each: (each.slot.start, each.id))
    return tuple(
        Line(
            id=each.id,
            reference=each.reference,
            state=each.state,
            title=each.title,
            hearing_type=each.hearing_type,
            day=london_day(each.slot.start),
            starts_at=each.slot.start,
            ends_at=each.slot.end,
            minutes=int(each.slot.minutes),
            booking=each.booking.state if each.booking else None,
            court_house=places[each.courtroom_id].site_name if each.courtroom_id else "",
            courtroom=places[each.courtroom_id].name if each.courtroom_id else each.listed_room,
            rooms=tuple(places[room].name for room in _rooms(each)),
            listed_at=each.listed.start,
            listed_room=each.listed_room,
            youth=each.youth,
            family=each.family,
            visibility=each.visibility.value,
            restrictions=each.restrictions,
            no_longer_listed=each.no_longer_listed,
            outcome=each.outcome.value if each.outcome else "",
            version=each.version,
        )
        for each in found
    )


def _every(session: Session, ctx: Context, filters: Filters) -> list[Summary]:
    every: list[Summary] = []
    after = None
    while some := matters.page(session, ctx, filters, after=after, limit=_AT_ONCE):
        every += some
        after = some[-1].id
    return every


def _rooms(of: Summary) -> tuple[UUID, ...]:
    """What it is booked into, or the courtroom that it is listed in."""
    if of.booking is not None:
        return of.booking.needs.resource_ids
    return (of.listed_room_id,) if of.listed_room_id else ()
