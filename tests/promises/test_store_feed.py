"""The feed has no gaps and loses nothing, however many processes write at once."""

import asyncio
from collections.abc import Callable

from sqlalchemy import Engine, select
from sqlmodel import Session

from court_link.domain.clock import SetClock
from court_link.domain.events import Event
from court_link.store import feed, open_db
from court_link.store.audit import verify
from court_link.store.migrate import migration_engine
from court_link.store.sealer import UNSEALED
from tests.promises.test_store_kill import process
from tests.store.rows import CTX
from tests.store.test_events import tell
from tests.stores import MONDAY

PROCESSES, CALLS = 3, 80
EVENTS = PROCESSES * (CALLS + CALLS // 2)


async def test_a_reader_who_follows_hears_every_event_once_and_in_order(
    database_url: str, clock: SetClock
) -> None:
    db = await open_db(database_url, clock)
    heard: list[Event] = []
    with (
        process(database_url, "tell", 0, CALLS),
        process(database_url, "tell", 1, CALLS),
        process(database_url, "tell", 2, CALLS),
    ):
        async with asyncio.timeout(60):
            while len(heard) < EVENTS:
                last = heard[-1].seq if heard else 0
                await db.sealed(last, 1)
                heard += await db.read(feed.after, CTX, last, limit=7)
    assert [event.seq for event in heard] == list(range(1, EVENTS + 1))
    told = [(event.data["process"], event.data["n"], event.data["half"]) for event in heard]
    assert sorted(told) == [
        (name, n, half) for name in range(PROCESSES) for n in range(CALLS) for half in range(1 + n % 2)
    ]
    # The halves of one change stand in order.
    assert all(told.index((name, n, 0)) < told.index((name, n, 1)) for name, n, half in told if half)
    assert (await db.read(verify, CTX)).finding is None
    await db.close()


def written_after(engine: Engine, position: int) -> list[int]:
    """The control: the cursor of a reader who follows the order of writing, without seals."""
    with engine.connect() as connection:
        rows = connection.execute(select(UNSEALED.c.position).where(UNSEALED.c.position > position))
        return list(rows.scalars())


async def test_an_event_committed_late_is_lost_by_the_order_of_writing_but_not_by_the_feed(
    migrated_postgresql: Callable[[], str], clock: SetClock
) -> None:
    url = migrated_postgresql()
    engine = migration_engine(url)
    other = migration_engine(url)
    with Session(engine) as slow, Session(other) as quick:
        tell(slow, CTX.at(MONDAY))
        tell(quick, CTX.at(MONDAY))
        quick.commit()
        (quick_position,) = written_after(other, 0)
        slow.commit()
    # Written first and committed last: a reader who had come as far as the quick one never hears of it.
    assert written_after(other, 0) != [quick_position]
    assert written_after(other, quick_position) == []

    db = await open_db(url, clock)
    async with asyncio.timeout(60):
        while await db.sealed(1, 1) < 2:
            pass
    assert [event.seq for event in await db.read(feed.after, CTX, 0)] == [1, 2]
    await db.close()
    engine.dispose()
    other.dispose()


async def test_a_change_that_is_slow_to_commit_holds_up_nobodys_feed(
    migrated_postgresql: Callable[[], str], clock: SetClock
) -> None:
    url = migrated_postgresql()
    engine = migration_engine(url)
    db = await open_db(url, clock)
    with Session(engine) as slow:
        tell(slow, CTX.at(MONDAY))
        await db.write(tell, CTX)
        assert await db.sealed(0, 10) == 1
        slow.commit()
    assert await db.sealed(1, 10) == 2
    await db.close()
    engine.dispose()
