"""Sitting sessions: the halves of a court's day, business types, and what a session takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from functools import cache
from importlib import resources

from court_link.domain.times import Interval, from_london, to_london


class Half(StrEnum):
    """Which part of a court's day a session is, as rotas write it."""

    AM = "AM"
    PM = "PM"
    AD = "AD"  # all day


#: Usual sittings in minutes after London midnight; an assumption that a court's own hours overrule.
USUAL: Mapping[Half, tuple[int, int]] = {
    Half.AM: (10 * 60, 13 * 60),
    Half.PM: (14 * 60, 16 * 60 + 30),
    Half.AD: (10 * 60, 16 * 60 + 30),
}
#: Minutes that one matter of a session counted in slots is taken to need: three hours are twelve slots.
SLOT_MINUTES = 15


def sitting(day: date, half: Half, hours: Sequence[tuple[int, int]] = ()) -> Interval:
    """When a half of a day is sat on, in UTC. `hours` are the court house's own on that weekday.

    Two spans of a weekday, in order, are its morning and its afternoon. Anything else says when the house is
    open, not when its courts sit, and the usual times stand.
    """
    begins, ends = USUAL[half]
    if len(hours) == 2:
        (morning, noon), (afternoon, evening) = hours
        begins, ends = {
            Half.AM: (morning, noon),
            Half.PM: (afternoon, evening),
            Half.AD: (morning, evening),
        }[half]
    return Interval(from_london(day, _clock(begins)), from_london(day, _clock(ends)))


def half_of(during: Interval) -> Half:
    """Which half of its day a session is: a morning ends by 1:30pm, an afternoon begins at noon or later."""
    begins, ends = to_london(during.start).time(), to_london(during.end).time()
    if begins >= time(12):
        return Half.PM
    return Half.AM if ends <= time(13, 30) else Half.AD


@dataclass(frozen=True, slots=True)
class BusinessType:
    """What a session is for. `slots`: its capacity is counted in matters, otherwise in minutes."""

    code: str
    name: str
    slots: bool


@cache
def business_types() -> Mapping[str, BusinessType]:
    """The courts' own business types by code, in order of code (`court_link/data/SOURCE.md`)."""
    file = resources.files("court_link").joinpath("data", "business-types.json")
    rows = json.loads(file.read_text("utf-8"))["rotaBusinessTypes"]
    found = (BusinessType(row["typeCode"], row["typeDescription"], row["slot"]) for row in rows)
    return {each.code: each for each in sorted(found, key=lambda each: each.code)}


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a session takes: matters or minutes; 0 is not counted."""

    slots: int = 0
    minutes: int = 0

    @staticmethod
    def usual(code: str, during: Interval) -> Capacity:
        """What a session of a business type is taken to hold; that of an unknown type is not counted."""
        business = business_types().get(code)
        if business is None:
            return Capacity()
        length = round(during.minutes)
        return Capacity(slots=length // SLOT_MINUTES) if business.slots else Capacity(minutes=length)

    def over(self, matters: int, minutes: int) -> str:
        """How far beyond its capacity a session is booked, in words; empty when it is not."""
        too_many = matters - self.slots if self.slots else 0
        if too_many > 0:
            return f"{too_many} {'matter' if too_many == 1 else 'matters'} too many"
        too_long = minutes - self.minutes if self.minutes else 0
        return f"{too_long} minutes too many" if too_long > 0 else ""


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
