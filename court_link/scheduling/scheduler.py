"""The tick: one APScheduler in memory a process, which performs what is due and keeps nothing itself.

The job is an interval of real time, in UTC; what is due is read from the table by court time. A tick that
comes while the last one runs is dropped, and ticks missed are made up for by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from functools import partial

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import Unavailable
from court_link.scheduling import sweeps
from court_link.store import Db
from court_link.store.due import Due

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
TIDY_SECONDS = 3600.0

#: One thing to forget that need not be kept any more; doing it twice does no harm.
Chore = Callable[[], Awaitable[object]]


@asynccontextmanager
async def ticking(
    db: Db, *, every: float = TICK_SECONDS, tidy_every: float = TIDY_SECONDS, chores: Sequence[Chore] = ()
) -> AsyncIterator[None]:
    """Tick while this stands, every so many seconds of real time; a tick that runs is awaited at the end.

    The store is tidied, and `chores` of others are done with it, every `tidy_every` seconds.
    """
    busy = asyncio.Lock()

    async def guarded() -> None:
        async with busy:
            await tick(db)

    async def tidied() -> None:
        async with busy:
            await tidy(db, chores)

    scheduler = AsyncIOScheduler(timezone=UTC)
    rules = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    scheduler.add_job(guarded, "interval", seconds=every, **rules)
    scheduler.add_job(tidied, "interval", seconds=tidy_every, **rules)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.pause()
        async with busy:  # what runs is done first: shutting down would cut it off
            scheduler.shutdown(wait=False)


async def tick(db: Db) -> list[Due]:
    """Do everything that is due now, one transaction each; answers what was done by this process.

    One that fails is logged and due again at the next tick; a store that is busy or gone ends this one.
    """
    ctx = Context(SYSTEM, request_id="tick")
    done: list[Due] = []
    try:
        for job_id in await db.read(sweeps.waiting, ctx):
            try:
                performed = await db.write(sweeps.perform, ctx, job_id)
            except Unavailable:
                raise
            except Exception:
                log.exception("due job failed", job=str(job_id))
            else:
                done += [performed] if performed else []
    except Unavailable:
        log.warning("tick put off: the store is busy")
    return done


async def tidy(db: Db, chores: Sequence[Chore] = ()) -> None:
    """Forget what need not be kept any more; what fails is logged, and done the next time."""
    ctx = Context(SYSTEM, request_id="tick")
    own: list[Chore] = [
        partial(db.write, sweeps.forget_keys, ctx),
        partial(db.write, sweeps.forget_deliveries, ctx),
    ]
    for chore in (*own, *chores):
        try:
            await chore()
        except Unavailable:
            log.warning("tidying put off: the store is busy")
        except Exception:
            log.exception("tidying failed")
