"""Which free times are best, and why, in words.

In this order: what must be heard soon is heard soonest (a person in custody, a hard date); the least waiting
for officers; the nearest to what was asked, in days and then on the clock; the rooms that were asked for.

**Waiting** is the minutes that lie between a hearing and the officer's nearest other booking of that London
day, whichever comes first; an officer with no other booking that day waits from the time for which the
hearing is listed, when it is listed on that day. Officers' minutes are added up. This is our measure, not one
of the courts': it counts the minutes in which an officer is bound to a hearing and cannot go back to work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from court_link.domain import wording
from court_link.domain.times import Interval, london_day, to_london

#: At most so many times of one day are offered while other days have some, so that there is a choice.
OF_ONE_DAY = 4
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A free time: when, the officers' waiting by name, the rooms that are not those asked, and `way`, which
    of the ways to have it this is (0 is as asked).
    """

    start: datetime
    waits: tuple[tuple[str, timedelta], ...] = ()
    instead: tuple[str, ...] = ()
    way: int = 0

    @property
    def waiting(self) -> timedelta:
        return sum((wait for _, wait in self.waits), _NONE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the ranking is by: the moment asked for, and whether it is urgent (`must`: by which rule)."""

    moment: datetime
    listed: datetime
    must: str = ""


def waiting(slot: Interval, others: Iterable[Interval], listed: datetime) -> timedelta:
    """How long an officer waits for a hearing in `slot`. Of `others`, their other bookings, those that are
    next to it before and after are enough.
    """
    day = london_day(slot.start)
    gaps = [
        max(slot.start - each.end, each.start - slot.end, _NONE)
        for each in others
        if london_day(each.start) == day
    ]
    if gaps:
        return min(gaps)
    return max(slot.start - listed, _NONE) if london_day(listed) == day else _NONE


def ranked(candidates: Iterable[Candidate], asked: Asked, count: int) -> list[Candidate]:
    """The best `count` of the next free times, given by start, the best first.

    The nearest days are looked at first. Of one day at most `OF_ONE_DAY` are taken unless the matter is
    urgent or the other days have none.
    """
    of_one_day = count if asked.must else OF_ONE_DAY
    chosen: list[Candidate] = []
    spare: list[Candidate] = []
    for of_day in _by_day(candidates):
        best = sorted(of_day, key=lambda each: _key(each, asked))
        chosen += best[:of_one_day]
        spare += best[of_one_day:]
        if len(chosen) >= count:
            break
    chosen += spare[: max(count - len(chosen), 0)]
    return sorted(chosen, key=lambda each: _key(each, asked))[:count]


def why(chosen: Candidate, asked: Asked) -> tuple[str, ...]:
    """What speaks for a time, and what against it, for who chooses."""
    said = [asked.must] if asked.must else []
    late = [f"{name} waits {wording.minutes(wait)}" for name, wait in chosen.waits if wait]
    if chosen.waits:
        said.append(wording.listed(late) if late else "No officer waits")
    said.append(_nearness(chosen.start, asked.listed))
    said += chosen.instead
    return tuple(said)


def _by_day(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    day: list[Candidate] = []
    for each in candidates:
        if day and london_day(day[-1].start) != london_day(each.start):
            yield day
            day = []
        day.append(each)
    if day:
        yield day


def _key(each: Candidate, asked: Asked) -> tuple[Any, ...]:
    if asked.must:
        return (each.start, each.waiting, each.way)
    here, there = to_london(each.start), to_london(asked.moment)
    days = abs((here.date() - there.date()).days)
    off = (here.hour - there.hour) * 60 + here.minute - there.minute
    # Of two as near, the one that nobody has to come earlier for.
    return (each.waiting, days, abs(off), off < 0, each.way)


def _nearness(start: datetime, listed: datetime) -> str:
    days = (london_day(start) - london_day(listed)).days
    if days:
        return f"{wording.plural(abs(days), 'day')} {'after' if days > 0 else 'before'} the day listed"
    if start == listed:
        return "At the time listed"
    side = "after" if start > listed else "before"
    return f"{wording.minutes(abs(start - listed))} {side} the time listed"
