"""What only SQLite needs: batches, savepoints, a full disk, a locked file."""

import asyncio
import resource
import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import make_url, text

from court_link.domain.errors import Conflict, Unavailable
from court_link.store import Db, sqlite
from tests.store.rows import CTX
from tests.store.test_db import get, put


@pytest.fixture(autouse=True)
def patient_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits together is committed together, however slow the machine."""
    monkeypatch.setattr(sqlite, "BATCH_SECONDS", 60.0)


async def together(db: Db, *use_cases):
    """Run use cases in one batch: they queue up while the first one holds the writer."""
    holding, go_on = threading.Event(), threading.Event()

    def hold(session, ctx):
        holding.set()
        assert go_on.wait(10)

    first = asyncio.create_task(db.write(hold, CTX))
    assert await asyncio.to_thread(holding.wait, 10)
    rest = [asyncio.create_task(db.write(use_case, CTX)) for use_case in use_cases]
    await asyncio.sleep(0)  # each task runs up to its place in the queue
    go_on.set()
    return await asyncio.gather(first, *rest, return_exceptions=True)


def break_the_commit(session, ctx):
    """What every statement accepts and only COMMIT refuses."""
    session.execute(text("PRAGMA defer_foreign_keys = ON"))
    session.execute(text("INSERT INTO unsealed_event (event_id) VALUES ('0123456789abcdef0123456789abcdef')"))


async def test_a_refused_call_leaves_its_batch_alone(sqlite_db: Db) -> None:
    def refuse(session, ctx):
        put(session, ctx, "refused", 1)
        raise Conflict("No.")

    _, kept, refused, also_kept = await together(
        sqlite_db,
        lambda session, ctx: put(session, ctx, "one", 1),
        refuse,
        lambda session, ctx: put(session, ctx, "two", 2),
    )
    assert (kept, also_kept) == (None, None)
    assert isinstance(refused, Conflict)
    assert [await sqlite_db.read(get, CTX, name) for name in ("one", "refused", "two")] == [1, None, 2]


async def test_a_batch_is_one_commit(sqlite_db: Db, sqlite_store: str) -> None:
    path = make_url(sqlite_store).database
    assert path
    with closing(sqlite3.connect(path)) as outside:
        (before,) = outside.execute("PRAGMA data_version").fetchone()
        seen = []

        def look(session, ctx):
            put(session, ctx, "one", 1)
            seen.append(outside_now())

        def outside_now() -> bool:
            with closing(sqlite3.connect(path)) as other:
                (count,) = other.execute("SELECT count(*) FROM setting").fetchone()
                return bool(count == 0)

        await together(sqlite_db, look, look)
        assert seen == [True, True]
        (after,) = outside.execute("PRAGMA data_version").fetchone()
        assert after == before + 1


async def test_a_failed_commit_fails_every_caller_of_its_batch(sqlite_db: Db) -> None:
    def refuse(session, ctx):
        raise Conflict("It rests on what then did not happen.")

    answers = await together(
        sqlite_db, lambda session, ctx: put(session, ctx, "lost", 1), refuse, break_the_commit
    )
    assert [type(answer) for answer in answers] == [Unavailable] * 4
    assert await sqlite_db.read(get, CTX, "lost") is None
    await sqlite_db.write(put, CTX, "next", 1)
    assert await sqlite_db.read(get, CTX, "next") == 1


async def test_a_full_disk_is_said_to_every_caller_and_nothing_is_half_written(sqlite_db: Db) -> None:
    def fill(session, ctx):
        for number in range(400):
            put(session, ctx, f"{number:04} {'x' * 4000}", number)

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    await sqlite_db.write(put, CTX, "before", 1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
    try:
        answers = await together(
            sqlite_db,
            lambda session, ctx: put(session, ctx, "same batch", 1),
            fill,
            lambda session, ctx: put(session, ctx, "behind", 1),
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    written = [
        await sqlite_db.read(get, CTX, name) for name in ("same batch", f"0000 {'x' * 4000}", "behind")
    ]
    assert isinstance(answers[2], Unavailable)
    for answer, row in zip(answers[1:], written, strict=True):
        assert (row is None) == isinstance(answer, Unavailable)
    await sqlite_db.write(put, CTX, "after", 1)
    assert [await sqlite_db.read(get, CTX, name) for name in ("before", "after")] == [1, 1]


async def test_a_file_locked_by_another_says_try_again(sqlite_store: str, sqlite_db: Db) -> None:
    path = make_url(sqlite_store).database
    assert path

    def in_a_hurry(session, ctx):
        session.execute(text("PRAGMA busy_timeout = 50"))

    await sqlite_db.write(in_a_hurry, CTX)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await sqlite_db.write(put, CTX, "blocked", 1)
        other.execute("ROLLBACK")
    await sqlite_db.write(put, CTX, "blocked", 2)
    assert await sqlite_db.read(get, CTX, "blocked") == 2


def test_a_store_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="a file"):
        sqlite.engine("sqlite://")


def test_what_is_acknowledged_is_on_the_disk(sqlite_store: str) -> None:
    made = sqlite.engine(sqlite_store)
    with made.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    made.dispose()
