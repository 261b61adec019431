"""Changing what is booked: move, lengthen or shorten, exchange a room or person, swap two, split over days.

Each change is a value that says what is asked. `preview` tries it and says whom it affects and what stands in
its way, and nothing is written; `make` makes it, all of it or nothing. Both run the same checks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

from court_link.domain.affected import Arrangement
from court_link.domain.booking import BookingState
from court_link.domain.business import business_of
from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Invalid, Stale, WrongState
from court_link.domain.hearing import FINISHED, HearingState
from court_link.domain.ids import new_id
from court_link.domain.link import Link
from court_link.domain.requirements import Needs, Place, Rules
from court_link.domain.roles import Permission
from court_link.domain.slots import BIT
from court_link.domain.times import day_interval, from_london, london_day, to_london
from court_link.scheduling import booking, groups, reassigning, relisting
from court_link.scheduling.affected import Consequence, Preview, arrangement, consequence, rolled_back
from court_link.scheduling.booking import Change
from court_link.scheduling.groups import Days
from court_link.scheduling.needing import check_bookable
from court_link.scheduling.opening import openings
from court_link.scheduling.reassigning import Exchange
from court_link.store import Session, bookings, calendar, hearings
from court_link.store import groups as stored
from court_link.store.bookings import Booking
from court_link.store.tables import Hearing

#: The most days that one matter is split over at once, and how far they are looked for.
MOST_DAYS = 60
_LOOK_AHEAD = 180


@dataclass(frozen=True, slots=True)
class Move:
    """Another time, and other needs where given. `days` says which days of its matter move along with it."""

    start: datetime
    needs: Needs | None = None
    days: Days = Days.THIS


@dataclass(frozen=True, slots=True)
class Length:
    """So many minutes from the same start; also for a hearing that goes on."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Reassign:
    """`into` in the place of `out`: a room, a person booked, or one who takes part by a link alone."""

    out: UUID | None
    into: UUID | None


@dataclass(frozen=True, slots=True)
class Swap:
    """Each of the two takes the other's time and courtroom, and keeps its own length, people and rooms."""

    other: UUID


@dataclass(frozen=True, slots=True)
class Split:
    """A hearing of several days, each from a start of its own: the first day is this hearing itself.

    `needs` are for each day, and may be left out where the hearing is booked; `minutes` are those of a day.
    """

    starts: tuple[datetime, ...]
    minutes: int | None = None
    needs: Needs | None = None


What = Move | Length | Reassign | Swap | Split


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a change comes to: the bookings to be, and what that means for each hearing."""

    changes: tuple[Change, ...]
    consequences: tuple[Consequence, ...]


def preview(
    session: Session, ctx: Context, hearing_id: UUID, what: What, *, version: int | None = None, rules: Rules
) -> Preview:
    """Whom a change would affect, and what stands in its way. Nothing is written.

    Raises Invalid, NotFound, Forbidden and Stale as `make` does, and what does not depend on the time that is
    asked for; a booking that cannot be had is the answer's `refused`.
    """
    with rolled_back(session):
        plan = _plan(session, ctx, hearing_id, what, version)
        try:
            _book(session, ctx, plan, rules)
        except Stale:
            raise
        except Conflict as refused:
            return Preview(plan.consequences, refused)
        return Preview(plan.consequences)


def make(
    session: Session, ctx: Context, hearing_id: UUID, what: What, *, version: int | None = None, rules: Rules
) -> tuple[Consequence, ...]:
    """Make a change: all of it, or none. Answers what became of each hearing, this one first.

    Raises SlotTaken with the reasons, Stale with the differences when `version` is not the hearing's,
    WrongState, Invalid naming the fields, NotFound, Forbidden.
    """
    plan = _plan(session, ctx, hearing_id, what, version)
    _book(session, ctx, plan, rules)
    return plan.consequences


def sitting_days(
    session: Session, ctx: Context, hearing_id: UUID, first: date, count: int
) -> tuple[date, ...]:
    """The first `count` days from `first` on which the hearing's courtroom sits: fewer where none is planned.

    Raises NotFound, Forbidden, WrongState without a booking.
    """
    ctx.require(Permission.BOOK)
    hearing = hearings.of_court(session, ctx, hearing_id, lock=False)
    booked = bookings.of_hearings(session, [hearing.id], ctx.now).get(hearing.id)
    if booked is None:
        raise WrongState("This hearing is not booked, so there is no booking to change.")
    days = [first + timedelta(days=ahead) for ahead in range(_LOOK_AHEAD)]
    places = calendar.places(session, [booked.courtroom_id]).values()
    opened = openings(session, places, days, business=business_of(hearing))[booked.courtroom_id]
    sitting = dict.fromkeys(london_day(each.start) for each in opened.times)
    return tuple(sitting)[:count]


def _book(session: Session, ctx: Context, plan: _Plan, rules: Rules) -> None:
    if plan.changes:
        booking.rebook(session, ctx, plan.changes, rules=rules)


def allow(session: Session, ctx: Context, hearing_id: UUID) -> None:
    """Raises Forbidden or NotFound unless the asker may change this hearing's booking."""
    booking.allow(session, ctx, hearing_id)


