"""The next times for everything that a hearing needs together, over days and in other rooms, best first.

A *wish* is what is asked for and the rooms that would do as well: other courtrooms of the court, other
custody rooms of its area, one for each defendant in custody, since co-defendants are kept apart. Every *way*
to have it is one `Needs`. All of them are searched at once over the same days, in a constant number of
queries, and of the days no more than the answer needs; how it is ranked is in `domain.ranking`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations, islice, permutations
from uuid import UUID

from court_link.domain import harddates, ranking, slots, wording
from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, Refusal
from court_link.domain.harddates import FIRST_SITTING, HardDate
from court_link.domain.places import PersonKind
from court_link.domain.ranking import Asked, Candidate, ranked
from court_link.domain.requirements import CustodyNeed, Needs, Place, Rules
from court_link.domain.roles import Permission
from court_link.domain.times import Interval, day_interval, london_day, to_london, wall
from court_link.scheduling import practice
from court_link.scheduling.availability import FirstSitting, check_near, courtrooms_of, earliest
from court_link.scheduling.needing import check_bookable
from court_link.scheduling.searching import InTurn, Laid, lay_out, refusals
from court_link.store import Session, calendar, hearings, searching
from court_link.store.searching import Load
from court_link.store.tables import Hearing

#: Days that one search looks over at most, and ways to have a hearing that it compares.
LONGEST_SEARCH, MOST_WAYS = 92, 400
#: Of so many days that have nothing free, the first ones, it is said what takes them away.
EXPLAINED = 14


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for, and the rooms that would do as well as those it names."""

    needs: Needs
    courtrooms: tuple[UUID, ...] = ()
    custody_rooms: tuple[UUID, ...] = ()
    any_courtroom: bool = False  # of the court
    any_custody_room: bool = False  # of its area

    def with_rooms(self, rooms: Iterable[Place], court_id: UUID) -> Wish:
        """The same, with the rooms named that "any" means, out of all that may be booked."""
        courtrooms, cells = self.courtrooms, self.custody_rooms
        for room in rooms:
            if (
                self.any_courtroom
                and room.kind is ResourceKind.COURTROOM
                and room.organisation_id == court_id
            ):
                courtrooms += (room.id,)
            if self.any_custody_room and room.kind is ResourceKind.CUSTODY_ROOM:
                cells += (room.id,)
        return replace(self, courtrooms=courtrooms, custody_rooms=cells)

    def ways(self) -> Iterator[Needs]:
        """Every way to have it, as asked first: each defendant in custody in a room of their own."""
        asked = self.needs
        rooms = dict.fromkeys((asked.courtroom_id, *self.courtrooms))
        for custody in self._custody():
            for courtroom in rooms:
                yield replace(asked, courtroom_id=courtroom, custody=custody)

    def _custody(self) -> Iterator[tuple[CustodyNeed, ...]]:
        asked = self.needs.custody
        cells = dict.fromkeys((*(need.room_id for need in asked), *self.custody_rooms))
        alike = len({replace(need, room_id=asked[0].room_id) for need in asked}) <= 1
        # Who needs the same may sit in either room: which of them in which makes no difference.
        choose = combinations if alike else permutations
        for chosen in choose(cells, len(asked)):
            yield tuple(replace(need, room_id=room) for need, room in zip(asked, chosen, strict=True))


@dataclass(frozen=True, slots=True)
class Option:
    """A time at which everything can be had, in which rooms, what speaks for it, and what to know of it."""

    start: datetime
    needs: Needs
    why: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def slot(self) -> Interval:
        return Interval(self.start, self.start + self.needs.length)


