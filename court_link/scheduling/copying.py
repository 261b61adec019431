"""Copying a court house's planned week to the weeks after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.domain.sittings import Capacity
from court_link.domain.times import Interval, day_interval, from_london, london_day, monday_of, to_london
from court_link.scheduling import sittings
from court_link.scheduling.sittings import WEEK, Asked
from court_link.store import Session, calendar, events
from court_link.store import sittings as store
from court_link.store.tables import SittingSession


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of copying a week: how many sessions, and why others were not."""

    copied: int
    in_the_way: int  # something sits there already
    holidays: int  # the day is a bank holiday, and the court house does not open


def week(session: Session, ctx: Context, site_id: UUID, monday: date, weeks: int = 1) -> Copied:
    """Copies a court house's week to each of the next weeks, at the same times on the London clock.

    A session is not copied to where something sits already, nor to a bank holiday unless the house opens
    then. Raises LocalTimeMissing for one in the hour that the spring change of the clocks skips.
    """
    sittings.allow(session, ctx)
    house = sittings.house(session, ctx, site_id)
    if not 1 <= weeks <= 26:
        raise Invalid(errors=[FieldError("weeks", "Enter a number of weeks between 1 and 26")])
    monday = monday_of(monday)
    rooms = [room.id for room in store.courtrooms(session, [site_id])]
    rows = store.within(session, rooms, sittings.span_of(monday))
    last = monday + (weeks + 1) * WEEK
    there = store.within(session, rooms, Interval(sittings.span_of(monday).start, day_interval(last).end))
    taken: dict[UUID, list[Interval]] = {}
    for row in there:
        taken.setdefault(row.courtroom_id, []).append(Interval(row.starts_at, row.ends_at))
    holidays = {} if house.opens_on_holidays else calendar.holidays(session, monday, last)
    came_to = Copied(0, 0, 0)
    fresh = []
    for row in rows:
        for ahead in range(1, weeks + 1):
            during = Interval(_later(row.starts_at, ahead * WEEK), _later(row.ends_at, ahead * WEEK))
            if london_day(during.start) in holidays:
                came_to = replace(came_to, holidays=came_to.holidays + 1)
            elif any(during.overlaps(other) for other in taken[row.courtroom_id]):
                came_to = replace(came_to, in_the_way=came_to.in_the_way + 1)
            else:
                came_to = replace(came_to, copied=came_to.copied + 1)
                fresh.append(_copy(row, during))
    store.add_all(session, fresh)
    events.record(
        session,
        ctx,
        EventKind.SESSION_CHANGED,
        organisation_id=house.organisation_id,
        subject_id=site_id,
        data={"what": "week copied", "week": monday.isoformat(), "weeks": weeks, "copied": came_to.copied},
    )
    return came_to


def _copy(row: SittingSession, during: Interval) -> dict[str, Any]:
    capacity = Capacity(row.slots, row.minutes)
    asked = Asked(row.courtroom_id, during, row.business_type, row.panel, capacity)
    return sittings.columns(asked) | {"id": new_id(), "source": "", "against_rota": False, "version": 1}


def _later(moment: datetime, by: timedelta) -> datetime:
    """The same time on the London clock, some days later."""
    local = to_london(moment)
    return from_london(local.date() + by, local.time().replace(fold=0), fold=local.fold)
