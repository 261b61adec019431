"""Free times of a day for everything that a hearing needs together, and why each other time is refused.

A person charged and detained appears no later than the first available sitting (Police and Criminal Evidence
Act 1984 s.46). For such a hearing only the first sitting of the court that has room for these needs is
offered, in whichever courtroom that is; every later start is refused, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from court_link.domain import harddates, slots, wording
from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, Refusal, SlotTaken
from court_link.domain.harddates import FIRST_SITTING
from court_link.domain.requirements import Needs, Place, Rules
from court_link.domain.roles import Permission
from court_link.domain.slots import Met, Start
from court_link.domain.times import Interval, day_interval, london_day
from court_link.scheduling import searching
from court_link.scheduling.needing import check_bookable
from court_link.scheduling.searching import InTurn, Laid, lay_out
from court_link.store import Session, calendar, hearings
from court_link.store.tables import Hearing

#: Nothing is planned further ahead, so nothing is looked for there: a search reads every day that it covers.
FURTHEST = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class Availability:
    """A day's starts, free or refused with reasons. No starts at all: `closed` says why the day is shut."""

    hearing_id: UUID
    day: date
    needs: Needs
    opened: tuple[Interval, ...]
    starts: tuple[Start, ...]
    closed: Refusal | None
    warnings: tuple[str, ...] = ()

    @property
    def free(self) -> tuple[datetime, ...]:
        return tuple(start.at for start in self.starts if start.free)

    @property
    def refused(self) -> tuple[Start, ...]:
        return tuple(start for start in self.starts if not start.free)


def find(
    session: Session, ctx: Context, hearing_id: UUID, needs: Needs, day: date, *, rules: Rules, step: int = 1
) -> Availability:
    """The starts of `day`, `step` times five minutes apart. Raises NotFound, Forbidden, Invalid."""
    ctx.require(Permission.BOOK)
    check_near(ctx, day)
    hearing = hearings.of_court(session, ctx, hearing_id, lock=False)
    places = calendar.places(session, needs.resource_ids)
    check_bookable(session, ctx, hearing, needs, places)
    laid = lay_out(session, ctx, hearing, [needs], places, [day], rules)
    opening, opened = laid.opened[needs.courtroom_id], laid.sittings(needs.courtroom_id)
    closed = None if opened else Refusal(places[needs.courtroom_id].label, opening.why(day))
    found = slots.every(laid.grid, laid.sits(needs.courtroom_id), needs.length, laid.masked(needs), step)
    answer = Availability(hearing_id, day, needs, opened, _starts(laid, found), closed)
    return _in_time(session, ctx, hearing, answer, rules)


def check_near(ctx: Context, day: date) -> None:
    """Raises Invalid for a day beyond `FURTHEST`."""
    if day > london_day(ctx.now) + FURTHEST:
        raise Invalid(errors=[FieldError("day", "Choose a day within 2 years.")])


def refusals(
    session: Session,
    ctx: Context,
    hearing: Hearing,
    needs: Needs,
    start: datetime,
    rules: Rules,
    places: Mapping[UUID, Place],
) -> tuple[Refusal, ...]:
    """Why one start cannot be had, as far as the asker may know; empty when it can. `places` are its own."""
    laid = lay_out(session, ctx, hearing, [needs], places, [london_day(start)], rules)
    bit = (start - laid.grid.start) // slots.BIT
    met = slots.met(laid.grid, bit, needs.length, laid.masked(needs))
    return tuple(searching.refusals(session, ctx, met).values())


def later_than_first_sitting(
    session: Session, ctx: Context, hearing: Hearing, needs: Needs, start: datetime, rules: Rules
) -> Refusal | None:
    """Why a start is too late for a person charged and detained, or None."""
    first = first_sitting(session, ctx, hearing, [needs], london_day(start), rules)
    return first.refusal if first and start >= first.ends else None


@dataclass(frozen=True, slots=True)
class FirstSitting:
    """The first sitting of the court that has room for a hearing, and where and when it has."""

    ends: datetime
    free: datetime
    courtroom: Place

    @property
    def refusal(self) -> Refusal:
        """What is said of a later time."""
        where = f"{wording.moment(self.free)} is free in {self.courtroom.label}"
        return Refusal("This time", f"is after the first available sitting: {where}")


