"""The demonstration's court time: always a weekday, always while courts sit.

Court time runs as fast as real time, and only through sitting hours: when a day's end is reached it goes on
at the next weekday's beginning. It is a pure function of real time and of where both began, so every process
that knows the beginning tells the same time, and stopping the demonstration does not stop it.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path

from court_link.domain.clock import Clock
from court_link.domain.times import Interval, from_london, london_day, to_london
from court_link.importing import register
from court_link.settings import StoreSettings
from court_link.wall import WallClock

#: The hours that the demonstration's clock runs through, London time; the afternoon ends early enough that a
#: hearing about to start still fits.
_FROM, _TO = time(9, 45), time(16, 0)
#: Where it begins when nobody would be in court just now.
_INSTEAD = time(10, 40)


class DemoClock:
    """Court time that was `court` when it was `real` on the wall."""

    def __init__(self, real: datetime, court: datetime, wall: Clock) -> None:
        self._real, self._court, self._wall = real, court, wall

    def now(self) -> datetime:
        return later(self._court, max(self._wall.now() - self._real, timedelta(0)))


def beginning(real: datetime) -> datetime:
    """Court time to begin at: real time while courts sit, else mid-morning of the day or the next weekday."""
    day = london_day(real)
    while not _sits(day):
        day += timedelta(days=1)
    if day == london_day(real) and _hours(real).holds(real):
        return real
    return from_london(day, _INSTEAD)


def later(court: datetime, by: timedelta) -> datetime:
    """Court time after `by` has passed, counting sitting hours alone."""
    end = _hours(court).end
    while court + by >= end:
        by -= end - court
        day = london_day(court) + timedelta(days=1)
        while not _sits(day):
            day += timedelta(days=1)
        court, end = from_london(day, _FROM), from_london(day, _TO)
    return court + by


def anchored(data_dir: Path, wall: Clock) -> DemoClock:
    """The demonstration's clock of this data directory; begun now when there is none."""
    file = _file(data_dir)
    if not file.exists():
        real = wall.now()
        data_dir.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"real": real.isoformat(), "court": beginning(real).isoformat()}), "utf-8")
    anchor = json.loads(file.read_text("utf-8"))
    return DemoClock(datetime.fromisoformat(anchor["real"]), datetime.fromisoformat(anchor["court"]), wall)


def court_clock(settings: StoreSettings) -> Clock:
    """Court time for a command beside the service: the demonstration's where its data is, else real time."""
    wall = WallClock()
    return anchored(settings.data_dir, wall) if _file(settings.data_dir).exists() else wall


def _file(data_dir: Path) -> Path:
    return data_dir / "demo-clock.json"


def _sits(day: date) -> bool:
    return day.weekday() < 5 and day not in register.holidays()


def _hours(moment: datetime) -> Interval:
    day = to_london(moment).date()
    return Interval(from_london(day, _FROM), from_london(day, _TO))
