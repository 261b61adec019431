"""What stands in the way of a hearing over some days, laid out once for every way in which it could be had.

Everything is read in a constant number of queries, however many days and rooms: places, reservations (their
times alone), opening times, staff on shift, full buckets. What of it refuses a start, and whose reservation
it is, is worked out for the starts that somebody reads about. Most searches end within a week, so that is
what they lay out first (`InTurn`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from court_link.domain import slots
from court_link.domain.booking import PoolKind, Purpose, ResourceKind
from court_link.domain.business import business_of
from court_link.domain.context import Context
from court_link.domain.errors import Refusal
from court_link.domain.harddates import HardDate, limit
from court_link.domain.opening import Opening
from court_link.domain.requirements import Demand, Needs, Place, Rules, demands
from court_link.domain.slots import Grid, Met, Obstacle, Stretch, Wanted
from court_link.domain.times import Interval, day_interval, london_day
from court_link.scheduling import opening
from court_link.scheduling.counted import Counted, counted, shifts_of
from court_link.store import Session, bookings, searching
from court_link.store.prepared import together
from court_link.store.searching import Named
from court_link.store.tables import Hearing

#: Room before and after the days for what stands around a hearing, and for the hearing itself.
BEFORE, AFTER = timedelta(hours=5), timedelta(hours=17)
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
#: The days of a search are asked for again and again, by every request.
_whole = lru_cache(maxsize=2048)(day_interval)
_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Laid:
    """Some days laid out: what is there to be had of each place and pool, and by when it must be."""

    session: Session
    ctx: Context
    days: Sequence[date]
    grid: Grid
    places: Mapping[UUID, Place]
    opened: Mapping[UUID, Opening]
    booked: Mapping[UUID, Sequence[Stretch]]
    pools: Counted
    bound: HardDate | None
    times: Sequence[Obstacle]  # when nothing can be had: the past, and what lies beyond a hard date
    left_out: frozenset[UUID]  # bookings that are in nobody's way
    _masks: dict[tuple[object, ...], int] = field(default_factory=dict)
    _ways: dict[Needs, list[tuple[Wanted, int]]] = field(default_factory=dict)

    def sits(self, courtroom_id: UUID) -> int:
        """The starts of these days that lie in the courtroom's sittings."""
        key = ("sits", courtroom_id)
        if key not in self._masks:
            self._masks[key] = self.grid.mask(self.sittings(courtroom_id))
        return self._masks[key]

    def sittings(self, courtroom_id: UUID) -> tuple[Interval, ...]:
        """When the courtroom sits on these days."""
        whole = Interval(_whole(self.days[0]).start, _whole(self.days[-1]).end)
        times = self.opened[courtroom_id].times
        return tuple(here for each in times if (here := each.clipped(whole)))

    def of_day(self, day: date) -> int:
        """The starts of a London day."""
        return self.grid.span(_whole(day))

    def beside(self, resource_id: UUID, start: datetime) -> list[Interval]:
        """The reservations of a resource that are next to a moment, before and after it."""
        zero = self.grid.start
        found = slots.beside(self.booked.get(resource_id, ()), (start - zero) // _MINUTE)
        return [Interval(zero + since * _MINUTE, zero + until * _MINUTE) for since, until in found]

    def free(self, needs: Needs) -> int:
        """The starts at which all of it can be had together."""
        return slots.free(self.sits(needs.courtroom_id), self.masked(needs))

    def masked(self, needs: Needs) -> slots.Masked:
        """Everything asked for, each with the starts that it refuses; worked out once for all ways."""
        if needs in self._ways:
            return self._ways[needs]
        found = self._ways[needs] = []
        for each in self.wanted(needs):
            # A pool is told apart by its list of obstacles, which `pools` keeps alive.
            key = (each.id or id(each.obstacles), each.before, each.after, needs.length)
            if key not in self._masks:
                self._masks[key] = each.refuses(self.grid, needs.length)
            found.append((each, self._masks[key]))
        return found

    def wanted(self, needs: Needs) -> list[Wanted]:
        """Everything asked for, each with what stands in its way."""
        found = [Wanted("This time", self.times)]
        gone = Interval(_EVER, self.ctx.now)
        for resource_id in needs.resource_ids:
            place, opening = self.places[resource_id], self.opened.get(resource_id)
            before, after = needs.around(resource_id)
            obstacles = [Obstacle(each.during, each.why) for each in opening.closures] if opening else []
            if before and self.ctx.now > self.grid.start:
                what = "to travel" if place.kind is ResourceKind.PERSON else "for the consultation"
                obstacles.append(Obstacle(gone, f"has no time left {what}", ends=False))
            booked = self.booked.get(resource_id, ())
            found.append(Wanted(place.label, obstacles, before, after, booked, opening, resource_id))
        return found + [self._pool(each) for each in demands(needs, self.places)]

    def _pool(self, demand: Demand) -> Wanted:
        who, why = _POOL_WORDS[demand.pool.kind]
        obstacles = self.pools.full(demand, why)
        return Wanted(who.format(demand.pool.name), obstacles, demand.before, demand.after)


#: Days that are laid out before any others.
FIRST = 7


class InTurn:
    """Days laid out stretch by stretch, each when it is first come to: the first week, then the rest."""

    def __init__(self, days: Sequence[date], lay_out: Callable[[Sequence[date]], Laid]) -> None:
        self._ahead = [part for part in (days[:FIRST], days[FIRST:]) if part]
        self._lay_out = lay_out
        self.so_far: list[Laid] = []

    def __iter__(self) -> Iterator[Laid]:
        yield from self.so_far
        while self._ahead:
            self.so_far.append(self._lay_out(self._ahead.pop(0)))
            yield self.so_far[-1]


def refusals(session: Session, ctx: Context, met: Iterable[Met]) -> dict[Met, Refusal]:
    """Each as a sentence's parts, as far as the asker may know: one query for all of them."""
    every = list(met)
    booked = {
        (each.wanted.id, each.obstacle.interval.start)
        for each in every
        if each.wanted.id and not each.obstacle.reason
    }
    names = searching.named(session, ctx, booked)
    found = {}
    for each in every:
        interval, reason = each.obstacle.interval, each.obstacle.reason
        if not reason and each.wanted.id:
            reason = _why(names.get((each.wanted.id, interval.start)))
        until = interval.end if each.obstacle.ends else None
        found[each] = Refusal(each.wanted.resource, reason, until)
    return found


def lay_out(
    session: Session,
    ctx: Context,
    hearing: Hearing,
    ways: Sequence[Needs],
    places: Mapping[UUID, Place],
    days: Sequence[date],
    rules: Rules,
) -> Laid:
    """Lay out `days` (in order, without gaps) for all that any of these ways takes."""
    whole = Interval(_whole(days[0]).start - BEFORE, _whole(days[-1]).end + AFTER)
    ids = {each for needs in ways for each in needs.resource_ids}
    wanted = {each: places[each] for each in ids}
    bound = limit(hearing, london_day(ctx.now))
    times = [Obstacle(Interval(_EVER, ctx.now), "has passed", ends=False)] if ctx.now > whole.start else []
    if bound:
        late = Interval(_whole(bound.day).end, _NEVER)
        times.append(Obstacle(late, bound.refusal, ends=False))
    taken = {demand for needs in ways for demand in demands(needs, places)}
    # Two journeys to the database: what is asked first says what the rest leaves out, and how much of a pool
    # there is at least.
    with together(session):
        in_nobodys_way = searching.in_nobodys_way(session, hearing.id, whole, ctx.now)
        nearby, business = with_nights(days), business_of(hearing)
        opened = opening.asked(session, wanted.values(), nearby, business=business, reader=ctx.actor)
        on_shift = shifts_of(session, taken, whole)
    passed_by = in_nobodys_way()
    left_out, given_back = frozenset(row.id for row in passed_by), map(bookings.units_taken, passed_by)
    shifts = on_shift()
    with together(session):
        booked = searching.reserved(session, ids, whole, left_out)
        pools = counted(session, taken, shifts, wanted.values(), whole, rules, given_back)
    return Laid(
        session=session,
        ctx=ctx,
        days=days,
        grid=Grid.over(whole),
        places=places,
        opened=opened(),
        booked=booked(),
        pools=pools(),
        bound=bound,
        times=times,
        left_out=left_out,
    )


def with_nights(days: Sequence[date]) -> list[date]:
    """The same days, in order and without gaps, and the two that they share a midnight with: what stands
    around a hearing may lie beyond it.
    """
    return [days[0] - _DAY, *days, days[-1] + _DAY]


_POOL_WORDS = {
    PoolKind.MEDIA: ("The video service", "has no places left"),
    PoolKind.SITE_LINK: ("The video line of {}", "is full"),
    PoolKind.CUSTODY_STAFF: ("{}", "has no detention officer free"),
    PoolKind.ESCORTS: ("{}", "has no prisoner custody officer free"),
    PoolKind.RECORDING: ("The recorder", "is in use"),
}


def _why(held: Named | None) -> str:
    """As much as the reader may know: a matter outside their scope is only "already booked"."""
    if held is None or held.title is None:
        return "is already booked"
    if held.purpose is Purpose.HEARING:
        return f"is {'provisionally ' if held.provisional else ''}booked for {held.title}"
    return f"{_BUSY[held.purpose]} {held.title}"


_BUSY = {
    Purpose.CONSULTATION: "is in consultation for",
    Purpose.TURNAROUND: "is in turnaround after",
    Purpose.TRAVEL: "is travelling for",
    Purpose.REST: "has a break after",
}
