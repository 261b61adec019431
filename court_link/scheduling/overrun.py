"""A hearing takes longer than booked: what that pushes is proposed, and done when a person approves it.

The software proposes and a person of the court decides (listing is a judicial function; practice rule 17), so
a machine may ask what would follow and may not approve it. What is approved is done in one step, all or
nothing, and only when it still is what was proposed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from court_link.domain import wording
from court_link.domain.affected import Affected, Arrangement
from court_link.domain.booking import BookingState, ResourceKind
from court_link.domain.context import ActorKind, Context
from court_link.domain.errors import Conflict, FieldError, Forbidden, Invalid, Stale, WrongState
from court_link.domain.events import canonical
from court_link.domain.harddates import limit
from court_link.domain.hearing import HearingState
from court_link.domain.pushing import Day, Pushed, Standing, longest, push
from court_link.domain.requirements import LONGEST_MINUTES, Needs, Rules
from court_link.domain.roles import Permission
from court_link.domain.times import Interval, day_interval, london_day
from court_link.domain.waiting import Wants
from court_link.scheduling import affected, booking, waitlist
from court_link.scheduling.booking import Change
from court_link.scheduling.opening import openings
from court_link.store import Session, bookings, calendar, hearings, pushing
from court_link.store.bookings import Booking
from court_link.store.pushing import Neighbour
from court_link.store.tables import Hearing

#: How long a hearing that is put on the wait list here waits at most, unless a hard date comes first.
WAITS = timedelta(days=14)
#: What the reader may not know more of.
ANOTHERS = "Another court’s booking"


class Unresolved(Conflict):
    """Something that this would push has nowhere to go. Say what is to be done with it first."""


class Way(StrEnum):
    """What a person chose for a hearing that has nowhere to go."""

    SHORTEN = "shorten"
    ELSEWHERE = "elsewhere"  # another courtroom
    WAIT = "wait"  # its booking is released, and it goes on the wait list


@dataclass(frozen=True, slots=True)
class Move:
    """One hearing that would be pushed, from when and where to when and where, and whom that affects."""

    hearing_id: UUID
    booking_id: UUID
    title: str
    before: Interval
    after: Interval
    courtroom: str  # where it would be; said when it is another
    elsewhere: bool
    shortened: bool
    affected: tuple[Affected, ...]

    @property
    def shift(self) -> timedelta:
        return self.after.start - self.before.start


@dataclass(frozen=True, slots=True)
class Pinned:
    """One that has nowhere to go, why, and the ways that are open to it, each in words."""

    hearing_id: UUID | None  # None where it is not the reader's to know of
    title: str
    slot: Interval
    why: str
    ways: Mapping[Way, str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a longer hearing would come to. `seen` names exactly this: approving says it back."""

    hearing_id: UUID
    more: int
    before: Interval
    after: Interval
    moves: tuple[Move, ...]
    waiting: tuple[tuple[UUID, str], ...]  # who would go on the wait list, by hearing and title
    pinned: tuple[Pinned, ...]
    warnings: tuple[str, ...]
    refused: str  # why it cannot be done at all though everything has a place: a pool is full
    seen: str

    @property
    def ready(self) -> bool:
        """Whether a person may approve it."""
        return not self.pinned and not self.refused


def allow(session: Session, ctx: Context, hearing_id: UUID) -> None:
    """Raises Forbidden or NotFound unless the asker may give this hearing more time."""
    ctx.require(Permission.BOOK)
    hearings.of_court(session, ctx, hearing_id, lock=False)


def propose(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    more: int,
    ways: Mapping[UUID, Way] | None = None,
    *,
    rules: Rules,
) -> Proposal:
    """What would follow if a hearing took `more` minutes than it is booked for. Nothing is changed.

    It is tried out and undone, so that what the counted pools refuse is said before anybody approves.
    Raises WrongState when the hearing is not booked or is over, Invalid, NotFound, Forbidden.
    """
    plan = _plan(session, ctx, hearing_id, more, ways or {})
    refused = ""
    if not plan.pinned:
        attempt = session.begin_nested()
        try:
            _do(session, ctx, plan, rules)
        except (Conflict, Invalid) as against:
            refused = against.message
        finally:
            attempt.rollback()
    return _proposal(session, ctx, plan, refused)


