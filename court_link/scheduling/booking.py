"""Booking: hold, confirm, book in one step, release, let lapse. All of a hearing's reservations, or none.

Order of locks, the same in every verb: the hearing, its resources by id, bookings by id, buckets by key. The
locks serialise what shares a resource; the check then finds a clash by one index seek a resource and can say
with what; the database's own constraint refuses whatever the check should miss.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from court_link.domain import booking as booking_states
from court_link.domain import hearing as hearing_states
from court_link.domain.booking import BookingEvent, BookingState, ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Invalid, NotFound, SlotTaken, Stale, WrongState
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingEvent, HearingState
from court_link.domain.link import JOIN_BEFORE
from court_link.domain.requirements import Needs, Place, Rules, demands, takings
from court_link.domain.roles import Permission
from court_link.domain.sight import Sight
from court_link.domain.slots import BIT
from court_link.domain.times import Interval, day_interval, london_day
from court_link.scheduling import availability, inviting
from court_link.scheduling.needing import check_bookable
from court_link.scheduling.opening import openings
from court_link.scheduling.pools import caps
from court_link.store import Session, bookings, buckets, calendar, due, events, hearings, reservations
from court_link.store.bookings import Booking
from court_link.store.due import DueKind
from court_link.store.tables import Booking as BookingRow
from court_link.store.tables import Hearing


class AlreadyHeld(Conflict):
    """Someone else has a time on hold for this hearing. It can be booked when they confirm or let it go."""


class HoldLapsed(Conflict):
    """The hold ran out before it was confirmed, and the time was let go. Find a time again."""


def hold(
    session: Session, ctx: Context, hearing_id: UUID, needs: Needs, start: datetime, *, rules: Rules
) -> Booking:
    """Take everything needed from `start`, provisionally, for `rules.hold`; one's own earlier hold is let go.

    Raises SlotTaken with a Refusal for each thing that cannot be had, Invalid, NotFound, Forbidden,
    WrongState when the hearing is not merely listed, AlreadyHeld.
    """
    hearing = _hearing(session, ctx, hearing_id)
    hearing_states.after(hearing.state, HearingEvent.BOOK)
    expires = ctx.now + rules.hold
    row, places, _ = _take(session, ctx, hearing, needs, start, rules, hold_expires_at=expires)
    due.plan(session, row.id, {DueKind.LAPSE_HOLD: expires})
    _record(session, ctx, EventKind.BOOKING_HELD, hearing, row, places)
    return bookings.value(row, ctx.now)


def book(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    needs: Needs,
    start: datetime,
    *,
    rules: Rules,
    replacing: UUID | None = None,
) -> Booking:
    """Hold and confirm in one step. `replacing` names the confirmed booking that this one moves, if any.

    Raises as `hold` does, and Stale when `replacing` is not the booking that stands.
    """
    hearing = _hearing(session, ctx, hearing_id)
    if replacing is None:
        hearing_states.after(hearing.state, HearingEvent.BOOK)
    elif hearing.state is not HearingState.BOOKED:
        raise WrongState("Only a booking whose lobby has not opened yet can be moved.")
    row, places, before = _take(session, ctx, hearing, needs, start, rules, replacing=replacing)
    _confirmed(session, ctx, hearing, row, places, before)
    return bookings.value(row, ctx.now)


def confirm(session: Session, ctx: Context, booking_id: UUID, *, version: int | None = None) -> Booking:
    """Make a hold a booking: the hearing is booked and its links stand.

    Raises HoldLapsed once its time is over, whether or not the tick has come by; Stale, WrongState.
    """
    hearing, row = _of_hearing(session, ctx, booking_id, version)
    if bookings.lapsed(row, ctx.now) or row.state is BookingState.LAPSED:
        raise HoldLapsed
    row.state = booking_states.after(row.state, BookingEvent.CONFIRM)
    row.hold_expires_at, row.version = None, row.version + 1
    due.forget(session, [row.id])
    needs = bookings.value(row, ctx.now).needs
    _confirmed(session, ctx, hearing, row, calendar.places(session, needs.resource_ids), None)
    return bookings.value(row, ctx.now)


def allow(session: Session, ctx: Context, hearing_id: UUID) -> None:
    """Locks the hearing. Raises Forbidden or NotFound unless the asker may book it."""
    _hearing(session, ctx, hearing_id)


def get(session: Session, ctx: Context, booking_id: UUID) -> Booking:
    """One booking of a hearing that the asker may see, whatever became of it; of what it takes, what they
    see (`domain.sight`). Raises NotFound.
    """
    ctx.require(Permission.SEE_HEARINGS)
    row = bookings.one(session, booking_id)
    if row is None:
        raise NotFound
    hearing = hearings.visible(session, ctx, row.hearing_id)
    found = bookings.value(row, ctx.now)
    places = calendar.places(session, found.needs.resource_ids)
    return replace(found, needs=Sight(ctx.actor, hearing.court_id).needs(found.needs, places))


def choices(session: Session, ctx: Context, hearing_id: UUID) -> list[Place]:
    """What could be booked for a hearing: the court's own courtrooms, everything else of its area."""
    hearing = hearings.visible(session, ctx, hearing_id)
    ctx.require(Permission.BOOK)
    return [
        place
        for place in calendar.bookable(session, ctx, hearing.court_id)
        if place.kind is not ResourceKind.COURTROOM or place.organisation_id == hearing.court_id
    ]


