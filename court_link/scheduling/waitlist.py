"""The wait list: a released time is offered to the best match at once, as a provisional booking.

A hearing waits while it is listed and not booked. When a time is released (`reactions.py` tells of it), those
whose day and rooms suit are asked in turn (`domain.waiting`); the first that can have all that it needs gets
a hold which nobody in particular has. A person of the court accepts it, which books the hearing; or declines
it, which is remembered; or lets it lapse, which is remembered too. Either way the time goes to the next.

All that is written about a waiting hearing is written under that hearing's lock, and says what is so and not
what is to be done: told twice, or by two processes at once, nobody is offered two times, and no time goes to
two hearings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from court_link.domain.booking import BookingState
from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Invalid, NotFound, Stale, WrongState
from court_link.domain.events import Event, EventKind
from court_link.domain.hearing import HearingState
from court_link.domain.requirements import Needs, Rules
from court_link.domain.roles import Permission
from court_link.domain.times import Interval, london_day
from court_link.domain.waiting import Freed, Wants, ends_at, over
from court_link.scheduling import booking, finding
from court_link.scheduling.finding import Wish
from court_link.scheduling.needing import check_bookable
from court_link.store import Session, bookings, calendar, due, events, hearings, waitlist
from court_link.store.bookings import Booking
from court_link.store.due import DueKind
from court_link.store.tables import Hearing
from court_link.store.waitlist import Entry

#: An offer that could not be answered within this is not made.
SHORTEST_OFFER = timedelta(minutes=5)
#: The most hearings that are asked whether a released time suits them.
MOST_ASKED = 50


class NotWaiting(Conflict):
    """This hearing is not on the wait list."""


class NothingOffered(Conflict):
    """This hearing is offered no time now. The offer may have lapsed, or somebody has answered it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A hearing's place on the list, why it stands there, and the time that it is offered, if any."""

    position: int  # among those of its court, from 1
    entry: Entry
    why: tuple[str, ...]
    offer: Booking | None


@dataclass(frozen=True, slots=True)
class Match:
    """A hearing that a released time suits, and from when with what it could be heard."""

    hearing_id: UUID
    needs: Needs
    start: datetime


def join(
    session: Session, ctx: Context, hearing_id: UUID, wants: Wants, *, version: int | None = None
) -> Place:
    """Put a hearing on its court's wait list, or change what it waits for; `version` is then the one changed.

    Raises WrongState unless it is listed and nothing is on hold for it, Invalid for what the court may not
    book or a last day that has passed, Stale, NotFound, Forbidden.
    """
    hearing = _hearing(session, ctx, hearing_id)
    before = waitlist.one(session, hearing_id)
    if version is not None and (before is None or before.version != version):
        raise Stale
    if before is None:
        _check_listed(session, ctx, hearing)
    elif _offer(session, ctx, before) is not None:
        raise WrongState("A time is on offer. Accept or decline it before you change what is waited for.")
    _check(session, ctx, hearing, wants)
    waitlist.write(session, hearing, wants, by=ctx.actor.id, at=ctx.now)
    due.plan(session, hearing_id, {DueKind.END_WAITING: ends_at(wants)})
    days = {"earliest": wants.earliest.isoformat(), "latest": wants.latest.isoformat()}
    _record(session, ctx, EventKind.HEARING_WAITING, hearing, days)
    return _place(session, ctx, hearing)


def leave(session: Session, ctx: Context, hearing_id: UUID, *, version: int | None = None) -> None:
    """Take a hearing off the list; a time that is on offer is let go. Raises NotWaiting, Stale."""
    hearing, entry = _waiting(session, ctx, hearing_id, version)
    if (offer := _offer(session, ctx, entry)) is not None:
        booking.release(session, ctx, offer.id)
    _end(session, ctx, hearing, "left")


def get(session: Session, ctx: Context, hearing_id: UUID) -> Place:
    """Where a hearing stands on the list. Raises NotFound when it is not on it, or not the asker's."""
    ctx.require(Permission.BOOK)
    hearing = hearings.of_court(session, ctx, hearing_id, lock=False)
    if not waitlist.any_of(session, hearing_id):
        raise NotFound
    return _place(session, ctx, hearing)


