"""Free starts by day masks: a Python integer a day, five minutes a bit, and why each other start is refused.

Everything that stands in the way of a start (a reservation, a closed door, a pool that is full, the past) is
an interval with a reason. Each resource's intervals become a mask, smeared by the hearing's length and by
the resource's own time around it into the mask of the starts that it refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from court_link.domain.errors import Refusal
from court_link.domain.times import Interval

BIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Grid:
    """A stretch of time in bits of five minutes; bit 0 is the first."""

    start: datetime
    bits: int

    @staticmethod
    def over(interval: Interval) -> Grid:
        return Grid(interval.start, _up(interval.end - interval.start))

    def mask(self, interval: Interval) -> int:
        """The bits that an interval touches, even by a second."""
        first = max((interval.start - self.start) // BIT, 0)
        last = max(0, min(_up(interval.end - self.start), self.bits))
        return (1 << last) - (1 << first) if first < last else 0

    def masks(self, intervals: Iterable[Interval]) -> int:
        together = 0
        for interval in intervals:
            together |= self.mask(interval)
        return together

    def at(self, bit: int) -> datetime:
        return self.start + bit * BIT


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A stretch in which a resource cannot be had, and why, as the end of a sentence about it.

    `until` is said only where it helps: the past never ends.
    """

    interval: Interval
    reason: str
    ends: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """One resource (or pool) as the reader calls it, its time around the hearing, and its obstacles."""

    resource: str
    obstacles: Sequence[Obstacle]
    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)

    def refuses(self, grid: Grid, length: timedelta) -> int:
        """The mask of starts at which this resource cannot be had for `length` and the time around it."""
        busy = grid.masks(obstacle.interval for obstacle in self.obstacles)
        before = _up(self.before)
        span = before + _up(length) + _up(self.after)
        return (smeared(busy, span) << before) & ((1 << grid.bits) - 1)

    def refusal(self, start: datetime, length: timedelta) -> Refusal | None:
        """Why it cannot be had from `start`: the obstacle met that ends last. None when it can."""
        # Whole bits, so that this says the same as the mask.
        taken = Interval(start - _up(self.before) * BIT, start + (_up(length) + _up(self.after)) * BIT)
        met = [each for each in self.obstacles if each.interval.overlaps(taken)]
        if not met:
            return None
        last = max(met, key=lambda each: each.interval.end)
        return Refusal(self.resource, last.reason, last.interval.end if last.ends else None)


@dataclass(frozen=True, slots=True)
class Start:
    """A time at which the hearing could start; free when nothing refuses it."""

    at: datetime
    refusals: tuple[Refusal, ...] = ()

    @property
    def free(self) -> bool:
        return not self.refusals


def starts(
    grid: Grid, window: Sequence[Interval], length: timedelta, wanted: Sequence[Wanted], step: int = 1
) -> list[Start]:
    """Every start within `window`, `step` bits apart on the clock, free or with all its refusals."""
    masks = [(each, each.refuses(grid, length)) for each in wanted]
    candidates = grid.masks(window)
    found = []
    for bit in range(0, grid.bits, step):
        if not candidates >> bit & 1:
            continue
        at = grid.at(bit)
        against = (each.refusal(at, length) for each, refused in masks if refused >> bit & 1)
        found.append(Start(at, tuple(refusal for refusal in against if refusal)))
    return found


def first_free(
    grid: Grid, window: Sequence[Interval], length: timedelta, wanted: Sequence[Wanted]
) -> datetime | None:
    """The first free start within `window`, or None: the lowest bit that no mask takes away."""
    free = grid.masks(window)
    for each in wanted:
        free &= ~each.refuses(grid, length)
    return grid.at((free & -free).bit_length() - 1) if free else None


def smeared(mask: int, span: int) -> int:
    """Bit i is set when any of the bits i to i + span - 1 of `mask` is: by doubling, in log2(span) shifts."""
    done = 1
    while done < span:
        shift = min(done, span - done)
        mask |= mask >> shift
        done += shift
    return mask


def outside(grid: Interval, opened: Sequence[Interval], reason: str) -> list[Obstacle]:
    """What lies between the opened times (disjoint, in order): obstacles that end when it opens again."""
    closed, since = [], grid.start
    for interval in opened:
        if since < interval.start:
            closed.append(Obstacle(Interval(since, interval.start), reason))
        since = max(since, interval.end)
    if since < grid.end:
        closed.append(Obstacle(Interval(since, grid.end), reason, ends=False))
    return closed


def _up(length: timedelta) -> int:
    """Whole bits, rounded up."""
    return -(-length // BIT)