def release(session: Session, ctx: Context, booking_id: UUID, *, version: int | None = None) -> Booking:
    """Let a hold or a booking go, before its lobby opens: the matter is listed again."""
    hearing, row = _of_hearing(session, ctx, booking_id, version)
    if row.state is BookingState.CONFIRMED:
        hearing.state = hearing_states.after(hearing.state, HearingEvent.RELEASE)
        hearing.version += 1
        inviting.uninvite(session, ctx, hearing, bookings.value(row, ctx.now).needs)
    let_go(session, ctx, hearing, [row], BookingEvent.RELEASE)
    return bookings.value(row, ctx.now)


def lapse(session: Session, ctx: Context, booking_id: UUID) -> None:
    """Let a hold go whose time is over, unless it was confirmed or let go before. For the tick."""
    _lapse(session, ctx, [booking_id])


def let_go(
    session: Session, ctx: Context, hearing: Hearing, rows: Sequence[BookingRow], event: BookingEvent
) -> None:
    """Give back all that these bookings of a hearing take, and forget what was due for them."""
    for row in rows:
        row.state = booking_states.after(row.state, event)
        row.version += 1
        _record(session, ctx, _LET_GO[event], hearing, row, ())
        if row.hold_expires_at is None:
            due.forget(session, [hearing.id], HEARING_DUE)
    due.forget(session, [row.id for row in rows])
    _give_back(session, rows)


_LET_GO = {
    BookingEvent.RELEASE: EventKind.BOOKING_RELEASED,
    BookingEvent.LAPSE: EventKind.BOOKING_LAPSED,
}


def _hearing(session: Session, ctx: Context, hearing_id: UUID) -> Hearing:
    ctx.require(Permission.BOOK)
    return hearings.of_court(session, ctx, hearing_id)


def _of_hearing(
    session: Session, ctx: Context, booking_id: UUID, version: int | None
) -> tuple[Hearing, BookingRow]:
    """A booking and its hearing, both locked, the hearing first."""
    ctx.require(Permission.BOOK)
    hearing_id = bookings.hearing_of(session, booking_id)
    if hearing_id is None:
        raise NotFound
    hearing = hearings.of_court(session, ctx, hearing_id)
    row = bookings.locked(session, booking_id)
    if version is not None and row.version != version:
        raise Stale
    return hearing, row


def _take(
    session: Session,
    ctx: Context,
    hearing: Hearing,
    needs: Needs,
    start: datetime,
    rules: Rules,
    *,
    hold_expires_at: datetime | None = None,
    replacing: UUID | None = None,
) -> tuple[BookingRow, Mapping[UUID, Place], Needs | None]:
    """Take everything: the new row, the places it takes, and what the replaced booking had needed."""
    if (start - london_midnight(start)) % BIT:
        raise Invalid(errors=[FieldError("starts_at", "Choose a start on a five-minute mark.")])
    slot = Interval(start, start + needs.length)
    places = calendar.places(session, needs.resource_ids, lock=True)
    check_bookable(ctx, hearing, needs, places)
    before = _clear_own(session, ctx, hearing, replacing)

    def refuse() -> SlotTaken:
        against = availability.refusals(session, ctx, hearing, needs, start, rules)
        return SlotTaken(availability.sentence(against), refusals=against)

    if not _open(session, ctx, needs, places, slot):
        raise refuse()
    if needs.detained:
        late = availability.later_than_first_sitting(session, ctx, hearing, needs, start, rules)
        if late:
            raise SlotTaken(availability.sentence([late]), refusals=[late])
    if not _clear_others(session, ctx, [(each, slot.widened(*needs.around(each))) for each in places]):
        raise refuse()
    taken = demands(needs, places)
    wanted = {demand: tuple(demand.quarters(slot)) for demand in taken}
    limits = caps(session, wanted, places.values(), rules)
    units = {(demand.pool.key, quarter): demand.units for demand, each in wanted.items() for quarter in each}
    if not _fill(session, ctx, slot, units, limits):
        raise refuse()
    row = bookings.write(
        session,
        hearing.id,
        needs,
        taken,
        start,
        hold_expires_at=hold_expires_at,
        held_by=ctx.actor.id,
    )
    reservations.write(session, row.id, takings(needs, start))
    return row, places, before


def london_midnight(moment: datetime) -> datetime:
    """The UTC instant at which a moment's London day began."""
    return day_interval(london_day(moment)).start


