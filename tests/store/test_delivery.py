"""Every handler hears of every event that it wants, at least once, and never twice at a time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from court_link.domain.clock import SetClock
from court_link.domain.errors import Unavailable
from court_link.domain.events import Event, EventKind
from court_link.store import Db, delivery, events, feed, open_db
from court_link.store.delivery import BATCH, LEASE, LONGEST_BACKOFF, Handlers, Outcome, backoff, deliver
from tests.store.rows import CTX

WANTED = frozenset({EventKind.HEARING_STARTED})
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def happen(session, ctx, number: int = 1, kind: EventKind = EventKind.HEARING_STARTED) -> None:
    for _ in range(number):
        events.record(session, ctx, kind)


async def happened(db: Db, number: int, kind: EventKind = EventKind.HEARING_STARTED) -> None:
    before = await db.read(feed.end, CTX)
    await db.write(happen, CTX, number, kind)
    while await db.sealed(before + number - 1, 5) < before + number:
        pass


@asynccontextmanager
async def running(db: Db, handlers: Handlers) -> AsyncIterator[None]:
    task = asyncio.create_task(deliver(db, handlers))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.005)


async def test_events_before_and_after_the_start_are_delivered_in_order(db: Db) -> None:
    heard: list[Event] = []

    async def hear(event: Event) -> None:
        heard.append(event)

    await happened(db, BATCH + 5)
    async with running(db, {"hearer": (WANTED, hear)}):
        await until(lambda: len(heard) == BATCH + 5)
        await db.write(happen, CTX, 3, EventKind.NODE_LOST)  # unwanted
        await db.write(happen, CTX, 2)
        await until(lambda: len(heard) == BATCH + 7)
    assert [event.seq for event in heard] == [*range(1, BATCH + 6), BATCH + 9, BATCH + 10]
    assert {event.kind for event in heard} == WANTED


async def test_each_handler_has_its_own_deliveries(db: Db) -> None:
    heard: Counter[str] = Counter()

    def hearer(name: str) -> delivery.Handler:
        async def hear(event: Event) -> None:
            heard[name] += 1

        return hear

    await happened(db, 3)
    async with running(db, {name: (WANTED, hearer(name)) for name in ("one", "two")}):
        await until(lambda: heard == {"one": 3, "two": 3})


async def test_a_failure_is_tried_again_and_holds_up_nobody(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "backoff", lambda attempts: timedelta(milliseconds=20))
    tries: Counter[int] = Counter()

    async def stumble(event: Event) -> None:
        tries[event.seq] += 1
        if event.seq == 1 and tries[1] < 3:
            raise RuntimeError("not yet")

    await happened(db, 3)
    async with running(db, {"stumbler": (WANTED, stumble)}):
        await until(lambda: tries[1] == 3)
    assert tries == {1: 3, 2: 1, 3: 1}


async def test_many_runners_do_each_event_once(database_url: str, db: Db, clock: SetClock) -> None:
    other = await open_db(database_url, clock)
    heard: Counter[int] = Counter()

    async def hear(event: Event) -> None:
        heard[event.seq] += 1
        await asyncio.sleep(0)

    handlers = {"hearer": (WANTED, hear)}
    await happened(db, 40)
    async with running(db, handlers), running(other, handlers), running(db, handlers):
        for _ in range(20):
            await db.write(happen, CTX, 3)
        await until(lambda: len(heard) == 100)
    await other.close()
    assert set(heard.values()) == {1}


async def test_what_a_dead_runner_held_is_taken_over_when_its_lease_ends(db: Db) -> None:
    await happened(db, 2)
    held = await db.write(delivery.take, CTX, "h", WANTED, NOW)
    assert [event.seq for event in held] == [1, 2]
    just_before = NOW + LEASE - timedelta(seconds=1)
    assert await db.write(delivery.take, CTX, "h", WANTED, just_before) == []
    assert not (await db.read(delivery.outlook, CTX, "h", WANTED, 0, just_before)).due
    assert (await db.read(delivery.outlook, CTX, "h", WANTED, 0, NOW + LEASE)).due
    assert await db.write(delivery.take, CTX, "h", WANTED, NOW + LEASE) == held


async def test_what_is_marked_done_is_not_taken_again(db: Db) -> None:
    await happened(db, 3)
    await db.write(delivery.take, CTX, "h", WANTED, NOW)
    outcome = Outcome(done=[1], failed={2: "RuntimeError"}, put_back=[3])
    await db.write(delivery.mark, CTX, "h", outcome, NOW)
    assert [event.seq for event in await db.write(delivery.take, CTX, "h", WANTED, NOW)] == [3]
    later = NOW + backoff(1)
    assert [event.seq for event in await db.write(delivery.take, CTX, "h", WANTED, later)] == [2]
    assert await db.write(delivery.take, CTX, "h", WANTED, later) == []


async def test_what_was_done_long_ago_is_forgotten_and_not_delivered_again(db: Db) -> None:
    await happened(db, 3)
    await db.write(delivery.take, CTX, "h", WANTED, NOW)
    await db.write(delivery.mark, CTX, "h", Outcome(done=[1, 2], put_back=[3]), NOW)
    assert await db.write(delivery.forget, CTX, NOW) == 0
    later = NOW + timedelta(seconds=1)
    assert await db.write(delivery.forget, CTX, later) == 2
    assert [event.seq for event in await db.write(delivery.take, CTX, "h", WANTED, later)] == [3]
    assert await db.write(delivery.take, CTX, "h", WANTED, later) == []


async def test_deliveries_go_on_after_the_store_was_unavailable(
    db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "REST", 0.01)
    refusals = iter([Unavailable(), RuntimeError("a fault")])
    take = delivery.take

    def sometimes(session, ctx, handler, kinds, now):
        for refusal in refusals:
            raise refusal
        return take(session, ctx, handler, kinds, now)

    monkeypatch.setattr(delivery, "take", sometimes)
    heard: list[int] = []

    async def hear(event: Event) -> None:
        heard.append(event.seq)

    await happened(db, 2)
    async with running(db, {"h": (WANTED, hear)}):
        await until(lambda: heard == [1, 2])


async def test_a_runner_that_is_stopped_puts_back_what_it_had_not_done(db: Db) -> None:
    begun = asyncio.Event()
    heard: list[int] = []

    async def stick(event: Event) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def hear(event: Event) -> None:
        heard.append(event.seq)

    await happened(db, 2)
    async with running(db, {"h": (WANTED, stick)}):
        await asyncio.wait_for(begun.wait(), 10)
    async with running(db, {"h": (WANTED, hear)}):
        await until(lambda: heard == [1, 2])


def test_failures_are_left_alone_longer_and_longer_but_never_for_ever() -> None:
    waits = [backoff(attempts) for attempts in range(1, 40)]
    assert waits == sorted(waits)
    assert waits[:3] == [timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4)]
    assert waits[-1] == LONGEST_BACKOFF