def approve(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    more: int,
    ways: Mapping[UUID, Way] | None = None,
    *,
    seen: str,
    rules: Rules,
) -> list[Booking]:
    """Do what was proposed, all or nothing; answers the bookings, the longer hearing's first.

    Only a person of the court may. Raises Forbidden, Stale when it is no longer what was `seen`, Unresolved
    when something has nowhere to go, SlotTaken, and whatever `propose` raises.
    """
    if ctx.actor.kind is not ActorKind.USER:
        raise Forbidden("A person of the court approves this.")
    plan = _plan(session, ctx, hearing_id, more, ways or {})
    if plan.seen != seen:
        raise Stale
    if plan.pinned:
        raise Unresolved
    return _do(session, ctx, plan, rules)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A push worked out, with what it was worked out from."""

    hearing: Hearing
    longer: Standing
    had: Booking
    more: int
    pushed: Pushed
    known: Mapping[UUID, Neighbour]  # by booking
    waits: tuple[Neighbour, ...]
    pinned: tuple[Pinned, ...]
    warnings: tuple[str, ...]
    courtrooms: tuple[UUID, ...]
    seen: str


def _plan(session: Session, ctx: Context, hearing_id: UUID, more: int, ways: Mapping[UUID, Way]) -> _Plan:
    ctx.require(Permission.BOOK)
    hearing = hearings.of_court(session, ctx, hearing_id, lock=False)
    had = bookings.of_hearings(session, [hearing_id], ctx.now).get(hearing_id)
    if had is None or had.state is not BookingState.CONFIRMED or hearing.state not in _GOES_ON:
        raise WrongState("Only a hearing that is booked, and is not over, can be given more time.")
    _check(had, more)
    needs = replace(had.needs, minutes=had.needs.minutes + more)
    day = london_day(had.slot.start)
    whole = day_interval(day)
    ahead = Interval(had.slot.start, max(whole.end, had.slot.start + needs.length))
    own = [
        place.id
        for place in calendar.bookable(session, ctx, hearing.court_id)
        if place.kind is ResourceKind.COURTROOM and place.organisation_id == hearing.court_id
    ]
    near = _neighbours(session, ctx, hearing, had, {*own, *had.needs.resource_ids}, ahead)
    everything = {each for one in near for each in one.booking.needs.resource_ids}
    places = calendar.places(session, {*own, *everything, *needs.resource_ids})
    opened = openings(session, places.values(), [day], reader=ctx.actor)
    on = Day(opened, ctx.now, tuple(own))
    longer = Standing(
        had.id, hearing_id, needs, had.slot.start, on.sitting(needs.courtroom_id, had.slot.start)
    )
    waits = tuple(each for each in near if ways.get(each.booking.hearing_id) is Way.WAIT and _may_wait(each))
    others = [_standing(ctx, hearing, each, on) for each in near if each not in waits]
    chosen = {way: frozenset(id_ for id_, each in ways.items() if each is way) for way in Way}
    pushed = push(longer, others, on, shorten=chosen[Way.SHORTEN], elsewhere=chosen[Way.ELSEWHERE])
    known = {each.booking.id: each for each in near}
    seen_ids = hearings.seen(session, ctx, {each.booking.hearing_id for each in near})
    labels = {id_: place.label for id_, place in places.items()}
    return _Plan(
        hearing=hearing,
        longer=longer,
        had=had,
        more=more,
        pushed=pushed,
        known=known,
        waits=waits,
        pinned=_pinned(pushed, known, seen_ids, labels),
        warnings=tuple(_warnings(longer, others, pushed)),
        courtrooms=tuple(own),
        seen=_digest(had, more, pushed, known, waits),
    )


_GOES_ON = frozenset(
    {HearingState.BOOKED, HearingState.LOBBY_OPEN, HearingState.IN_SESSION, HearingState.PAUSED}
)
_MAY_MOVE = frozenset({HearingState.BOOKED, HearingState.LOBBY_OPEN})


def _check(had: Booking, more: int) -> None:
    if more < 1:
        raise Invalid(errors=[FieldError("minutes", "Say how many minutes more it needs.")])
    if had.needs.minutes + more > LONGEST_MINUTES:
        raise Invalid(errors=[FieldError("minutes", f"A booking takes {LONGEST_MINUTES} minutes at most.")])


def _neighbours(
    session: Session,
    ctx: Context,
    hearing: Hearing,
    had: Booking,
    resource_ids: set[UUID],
    ahead: Interval,
) -> list[Neighbour]:
    """Everything of the day that shares a room or a person with the hearing or with what it may push."""
    first = pushing.taking(session, resource_ids, ahead, ctx.now)
    own = {
        each for one in first if one.court_id == hearing.court_id for each in one.booking.needs.resource_ids
    }
    every = pushing.taking(session, resource_ids | own, ahead, ctx.now)
    return [each for each in every if each.booking.id != had.id]


def _standing(ctx: Context, hearing: Hearing, of: Neighbour, on: Day) -> Standing:
    found = of.booking
    sitting = on.sitting(found.courtroom_id, found.slot.start)
    return Standing(found.id, found.hearing_id, found.needs, found.slot.start, sitting, _fixed(hearing, of))


def _fixed(hearing: Hearing, of: Neighbour) -> str:
    """Why a booking may not be moved, as the end of a sentence about it."""
    if of.court_id != hearing.court_id:
        return "is another court’s"
    if of.booking.state is BookingState.PROVISIONAL:
        return "is on hold for somebody: they confirm it or let it go"
    return "" if of.state in _MAY_MOVE else "has begun, or is over"


def _may_wait(of: Neighbour) -> bool:
    """Whether a booking may be released for the wait list: not once people are in its lobby."""
    return of.state is HearingState.BOOKED and of.booking.state is BookingState.CONFIRMED


def _pinned(
    pushed: Pushed, known: Mapping[UUID, Neighbour], seen: frozenset[UUID], labels: Mapping[UUID, str]
) -> tuple[Pinned, ...]:
    found = []
    for each in pushed.stuck:
        of = known[each.of.booking_id]
        visible = of.booking.hearing_id in seen
        ways: dict[Way, str] = {}
        if each.shorter is not None:
            length = wording.minutes(each.shorter.needs.minutes)
            ways[Way.SHORTEN] = f"Shorten it to {length}, from {wording.clock(each.shorter.start)}"
        if each.elsewhere is not None:
            room = labels[each.elsewhere.needs.courtroom_id]
            ways[Way.ELSEWHERE] = f"Hear it in {room} at {wording.clock(each.elsewhere.start)}"
        if not each.of.fixed and _may_wait(of):
            ways[Way.WAIT] = "Release it and put it on the wait list"
        found.append(
            Pinned(
                of.booking.hearing_id if visible else None,
                of.title if visible else ANOTHERS,
                of.booking.slot,
                each.why,
                ways if visible else {},
            )
        )
    return tuple(found)


def _warnings(longer: Standing, others: Sequence[Standing], pushed: Pushed) -> list[str]:
    said = []
    if longer.sitting is not None and longer.slot.end > longer.sitting.end:
        over, ends = wording.clock(longer.slot.end), wording.clock(longer.sitting.end)
        said.append(f"It would go on until {over}, after the sitting ends at {ends}.")
    until = longest(longer, others)
    if any(each.of.fixed for each in pushed.stuck) and until is not None and until > longer.start:
        said.append(f"It can go on until {wording.clock(until)} without touching what may not be moved.")
    return said


def _digest(
    had: Booking,
    more: int,
    pushed: Pushed,
    known: Mapping[UUID, Neighbour],
    waits: Sequence[Neighbour],
) -> str:
    """What names a proposal: every booking that it would change, as it stands, and what it would become."""
    body = {
        "longer": [str(had.id), had.version, more],
        "moved": [
            [str(id_), known[id_].booking.version, to.start.isoformat(), to.needs.document()]
            for id_, to in sorted(pushed.moved.items())
        ],
        "waits": sorted([str(each.booking.id), each.booking.version] for each in waits),
        "stuck": sorted(str(each.of.booking_id) for each in pushed.stuck),
    }
    return hashlib.sha256(canonical(body)).hexdigest()


def _do(session: Session, ctx: Context, plan: _Plan, rules: Rules) -> list[Booking]:
    """Make it so, within the caller's transaction. Hearings are locked first, in the order of their ids."""
    moved = plan.pushed.moved
    touched = {plan.hearing.id, *(plan.known[each].booking.hearing_id for each in moved)}
    hearings.locked_of_court(session, ctx, touched | {each.booking.hearing_id for each in plan.waits})
    for each in plan.waits:
        booking.release(session, ctx, each.booking.id, version=each.booking.version)
        waitlist.join(session, ctx, each.booking.hearing_id, _wants(session, ctx, each, plan.courtrooms))
    had = plan.had
    changes = [Change(plan.hearing.id, plan.longer.needs, plan.longer.start, had.id, had.version)]
    for id_, to in moved.items():
        was = plan.known[id_].booking
        changes.append(Change(was.hearing_id, to.needs, to.start, id_, was.version))
    return booking.rebook(session, ctx, changes, rules=rules)


