"""How much of the staffed time was used: in session, and booked, against open.

Utilisation is in-session minutes over *staffed* open minutes; booked minutes stand beside it, because a
diary that is full of hearings which never start is not a court that is busy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from court_link.domain.events import EventKind
from court_link.domain.times import Interval, union

#: A hearing is late when it starts this long after its booked start, or later.
LATE_AFTER = timedelta(minutes=5)

K = TypeVar("K")

_RUNS = {EventKind.HEARING_STARTED, EventKind.HEARING_RESUMED}
_STOPS = {EventKind.HEARING_PAUSED, EventKind.HEARING_ENDED, EventKind.HEARING_REOPENED}


@dataclass(frozen=True, slots=True)
class Use:
    """Minutes of one room (or several, added up) within a day or a period."""

    open: float = 0
    booked: float = 0
    in_session: float = 0

    def __add__(self, other: Use) -> Use:
        return Use(self.open + other.open, self.booked + other.booked, self.in_session + other.in_session)

    @property
    def utilisation(self) -> float | None:
        """In session over staffed open, 0 to 1 (more when a hearing outlasts the staffed time), or None."""
        return self.in_session / self.open if self.open else None

    @property
    def booked_share(self) -> float | None:
        return self.booked / self.open if self.open else None


def minutes_within(window: Interval, intervals: Iterable[Interval]) -> float:
    """Minutes of `window` covered by the intervals, each minute once."""
    inside = [part for interval in intervals if (part := interval.clipped(window))]
    return sum(interval.minutes for interval in union(inside))


def use_of(
    window: Interval, opened: Sequence[Interval], booked: Sequence[Interval], in_session: Sequence[Interval]
) -> Use:
    """One room's use within a window."""
    return Use(
        minutes_within(window, opened), minutes_within(window, booked), minutes_within(window, in_session)
    )


def in_session(events: Iterable[tuple[datetime, EventKind]], until: datetime) -> list[Interval]:
    """The stretches that a hearing was in session, from its events in order; a running one to `until`."""
    stretches: list[Interval] = []
    since: datetime | None = None
    for at, kind in events:
        if kind in _RUNS and since is None:
            since = at
        elif kind in _STOPS and since is not None:
            if since < at:
                stretches.append(Interval(since, at))
            since = None
    if since is not None and since < until:
        stretches.append(Interval(since, until))
    return stretches


def days(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def summed(uses: Iterable[tuple[K, Use]]) -> dict[K, Use]:
    """Uses added up by key, in the order that the keys first came."""
    total: dict[K, Use] = {}
    for key, use in uses:
        total[key] = total.get(key, Use()) + use
    return total
