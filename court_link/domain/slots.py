"""Free starts by masks: a Python integer over the days searched, five minutes a bit, and what refuses one.

Everything that stands in the way of a start (a reservation, a closed door, a pool that is full, the past) is
a run of bits. Each resource's runs become one mask, smeared by the hearing's length and by the resource's own
time around it into the mask of the starts that it refuses. What the masks leave is free, whether a day was
laid out or a month; which obstacle refuses a start is asked only of the starts that somebody reads about.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from uuid import UUID

from court_link.domain.errors import Refusal
from court_link.domain.opening import Opening
from court_link.domain.times import Interval, london_day

BIT = timedelta(minutes=5)
_MINUTES = 5
_MINUTE = timedelta(minutes=1)

#: Bits from the first up to, and without, the last.
Run = tuple[int, int]
#: A reserved stretch in whole minutes since the grid begins, half-open.
Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """A stretch of time in bits of five minutes; bit 0 is the first."""

    start: datetime
    bits: int

    @staticmethod
    def over(interval: Interval) -> Grid:
        return Grid(interval.start, up(interval.end - interval.start))

    @property
    def whole(self) -> int:
        return (1 << self.bits) - 1

    def at(self, bit: int) -> datetime:
        return self.start + bit * BIT

    def mask(self, intervals: Sequence[Interval]) -> int:
        """The bits that any of these intervals touches, even by a second."""
        if len(intervals) == 1:
            return self.span(intervals[0])
        return self.filled(
            [((each.start - self.start) // BIT, up(each.end - self.start)) for each in intervals]
        )

    def within(self, intervals: Iterable[Interval]) -> int:
        """The bits that lie in one of these intervals to the full."""
        return self.filled(
            [(up(each.start - self.start), (each.end - self.start) // BIT) for each in intervals]
        )

    def span(self, interval: Interval) -> int:
        """The bits that one interval touches."""
        first = max((interval.start - self.start) // BIT, 0)
        last = min(up(interval.end - self.start), self.bits)
        return (1 << last) - (1 << first) if first < last else 0

    def filled(self, runs: Iterable[Run]) -> int:
        """The bits of these runs, in whatever order, cut off at both ends of the grid."""
        mask = 0
        for since, until in runs:
            first = max(0, since)
            if until > first:
                mask |= ((1 << until - first) - 1) << first
        return mask & self.whole


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A stretch in which a resource cannot be had, and why, as the end of a sentence about it.

    `until` is said only where it helps: the past never ends. A reservation has no reason yet: whose it is,
    and whether the reader may know, is asked of the store for those that are shown.
    """

    interval: Interval
    reason: str
    ends: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """One resource (or pool) as the reader calls it, its time around the hearing, and what stands in its way.

    `booked` are its reservations, in order and without overlaps; only what has an `id` has any. Without an
    `opening` it is always open.
    """

    resource: str
    obstacles: Sequence[Obstacle] = ()
    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)
    booked: Sequence[Stretch] = ()
    opening: Opening | None = None
    id: UUID | None = None

    def refuses(self, grid: Grid, length: timedelta) -> int:
        """The mask of starts at which this resource cannot be had for `length` and the time around it."""
        busy = 0
        if self.booked:
            busy = grid.filled([(start // _MINUTES, -(-end // _MINUTES)) for start, end in self.booked])
        if self.obstacles:
            busy |= grid.mask([each.interval for each in self.obstacles])
        if self.opening is not None:
            busy |= grid.whole & ~grid.within(self.opening.times)
        before = up(self.before)
        return (smeared(busy, before + up(length) + up(self.after)) << before) & grid.whole

    def met(self, grid: Grid, bit: int, length: timedelta) -> Obstacle | None:
        """Why it cannot be had from a start: the obstacle met that ends last. None when it can."""
        first, last = bit - up(self.before), bit + up(length) + up(self.after)
        taken = Interval(grid.at(first), grid.at(last))  # whole bits, so that this says the same as the mask
        met = [each for each in self.obstacles if each.interval.overlaps(taken)]
        met += self._reservation(grid, first * _MINUTES, last * _MINUTES)
        if self.opening is not None:
            met += _shut(self.opening, taken)
        return max(met, key=lambda each: each.interval.end, default=None)

    def _reservation(self, grid: Grid, first: int, last: int) -> Iterator[Obstacle]:
        """The last reservation met; those of one resource never overlap."""
        before_end = bisect_left(self.booked, last, key=itemgetter(0))
        start, end = self.booked[before_end - 1] if before_end else (0, 0)
        if before_end and end > first:
            yield Obstacle(Interval(grid.start + start * _MINUTE, grid.start + end * _MINUTE), "")


def beside(booked: Sequence[Stretch], start: int) -> list[Stretch]:
    """Of reservations in order, the last that begins before `start` and the first from then on."""
    here = bisect_left(booked, start, key=itemgetter(0))
    return list(booked[max(here - 1, 0) : here + 1])


def _shut(opening: Opening, taken: Interval) -> Iterator[Obstacle]:
    """The last gap between opened times that is met: it ends when the place opens again, if it does."""
    if opening.holds(taken):
        return
    following = next((each for each in opening.times if each.start >= taken.end), None)
    opened = [each for each in opening.times if each.start < taken.end]
    if opened and opened[-1].end < taken.end:  # shut at the end of what is wanted
        since = max(opened[-1].end, taken.start)
        end = following.start if following else taken.end
        yield Obstacle(Interval(since, end), opening.why(london_day(since)), ends=following is not None)
    elif opened:  # shut at its beginning alone
        yield Obstacle(Interval(taken.start, opened[-1].start), opening.why(london_day(taken.start)))
    else:
        end = following.start if following else taken.end
        why = opening.why(london_day(taken.start))
        yield Obstacle(Interval(taken.start, end), why, ends=following is not None)


@dataclass(frozen=True, slots=True)
class Met:
    """What refuses a start: the resource, and the obstacle that it has there."""

    wanted: Wanted
    obstacle: Obstacle


@dataclass(frozen=True, slots=True)
class Start:
    """A time at which the hearing could start; free when nothing refuses it."""

    at: datetime
    refusals: tuple[Refusal, ...] = ()

    @property
    def free(self) -> bool:
        return not self.refusals


#: What is wanted, each with the mask of the starts that it refuses.
Masked = Sequence[tuple[Wanted, int]]


def masked(grid: Grid, length: timedelta, wanted: Iterable[Wanted]) -> Masked:
    """Everything wanted with its mask."""
    return [(each, each.refuses(grid, length)) for each in wanted]


def free(window: int, wanted: Masked) -> int:
    """The starts of a mask that nothing refuses."""
    for _, refused in wanted:
        window &= ~refused
    return window


def met(grid: Grid, bit: int, length: timedelta, wanted: Masked) -> tuple[Met, ...]:
    """All that refuses one start."""
    against = ((each, each.met(grid, bit, length)) for each, refused in wanted if refused >> bit & 1)
    return tuple(Met(each, obstacle) for each, obstacle in against if obstacle)


def every(
    grid: Grid, window: int, length: timedelta, wanted: Masked, step: int = 1
) -> list[tuple[int, tuple[Met, ...]]]:
    """Every start of a mask, `step` bits apart on the clock, with all that refuses it."""
    return [(bit, met(grid, bit, length, wanted)) for bit in bits(window) if not bit % step]


def blockers(grid: Grid, window: int, length: timedelta, wanted: Masked) -> list[Met]:
    """What takes every start of a mask away together: as few resources as can be said, the worst first.

    Each with the obstacle that most of its starts run into, asked of those on the quarters of an hour where
    there are any.
    """
    found = []
    while window:
        worst, refused = max(wanted, key=lambda each: (each[1] & window).bit_count())
        taken = window & refused
        if not taken:
            break
        asked = taken & _comb(grid.bits, 3) or taken
        met_by_start = (worst.met(grid, bit, length) for bit in bits(asked))
        (most, _), *_ = Counter(each for each in met_by_start if each).most_common(1)
        found.append(Met(worst, most))
        window &= ~refused
    return found


def offered(mask: int, grid: Grid, every_minutes: int = 15) -> int:
    """Free starts worth offering: on the quarters of an hour, and the first of each free stretch."""
    return mask & (_comb(grid.bits, every_minutes // _MINUTES) | ~(mask << 1))


def bits(mask: int) -> Iterator[int]:
    """The bits that are set, the lowest first."""
    digits = bin(mask)[:1:-1]
    bit = digits.find("1")
    while bit >= 0:
        yield bit
        bit = digits.find("1", bit + 1)


def lowest(mask: int) -> int | None:
    """The lowest bit that is set, or None."""
    return (mask & -mask).bit_length() - 1 if mask else None


def smeared(mask: int, span: int) -> int:
    """Bit i is set when any of the bits i to i + span - 1 of `mask` is: by doubling, in log2(span) shifts."""
    done = 1
    while done < span:
        shift = min(done, span - done)
        mask |= mask >> shift
        done += shift
    return mask


def up(length: timedelta) -> int:
    """Whole bits, rounded up."""
    return -(-length // BIT)


@cache
def _comb(bits: int, step: int) -> int:
    """Every `step`th bit, from bit 0 on."""
    teeth = -(-bits // step)
    return ((1 << teeth * step) - 1) // ((1 << step) - 1)
