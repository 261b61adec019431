"""When a place is open on a London day: a courtroom in its sittings, everything else in its site's hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.domain.requirements import Place
from court_link.domain.times import LONDON, Interval, day_interval, union
from court_link.store import Session, calendar

#: Usual sittings where a court house has no hours of its own: weekdays, in minutes after midnight.
#: An assumption of this service; each court house may have its own hours.
USUAL_SITTINGS = ((10 * 60, 13 * 60), (14 * 60, 16 * 60 + 30))


@dataclass(frozen=True, slots=True)
class Opening:
    """The open times of a place on a day, disjoint and in order, and what it is called when it is shut."""

    times: tuple[Interval, ...]
    shut: str


def openings(session: Session, places: Iterable[Place], day: date) -> dict[UUID, Opening]:
    """When each of these places that stands at a site is open on `day`; a person is not in the answer."""
    standing = [place for place in places if place.site_id is not None and place.person is None]
    whole = day_interval(day)
    courtrooms = [place.id for place in standing if place.kind is ResourceKind.COURTROOM]
    sittings = calendar.sittings(session, courtrooms, whole)
    hours = calendar.hours(session, {place.site_id for place in standing if place.site_id})
    weekly = {
        site: [(opens, closes) for weekday, opens, closes in rows if weekday == day.weekday()]
        for site, rows in hours.items()
    }
    holiday = calendar.holiday(session, day)
    return {place.id: _opening(place, day, weekly, sittings, holiday) for place in standing}


def _opening(
    place: Place,
    day: date,
    weekly: Mapping[UUID, Collection[tuple[int, int]]],
    sittings: Mapping[UUID, list[Interval]],
    holiday: str | None,
) -> Opening:
    if place.site_closed or not place.active:
        return Opening((), "is not in use")
    if place.id in sittings:
        return Opening(tuple(union(sittings[place.id])), "is not sitting")
    if holiday and not place.opens_on_holidays:
        return Opening((), f"is closed for {holiday}")
    hours = weekly.get(place.site_id) if place.site_id else None
    if hours is None:
        # Without hours of its own a court house keeps the usual ones; a suite or a station never shuts.
        if not place.courts:
            return Opening((day_interval(day),), "is closed")
        hours = USUAL_SITTINGS if day.weekday() < 5 else ()
    times = [Interval(wall(day, opens), wall(day, closes)) for opens, closes in hours]
    return Opening(tuple(union(times)), "is closed")


def wall(day: date, minutes: int) -> datetime:
    """The UTC instant of so many minutes on the London wall clock of a day; 1,440 is the next midnight.

    A time that the spring change skips is taken as the instant that it skips to, and of one that the autumn
    change repeats the first: opening hours are promises, not appointments.
    """
    local = datetime.combine(day, time(0)) + timedelta(minutes=minutes)
    return local.replace(tzinfo=LONDON).astimezone(UTC)
