"""Filling the demonstration's store, and keeping its day going."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta

from court_link.demo import around, days, people, plan
from court_link.demo.days import Teller
from court_link.domain import wording
from court_link.domain.clock import Clock, SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.times import london_day
from court_link.store import open_db

#: Sitting days of the month that is told: before today, and after it.
PAST, AHEAD = 18, 10


async def seed(
    url: str,
    clock: Clock,
    real: datetime,
    *,
    past: int = PAST,
    ahead: int = AHEAD,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Fills a migrated, empty store with Hertfordshire, its people, and days past, to come and today; once.

    `clock` is court time; `real` is real time, for the people's accounts; `past` and `ahead` are counted in
    sitting days. `say` hears how far it is, for it takes a while.
    """
    now = clock.now()
    told = SetClock(now)
    db = await open_db(url, told)
    try:
        if await db.read(people.is_founded, Context(SYSTEM)):
            return
        before, after = _sitting_days(london_day(now), -past), _sitting_days(london_day(now), ahead)
        teller = Teller(db, told)
        told.set(now - timedelta(days=60))
        await db.write(people.found, Context(SYSTEM, request_id="demonstration"), real)
        for day in reversed(before):
            say(f"Setting out {wording.day(day)}")
            await days.tell_past(teller, day)
        say("Setting out today and the days to come")
        await days.tell_today(teller, now)
        for day in after:
            await days.tell_ahead(teller, day, now)
        await around.tell(teller, now, after)
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
                await days.tell_ahead(teller, _sitting_days(london_day(now), AHEAD)[-1], now)
            elif over is None or now + timedelta(minutes=5) >= over:
                over = await days.tell_next(teller, now, over)
            await asyncio.sleep(every)
    finally:
        await db.close()


def _sitting_days(day: date, count: int) -> list[date]:
    """So many days on which a court sits after a day, or before it for a negative count; nearest first."""
    step = timedelta(days=1 if count > 0 else -1)
    found: list[date] = []
    while len(found) < abs(count):
        day += step
        if plan.sittings(day):
            found.append(day)
    return found
