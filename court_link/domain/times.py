"""UTC inside, Europe/London at the edge; intervals are half-open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from court_link.domain.errors import FieldError, Invalid

LONDON = ZoneInfo("Europe/London")


class LocalTimeMissing(Invalid):
    """The clocks go forward in that hour, so that time does not exist. Choose another time."""


class LocalTimeRepeated(Invalid):
    """The clocks go back in that hour, so that time happens twice. Say which one you mean."""


def from_london(day: date, clock: time, *, fold: int | None = None, field: str = "time") -> datetime:
    """The UTC instant of a London wall-clock time.

    A time that the spring change skips raises `LocalTimeMissing`; a time that the autumn change
    repeats raises `LocalTimeRepeated` unless `fold` says which (0 first, summer time; 1 second).
    """
    local = datetime.combine(day, clock.replace(tzinfo=None), tzinfo=LONDON)
    first, second = local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if first == second:
        return first
    # In a gap neither reading comes back to the same wall clock; in a repeat both do.
    if first.astimezone(LONDON).time() != clock.replace(tzinfo=None):
        raise LocalTimeMissing(errors=[FieldError(field, (LocalTimeMissing.__doc__ or ""))])
    if fold is None:
        raise LocalTimeRepeated(errors=[FieldError(field, (LocalTimeRepeated.__doc__ or ""))])
    return second if fold else first


def to_london(moment: datetime) -> datetime:
    """The same instant on a London clock."""
    return moment.astimezone(LONDON)


def london_day(moment: datetime) -> date:
    """The London calendar day that a moment falls on."""
    return moment.astimezone(LONDON).date()


def day_interval(day: date) -> Interval:
    """A London day as a half-open UTC interval: 23, 24 or 25 hours long."""
    midnight, tomorrow = time(0), day + timedelta(days=1)
    return Interval(from_london(day, midnight), from_london(tomorrow, midnight))


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Half-open [start, end) in UTC: back-to-back never clashes."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("an Interval is of aware datetimes")
        if not self.start < self.end:
            raise Invalid(
                "The end must be after the start.",
                [FieldError("ends_at", "The end must be after the start.")],
            )

    def overlaps(self, other: Interval) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: Interval) -> bool:
        return self.start <= other.start and other.end <= self.end

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def widened(self, before: timedelta, after: timedelta) -> Interval:
        return Interval(self.start - before, self.end + after)

    def clipped(self, to: Interval) -> Interval | None:
        """The part within `to`, or None."""
        start, end = max(self.start, to.start), min(self.end, to.end)
        return Interval(start, end) if start < end else None

    @property
    def minutes(self) -> float:
        return (self.end - self.start).total_seconds() / 60


def union(intervals: list[Interval]) -> list[Interval]:
    """The same time, without overlaps, in order: so that nothing is counted twice."""
    merged: list[Interval] = []
    for interval in sorted(intervals):
        if merged and interval.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return merged


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


@lru_cache(maxsize=8192)
def wall(day: date, minutes: int) -> datetime:
    """The UTC instant of so many minutes on the London wall clock of a day; 1,440 is the next midnight.

    A time that the spring change skips is taken as the instant that it skips to, and of one that the autumn
    change repeats the first: opening hours are promises, not appointments.
    """
    local = datetime.combine(day, time(0)) + timedelta(minutes=minutes)
    return local.replace(tzinfo=LONDON).astimezone(UTC)
