"""What only PostgreSQL needs: races run again, locks that are not to be had, a server that goes away."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from court_link.domain.clock import SetClock
from court_link.domain.errors import Unavailable
from court_link.store import Db, open_db
from court_link.store.migrate import upgrade
from court_link.store.tables import Setting
from tests import postgresql
from tests.store.rows import CTX
from tests.store.test_db import get, put


@pytest.fixture
def url(migrated_postgresql: Callable[[], str]) -> str:
    return migrated_postgresql()


@pytest.fixture
async def db(url: str, clock: SetClock) -> AsyncIterator[Db]:
    opened = await open_db(url, clock)
    yield opened
    await opened.close()


async def test_a_deadlock_is_run_again_until_both_are_done(db: Db) -> None:
    for name in ("a", "b"):
        await db.write(put, CTX, name, 0)
    meeting = threading.Barrier(2)
    met = threading.Event()
    runs: list[str] = []

    def raise_both(session, ctx, first: str, second: str) -> None:
        runs.append(first)
        for name in (first, second):
            row = session.get_one(Setting, name, with_for_update=True)
            row.value = {"number": row.value["number"] + 1}
            session.flush()
            if name == first and not met.is_set():
                meeting.wait(10)
                met.set()

    await asyncio.gather(
        db.write(raise_both, CTX, "a", "b"),
        db.write(raise_both, CTX, "b", "a"),
    )
    assert len(runs) >= 3
    assert [await db.read(get, CTX, name) for name in ("a", "b")] == [2, 2]


async def test_a_lock_that_is_not_to_be_had_says_try_again(db: Db, url: str) -> None:
    await db.write(put, CTX, "a", 0)

    def in_a_hurry(session, ctx) -> None:
        session.execute(text("SET LOCAL lock_timeout = '20ms'"))
        session.get_one(Setting, "a", with_for_update=True)

    with psycopg.connect(url) as other:
        other.execute("SELECT FROM setting FOR UPDATE")
        with pytest.raises(Unavailable):
            await db.write(in_a_hurry, CTX)
    await db.write(in_a_hurry, CTX)


async def test_one_process_seals_and_another_takes_over(db: Db, url: str, clock: SetClock) -> None:
    other = await open_db(url, clock)
    await db.write(put, CTX, "a", 1)
    assert await other.sealed(0, 10) == 1
    await db.close()
    await other.write(put, CTX, "a", 2)
    assert await other.sealed(1, 10) == 2
    await other.close()


async def test_connections_cut_by_the_server_are_made_again(db: Db, url: str) -> None:
    await db.write(put, CTX, "a", 1)
    assert await db.sealed(0, 10) == 1
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await db.write(put, CTX, "a", 2)
    assert await db.read(get, CTX, "a") == 2
    assert await db.sealed(1, 10) == 2


async def test_a_server_that_is_gone_says_try_again_and_is_found_again(clock: SetClock) -> None:
    directory = Path(tempfile.mkdtemp(prefix="court-link-"))
    try:
        with postgresql.server(directory) as url:
            upgrade(url)
            db = await open_db(url, clock)
            await db.write(put, CTX, "a", 1)
        for doing in (db.read(get, CTX, "a"), db.write(put, CTX, "a", 2)):
            with pytest.raises(Unavailable):
                await doing
        with postgresql.server(directory):
            assert await db.read(get, CTX, "a") == 1
            await db.write(put, CTX, "a", 3)
            assert await db.sealed(1, 10) == 2
            await db.close()
    finally:
        shutil.rmtree(directory)