def _wants(session: Session, ctx: Context, of: Neighbour, courtrooms: Sequence[UUID]) -> Wants:
    """It waits from today on for any courtroom of its court, until a hard date if there is one."""
    today = london_day(ctx.now)
    bound = limit(hearings.row(session, of.booking.hearing_id), today)
    latest = min(today + WAITS, bound.day) if bound else today + WAITS
    needs: Needs = of.booking.needs
    rooms = tuple(dict.fromkeys((needs.courtroom_id, *courtrooms)))
    return Wants(needs, rooms, today, max(latest, today))


def _proposal(session: Session, ctx: Context, plan: _Plan, refused: str) -> Proposal:
    places = calendar.places(session, plan.courtrooms)
    moves = []
    for id_, to in plan.pushed.moved.items():
        of = plan.known[id_]
        room = to.needs.courtroom_id
        before = Arrangement(of.booking.needs, of.booking.slot.start)
        after = Arrangement(to.needs, to.start)
        moves.append(
            Move(
                hearing_id=to.hearing_id,
                booking_id=id_,
                title=of.title,
                before=of.booking.slot,
                after=to.slot,
                courtroom=places[room].label if room in places else "",
                elsewhere=room != of.booking.courtroom_id,
                shortened=to.needs.minutes < of.booking.needs.minutes,
                affected=affected.of(session, ctx, to.hearing_id, before, after),
            )
        )
    return Proposal(
        hearing_id=plan.hearing.id,
        more=plan.more,
        before=plan.had.slot,
        after=plan.longer.slot,
        moves=tuple(sorted(moves, key=lambda move: move.before)),
        waiting=tuple((each.booking.hearing_id, each.title) for each in plan.waits),
        pinned=plan.pinned,
        warnings=plan.warnings,
        refused=refused,
        seen=plan.seen,
    )
