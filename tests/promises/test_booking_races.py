"""Nothing is booked twice, nothing acknowledged is lost, nothing is half booked: by many processes at once.

`COURT_LINK_RACE_ATTEMPTS=10000` makes the attempts of the full promise; fewer are enough for every change.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, select, text

from court_link.domain.booking import BookingState
from court_link.domain.clock import SetClock
from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.requirements import takings
from court_link.domain.roles import Role
from court_link.identity import tokens
from court_link.store import Db, Session, bookings, open_db, reservations
from court_link.store.hearings import LIVE_BOOKING
from court_link.store.tables import Booking, CapacityBucket, Reservation
from court_link.wall import WallClock
from tests.county import SYSTEM_CONTEXT, County, add_shift
from tests.media.rig import free_port
from tests.promises.booking_process import ByHttp, Directly, Tally, attempt, document_of
from tests.promises.overlaps import overlaps
from tests.stores import MONDAY

ATTEMPTS = int(os.environ.get("COURT_LINK_RACE_ATTEMPTS", "640"))
#: What an attempt may be answered: done, refused, or busy. Never a fault of ours.
FAIR = {200, 201, 409, 412, 503}


async def settle(db: Db) -> County:
    county = await County.settle(db)
    whole_day = (MONDAY - timedelta(hours=1), MONDAY + timedelta(hours=12))
    await db.write(add_shift, SYSTEM_CONTEXT, county.suite, *whole_day)
    return county


async def a_token(db: Db, county: County) -> str:
    founder = Actor(ActorKind.SYSTEM, organisation_id=county.court, roles=frozenset({Role.ADMINISTRATOR}))
    roles = frozenset({Role.LISTING_OFFICER})
    made = await db.write(tokens.create, Context(founder), "Racing", roles, 30, WallClock().now())
    return made.secret


async def settled(url: str) -> tuple[County, str]:
    db = await open_db(url, SetClock(MONDAY))
    try:
        county = await settle(db)
        return county, await a_token(db, county)
    finally:
        await db.close()


def process(mode: str, *words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.promises.booking_process", mode, *map(str, words)]
    # Nobody reads a server's log, and a full pipe would stop it.
    out = subprocess.DEVNULL if mode == "serve" else subprocess.PIPE
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, text=True)


@asynccontextmanager
async def servers(url: str, count: int) -> AsyncIterator[list[tuple[str, subprocess.Popen[str]]]]:
    """So many server processes on one store, once each of them answers."""
    ports = [free_port() for _ in range(count)]
    running = [(f"http://127.0.0.1:{port}", process("serve", url, port)) for port in ports]
    try:
        async with asyncio.timeout(120), httpx.AsyncClient() as client:
            for address, one in running:
                while not await _answers(client, address):
                    assert one.poll() is None, f"{address} did not start"
                    await asyncio.sleep(0.1)
        yield running
    finally:
        for _, one in running:
            one.kill()
            one.communicate()


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    with suppress(httpx.TransportError):
        return (await client.get(f"{address}/healthz")).status_code == 200
    return False


async def told(processes: Sequence[subprocess.Popen[str]]) -> list[Tally]:
    """What each client process says it was answered, once all are done."""
    said = await asyncio.gather(*(asyncio.to_thread(one.communicate) for one in processes))
    assert all(one.returncode == 0 for one in processes)
    return [_tally(json.loads(out)) for out, _ in said]


def _tally(document: dict[str, Any]) -> Tally:
    answers = Counter({int(status): count for status, count in document["answers"].items()})
    return Tally(answers, document["standing"], set(document["unsure"]), document["busy_without_retry_after"])


async def check(url: str, tallies: Sequence[Tally]) -> None:
    """Nothing twice, nothing half, nothing lost, no fault of ours; and that there was something to see."""
    answers = sum((tally.answers for tally in tallies), Counter[int]())
    assert set(answers) <= FAIR, answers
    assert sum(tally.busy_without_retry_after for tally in tallies) == 0
    assert answers[409] > 0, "nobody was ever in anybody's way"
    assert answers[200] + answers[201] > 0
    db = await open_db(url, SetClock(MONDAY))
    try:
        assert await db.read(lambda s, c: overlaps(s.connection()), SYSTEM_CONTEXT) == 0
        assert await db.read(halves, SYSTEM_CONTEXT) == []
        acknowledged = {hearing: made for tally in tallies for hearing, made in tally.standing.items()}
        unsure = {hearing for tally in tallies for hearing in tally.unsure}
        standing = await db.read(confirmed, SYSTEM_CONTEXT)
        for hearing, made in acknowledged.items():
            if hearing not in unsure:
                assert standing.get(hearing) == made
        assert set(standing) <= set(acknowledged) | unsure
    finally:
        await db.close()


def confirmed(session: Session, ctx: Context) -> dict[str, str]:
    rows = session.exec(select(Booking).where(Booking.state == BookingState.CONFIRMED))
    return {str(row.hearing_id): str(row.id) for row in rows}


def halves(session: Session, ctx: Context) -> list[str]:
    """Live bookings without all their reservations, reservations of none, and buckets that do not add up."""
    wrong = []
    wanted: dict[tuple[str, Any], int] = {}
    rows = session.exec(select(Booking).where(col(Booking.state).in_(LIVE_BOOKING))).all()
    held: dict[UUID, set[tuple[Any, ...]]] = {}
    for one in session.exec(select(Reservation)):
        held.setdefault(one.booking_id, set()).add((one.resource_id, one.starts_at, one.ends_at, one.purpose))
    for row in rows:
        needs = bookings.value(row, ctx.now).needs
        whole = {
            (each.resource_id, each.interval.start, each.interval.end, each.purpose)
            for each in takings(needs, row.starts_at)
        }
        if held.pop(row.id, set()) != whole:
            wrong.append(f"booking {row.id} has not its reservations")
        for key, units in bookings.units_taken(row).items():
            wanted[key] = wanted.get(key, 0) + units
    wrong += [f"reservations of booking {id_}, which is not live" for id_ in held]
    for bucket in session.exec(select(CapacityBucket)):
        if bucket.used != wanted.get((bucket.pool, bucket.slot), 0):
            wrong.append(f"bucket {bucket.pool} {bucket.slot} counts {bucket.used}")
        if bucket.used > bucket.cap:
            wrong.append(f"bucket {bucket.pool} {bucket.slot} is over its cap")
    return wrong


async def test_eight_servers_on_postgresql_never_book_twice(
    migrated_postgresql: Any, rng: random.Random
) -> None:
    url = migrated_postgresql()
    county, token = await settled(url)
    async with servers(url, 8) as running:
        addresses = [address for address, _ in running]
        tally = Tally()
        async with asyncio.timeout(280 + ATTEMPTS / 4), ByHttp(addresses, token, rng, tally) as desk:
            # Four times four people at once, each attempt by any of the servers.
            await asyncio.gather(*(attempt(desk, county, rng, ATTEMPTS // 4, tally) for _ in range(4)))
    await check(url, [tally])


async def test_eight_clients_of_one_server_on_sqlite_never_book_twice(
    sqlite_store: str, rng: random.Random
) -> None:
    county, token = await settled(sqlite_store)
    async with servers(sqlite_store, 1) as running, asyncio.timeout(280 + ATTEMPTS / 4):
        address, _ = running[0]
        clients = [
            process("book", address, token, document_of(county), rng.random(), ATTEMPTS // 8)
            for _ in range(8)
        ]
        tallies = await told(clients)
    await check(sqlite_store, tallies)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_eight_processes_that_create_move_swap_and_vacate_never_book_twice(
    engine: str, request: pytest.FixtureRequest, rng: random.Random
) -> None:
    url = request.getfixturevalue(f"migrated_{engine}")()
    county, _ = await settled(url)
    async with asyncio.timeout(280 + ATTEMPTS / 4):
        writers = [process("write", url, document_of(county), rng.random(), ATTEMPTS // 8) for _ in range(8)]
        tallies = await told(writers)
    await check(url, tallies)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_a_server_killed_while_booking_loses_nothing_acknowledged(
    engine: str, request: pytest.FixtureRequest, rng: random.Random
) -> None:
    url = request.getfixturevalue(f"migrated_{engine}")()
    county, token = await settled(url)
    tally = Tally()
    async with servers(url, 1) as running, asyncio.timeout(240):
        address, server = running[0]
        async with ByHttp([address], token, rng, tally) as desk:
            work = asyncio.create_task(attempt(desk, county, rng, 100_000, tally))
            while tally.answers[201] < 60:
                assert not work.done()
                await asyncio.sleep(0.01)
            server.send_signal(signal.SIGKILL)
            await work
    assert tally.unsure, "the kill interrupted nothing"
    await check(url, [tally])


async def drop_the_constraint(db: Db) -> None:
    def drop(session: Session, ctx: Context) -> None:
        if db.dialect == "sqlite":
            session.execute(text("DROP TRIGGER reservation_no_overlap_insert"))
            session.execute(text("DROP TRIGGER reservation_no_overlap_update"))
        else:
            session.execute(text("ALTER TABLE reservation DROP CONSTRAINT reservation_no_overlap"))

    await db.write(drop, SYSTEM_CONTEXT)


def look_away(session: Session, wanted: Any) -> list[Any]:
    """A check that never finds anything."""
    return []


async def some_attempts(db: Db, rng: random.Random) -> tuple[Tally, int]:
    county, tally = await settle(db), Tally()
    await attempt(Directly(db, county), county, rng, 150, tally)
    return tally, await db.read(lambda s, c: overlaps(s.connection()), SYSTEM_CONTEXT)


async def test_control_without_constraint_and_check_overlaps_are_seen(
    db: Db, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    await drop_the_constraint(db)
    monkeypatch.setattr(reservations, "clashes", look_away)
    county, seen = await settle(db), 0
    async with asyncio.timeout(240):
        while not seen:  # whether two meet in one round is up to the machine
            await attempt(Directly(db, county), county, rng, 150, Tally())
            seen = await db.read(lambda s, c: overlaps(s.connection()), SYSTEM_CONTEXT)


async def test_the_database_alone_refuses_every_overlap(
    db: Db, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reservations, "clashes", look_away)
    tally, seen = await some_attempts(db, rng)
    assert seen == 0
    assert tally.answers[409] > 0
    assert set(tally.answers) <= FAIR


async def test_the_check_alone_refuses_every_overlap(db: Db, rng: random.Random) -> None:
    await drop_the_constraint(db)
    tally, seen = await some_attempts(db, rng)
    assert seen == 0
    assert tally.answers[409] > 0
