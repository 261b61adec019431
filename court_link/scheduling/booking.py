"""Booking: hold, confirm, book at once, move, release, let lapse. All of a hearing's reservations, or none.

Order of locks, the same in every verb: hearings by id, resources by id, bookings by id, buckets by key. What
is taken, and how it is made sure of, is in `scheduling.taking`; how it is let go, in `scheduling.standing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from court_link.domain import booking as booking_states
from court_link.domain import hearing as hearing_states
from court_link.domain.affected import told
from court_link.domain.booking import BookingEvent, BookingState, ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Invalid, NotFound, Stale, WrongState
from court_link.domain.events import EventKind
from court_link.domain.hearing import LIVE, HearingEvent, HearingState
from court_link.domain.link import JOIN_BEFORE
from court_link.domain.requirements import Needs, Place, Rules
from court_link.domain.roles import Permission
from court_link.domain.sight import Sight
from court_link.domain.times import Interval, day_interval, london_day
from court_link.scheduling import affected, inviting, standing
from court_link.scheduling.needing import check_bookable
from court_link.scheduling.standing import Units, let_go
from court_link.scheduling.taking import Placing, Taking, spans
from court_link.store import Session, bookings, buckets, calendar, due, hearings, reservations
from court_link.store.bookings import Booking
from court_link.store.due import DueKind
from court_link.store.reservations import Held
from court_link.store.tables import Booking as BookingRow
from court_link.store.tables import Hearing

__all__ = [
    "AlreadyHeld", "Change", "HoldLapsed", "allow", "book", "choices", "confirm", "forgotten_at", "get",
    "hold", "lapse", "let_go", "rebook", "release",
]  # fmt: skip


class AlreadyHeld(Conflict):
    """Someone else has a time on hold for this hearing. It can be booked when they confirm or let it go."""


class HoldLapsed(Conflict):
    """The hold ran out before it was confirmed, and the time was let go. Find a time again."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be booked for one hearing, from `start`.

    `replacing` is the confirmed booking that it takes the place of, and `version` the one expected of that.
    With `hold` it is provisional for so long, and replaces nothing.
    """

    hearing_id: UUID
    needs: Needs
    start: datetime
    replacing: UUID | None = None
    version: int | None = None
    hold: timedelta | None = None

    def __post_init__(self) -> None:
        if self.hold is not None and self.replacing is not None:
            raise Invalid(errors=[FieldError("hold", "What is booked already is moved at once, not held.")])


def rebook(session: Session, ctx: Context, changes: Sequence[Change], *, rules: Rules) -> list[Booking]:
    """All of these, or none: everything they replace is let go first, then everything is taken.

    A move or an extension is one change, a swap is two, a group of hearings as many as it has. A hearing that
    goes on already may only be made longer or shorter; one whose lobby is open may begin later as well. One's
    own earlier hold of a hearing is let go, and so is one that nobody in particular has. Answers the bookings
    in the order of `changes`.

    Raises SlotTaken with a Refusal for each thing that cannot be had, and in `details["hearing_id"]` the
    hearing that could not be placed; AlreadyHeld, Stale, WrongState, Invalid, NotFound, Forbidden.
    """
    ctx.require(Permission.BOOK)
    # Who comes too late waits for nobody, and nobody waits for them: what stands already is looked for before
    # anything is locked, and again once it is.
    standing_already = _in_the_way(session, ctx, changes)
    lock = not standing_already
    found = _hearings(session, ctx, {change.hearing_id for change in changes}, lock)
    if len(found) < len(changes):
        raise Invalid(errors=[FieldError("hearing_id", "Each hearing can be changed once.")])
    places = calendar.places(
        session, {each for change in changes for each in change.needs.resource_ids}, lock=lock
    )
    rows = bookings.live(session, *found, lock=lock)
    replaced = {
        change.hearing_id: _replaced(ctx, change, found[change.hearing_id], rows) for change in changes
    }
    placings = [
        _placing(session, ctx, change, found[change.hearing_id], places, replaced[change.hearing_id])
        for change in changes
    ]
    if standing_already:
        Taking(session, ctx, rules, places, Units()).refuse(placings, standing_already)
    freed = _make_way(session, ctx, found, rows, replaced.values())
    made = Taking(session, ctx, rules, places, freed).take(placings)
    for placing, booked in zip(placings, made, strict=True):
        _settle(session, ctx, placing.hearing, booked, places, replaced[placing.hearing.id])
    return made


def hold(
    session: Session, ctx: Context, hearing_id: UUID, needs: Needs, start: datetime, *, rules: Rules
) -> Booking:
    """Take everything needed from `start`, provisionally, for `rules.hold`. Raises as `rebook` does."""
    return rebook(session, ctx, [Change(hearing_id, needs, start, hold=rules.hold)], rules=rules)[0]


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
    """Hold and confirm in one step, or move the booking `replacing`. Raises as `rebook` does."""
    return rebook(session, ctx, [Change(hearing_id, needs, start, replacing)], rules=rules)[0]


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
    hearing.state = hearing_states.after(hearing.state, HearingEvent.BOOK)
    booked = bookings.value(row, ctx.now)
    _stand(session, ctx, hearing, booked, calendar.places(session, booked.needs.resource_ids), None)
    standing.record(session, ctx, EventKind.BOOKING_CONFIRMED, hearing, booked)
    return booked


def allow(session: Session, ctx: Context, hearing_id: UUID) -> None:
    """Locks the hearing. Raises Forbidden or NotFound unless the asker may book it."""
    ctx.require(Permission.BOOK)
    hearings.of_court(session, ctx, hearing_id)


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
    buckets.give_back(session, standing.lapse(session, ctx, [booking_id]))


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


def _in_the_way(session: Session, ctx: Context, changes: Sequence[Change]) -> list[Held]:
    """What of others stands where these changes would go, as far as can be seen without a lock."""
    own = {change.hearing_id for change in changes}
    wanted = [span for change in changes for span in spans(change.needs, change.start)]
    clashes = reservations.clashes(session, wanted)
    return [each for each in clashes if each.hearing_id not in own and not each.lapsed(ctx.now)]


def _hearings(session: Session, ctx: Context, ids: Collection[UUID], lock: bool) -> dict[UUID, Hearing]:
    if lock:
        return hearings.locked_of_court(session, ctx, ids)
    return {each: hearings.of_court(session, ctx, each, lock=False) for each in ids}


def _replaced(
    ctx: Context, change: Change, hearing: Hearing, rows: Iterable[BookingRow]
) -> BookingRow | None:
    """The booking that a change takes the place of, if any. Raises WrongState, Stale, AlreadyHeld."""
    mine = [row for row in rows if row.hearing_id == hearing.id and not bookings.lapsed(row, ctx.now)]
    if change.replacing is None:
        hearing_states.after(hearing.state, HearingEvent.BOOK)
    elif hearing.state is not HearingState.BOOKED and hearing.state not in LIVE:
        raise WrongState("Only a booking whose hearing is still to come, or goes on, can be changed.")
    replaced = next((row for row in mine if row.id == change.replacing), None)
    if change.replacing is not None and replaced is None:
        raise Stale
    if replaced is not None and change.version not in (None, replaced.version):
        raise Stale
    for row in mine:
        free = row.state is BookingState.PROVISIONAL and row.held_by in (None, ctx.actor.id)
        if row is not replaced and not free:
            raise AlreadyHeld
    return replaced


def _placing(
    session: Session,
    ctx: Context,
    change: Change,
    hearing: Hearing,
    places: Mapping[UUID, Place],
    replaced: BookingRow | None,
) -> Placing:
    check_bookable(session, ctx, hearing, change.needs, places)
    running = hearing.state in LIVE
    if running and replaced is not None:
        had = bookings.value(replaced, ctx.now)
        _check_underway(hearing, had, change)
        running = change.start == had.slot.start
    expires = ctx.now + change.hold if change.hold is not None else None
    return Placing(hearing, change.needs, change.start, running, expires)


def _check_underway(hearing: Hearing, had: Booking, change: Change) -> None:
    """What may change of a hearing whose lobby is open: it begins later, somebody else comes to the same
    courtroom. Once it has begun only its length may. Raises WrongState.
    """
    waits = hearing.state is HearingState.LOBBY_OPEN
    same = replace(had.needs, minutes=change.needs.minutes) == change.needs
    if not same and not (waits and change.needs.courtroom_id == had.courtroom_id):
        raise WrongState(
            "Once the lobby is open a hearing stays in its courtroom, and once it has begun nobody in it is"
            " exchanged."
        )
    if change.start != had.slot.start and not (waits and change.start > had.slot.start):
        raise WrongState("Once the lobby is open a hearing can only begin later, or take another length.")


def _make_way(
    session: Session,
    ctx: Context,
    found: Mapping[UUID, Hearing],
    rows: Iterable[BookingRow],
    replaced: Collection[BookingRow | None],
) -> Units:
    """Let go all that these hearings have, without a word of what is only replaced."""
    units: Units = Counter()
    for row in rows:
        if row in replaced:
            units += standing.free(session, [row], BookingEvent.RELEASE)
        else:
            event = BookingEvent.LAPSE if bookings.lapsed(row, ctx.now) else BookingEvent.RELEASE
            units += standing.drop(session, ctx, found[row.hearing_id], [row], event)
    return units


def _settle(
    session: Session,
    ctx: Context,
    hearing: Hearing,
    booked: Booking,
    places: Mapping[UUID, Place],
    replaced: BookingRow | None,
) -> None:
    """What a new booking brings with it, and the event that says what it is: held, confirmed or changed."""
    if booked.hold_expires_at is not None:
        due.plan(session, booked.id, {DueKind.LAPSE_HOLD: booked.hold_expires_at})
        standing.record(session, ctx, EventKind.BOOKING_HELD, hearing, booked)
        return
    if replaced is None:
        hearing.state = hearing_states.after(hearing.state, HearingEvent.BOOK)
        _stand(session, ctx, hearing, booked, places, None)
        standing.record(session, ctx, EventKind.BOOKING_CONFIRMED, hearing, booked)
        return
    had = bookings.value(replaced, ctx.now)
    stood, stands = affected.arrangement(had), affected.arrangement(booked)
    concerned = affected.of(session, ctx, hearing.id, stood, stands)  # before any link of theirs changes
    _stand(session, ctx, hearing, booked, places, had.needs)
    before, now = standing.facts(had), standing.facts(booked)
    standing.record(
        session,
        ctx,
        EventKind.BOOKING_CHANGED,
        hearing,
        booked,
        replaced=str(replaced.id),
        before=before,
        changed=[fact for fact in now if now[fact] != before[fact]],
        affected=told(concerned),
    )


def _stand(
    session: Session,
    ctx: Context,
    hearing: Hearing,
    booked: Booking,
    places: Mapping[UUID, Place],
    before: Needs | None,
) -> None:
    """A confirmed booking's links, and what is due of its hearing. `before` is what the one it replaces had
    needed.
    """
    hearing.version += 1
    planned = {DueKind.END_FORGOTTEN: forgotten_at(booked.slot)}
    exchanged = before is not None and before.resource_ids != booked.needs.resource_ids
    if hearing.state not in LIVE or exchanged:  # otherwise those who are in stay in, as they are
        inviting.invite(session, ctx, hearing, booked.needs, places, before)
    if hearing.state not in LIVE:
        planned[DueKind.OPEN_LOBBY] = booked.slot.start - JOIN_BEFORE
    due.plan(session, hearing.id, planned)


def forgotten_at(slot: Interval) -> datetime:
    """When a hearing that nobody ended is ended by the service: six hours after its slot, or at the end of
    its London day when that is later. No court sits so long, and nobody is cut off in a late one."""
    return max(slot.end + timedelta(hours=6), day_interval(london_day(slot.start)).end)
