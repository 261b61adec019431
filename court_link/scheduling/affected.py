"""Whom a change affects, said before it is made and written into its event; see `domain.affected`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from court_link.domain import wording
from court_link.domain.affected import Affected, Arrangement, Participant, compare
from court_link.domain.context import Context
from court_link.domain.errors import Conflict
from court_link.domain.roles import Part
from court_link.store import Session, calendar, following, hearings, links
from court_link.store.bookings import Booking


@dataclass(frozen=True, slots=True)
class Consequence:
    """What becomes of one hearing, and whom that affects. None is nothing booked; `courtrooms` are named."""

    hearing_id: UUID
    title: str
    before: Arrangement | None
    after: Arrangement | None
    affected: tuple[Affected, ...]
    courtrooms: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would mean, and why it cannot be made, when it cannot."""

    consequences: tuple[Consequence, ...]
    refused: Conflict | None = None


def arrangement(booking: Booking) -> Arrangement:
    """What a booking arranges."""
    return Arrangement(booking.needs, booking.slot.start)


def consequence(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    before: Arrangement | None,
    after: Arrangement | None,
) -> Consequence:
    """What it means for one hearing that `after` takes the place of `before`."""
    title = hearings.row(session, hearing_id).title
    rooms = calendar.places(session, {one.needs.courtroom_id for one in (before, after) if one})
    names = {id_: room.label for id_, room in rooms.items()}
    return Consequence(hearing_id, title, before, after, of(session, ctx, hearing_id, before, after), names)


def of(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    before: Arrangement | None,
    after: Arrangement | None,
) -> tuple[Affected, ...]:
    """Those whose facts change when `after` takes the place of `before`; None is nothing booked.

    Whoever takes part by a link of their own, and whoever follows by reference, is among them.
    """
    needed = {each for one in (before, after) if one for each in one.needs.resource_ids}
    if not needed:
        return ()
    places = calendar.places(session, needed)
    return compare(before, after, places, tuple(_others(session, ctx, hearing_id, needed)))


@contextmanager
def rolled_back(session: Session) -> Iterator[None]:
    """What is written inside is not: a change is tried with all its checks, and nothing comes of it."""
    tried = session.begin_nested()
    try:
        yield
    finally:
        tried.rollback()


def _others(session: Session, ctx: Context, hearing_id: UUID, needed: set[UUID]) -> Iterator[Participant]:
    for link in links.of_hearing(session, ctx, hearing_id):
        reserved = link.person_id in needed or (link.person_id is None and link.room_id in needed)
        if link.part is not Part.BENCH and not reserved:
            yield Participant(link.label, link.person_id or link.id, link.organisation_id)
    if following.followable(hearings.row(session, hearing_id)):
        given = following.references(session, hearing_id)
        if count := sum(each.revoked_at is None for each in given):
            name = wording.plural(count, "person", "people") + " following by reference"
            yield Participant(name, follows=True)
