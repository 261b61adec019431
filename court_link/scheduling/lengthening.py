"""What a longer hearing pushes, worked out and looked at: everything here only reads."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from court_link.domain import wording
from court_link.domain.booking import BookingState, ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, WrongState
from court_link.domain.events import canonical
from court_link.domain.hearing import LIVE, HearingState
from court_link.domain.pushing import Day, Pushed, Standing, longest, push
from court_link.domain.requirements import LONGEST_MINUTES, QUARTER, Demand, Place, Rules, demands
from court_link.domain.roles import Permission
from court_link.domain.times import Interval, day_interval, london_day
from court_link.scheduling.needing import check_bookable
from court_link.scheduling.opening import openings
from court_link.scheduling.pools import caps
from court_link.store import Session, bookings, buckets, calendar, hearings, pushing
from court_link.store.bookings import Booking
from court_link.store.buckets import Key
from court_link.store.pushing import Neighbour
from court_link.store.tables import Hearing

#: What the reader may not know more of.
ANOTHERS = "Another court’s booking"


class Way(StrEnum):
    """What a person chose for a hearing that has nowhere to go."""

    SHORTEN = "shorten"
    ELSEWHERE = "elsewhere"  # another courtroom
    WAIT = "wait"  # its booking is released, and it goes on the wait list


@dataclass(frozen=True, slots=True)
class Pinned:
    """One that has nowhere to go, why, and the ways that are open to it, each in words."""

    hearing_id: UUID | None  # None where it is not the reader's to know of
    title: str
    slot: Interval
    why: str
    ways: Mapping[Way, str]


@dataclass(frozen=True, slots=True)
class Plan:
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
    places: Mapping[UUID, Place]
    day: Day
    seen: str


def plan(session: Session, ctx: Context, hearing_id: UUID, more: int, ways: Mapping[UUID, Way]) -> Plan:
    """Work it out. Raises WrongState, Invalid, NotFound, Forbidden."""
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
    return Plan(
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
        places=places,
        day=on,
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


def against(session: Session, ctx: Context, plan: Plan, rules: Rules) -> str:
    """Why it cannot be done though everything has a place, as a sentence; empty when it can."""
    if plan.hearing.state not in LIVE and not plan.day.holds(plan.longer):
        return "Not everything that it needs can be had for so long."
    moved = [plan.longer, *plan.pushed.moved.values()]
    for each in moved:
        hearing = plan.hearing if each is plan.longer else hearings.row(session, each.hearing_id)
        try:
            check_bookable(session, ctx, hearing, each.needs, plan.places)
        except Invalid as refused:
            return " ".join(error.message for error in refused.errors)
    full = _full(session, plan, moved, rules)
    return f"{wording.listed(full)} {'is' if len(full) == 1 else 'are'} full." if full else ""


def _full(session: Session, plan: Plan, moved: Sequence[Standing], rules: Rules) -> list[str]:
    """The counted pools that could not take what is moved, once what it had and what waits is given back."""
    taken: dict[Demand, list[datetime]] = {}
    delta: Counter[Key] = Counter()
    for each in moved:
        for demand in demands(each.needs, plan.places):
            quarters = list(demand.quarters(each.slot))
            taken.setdefault(demand, []).extend(quarters)
            delta.update({(demand.pool.key, quarter): demand.units for quarter in quarters})
    freed = [plan.had, *(plan.known[id_].booking for id_ in plan.pushed.moved)]
    for had in [*freed, *(each.booking for each in plan.waits)]:
        for demand in demands(had.needs, plan.places):
            delta.subtract({(demand.pool.key, at): demand.units for at in demand.quarters(had.slot)})
    more = {key: units for key, units in delta.items() if units > 0}
    if not more:
        return []
    whole = Interval(min(at for _, at in more), max(at for _, at in more) + QUARTER)
    used = buckets.used(session, {pool for pool, _ in more}, whole)
    limits = caps(session, taken, plan.places.values(), rules)
    short = {key[0] for key, units in more.items() if used.get(key, 0) + units > limits[key]}
    return sorted({demand.pool.name for demand in taken if demand.pool.key in short})
