"""The two verbs, on both engines."""

import asyncio
import threading

import pytest
from sqlalchemy import text

from court_link.domain.clock import SetClock
from court_link.domain.errors import Conflict, Unavailable
from court_link.domain.events import EventKind
from court_link.store import Db, Session, events, feed, open_db
from court_link.store.constraints import ConstraintMissing
from court_link.store.migrate import migration_engine
from court_link.store.tables import Setting
from tests.store.rows import CTX
from tests.stores import MONDAY


def put(session: Session, ctx, name: str, number: int) -> None:
    session.merge(Setting(name=name, value={"number": number, "at": ctx.now.isoformat()}))
    events.record(session, ctx, EventKind.SETTING_CHANGED, data={"name": name})


def get(session: Session, ctx, name: str) -> int | None:
    row = session.get(Setting, name)
    return None if row is None else row.value["number"]


async def test_what_is_written_is_read_and_told(db: Db, clock: SetClock) -> None:
    await db.write(put, CTX, "baseline", 3)
    assert await db.read(get, CTX, "baseline") == 3
    seq = await db.sealed(0, 5)
    (event,) = await db.read(feed.after, CTX, 0)
    assert (event.seq, event.kind, event.at) == (seq, EventKind.SETTING_CHANGED, clock.now())


async def test_a_use_case_that_refuses_writes_nothing(db: Db) -> None:
    def put_then_refuse(session, ctx):
        put(session, ctx, "refused", 1)
        raise Conflict("No.")

    with pytest.raises(Conflict, match="No"):
        await db.write(put_then_refuse, CTX)
    await db.write(put, CTX, "kept", 2)
    await db.sealed(0, 5)
    assert await db.read(get, CTX, "refused") is None
    assert [event.data["name"] for event in await db.read(feed.after, CTX, 0)] == ["kept"]


async def test_a_read_can_write_nothing(db: Db) -> None:
    with pytest.raises(Exception, match=r"(?i)read-?only"):
        await db.read(put, CTX, "sneaked", 1)
    assert await db.read(get, CTX, "sneaked") is None


async def test_a_read_sees_one_moment_however_long_it_takes(db: Db) -> None:
    looked, written = threading.Event(), threading.Event()

    def look_twice(session, ctx):
        first = get(session, ctx, "moved")
        looked.set()
        assert written.wait(10)
        session.expire_all()
        return first, get(session, ctx, "moved")

    await db.write(put, CTX, "moved", 1)
    reading = asyncio.create_task(db.read(look_twice, CTX))
    assert await asyncio.to_thread(looked.wait, 10)
    await db.write(put, CTX, "moved", 2)
    written.set()
    assert await reading == (1, 1)
    assert await db.read(get, CTX, "moved") == 2


async def test_court_time_is_read_inside_the_transaction(db: Db, clock: SetClock) -> None:
    clock.set(MONDAY.replace(hour=15))
    assert await db.write(lambda session, ctx: ctx.now, CTX) == MONDAY.replace(hour=15)


async def test_a_write_goes_on_when_the_client_goes_away(db: Db) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(session, ctx):
        begun.set()
        assert go_on.wait(10)
        put(session, ctx, "left", 1)

    writing = asyncio.create_task(db.write(slowly, CTX))
    assert await asyncio.to_thread(begun.wait, 10)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    go_on.set()
    assert await db.sealed(0, 10) == 1
    assert await db.read(get, CTX, "left") == 1


async def test_a_full_queue_says_try_again_and_then_serves_again(database_url: str, clock: SetClock) -> None:
    db = await open_db(database_url, clock, write_queue=2)
    go_on = threading.Event()

    def wait(session, ctx):
        assert go_on.wait(10)

    try:
        writes = [asyncio.create_task(db.write(wait, CTX)) for _ in range(12)]
        done, _ = await asyncio.wait(writes, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        refusal = next(iter(done)).exception()
        assert isinstance(refusal, Unavailable)
        assert refusal.retry_after > 0
        go_on.set()
        answers = await asyncio.gather(*writes, return_exceptions=True)
        assert {type(answer) for answer in answers} == {Unavailable, type(None)}
        await db.write(put, CTX, "after", 1)
    finally:
        go_on.set()
        await db.close()


async def test_closing_finishes_what_waits_and_refuses_the_rest(database_url: str, clock: SetClock) -> None:
    db = await open_db(database_url, clock)
    writes = [asyncio.create_task(db.write(put, CTX, f"{number}", number)) for number in range(20)]
    await asyncio.sleep(0)  # each task runs up to its place in the queue
    await db.close()
    assert await asyncio.gather(*writes) == [None] * 20
    for late in (db.write(put, CTX, "late", 1), db.read(get, CTX, "late")):
        with pytest.raises(Unavailable):
            await late


async def test_a_wait_for_events_ends_at_its_time(db: Db) -> None:
    assert await db.sealed(0, 0.01) == 0


async def test_a_write_wakes_who_waits_in_another_process(database_url: str, db: Db, clock: SetClock) -> None:
    other = await open_db(database_url, clock)
    try:
        waiting = asyncio.create_task(other.sealed(0, 10))
        await db.write(put, CTX, "seen", 1)
        assert await waiting == 1
        assert len(await other.read(feed.after, CTX, 0)) == 1
    finally:
        await other.close()


async def test_an_event_left_unsealed_is_sealed_by_whoever_runs(database_url: str, db: Db) -> None:
    # A program that died between its COMMIT and its seal, or one that knows nothing of seals.
    stranger = migration_engine(database_url)
    with stranger.begin() as connection, Session(connection) as session:
        put(session, CTX.at(MONDAY), "left", 1)
        session.flush()
    stranger.dispose()
    assert await db.sealed(0, 10) == 1


async def test_a_store_without_its_guards_is_not_opened(database_url: str, clock: SetClock) -> None:
    made = migration_engine(database_url)
    with made.begin() as connection:
        if made.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER reservation_no_overlap_update"))
        else:
            connection.execute(text("ALTER TABLE event DISABLE TRIGGER event_append_only"))
    made.dispose()
    with pytest.raises(ConstraintMissing):
        await open_db(database_url, clock)