def listed(session: Session, ctx: Context, text: str = "") -> tuple[Place, ...]:
    """All that waits at the asker's courts, in order; what has waited past its last day is left out.

    `text` keeps those in whose title or type it stands, at the places that they have among all.
    """
    ctx.require(Permission.BOOK)
    every = _places(session, ctx, None if ctx.actor.everywhere else ctx.actor.scope)
    sought = text.strip().casefold()
    return tuple(
        each for each in every if sought in f"{each.entry.title}\n{each.entry.hearing_type}".casefold()
    )


def allow(session: Session, ctx: Context, hearing_id: UUID) -> None:
    """Raises Forbidden or NotFound unless the asker may put this hearing on the list."""
    ctx.require(Permission.BOOK)
    hearings.of_court(session, ctx, hearing_id, lock=False)


def rooms(session: Session, ctx: Context, places: Iterable[Place]) -> Mapping[UUID, str]:
    """What people call the courtrooms that would do for these, and those that are on offer, by id."""
    ids = {each for place in places for each in place.entry.claim.wants.courtrooms}
    return {id_: found.label for id_, found in calendar.places(session, ids).items()}


def accept(session: Session, ctx: Context, hearing_id: UUID, *, version: int | None = None) -> Booking:
    """Book the time that is on offer: the hearing waits no more.

    Raises NothingOffered, booking.HoldLapsed, NotWaiting, Stale.
    """
    hearing, entry = _waiting(session, ctx, hearing_id, version)
    made = booking.confirm(session, ctx, _offered(entry))
    _end(session, ctx, hearing, "booked")
    return made


def decline(session: Session, ctx: Context, hearing_id: UUID, *, version: int | None = None) -> None:
    """Let the time go that is on offer; this hearing is not offered it again. Raises as `accept` does."""
    _, entry = _waiting(session, ctx, hearing_id, version)
    offer = _offer(session, ctx, entry)
    if offer is None:
        raise NothingOffered
    waitlist.declined(session, hearing_id, offer.slot.start)
    booking.release(session, ctx, offer.id)


def wanted(session: Session, ctx: Context, event: Event) -> tuple[UUID, ...]:
    """Those who would be asked about the time that an event released, the first to be asked first.

    Only who is offered nothing now, whose day and rooms suit, and who has not declined it.
    """
    freed = freed_by(session, ctx, event)
    if freed is None:
        return ()
    today = london_day(ctx.now)
    entries = [
        each
        for each in waitlist.on_day(session, freed.day)
        if each.state is HearingState.LISTED and each.claim.suits(freed, today)
    ]
    standing = bookings.of_hearings(session, [each.hearing_id for each in entries], ctx.now)
    free = [each for each in entries if each.hearing_id not in standing]
    free.sort(key=lambda each: (each.claim.turn(today), each.claim.waste(freed), each.hearing_id))
    return tuple(each.hearing_id for each in free[:MOST_ASKED])


def fit(session: Session, ctx: Context, hearing_id: UUID, event: Event, *, rules: Rules) -> Match | None:
    """How a waiting hearing could have the time that an event released: wholly within it if that is possible,
    then as early as possible. None when something else that it needs cannot be had.
    """
    freed, entry = freed_by(session, ctx, event), waitlist.one(session, hearing_id)
    if freed is None or entry is None:
        return None
    wants = entry.claim.wants
    if freed.courtroom_id in wants.courtrooms:  # the room itself was released: no other need be looked at
        wish = Wish(replace(wants.needs, courtroom_id=freed.courtroom_id))
    else:
        wish = Wish(wants.needs, wants.courtrooms)
    try:
        found = finding.find(session, ctx, hearing_id, wish, freed.day, days=1, count=50, rules=rules)
    except Invalid:  # what it waits for can be booked no more: a defendant proved to be under 18, say
        return None
    options = [each for each in found.options if _uses(freed, each.needs, each.slot)]
    soon = ctx.now + SHORTEST_OFFER
    options = [each for each in options if _begins(each.needs, each.start) >= soon]
    if not options:
        return None
    best = min(options, key=lambda each: (not freed.slot.contains(each.slot), each.start))
    return Match(hearing_id, best.needs, best.start)


