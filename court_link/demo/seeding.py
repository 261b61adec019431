"""Filling the demonstration's store, and keeping its day going."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

from court_link.demo import days, people
from court_link.demo.days import Teller
from court_link.domain.clock import Clock, SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.times import london_day
from court_link.importing import register
from court_link.store import open_db


async def seed(url: str, clock: Clock, real: datetime, past_days: int = 4) -> None:
    """Fills a migrated, empty store with Hertfordshire, its people, some days past and today; once.

    `clock` is court time; `real` is real time, for the people's accounts; `past_days` are the sitting days
    before today of which the report tells.
    """
    now = clock.now()
    told = SetClock(now)
    db = await open_db(url, told)
    try:
        if await db.read(people.is_founded, Context(SYSTEM)):
            return
        past = list(reversed(_days_before(london_day(now), past_days)))
        teller = Teller(db, told)
        told.set(now - timedelta(days=14))
        await db.write(people.found, Context(SYSTEM, request_id="demonstration"), real)
        for day in past:
            await days.tell_past(teller, day)
        await days.tell_today(teller, now)
    finally:
        await db.close()


async def keep_going(url: str, clock: Clock, every: float = 20) -> None:
    """Until it is cancelled: tells each new court day, and has a hearing about to begin at all times.

    `every` is the real seconds between looks at the clock.
    """
    told = SetClock(clock.now())
    db = await open_db(url, told)
    teller = Teller(db, told)
    over: datetime | None = None
    try:
        while True:
            now = clock.now()
            told.set(now)
            if not await days.is_told(teller, london_day(now)):
                await days.tell_today(teller, now)
            elif over is None or now + timedelta(minutes=5) >= over:
                over = await days.tell_next(teller, now, over)
            await asyncio.sleep(every)
    finally:
        await db.close()


def _days_before(day: date, count: int) -> list[date]:
    found: list[date] = []
    while len(found) < count:
        day -= timedelta(days=1)
        if day.weekday() < 5 and day not in register.holidays():
            found.append(day)
    return found
