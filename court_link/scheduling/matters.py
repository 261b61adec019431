"""Hearings as their readers see them: one with everything, pages of them, a day by courtroom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from court_link.domain import measures
from court_link.domain.booking import BookingState
from court_link.domain.context import Context
from court_link.domain.direction import Direction
from court_link.domain.hearing import LIVE, EndCause, HearingState, Outcome, Visibility
from court_link.domain.link import Link, lobby_is_open
from court_link.domain.measures import Measure
from court_link.domain.requirements import Place
from court_link.domain.roles import Permission
from court_link.domain.sight import Sight
from court_link.domain.times import Interval, to_london
from court_link.scheduling.booking import forgotten_at
from court_link.scheduling.listing import Matter, NamedParty
from court_link.store import Session, bookings, calendar, directions, hearings, links
from court_link.store.bookings import Booking
from court_link.store.hearings import Filters, Happened
from court_link.store.tables import Hearing


@dataclass(frozen=True, slots=True)
class Summary:
    """A hearing in a list, as it stands now. `booking` is the one that stands; a lapsed hold is none."""

    id: UUID
    reference: str
    court_id: UUID
    state: HearingState
    title: str
    hearing_type: str
    listed: Interval
    listed_room: str
    listed_room_id: UUID | None
    minutes: int
    booking: Booking | None
    youth: bool
    visibility: Visibility
    family: bool
    restrictions: bool
    in_custody: bool  # as the list says
    detained: bool
    remand_expires: date | None
    custody_limit: date | None
    no_longer_listed: bool
    outcome: Outcome | None
    end_cause: EndCause | None
    started_at: datetime | None
    ended_at: datetime | None
    vacated_at: datetime | None
    version: int

    @property
    def slot(self) -> Interval:
        """The booked time, or the listed one while there is no booking."""
        return self.booking.slot if self.booking else self.listed

    @property
    def courtroom_id(self) -> UUID | None:
        return self.booking.courtroom_id if self.booking else self.listed_room_id

    @property
    def disagrees(self) -> bool:
        """Whether the list and a confirmed booking name another day or courtroom."""
        if self.booking is None or self.booking.state is not BookingState.CONFIRMED:
            return False
        elsewhere = self.listed_room_id not in (None, self.booking.courtroom_id)
        return elsewhere or self.booking.slot.start.date() != self.listed.start.date()


@dataclass(frozen=True, slots=True)
class PartySeen:
    role: str
    name: str
    under_18: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """One hearing with everything about it that its reader sees (`domain.sight`).

    `places` are what its booking takes, by id.
    """

    summary: Summary
    urns: tuple[str, ...]
    channels: tuple[str, ...]
    parties: tuple[PartySeen, ...]
    places: dict[UUID, Place]
    links: tuple[Link, ...]
    directions: tuple[Direction, ...]
    happened: tuple[Happened, ...]  # newest first
    recording_power: str = ""
    recording_ordered_by: str = ""
    measures: tuple[Measure, ...] = ()


def get(session: Session, ctx: Context, hearing_id: UUID) -> Whole:
    """One hearing. Raises NotFound when it is not the asker's to see, exactly as for none."""
    ctx.require(Permission.SEE_HEARINGS)
    hearing = hearings.visible(session, ctx, hearing_id)
    sight = Sight(ctx.actor, hearing.court_id)
    (summary,) = _summaries(session, ctx, [hearing])
    everybody = links.of_hearing(session, ctx, hearing_id)
    directed = [directions.value(row) for row in directions.of_hearing(session, hearing_id)]
    needed = summary.booking.needs.resource_ids if summary.booking else ()
    return Whole(
        summary=summary,
        urns=tuple(urn for urn in hearings.cases(session, hearing_id) if urn) if sight.whole else (),
        channels=tuple(hearing.channels),
        parties=tuple(
            PartySeen(party.role, party.name, party.under_18)
            for party in hearings.parties(session, hearing_id)
            if sight.sees_party(party.role)
        ),
        places=calendar.places(session, needed),
        links=sight.links(everybody),
        directions=sight.directions(directed, everybody),
        happened=hearings.history(session, hearing_id) if sight.whole else (),
        recording_power=hearing.recording_power if sight.whole else "",
        recording_ordered_by=hearing.recording_ordered_by if sight.whole else "",
        measures=measures.read(hearing.measures) if sight.whole else (),
    )


def typed(found: Whole) -> Matter:
    """What a person would have typed to list a hearing as it stands."""
    of = found.summary
    local = to_london(of.listed.start)
    return Matter(
        title=of.title,
        hearing_type=of.hearing_type,
        day=local.date(),
        at=local.time(),
        minutes=of.minutes,
        courtroom_id=of.listed_room_id,
        urns=found.urns,
        parties=tuple(NamedParty(party.role, party.name, party.under_18) for party in found.parties),
        youth=of.youth,
        visibility=of.visibility,
        family=of.family,
        restrictions=of.restrictions,
        detained=of.detained,
        remand_expires=of.remand_expires,
        custody_limit=of.custody_limit,
        recording_power=found.recording_power,
        recording_ordered_by=found.recording_ordered_by,
        measures=found.measures,
    )