def offer(session: Session, ctx: Context, match: Match, *, rules: Rules, hold: timedelta) -> Booking | None:
    """Put a released time on hold for a waiting hearing, for `hold` or until it would begin.

    None when it can no longer be had: somebody took it, the hearing waits no more, or is offered another.
    """
    hearing = hearings.of_court(session, ctx, match.hearing_id)
    entry = waitlist.one(session, match.hearing_id)
    if entry is None or hearing.state is not HearingState.LISTED:
        return None
    if bookings.of_hearings(session, [hearing.id], ctx.now):
        return None
    lasts = min(hold, _begins(match.needs, match.start) - ctx.now)
    if lasts < SHORTEST_OFFER:
        return None
    change = booking.Change(hearing.id, match.needs, match.start, hold=lasts)
    try:
        with session.begin_nested():
            (made,) = booking.rebook(session, ctx, [change], rules=rules)
    except (Conflict, Invalid):
        return None
    waitlist.offered(session, hearing.id, made.id)
    data = {
        "courtroom": str(made.courtroom_id),
        "starts_at": made.slot.start.isoformat(),
        "ends_at": made.slot.end.isoformat(),
    }
    _record(session, ctx, EventKind.HEARING_OFFERED, hearing, data, made.id)
    return made


def concerned(session: Session, ctx: Context, event: Event) -> bool:
    """Whether an event is of a hearing that waits."""
    return event.hearing_id is not None and waitlist.any_of(session, event.hearing_id)


def follow(session: Session, ctx: Context, event: Event) -> None:
    """Keep a waiting hearing true to what became of its bookings.

    An offer that lapsed or was let go is remembered as declined; who is booked or vacated waits no more.
    """
    if event.hearing_id is None:
        return
    hearing = hearings.of_court(session, ctx, event.hearing_id)
    entry = waitlist.one(session, hearing.id)
    if entry is None:
        return
    if event.kind in _GONE and event.subject_id is not None and event.subject_id == entry.offered_booking_id:
        row = bookings.one(session, event.subject_id)
        if row is not None:
            waitlist.declined(session, hearing.id, row.starts_at)
    if hearing.state is not HearingState.LISTED:
        _end(session, ctx, hearing, "vacated" if hearing.state is HearingState.VACATED else "booked")


_GONE = (EventKind.BOOKING_RELEASED, EventKind.BOOKING_LAPSED)


def end_if_over(session: Session, ctx: Context, hearing_id: UUID) -> None:
    """Take a hearing off the list whose last day has passed. For the tick."""
    hearing = hearings.of_court(session, ctx, hearing_id)
    entry = waitlist.one(session, hearing_id)
    if entry is not None and over(entry.claim.wants, london_day(ctx.now)):
        _end(session, ctx, hearing, "date_passed")


def freed_by(session: Session, ctx: Context, event: Event) -> Freed | None:
    """The time that an event released, or None when it released none, or none that is still to come."""
    gone = event.data.get("replaced") if event.kind is EventKind.BOOKING_CHANGED else event.subject_id
    row = bookings.one(session, UUID(str(gone))) if gone and event.kind in FREEING else None
    if row is None or row.state not in (BookingState.RELEASED, BookingState.LAPSED):
        return None
    found = bookings.value(row, ctx.now)
    if found.slot.end <= ctx.now:
        return None
    return Freed(found.slot, found.courtroom_id, frozenset(found.needs.resource_ids))


#: Events that release time.
FREEING = frozenset({EventKind.BOOKING_RELEASED, EventKind.BOOKING_LAPSED, EventKind.BOOKING_CHANGED})
#: Events after which a hearing may wait no more, or be offered nothing any more.
FOLLOWED = FREEING | {EventKind.BOOKING_CONFIRMED, EventKind.HEARING_VACATED}