@dataclass(frozen=True, slots=True)
class Refused:
    """A day with no free time, and what takes it away, the worst first."""

    day: date
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The best of the next times, and the days before the last of them that have none."""

    hearing_id: UUID
    first_day: date
    last_day: date  # the last day that was searched
    options: tuple[Option, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[str, ...] = ()
    none_left: bool = False  # there is a hard date, and no time from today on is before it


def find(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    wish: Wish,
    first_day: date,
    *,
    days: int = 30,
    count: int = 10,
    rules: Rules,
) -> Found:
    """The best `count` of the next free times of `days` London days from `first_day`.

    Nothing beyond a hard date, or after the first available sitting of a person charged and detained, is
    offered; when none is left, `warnings` says whom to tell. A sitting that takes more than its capacity is
    offered, with a warning. Raises NotFound, Forbidden, Invalid.
    """
    ctx.require(Permission.BOOK)
    _check(days, count)
    check_near(ctx, first_day)
    hearing = hearings.of_court(session, ctx, hearing_id, lock=False)
    detained = harddates.first_sitting_only(hearing, asked=wish.needs.detained)
    if wish.any_courtroom or wish.any_custody_room:
        wish = wish.with_rooms(calendar.bookable(session, ctx, hearing.court_id), hearing.court_id)
    ways = list(islice(wish.ways(), MOST_WAYS))
    every = _anywhere(session, ctx, hearing, ways) if detained else ways
    named = {each for needs in every for each in needs.resource_ids}  # not all, where there are more ways
    places = calendar.places(session, named.union(wish.courtrooms, wish.custody_rooms))
    check_bookable(session, ctx, hearing, wish.needs, places)
    _check_alternatives(ctx, hearing, wish, places)
    today = london_day(ctx.now)
    since = min(first_day, today) if detained else first_day
    searched = _days(since, first_day + timedelta(days=days - 1))

    def laid_out(part: Sequence[date]) -> Laid:
        return lay_out(session, ctx, hearing, every, places, part, rules)

    laid = InTurn(searched, laid_out)
    first = earliest(laid, every) if detained else None
    search = _Search(session, ctx, laid, hearing, ways, places, first, first_day)
    chosen = search.best(count)
    full = len(chosen) == count
    until = max((london_day(each.start) for each in chosen), default=searched[-1]) if full else searched[-1]
    return Found(
        hearing_id=hearing_id,
        first_day=first_day,
        last_day=searched[-1],
        options=search.options(chosen),
        refused=search.refused(until),
        warnings=search.warnings(bool(chosen)),
        none_left=search.none_left(bool(chosen)),
    )


def advice(session: Session, ctx: Context, hearing_id: UUID, needs: Needs) -> tuple[str, ...]:
    """What such a hearing usually has and these needs have not: sentences for who asks, never a refusal."""
    ctx.require(Permission.BOOK)
    hearing = hearings.of_court(session, ctx, hearing_id, lock=False)
    return practice.missing(session, hearing, needs, calendar.places(session, needs.resource_ids))


@dataclass(frozen=True, slots=True)
class _Search:
    """One search, whose days are laid out as far as it has come."""

    session: Session
    ctx: Context
    laid: InTurn
    hearing: Hearing
    ways: Sequence[Needs]
    places: Mapping[UUID, Place]
    first: FirstSitting | None
    first_day: date

    def best(self, count: int) -> list[Candidate]:
        """The best free times, each in the way nearest to what was asked."""
        candidates = (each for laid in self.laid for each in self._candidates(laid))
        return ranked(candidates, self.asked, count)

    def options(self, chosen: Sequence[Candidate]) -> tuple[Option, ...]:
        asked, crowded = self.asked, self._crowded(chosen)
        return tuple(
            Option(each.start, self.ways[each.way], ranking.why(each, asked), full)
            for each, full in zip(chosen, crowded, strict=True)
        )

    def refused(self, until: date) -> tuple[Refused, ...]:
        """What takes each day away that has nothing free, from the first day asked to one day."""
        shut = islice(self._shut(until), EXPLAINED)
        barred = [(laid, day, self._barring(laid, day)) for laid, day in shut]
        reasons = refusals(self.session, self.ctx, {each for *_, met in barred for each in met})
        return tuple(
            Refused(day, self._said(laid, day, tuple(reasons[each] for each in met)))
            for laid, day, met in barred
        )

    def _shut(self, until: date) -> Iterator[tuple[Laid, date]]:
        """The days up to one, from the first day asked, on which nothing is free."""
        for laid in self.laid:
            free = self._free(laid)
            for day in laid.days:
                if day > until:
                    return
                if day >= self.first_day and not laid.of_day(day) & free:
                    yield laid, day

    def warnings(self, some: bool) -> tuple[str, ...]:
        today = london_day(self.ctx.now)
        detained, bound = self.detained, self.bound
        told = [bound.sentence] if bound else []
        told += [FIRST_SITTING] if detained else []
        if self.none_left(some):
            told.append(harddates.none_left(self.hearing, today, asked=detained))
        return tuple(told)

    def none_left(self, some: bool) -> bool:
        """Whether a hard date has no time left: what begins after today says nothing of the days before."""
        if self.detained:
            return not some and self.first is None
        return not some and self.bound is not None and self.first_day <= london_day(self.ctx.now)

    @property
    def bound(self) -> HardDate | None:
        return harddates.limit(self.hearing, london_day(self.ctx.now))

    @property
    def detained(self) -> bool:
        return harddates.first_sitting_only(self.hearing, asked=self.ways[0].detained)

    @property
    def asked(self) -> Asked:
        listed = self.hearing.listed_at
        day = max(self.first_day, london_day(self.ctx.now))
        clock = to_london(listed)
        moment = wall(day, clock.hour * 60 + clock.minute)
        must = "First available sitting" if self.detained else ""
        if self.bound and not must:
            must = f"In time for {wording.short_day(self.bound.day)}, a hard date"
        return Asked(moment, listed, must)

    def _window(self, laid: Laid) -> int:
        """The starts that are asked for: from the first day on, and no later than the first sitting."""
        since = day_interval(self.first_day).start
        until = self.first.ends if self.first else laid.grid.at(laid.grid.bits)
        return laid.grid.span(Interval(since, until)) if since < until else 0

    def _free(self, laid: Laid) -> int:
        free = 0
        for needs in self.ways:
            free |= laid.free(needs)
        return free & self._window(laid)

    def _candidates(self, laid: Laid) -> Iterator[Candidate]:
        """The free times worth offering by start, each in the first of the ways that has it."""
        grid, window = laid.grid, self._window(laid)
        masks, seen = [], 0
        for needs in self.ways:
            fresh = laid.free(needs) & window & ~seen
            masks.append(fresh)
            seen |= fresh
        officers, listed = self._officers(), self.hearing.listed_at
        for bit in slots.bits(slots.offered(seen, grid)):
            way = next(number for number, mask in enumerate(masks) if mask >> bit & 1)
            at = grid.at(bit)
            slot = Interval(at, at + self.ways[way].length)
            waits = tuple(
                (place.label, ranking.waiting(slot, laid.beside(place.id, at), listed)) for place in officers
            )
            yield Candidate(at, waits, self._instead(way), way)

    def _officers(self) -> list[Place]:
        attending = (self.places[each] for each in self.ways[0].attending)
        return [place for place in attending if place.person is PersonKind.OFFICER]

    def _instead(self, way: int) -> tuple[str, ...]:
        """The rooms of a way that are not those asked for."""
        asked = self.ways[0].resource_ids
        pairs = zip(asked, self.ways[way].resource_ids, strict=True)
        return tuple(
            f"{self.places[room].label} instead of {self.places[before].label}"
            for before, room in pairs
            if room not in asked
        )

    def _barring(self, laid: Laid, day: date) -> list[slots.Met]:
        needs = self.ways[0]
        window = laid.sits(needs.courtroom_id) & laid.of_day(day) & self._window(laid)
        return slots.blockers(laid.grid, window, needs.length, laid.masked(needs))

    def _said(self, laid: Laid, day: date, reasons: tuple[Refusal, ...]) -> tuple[Refusal, ...]:
        needs = self.ways[0]
        courtroom, opening = self.places[needs.courtroom_id], laid.opened[needs.courtroom_id]
        window = laid.of_day(day) & ~self._window(laid)
        if self.first and window & laid.sits(needs.courtroom_id):
            reasons += (self.first.refusal,)
        if not reasons:
            reasons = (Refusal(courtroom.label, opening.why(day)),)
        if len(self.ways) > 1:
            reasons += (Refusal("Every other room that would do", "is taken or shut as well"),)
        return reasons

    def _crowded(self, chosen: Sequence[Candidate]) -> list[tuple[str, ...]]:
        """For each time whether its sitting would hold more than it is meant to take."""
        if not chosen:
            return []
        rooms = {self.ways[each.way].courtroom_id for each in chosen}
        within = Interval(
            min(each.start for each in chosen),
            max(each.start + self.ways[each.way].length for each in chosen),
        )
        left_out = {each for laid in self.laid.so_far for each in laid.left_out}
        loads = searching.loads(self.session, rooms, within, left_out)
        return [_over(each.start, self.ways[each.way], loads) for each in chosen]


def _over(start: datetime, needs: Needs, loads: Sequence[Load]) -> tuple[str, ...]:
    said = []
    for load in loads:
        if load.courtroom_id != needs.courtroom_id or not load.during.holds(start):
            continue
        if load.slots and load.matters + 1 > load.slots:
            matters = wording.plural(load.matters + 1, "matter")
            said.append(f"This sitting would have {matters} for {wording.plural(load.slots, 'slot')}.")
        if load.minutes and load.booked + needs.length > timedelta(minutes=load.minutes):
            booked = wording.minutes(load.booked + needs.length)
            said.append(f"This sitting would have {booked} of hearings for {wording.minutes(load.minutes)}.")
    return tuple(said)


def _anywhere(session: Session, ctx: Context, hearing: Hearing, ways: Sequence[Needs]) -> list[Needs]:
    """These ways in every courtroom of the court too: where the first available sitting may be."""
    rooms = courtrooms_of(session, ctx, hearing)
    every = (replace(needs, courtroom_id=room) for needs in ways for room in rooms)
    return list(dict.fromkeys((*ways, *islice(every, MOST_WAYS))))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def _check(days: int, count: int) -> None:
    errors = []
    if not 1 <= days <= LONGEST_SEARCH:
        errors.append(FieldError("days", f"Search between 1 and {LONGEST_SEARCH} days."))
    if not 1 <= count <= 50:
        errors.append(FieldError("count", "Ask for between 1 and 50 times."))
    if errors:
        raise Invalid(errors=errors)


def _check_alternatives(ctx: Context, hearing: Hearing, wish: Wish, places: dict[UUID, Place]) -> None:
    """Raises Invalid unless the court may book each of the rooms that would do as well."""
    area = places[wish.needs.courtroom_id].area
    own = {hearing.court_id, *ctx.actor.scope}

    def may(room: UUID, kind: ResourceKind, near: str) -> bool:
        place = places.get(room)
        return (
            place is not None
            and place.kind is kind
            and (ctx.actor.everywhere or place.organisation_id in own or (bool(near) and place.area == near))
        )

    errors = []
    if not all(may(room, ResourceKind.COURTROOM, "") for room in wish.courtrooms):
        errors.append(FieldError("courtrooms", "Choose your own courtrooms."))
    if not all(may(room, ResourceKind.CUSTODY_ROOM, area) for room in wish.custody_rooms):
        errors.append(FieldError("custody_rooms", "Choose custody rooms of your area."))
    if errors:
        raise Invalid(errors=errors)
