"""When a place is open over some London days, and what is said of it when it is not.

A courtroom sits in its sittings, everything else in its site's hours. A courtroom with any session in a week
(Monday to Sunday) sits in its sessions alone all that week: a session taken out does not open the room, and a
Saturday is sat on where a session says so. In a week that nobody has planned it keeps its site's hours, and
bank holidays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from court_link.domain.business import Business, named
from court_link.domain.places import ClosureKind
from court_link.domain.requirements import Place
from court_link.domain.times import Interval, day_interval, london_day, monday_of, union, wall

#: Usual sittings where a court house has no hours of its own: weekdays, in minutes after midnight.
#: An assumption of this service; each court house may have its own hours.
USUAL_SITTINGS = ((10 * 60, 13 * 60), (14 * 60, 16 * 60 + 30))


class Sitting(NamedTuple):
    """A courtroom's session, as far as it says when the courtroom sits and for what."""

    during: Interval
    business_type: str
    panel: str


class Shut(NamedTuple):
    """A closure of a whole site, or of one room of it."""

    resource_id: UUID | None
    during: Interval
    kind: ClosureKind
    reason: str


class Timetable(NamedTuple):
    """What is kept of when places are open over some days: by courtroom, site, day, and site."""

    sittings: Mapping[UUID, Sequence[Sitting]]
    hours: Mapping[UUID, Sequence[tuple[int, int, int]]]  # weekday, opens, closes in minutes after midnight
    holidays: Mapping[date, str]
    closures: Mapping[UUID, Sequence[Shut]]

    def shut(self, place: Place) -> tuple[Closed, ...]:
        """The closures of a place, and what is said of it in each."""
        return tuple(
            Closed(each.during, _said(each))
            for each in self.closures.get(place.site_id or place.id, ())
            if each.resource_id in (None, place.id)
        )


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


def opening(
    place: Place, days: Sequence[date], known: Timetable, business: Business | None = None
) -> Opening:
    """When a place is open on these days; `known` is of the whole weeks that they are in.

    `business` is what is to be heard: a courtroom kept for other business is shut to it, and one kept for it
    sits for it in sessions of its types; a session of another panel is none.
    """
    if place.site_closed or not place.active:
        return Opening((), dict.fromkeys(days, "is not in use"))
    if business and business.kept_from(place.restricted_to):
        return Opening((), dict.fromkeys(days, f"is kept for {named(place.restricted_to)}"))
    sitting = defaultdict(list)
    for each in known.sittings.get(place.id, ()):
        sitting[london_day(each.during.start)].append((each.during, _barred(each, place, business)))
    weeks = set(map(monday_of, sitting))
    times: list[Interval] = []
    shut: dict[date, str] = {}
    for day in days:
        if monday_of(day) in weeks:
            times += [during for during, why in sitting[day] if not why]
            shut[day] = next((why for _, why in sitting[day] if why), "is not sitting")
        else:
            opened, shut[day] = _hours(place, day, known)
            times += opened
    closed = known.shut(place)
    for day in days if closed else ():
        shut[day] = next((each.why for each in closed if each.during.contains(_whole(day))), shut[day])
    left = without(times, [each.during for each in closed]) if closed else tuple(union(times))
    return Opening(left, shut, closed)


def _barred(sitting: Sitting, place: Place, business: Business | None) -> str:
    """Why a courtroom does not sit in this session for this business; empty when it does."""
    if business and (why := business.barred_by(sitting.panel)):
        return why
    code = sitting.business_type
    if not place.restricted_to or not code:
        return ""
    taken = {code}.intersection(place.restricted_to)
    if business and business.codes:
        taken &= business.codes
    return "" if taken else f"sits for {named([code])}"


def _hours(place: Place, day: date, known: Timetable) -> tuple[list[Interval], str]:
    holiday = known.holidays.get(day)
    if holiday and not place.opens_on_holidays:
        return [], f"is closed for {holiday}"
    weekly = known.hours.get(place.site_id) if place.site_id else None
    hours: Collection[tuple[int, int]]
    if weekly is not None:
        hours = [(opens, closes) for weekday, opens, closes in weekly if weekday == day.weekday()]
    elif place.courts:
        hours = USUAL_SITTINGS if day.weekday() < 5 else ()
    else:  # a suite or a station without hours of its own never shuts
        return [_whole(day)], "is closed"
    return [Interval(wall(day, opens), wall(day, closes)) for opens, closes in hours], "is closed"


_CLOSURES: Mapping[ClosureKind, str] = {
    ClosureKind.CLOSED: "is closed",
    ClosureKind.MAINTENANCE: "is under maintenance",
    ClosureKind.BLOCKED: "is kept free",
}


def _said(closure: Shut) -> str:
    words = _CLOSURES[closure.kind]
    return f"{words} ({closure.reason})" if closure.reason else words


#: Search asks for the same days again and again, for every room and every request.
_whole = lru_cache(maxsize=2048)(day_interval)
