"""Free times of a day for everything that a hearing needs together, and why each other time is refused.

A person charged and detained appears no later than the first available sitting (Police and Criminal Evidence
Act 1984 s.46). For such a hearing only the first sitting that has room for these needs is offered, on
whatever day that is; every later start is refused, and says so. The search looks `LOOK_AHEAD` days on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from court_link.domain import wording
from court_link.domain.booking import PoolKind, Purpose
from court_link.domain.context import Context
from court_link.domain.errors import Refusal, SlotTaken
from court_link.domain.opening import Opening
from court_link.domain.requirements import QUARTER, Demand, Needs, Place, Rules, demands, quarters
from court_link.domain.roles import Permission
from court_link.domain.slots import Grid, Obstacle, Start, Wanted, first_free, outside, starts
from court_link.domain.times import Interval, day_interval, london_day, union
from court_link.scheduling.needing import check_bookable
from court_link.scheduling.opening import openings
from court_link.scheduling.pools import caps
from court_link.store import Session, bookings, buckets, calendar, hearings, reservations
from court_link.store.reservations import Held
from court_link.store.tables import Hearing

#: Room on either side of the day for what stands around a hearing.
MARGIN = timedelta(hours=5)
_EVER = datetime.min.replace(tzinfo=UTC)
#: How far a first available sitting is looked for.
LOOK_AHEAD = 7
FIRST_SITTING = (
    "A person charged and detained appears no later than the first available sitting"
    " (Police and Criminal Evidence Act 1984 section 46)."
)
NONE_LEFT = (
    f"No sitting in the next {LOOK_AHEAD} days has room for this hearing."
    " Tell the custody officer, who must tell the court."
)


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
    hearing = hearings.of_court(session, ctx, hearing_id, lock=False)
    places = calendar.places(session, needs.resource_ids)
    check_bookable(ctx, hearing, needs, places)
    search = _Search(session, ctx, hearing, needs, places, rules)
    found = search.day(day)
    answer = Availability(
        hearing_id,
        day,
        needs,
        found.window,
        tuple(starts(found.grid, found.window, needs.length, found.wanted, step)),
        found.closed(places[needs.courtroom_id]),
    )
    return _first_sitting_only(search, answer) if needs.detained else answer


def refusals(
    session: Session, ctx: Context, hearing: Hearing, needs: Needs, start: datetime, rules: Rules
) -> tuple[Refusal, ...]:
    """Why one start cannot be had, as far as the asker may know; empty when it can."""
    places = calendar.places(session, needs.resource_ids)
    found = _Search(session, ctx, hearing, needs, places, rules).day(london_day(start))
    against = (each.refusal(start, needs.length) for each in found.wanted)
    return tuple(refusal for refusal in against if refusal)


def later_than_first_sitting(
    session: Session, ctx: Context, hearing: Hearing, needs: Needs, start: datetime, rules: Rules
) -> Refusal | None:
    """Why a start is too late for a person charged and detained, or None."""
    places = calendar.places(session, needs.resource_ids)
    search = _Search(session, ctx, hearing, needs, places, rules)
    first = search.first_sitting(london_day(start))
    return _too_late(first) if first and start >= first.sitting.end else None


def sentence(refused: Sequence[Refusal]) -> str:
    """Refusals as a person reads them: "Courtroom 1, St Albans is already booked until 10:40am." """
    return " ".join(map(said, refused)) or SlotTaken.__doc__ or ""


def said(refusal: Refusal) -> str:
    """One refusal as a sentence."""
    until = f" until {wording.clock(refusal.until)}" if refusal.until else ""
    return f"{refusal.resource} {refusal.reason}{until}."


def _first_sitting_only(search: _Search, answer: Availability) -> Availability:
    first = search.first_sitting(answer.day)
    if first is None:
        return replace(answer, warnings=(FIRST_SITTING, *(() if answer.free else (NONE_LEFT,))))
    late = _too_late(first)
    kept = tuple(
        replace(start, refusals=(*start.refusals, late)) if start.at >= first.sitting.end else start
        for start in answer.starts
    )
    return replace(answer, starts=kept, warnings=(FIRST_SITTING,))


def _too_late(first: _FirstSitting) -> Refusal:
    return Refusal(
        "This time", f"is after the first available sitting: {wording.moment(first.free)} is free", None
    )


@dataclass(frozen=True, slots=True)
class _FirstSitting:
    sitting: Interval
    free: datetime


@dataclass(frozen=True, slots=True)
class _Day:
    """One day laid out: the grid, when the courtroom sits, and all that is wanted with its obstacles."""

    grid: Grid
    window: tuple[Interval, ...]
    wanted: tuple[Wanted, ...]
    shut: str

    def closed(self, courtroom: Place) -> Refusal | None:
        return None if self.window else Refusal(courtroom.label, self.shut)


@dataclass(frozen=True, slots=True)
class _Search:
    """What stays the same while days are looked at."""

    session: Session
    ctx: Context
    hearing: Hearing
    needs: Needs
    places: dict[UUID, Place]
    rules: Rules

    def first_sitting(self, until: date) -> _FirstSitting | None:
        """The first sitting from now until the end of a day that has a free start for these needs."""
        today = london_day(self.ctx.now)
        for ahead in range(min((until - today).days, LOOK_AHEAD) + 1):
            found = self.day(today + timedelta(days=ahead))
            free = first_free(found.grid, found.window, self.needs.length, found.wanted)
            if free is not None:
                return _FirstSitting(next(each for each in found.window if each.holds(free)), free)
        return None

    def day(self, day: date) -> _Day:
        whole = day_interval(day).widened(MARGIN, MARGIN)
        grid = Grid.over(whole)
        opened = openings(self.session, self.places.values(), [day], reader=self.ctx.actor)
        sits = opened[self.needs.courtroom_id]
        gone = [Obstacle(Interval(_EVER, self.ctx.now), "has passed", ends=False)]
        wanted = (
            Wanted("This time", gone),
            *self._resources(day, whole, opened, gone),
            *self._pools(whole),
        )
        return _Day(grid, sits.times, wanted, sits.why(day))

    def _resources(
        self, day: date, whole: Interval, opened: dict[UUID, Opening], gone: Sequence[Obstacle]
    ) -> Iterator[Wanted]:
        ids = self.needs.resource_ids
        taken = reservations.taken(self.session, ids, whole, self.ctx.now, but_of=self.hearing.id)
        own = hearings.seen(
            self.session, self.ctx, {held.hearing_id for each in taken.values() for held in each}
        )
        for resource_id in ids:
            before, after = self.needs.around(resource_id)
            obstacles = [Obstacle(held.interval, _why(held, own)) for held in taken[resource_id]]
            if resource_id in opened:
                opening = opened[resource_id]
                obstacles += [Obstacle(each.during, each.why) for each in opening.closures]
                obstacles += outside(whole, opening.times, opening.why(day))
            if before:
                obstacles += [replace(each, reason="has no time left for the consultation") for each in gone]
            yield Wanted(self.places[resource_id].label, obstacles, before, after)

    def _pools(self, whole: Interval) -> Iterator[Wanted]:
        wanted = demands(self.needs, self.places)
        every = tuple(quarters(whole))
        limits = caps(self.session, dict.fromkeys(wanted, every), self.places.values(), self.rules)
        used = buckets.used(self.session, {demand.pool.key for demand in wanted}, whole)
        stale = bookings.lapsed_within(self.session, whole, self.ctx.now)
        own = bookings.live(self.session, self.hearing.id, lock=False)
        for row in {row.id: row for row in (*stale, *own)}.values():
            for key, units in bookings.units_taken(row).items():
                used[key] = used.get(key, 0) - units
        for demand in wanted:
            full = [
                Interval(quarter, quarter + QUARTER)
                for quarter in every
                if used.get((demand.pool.key, quarter), 0) + demand.units > limits[demand.pool.key, quarter]
            ]
            yield _pool_wanted(demand, full)


def _pool_wanted(demand: Demand, full: list[Interval]) -> Wanted:
    who, why = _POOL_WORDS[demand.pool.kind]
    obstacles = [Obstacle(interval, why) for interval in union(full)]
    return Wanted(who.format(demand.pool.name), obstacles, demand.before, demand.after)


_POOL_WORDS = {
    PoolKind.MEDIA: ("The video service", "has no places left"),
    PoolKind.SITE_LINK: ("The video line of {}", "is full"),
    PoolKind.CUSTODY_STAFF: ("{}", "has no detention officer free"),
}


def _why(held: Held, own: frozenset[UUID]) -> str:
    """As much as the reader may know: a matter outside their scope is only "already booked"."""
    if held.hearing_id not in own:
        return "is already booked"
    if held.purpose is Purpose.CONSULTATION:
        return f"is in consultation for {held.title}"
    if held.purpose is Purpose.TURNAROUND:
        return f"is in turnaround after {held.title}"
    return f"is {'provisionally ' if held.provisional else ''}booked for {held.title}"