def first_sitting(
    session: Session, ctx: Context, hearing: Hearing, ways: Sequence[Needs], until: date, rules: Rules
) -> FirstSitting | None:
    """The first sitting from now until the end of a day with a free start, over every courtroom of the court
    in any of these ways, but for days beyond `FURTHEST`.
    """
    today = london_day(ctx.now)
    until = min(until, today + FURTHEST)
    days = [today + timedelta(days=ahead) for ahead in range((until - today).days + 1)]
    if not days:
        return None
    rooms = courtrooms_of(session, ctx, hearing)
    every = list(
        dict.fromkeys(
            replace(needs, courtroom_id=room) for needs in ways for room in (needs.courtroom_id, *rooms)
        )
    )
    places = calendar.places(session, {each for needs in every for each in needs.resource_ids})

    def laid_out(part: Sequence[date]) -> Laid:
        return lay_out(session, ctx, hearing, every, places, part, rules)

    return earliest(InTurn(days, laid_out), every)


def courtrooms_of(session: Session, ctx: Context, hearing: Hearing) -> list[UUID]:
    """The courtrooms of the hearing's own court."""
    return [
        place.id
        for place in calendar.bookable(session, ctx, hearing.court_id)
        if place.kind is ResourceKind.COURTROOM and place.organisation_id == hearing.court_id
    ]


def earliest(laid_out: Iterable[Laid], ways: Sequence[Needs]) -> FirstSitting | None:
    """The first sitting to be over of all these days', in which one of these ways has a free start.

    Whatever begins after it is later than a sitting that was available, in whichever courtroom.
    """
    return next(filter(None, (_earliest(laid, ways) for laid in laid_out)), None)


def _earliest(laid: Laid, ways: Sequence[Needs]) -> FirstSitting | None:
    found = []
    for needs in ways:
        bit = slots.lowest(laid.free(needs))
        if bit is not None:
            at = laid.grid.at(bit)
            sitting = next(each for each in laid.sittings(needs.courtroom_id) if each.holds(at))
            until = min(sitting.end, day_interval(london_day(at)).end)  # of a court that never shuts, a day
            found.append(FirstSitting(until, at, laid.places[needs.courtroom_id]))
    return min(found, key=lambda each: (each.ends, each.free), default=None)


def sentence(refused: Sequence[Refusal]) -> str:
    """Refusals as a person reads them: "Courtroom 1, St Albans is already booked until 10:40am." """
    return " ".join(map(said, refused)) or SlotTaken.__doc__ or ""


def said(refusal: Refusal) -> str:
    """One refusal as a sentence."""
    until = f" until {wording.clock(refusal.until)}" if refusal.until else ""
    return f"{refusal.resource} {refusal.reason}{until}."


def _starts(laid: Laid, found: Sequence[tuple[int, tuple[Met, ...]]]) -> tuple[Start, ...]:
    reasons = searching.refusals(laid.session, laid.ctx, {each for _, met in found for each in met})
    return tuple(Start(laid.grid.at(bit), tuple(reasons[each] for each in met)) for bit, met in found)


def _in_time(
    session: Session, ctx: Context, hearing: Hearing, answer: Availability, rules: Rules
) -> Availability:
    """The same, with what is too late refused, and what staff are told of the hearing's hard date."""
    today, asked = london_day(ctx.now), answer.needs.detained
    bound = harddates.limit(hearing, today)
    told = [bound.sentence] if bound else []
    if harddates.first_sitting_only(hearing, asked=asked):
        told.append(FIRST_SITTING)
        first = first_sitting(session, ctx, hearing, [answer.needs], answer.day, rules)
        if first is not None:
            kept = tuple(
                replace(start, refusals=(*start.refusals, first.refusal)) if start.at >= first.ends else start
                for start in answer.starts
            )
            return replace(answer, starts=kept, warnings=tuple(told))
        told.append(harddates.none_left(hearing, today, asked=asked))
    elif bound and answer.day > bound.day:
        told.append(harddates.none_left(hearing, today, asked=asked))
    return replace(answer, warnings=tuple(told))