def _uses(freed: Freed, needs: Needs, slot: Interval) -> bool:
    """Whether it would take something of what was released."""
    return slot.overlaps(freed.slot) and bool(freed.resource_ids & set(needs.resource_ids))


def _begins(needs: Needs, start: datetime) -> datetime:
    """When the first of its rooms and people is taken."""
    return start - max(needs.around(each)[0] for each in needs.resource_ids)


def _hearing(session: Session, ctx: Context, hearing_id: UUID) -> Hearing:
    ctx.require(Permission.BOOK)
    return hearings.of_court(session, ctx, hearing_id)


def _waiting(session: Session, ctx: Context, hearing_id: UUID, version: int | None) -> tuple[Hearing, Entry]:
    hearing = _hearing(session, ctx, hearing_id)
    entry = waitlist.one(session, hearing_id)
    if entry is None:
        raise NotWaiting
    if version is not None and entry.version != version:
        raise Stale
    return hearing, entry


def _check_listed(session: Session, ctx: Context, hearing: Hearing) -> None:
    if hearing.state is not HearingState.LISTED:
        raise WrongState("Only a hearing that is listed and not booked yet can wait for a time.")
    if bookings.of_hearings(session, [hearing.id], ctx.now):
        raise WrongState("A time is on hold for this hearing. Confirm it or let it go first.")


def _check(session: Session, ctx: Context, hearing: Hearing, wants: Wants) -> None:
    if over(wants, london_day(ctx.now)):
        raise Invalid(errors=[FieldError("latest", "Choose a day that is still to come.")])
    places = calendar.places(session, wants.resource_ids)
    for courtroom in wants.courtrooms:
        check_bookable(session, ctx, hearing, replace(wants.needs, courtroom_id=courtroom), places)


def _offered(entry: Entry) -> UUID:
    if entry.offered_booking_id is None:
        raise NothingOffered
    return entry.offered_booking_id


def _offer(session: Session, ctx: Context, entry: Entry) -> Booking | None:
    """The time that stands on offer."""
    return _standing(bookings.of_hearings(session, [entry.hearing_id], ctx.now), entry)


def _standing(standing: Mapping[UUID, Booking], entry: Entry) -> Booking | None:
    made = standing.get(entry.hearing_id)
    on_offer = made is not None and made.id == entry.offered_booking_id
    return made if made and on_offer and made.state is BookingState.PROVISIONAL else None


def _place(session: Session, ctx: Context, hearing: Hearing) -> Place:
    every = _places(session, ctx, [hearing.court_id])
    found = next((each for each in every if each.entry.hearing_id == hearing.id), None)
    if found is None:
        raise NotFound
    return found


def _places(session: Session, ctx: Context, courts: Collection[UUID] | None) -> tuple[Place, ...]:
    today = london_day(ctx.now)
    entries = [each for each in waitlist.of_courts(session, courts) if not over(each.claim.wants, today)]
    entries.sort(key=lambda each: (each.claim.turn(today), each.claim.since, each.hearing_id))
    standing = bookings.of_hearings(session, [each.hearing_id for each in entries], ctx.now)
    counted: dict[UUID, int] = {}
    found = []
    for each in entries:
        counted[each.court_id] = counted.get(each.court_id, 0) + 1
        found.append(Place(counted[each.court_id], each, each.claim.why(today), _standing(standing, each)))
    return tuple(found)


def _end(session: Session, ctx: Context, hearing: Hearing, reason: str) -> None:
    waitlist.remove(session, hearing.id)
    due.forget(session, [hearing.id], [DueKind.END_WAITING])
    _record(session, ctx, EventKind.HEARING_WAITS_NO_MORE, hearing, {"reason": reason})


def _record(
    session: Session,
    ctx: Context,
    kind: EventKind,
    hearing: Hearing,
    data: Mapping[str, str],
    subject_id: UUID | None = None,
) -> None:
    events.record(
        session,
        ctx,
        kind,
        hearing_id=hearing.id,
        organisation_id=hearing.court_id,
        subject_id=subject_id or hearing.id,
        data=data,
    )
