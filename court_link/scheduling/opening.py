"""When places are open on London days: a courtroom in its sittings, everything else in its site's hours.

A courtroom with any session in a week (Monday to Sunday) sits in its sessions alone all that week: a session
taken out does not open the room, and a Saturday is sat on where a session says so. In a week that nobody has
planned it keeps its site's hours, and bank holidays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.domain.business import Business, named
from court_link.domain.context import Actor
from court_link.domain.opening import Closed, Opening, without
from court_link.domain.places import ClosureKind
from court_link.domain.requirements import Place
from court_link.domain.times import LONDON, Interval, day_interval, london_day, union
from court_link.scheduling import duties
from court_link.store import Session, calendar
from court_link.store.calendar import Shut, Sitting, Timetable
from court_link.store.prepared import Later, together

#: Usual sittings where a court house has no hours of its own: weekdays, in minutes after midnight.
#: An assumption of this service; each court house may have its own hours.
USUAL_SITTINGS = ((10 * 60, 13 * 60), (14 * 60, 16 * 60 + 30))
_WEEK = timedelta(days=7)


def openings(
    session: Session,
    places: Iterable[Place],
    days: Sequence[date],
    *,
    business: Business | None = None,
    reader: Actor | None = None,
) -> dict[UUID, Opening]:
    """When each of these places and people can be had on `days`; who is not in the answer is always free.

    In a constant number of queries however many days. `business` is what is to be heard: a courtroom
    kept for other business is shut to it, and one kept for it sits for it in sessions of its types; a session
    of another panel is none.
    `reader` is who will read why a person is away; None is somebody of another organisation.
    """
    with together(session):
        opened = asked(session, places, days, business=business, reader=reader)
    return opened()


def asked(
    session: Session,
    places: Iterable[Place],
    days: Sequence[date],
    *,
    business: Business | None = None,
    reader: Actor | None = None,
) -> Later[dict[UUID, Opening]]:
    """Ask for what `openings` answers."""
    wanted = list(places)
    people = [place for place in wanted if place.person is not None]
    standing = _of_sites(session, wanted, days, business)
    rotas = duties.asked(session, people, days, reader)
    return lambda: standing() | rotas()


def _of_sites(
    session: Session, places: Iterable[Place], days: Sequence[date], business: Business | None
) -> Later[dict[UUID, Opening]]:
    standing = [place for place in places if place.site_id is not None and place.person is None]
    if not standing or not days:
        return dict
    monday, sunday = monday_of(min(days)), monday_of(max(days)) + _WEEK - timedelta(days=1)
    whole = Interval(day_interval(monday).start, day_interval(sunday).end)
    sites = {place.site_id for place in standing if place.site_id}
    courtrooms = [place.id for place in standing if place.kind is ResourceKind.COURTROOM]
    timetable = calendar.timetable(session, courtrooms, sites, (monday, sunday), whole)

    def read() -> dict[UUID, Opening]:
        known = timetable()
        return {place.id: _opening(place, days, known, business) for place in standing}

    return read


def _opening(place: Place, days: Sequence[date], known: Timetable, business: Business | None) -> Opening:
    if place.site_closed or not place.active:
        return Opening((), dict.fromkeys(days, "is not in use"))
    if business and business.kept_from(place.restricted_to):
        return Opening((), dict.fromkeys(days, f"is kept for {named(place.restricted_to)}"))
    planned = known.sittings.get(place.id, ())
    weeks = {monday_of(london_day(each.during.start)) for each in planned}
    sitting = [(each.during, _barred(each, place, business)) for each in planned]
    times: list[Interval] = []
    shut: dict[date, str] = {}
    for day in days:
        if monday_of(day) in weeks:
            whole = _whole(day)
            there = [(part, why) for during, why in sitting if (part := during.clipped(whole))]
            times += [part for part, why in there if not why]
            shut[day] = next((why for _, why in there if why), "is not sitting")
        else:
            opened, shut[day] = _hours(place, day, known)
            times += opened
    closed = [
        Closed(each.during, _said(each))
        for each in known.closures.get(place.site_id or place.id, ())
        if each.resource_id in (None, place.id)
    ]
    for day in days if closed else ():
        shut[day] = next((each.why for each in closed if each.during.contains(_whole(day))), shut[day])
    left = without(times, [each.during for each in closed]) if closed else tuple(union(times))
    return Opening(left, shut, tuple(closed))


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


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


#: Search asks these of the same days again and again, of every room and of every request.
_whole = lru_cache(maxsize=2048)(day_interval)


@lru_cache(maxsize=8192)
def wall(day: date, minutes: int) -> datetime:
    """The UTC instant of so many minutes on the London wall clock of a day; 1,440 is the next midnight.

    A time that the spring change skips is taken as the instant that it skips to, and of one that the autumn
    change repeats the first: opening hours are promises, not appointments.
    """
    local = datetime.combine(day, time(0)) + timedelta(minutes=minutes)
    return local.replace(tzinfo=LONDON).astimezone(UTC)