def _clear_own(session: Session, ctx: Context, hearing: Hearing, replacing: UUID | None) -> Needs | None:
    """Let go what the hearing has: one's own hold, a lapsed one, or the booking that is replaced."""
    rows = bookings.live(session, hearing.id)
    if replacing is not None and replacing not in {row.id for row in rows}:
        raise Stale
    before = None
    for row in rows:
        if bookings.lapsed(row, ctx.now):
            let_go(session, ctx, hearing, [row], BookingEvent.LAPSE)
        elif row.state is BookingState.CONFIRMED and row.id == replacing:
            before = bookings.value(row, ctx.now).needs
            let_go(session, ctx, hearing, [row], BookingEvent.RELEASE)
        elif row.state is BookingState.PROVISIONAL and row.held_by == ctx.actor.id:
            let_go(session, ctx, hearing, [row], BookingEvent.RELEASE)
        else:
            raise AlreadyHeld
    return before


def _clear_others(session: Session, ctx: Context, wanted: Sequence[tuple[UUID, Interval]]) -> bool:
    """Whether nothing stands in the way any more, once lapsed holds that did are let go."""
    while clashes := reservations.clashes(session, wanted):
        if not all(clash.lapsed(ctx.now) for clash in clashes):
            return False
        _lapse(session, ctx, [clash.booking_id for clash in clashes])
    return True


def _fill(
    session: Session,
    ctx: Context,
    slot: Interval,
    units: Mapping[buckets.Key, int],
    limits: Mapping[buckets.Key, int],
) -> bool:
    """Take from every bucket; when one is too full, let lapsed holds go and try once more."""
    if buckets.take(session, units, limits):
        return True
    stale = [row.id for row in bookings.lapsed_within(session, slot.widened(_AROUND, _AROUND), ctx.now)]
    _lapse(session, ctx, stale)
    return bool(stale) and buckets.take(session, units, limits)


#: The most that can stand around a hearing, and a quarter: how far off a hold may share a bucket with it.
_AROUND = timedelta(hours=9)


def _lapse(session: Session, ctx: Context, booking_ids: Sequence[UUID]) -> None:
    rows = [row for row in bookings.holds(session, booking_ids) if bookings.lapsed(row, ctx.now)]
    for row in rows:
        hearing = hearings.row(session, row.hearing_id)
        let_go(session, ctx, hearing, [row], BookingEvent.LAPSE)


def _give_back(session: Session, rows: Sequence[BookingRow]) -> None:
    reservations.drop(session, [row.id for row in rows])
    units: dict[buckets.Key, int] = {}
    for row in rows:
        for key, count in bookings.units_taken(row).items():
            units[key] = units.get(key, 0) + count
    buckets.give_back(session, units)


def _open(session: Session, ctx: Context, needs: Needs, places: Mapping[UUID, Place], slot: Interval) -> bool:
    """Whether it all lies ahead, the courtroom sits, and every other place is open with its time around."""
    opened = openings(session, places.values(), [london_day(slot.start)])
    for resource_id in needs.resource_ids:
        taken = slot.widened(*needs.around(resource_id))
        if taken.start < ctx.now:
            return False
        if resource_id in opened and not opened[resource_id].holds(taken):
            return False
    return True


def _confirmed(
    session: Session,
    ctx: Context,
    hearing: Hearing,
    row: BookingRow,
    places: Mapping[UUID, Place],
    before: Needs | None,
) -> None:
    """What a booking brings with it in the same transaction: stage, links, what is due, the event."""
    if before is None:
        hearing.state = hearing_states.after(hearing.state, HearingEvent.BOOK)
    hearing.version += 1
    inviting.invite(session, ctx, hearing, bookings.value(row, ctx.now).needs, places, before)
    slot = Interval(row.starts_at, row.ends_at)
    opening, forgotten = slot.start - JOIN_BEFORE, forgotten_at(slot)
    due.plan(session, hearing.id, {DueKind.OPEN_LOBBY: opening, DueKind.END_FORGOTTEN: forgotten})
    _record(session, ctx, EventKind.BOOKING_CONFIRMED, hearing, row, places)


HEARING_DUE = (DueKind.OPEN_LOBBY, DueKind.END_FORGOTTEN)


def forgotten_at(slot: Interval) -> datetime:
    """When a hearing that nobody ended is ended by the service: six hours after its slot, or at the end of
    its London day when that is later. No court sits so long, and nobody is cut off in a late one."""
    return max(slot.end + timedelta(hours=6), day_interval(london_day(slot.start)).end)


def _record(
    session: Session,
    ctx: Context,
    kind: EventKind,
    hearing: Hearing,
    row: BookingRow,
    resources: Collection[UUID],
) -> None:
    events.record(
        session,
        ctx,
        kind,
        hearing_id=hearing.id,
        organisation_id=hearing.court_id,
        subject_id=row.id,
        data={
            "courtroom": str(row.courtroom_id),
            "starts_at": row.starts_at.isoformat(),
            "ends_at": row.ends_at.isoformat(),
            "resources": [str(each) for each in resources],
        },
    )