def _plan(session: Session, ctx: Context, hearing_id: UUID, what: What, version: int | None) -> _Plan:
    """What a change comes to. It writes what the rebooking stands on: further days, other people's links."""
    ctx.require(Permission.BOOK)
    asked = _Asked(session, ctx, hearing_id, version)
    match what:
        case Move():
            return asked.move(what)
        case Length():
            return asked.length(what)
        case Reassign():
            return asked.reassign(what)
        case Swap():
            return asked.swap(what)
        case Split():
            return asked.split(what)
        case _:
            assert_never(what)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks for a change of which hearing, as they saw it; a method plans each kind of change."""

    session: Session
    ctx: Context
    hearing_id: UUID
    version: int | None

    def move(self, what: Move) -> _Plan:
        every = {day.id: day for day in groups.days_of(self.session, self.ctx, self.hearing_id, what.days)}
        booked = self._booked(every)
        own = self._own(every[self.hearing_id], booked, {"starts_at": what.start})
        changes = [Change(own.hearing_id, what.needs or own.needs, what.start, own.id)]
        for day in every.values():
            other = booked.get(day.id)
            if other is not None and other is not own and day.state is HearingState.BOOKED:
                start = _shifted(other.slot.start, own.slot.start, what.start)
                changes.append(Change(day.id, other.needs, start, other.id))
        return self._planned(changes, booked)

    def length(self, what: Length) -> _Plan:
        hearing, booked = self._one()
        own = self._own(hearing, booked, {"minutes": what.minutes})
        if own.needs.minutes == what.minutes:
            raise Invalid(errors=[FieldError("minutes", "It is booked for that long already.")])
        needs = replace(own.needs, minutes=what.minutes)
        return self._planned([Change(hearing.id, needs, own.slot.start, own.id)], booked)

    def reassign(self, what: Reassign) -> _Plan:
        hearing, booked = self._one()
        standing, sent = booked.get(hearing.id), {"out": what.out, "into": what.into}
        reserved = standing is not None and what.out in standing.needs.resource_ids
        link = reassigning.by_link(self.session, self.ctx, hearing.id, what.out) if what.out else None
        if link is not None and not reserved:
            self._check_fresh(hearing, standing, sent)
            return self._relinked(hearing, standing, link, what)
        own = self._own(hearing, booked, sent)
        if what.out is not None and not reserved:
            raise Invalid(errors=[FieldError("out", "Choose who or what takes part in this hearing.")])
        exchange = Exchange(self._place(what.out, "out"), self._place(what.into, "into"))
        change = Change(hearing.id, exchange.needs(own.needs), own.slot.start, own.id)
        plan = self._planned([change], booked)
        if hearing.state in (HearingState.BOOKED, HearingState.LOBBY_OPEN):
            reassigning.relieve(self.session, self.ctx, hearing.id, exchange)
        return plan

    def swap(self, what: Swap) -> _Plan:
        if what.other == self.hearing_id:
            raise Invalid(errors=[FieldError("other", "Choose another hearing.")])
        both = hearings.locked_of_court(self.session, self.ctx, {self.hearing_id, what.other})
        booked = self._booked(both)
        own = self._own(both[self.hearing_id], booked, {"other": what.other})
        other = booked.get(what.other)
        if other is None:
            raise Invalid(errors=[FieldError("other", "Choose a hearing that is booked.")])
        first, second = sorted((own, other), key=lambda each: (each.slot.start, each.id))
        start = second.slot.start
        if first.courtroom_id == second.courtroom_id:  # one after the other, close up if they were before
            free = _on_the_mark(first.slot.start + second.needs.length)
            start = free if start - first.slot.end < BIT else max(start, free)
        changes = {
            first.id: _in_the_place(first, second.courtroom_id, start),
            second.id: _in_the_place(second, first.courtroom_id, first.slot.start),
        }
        return self._planned([changes[own.id], changes[other.id]], booked)

    def split(self, what: Split) -> _Plan:
        hearing, booked = self._one()
        own, starts = booked.get(hearing.id), sorted(what.starts)
        self._check_fresh(hearing, own, {"starts": starts})
        needs = what.needs or (own.needs if own else None)
        if needs is None:
            raise Invalid(errors=[FieldError("needs", "Say what is needed: this hearing is not booked.")])
        _check_days(starts)
        needs = replace(needs, minutes=what.minutes or needs.minutes)
        days = [hearing, *self._further_days(hearing, starts[1:], needs)]
        changes = [
            Change(day.id, needs, start, booked[day.id].id if day.id in booked else None)
            for day, start in zip(days, starts, strict=True)
        ]
        return self._planned(changes, booked)

    def _further_days(self, hearing: Hearing, starts: Sequence[datetime], needs: Needs) -> list[Hearing]:
        """The hearings of the days after this one, listed. They go on in its group, where it has one."""
        day = hearing.group_day or 1
        if hearing.group_id and day < max(stored.numbered(self.session, hearing.id).values()):
            raise WrongState("This matter goes on after this day. Split its last day.")
        hearing.group_id, hearing.group_day = hearing.group_id or new_id(), day
        return [
            relisting.another_day(self.session, self.ctx, hearing, start, needs, day + number)
            for number, start in enumerate(starts, start=1)
        ]

    def _relinked(self, hearing: Hearing, standing: Booking | None, link: Link, what: Reassign) -> _Plan:
        if hearing.state in FINISHED:
            raise WrongState("This hearing is over, so nobody can take another’s place in it.")
        into = self._place(what.into, "into")
        stays = arrangement(standing) if standing else None
        meant = consequence(self.session, self.ctx, hearing.id, stays, stays)
        affected = reassigning.relink(self.session, self.ctx, hearing, link, into)
        return _Plan((), (replace(meant, affected=affected),))

    def _one(self) -> tuple[Hearing, dict[UUID, Booking]]:
        hearing = hearings.of_court(self.session, self.ctx, self.hearing_id)
        return hearing, self._booked([hearing.id])

    def _booked(self, hearing_ids: Collection[UUID]) -> dict[UUID, Booking]:
        """The confirmed bookings of these hearings."""
        found = bookings.of_hearings(self.session, hearing_ids, self.ctx.now)
        return {id_: each for id_, each in found.items() if each.state is BookingState.CONFIRMED}

    def _own(self, hearing: Hearing, booked: Mapping[UUID, Booking], sent: Mapping[str, Any]) -> Booking:
        """The hearing's own booking. Raises WrongState without one, Stale when it was changed meanwhile."""
        own = booked.get(hearing.id)
        self._check_fresh(hearing, own, sent)
        if own is None or hearing.state in FINISHED:
            raise WrongState("This hearing is not booked, so there is no booking to change.")
        return own

    def _check_fresh(self, hearing: Hearing, own: Booking | None, sent: Mapping[str, Any]) -> None:
        if self.version in (None, hearing.version):
            return
        now: dict[str, Any] = {"state": hearing.state.value}
        if own is not None:
            now |= {"starts_at": own.slot.start, "ends_at": own.slot.end} | own.needs.document()
        raise Stale(version=hearing.version, now=now, sent=dict(sent))

    def _place(self, place_id: UUID | None, field: str) -> Place | None:
        """One of what the court can book for this hearing. What is elsewhere is refused as what is not."""
        if place_id is None:
            return None
        choices = booking.choices(self.session, self.ctx, self.hearing_id)
        found = next((place for place in choices if place.id == place_id), None)
        if found is None:
            raise Invalid(errors=[FieldError(field, "Choose one of these.")])
        return found

    def _planned(self, changes: Iterable[Change], booked: Mapping[UUID, Booking]) -> _Plan:
        every = tuple(changes)
        for each in every:  # before anything is said of what is named: it may not be theirs to know of
            hearing = hearings.row(self.session, each.hearing_id)
            places = calendar.places(self.session, each.needs.resource_ids)
            check_bookable(self.session, self.ctx, hearing, each.needs, places)
        return _Plan(every, tuple(self._meaning(each, booked.get(each.hearing_id)) for each in every))

    def _meaning(self, change: Change, standing: Booking | None) -> Consequence:
        before = arrangement(standing) if standing else None
        after = Arrangement(change.needs, change.start)
        return consequence(self.session, self.ctx, change.hearing_id, before, after)


def _in_the_place(booked: Booking, courtroom_id: UUID, start: datetime) -> Change:
    needs = replace(booked.needs, courtroom_id=courtroom_id)
    return Change(booked.hearing_id, needs, start, booked.id)


def _check_days(starts: Sequence[datetime]) -> None:
    if not 2 <= len(starts) <= MOST_DAYS:
        raise Invalid(errors=[FieldError("starts", f"Choose between 2 and {MOST_DAYS} days.")])
    if len({london_day(start) for start in starts}) < len(starts):
        raise Invalid(errors=[FieldError("starts", "Choose each day once.")])


def _shifted(start: datetime, was: datetime, now: datetime) -> datetime:
    """`start`, moved by as much on the London clock as there is from `was` to `now`."""
    moved = _on_the_wall(start) + (_on_the_wall(now) - _on_the_wall(was))
    return from_london(moved.date(), moved.time(), field="starts_at")


def _on_the_wall(moment: datetime) -> datetime:
    return to_london(moment).replace(tzinfo=None)


def _on_the_mark(moment: datetime) -> datetime:
    """The next five-minute mark: hearings begin on one."""
    midnight = day_interval(london_day(moment)).start
    return midnight + -(-(moment - midnight) // BIT) * BIT