def summary(session: Session, ctx: Context, hearing_id: UUID) -> Summary:
    """One hearing, shortly. Raises as `get` does."""
    ctx.require(Permission.SEE_HEARINGS)
    return _summaries(session, ctx, [hearings.visible(session, ctx, hearing_id)])[0]


def page(
    session: Session, ctx: Context, filters: Filters, *, after: UUID | None = None, limit: int = 50
) -> list[Summary]:
    """The asker's hearings that pass the filters, in the order in which they were listed."""
    ctx.require(Permission.SEE_HEARINGS)
    return _summaries(session, ctx, hearings.page(session, ctx, filters, after=after, limit=limit))


@dataclass(frozen=True, slots=True)
class Room:
    """A courtroom's day: its matters by time. Without a name: not in a courtroom that is known."""

    id: UUID | None
    name: str
    site: str
    matters: tuple[Summary, ...]


def day(session: Session, ctx: Context, filters: Filters) -> list[Room]:
    """A day by courtroom: what is booked there, and what is listed there and not booked.

    A matter booked on another day than listed stands on the day that it is booked for. A state in the filters
    is the one as of now.
    """
    ctx.require(Permission.SEE_HEARINGS)
    state, filters = filters.state, replace(filters, state=None)
    found = _summaries(session, ctx, hearings.on_day(session, ctx, filters))
    wanted = [each for each in found if state is None or each.state is state]
    rooms: dict[UUID | None, list[Summary]] = {}
    for each in wanted:
        if filters.day is None or hearings.falls_on(each.slot.start, filters.day):
            rooms.setdefault(each.courtroom_id, []).append(each)
    known = calendar.places(session, [room for room in rooms if room])
    laid_out = [_room(known.get(room) if room else None, matters) for room, matters in rooms.items()]
    return sorted(laid_out, key=lambda room: (room.id is None, room.site, room.name))


def _room(place: Place | None, matters: list[Summary]) -> Room:
    in_order = tuple(sorted(matters, key=lambda each: (each.slot.start, each.id)))
    if place is None:
        return Room(None, "", "", in_order)
    return Room(place.id, place.name, place.site_name, in_order)


def as_of(state: HearingState, slot: Interval, now: datetime) -> HearingState:
    """The stage at a time, the same just before the tick that writes it down as just after."""
    if state in LIVE and now >= forgotten_at(slot):
        return HearingState.ENDED
    return (
        HearingState.LOBBY_OPEN if state is HearingState.BOOKED and lobby_is_open(state, slot, now) else state
    )


def _summaries(session: Session, ctx: Context, rows: Iterable[Hearing]) -> list[Summary]:
    listed: Sequence[Hearing] = list(rows)
    sights = {row.id: Sight(ctx.actor, row.court_id) for row in listed}
    standing = bookings.of_hearings(session, list(sights), ctx.now)
    foreign = [booking for id_, booking in standing.items() if not sights[id_].whole]
    taken = {each for booking in foreign for each in booking.needs.resource_ids}
    places = calendar.places(session, taken) if taken else {}
    seen = {
        id_: replace(booking, needs=sights[id_].needs(booking.needs, places))
        for id_, booking in standing.items()
    }
    return [_summary(row, seen.get(row.id), ctx.now) for row in listed]


def _summary(row: Hearing, booking: Booking | None, now: datetime) -> Summary:
    listed = Interval(row.listed_at, row.listed_at + timedelta(minutes=max(row.minutes, 1)))
    state = as_of(row.state, booking.slot if booking else listed, now)
    return Summary(
        id=row.id,
        reference=row.reference,
        court_id=row.court_id,
        state=state,
        title=row.title,
        hearing_type=row.hearing_type,
        listed=listed,
        listed_room=row.listed_room,
        listed_room_id=row.listed_room_id,
        minutes=row.minutes,
        booking=booking,
        youth=row.youth,
        visibility=row.visibility,
        family=row.family,
        restrictions=row.restrictions,
        in_custody=row.in_custody,
        detained=row.detained,
        remand_expires=row.remand_expires,
        custody_limit=row.custody_limit,
        no_longer_listed=row.no_longer_listed,
        outcome=row.outcome,
        end_cause=row.end_cause,
        started_at=row.started_at,
        ended_at=row.ended_at,
        vacated_at=row.vacated_at,
        version=row.version,
    )


def courtrooms(session: Session, ctx: Context) -> list[Place]:
    """The courtrooms of the asker's courts."""
    ctx.require(Permission.SEE_HEARINGS)
    return calendar.courtrooms(session, ctx)
