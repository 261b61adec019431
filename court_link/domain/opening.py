"""When a place is open, and what is said of it when it is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from court_link.domain.times import Interval, union


@dataclass(frozen=True, slots=True)
class Closed:
    """A stretch in which a place cannot be had, and why: "is closed for repairs to the roof"."""

    during: Interval
    why: str


@dataclass(frozen=True, slots=True)
class Opening:
    """When one place is open over some London days.

    `times` are disjoint and in order. `shut` says of each of the days what the place is outside its times
    ("is not sitting"). `closures` are the stretches cut out of the times, for who wants to name them.
    """

    times: tuple[Interval, ...]
    shut: Mapping[date, str] = field(default_factory=dict)
    closures: tuple[Closed, ...] = ()

    def why(self, day: date) -> str:
        """Why it cannot be had at a time of this day that is outside its times."""
        return self.shut.get(day, "is closed")

    def holds(self, wanted: Interval) -> bool:
        """Whether it is open all through an interval."""
        return any(each.contains(wanted) for each in self.times)


def without(times: Iterable[Interval], gone: Iterable[Interval]) -> tuple[Interval, ...]:
    """What is left of times, in order and disjoint, when others are cut out of them."""
    left = union(list(times))
    for cut in union(list(gone)):
        left = [
            Interval(start, end)
            for each in left
            for start, end in ((each.start, min(each.end, cut.start)), (max(each.start, cut.end), each.end))
            if start < end
        ]
    return tuple(left)
