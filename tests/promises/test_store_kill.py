"""Acknowledged means durable, and a booking is all of its rows or none: shown by `kill -9` while booking."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from court_link.domain.clock import SetClock
from court_link.store import Session, open_db
from court_link.store.audit import verify
from court_link.store.tables import Booking, EventRow, Reservation
from tests.store.rows import CTX
from tests.store.test_constraints import overlaps


@contextmanager
def process(url: str, *words: object) -> Iterator[subprocess.Popen[str]]:
    """A writing process, which has opened the store; killed at the end, if it is not dead before."""
    command = [sys.executable, "-m", "tests.promises.store_process", url, *map(str, words)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            yield child
        finally:
            child.kill()


def acknowledged_until_killed(url: str, mode: str, number: int) -> set[UUID]:
    """What a booking process said it had booked, up to the moment when it was killed without warning."""
    with process(url, mode, *([8] if mode == "book" else [])) as child:
        assert child.stdout
        said = [child.stdout.readline() for _ in range(number)]
        child.kill()
        said += child.stdout.readlines()
    # The last line may have been cut by the kill.
    return {UUID(line.strip()) for line in said if line.endswith("\n")}


def bookings(session: Session, ctx) -> set[UUID]:
    return set(session.execute(select(Booking.id)).scalars())  # type: ignore[call-overload]


def halves(session: Session, ctx) -> int:
    """Bookings without their one reservation or their one event, and hearings without a booking."""
    booked = session.execute(select(func.count()).select_from(Booking)).scalar_one()
    whole = session.execute(
        select(func.count())
        .select_from(Booking)
        .join(Reservation, Reservation.booking_id == Booking.id)  # type: ignore[arg-type]
        .join(EventRow, EventRow.subject_id == Booking.id)  # type: ignore[arg-type]
    ).scalar_one()
    strays = session.execute(
        text("SELECT count(*) FROM hearing WHERE id NOT IN (SELECT hearing_id FROM booking)")
    ).scalar_one()
    return int(booked - whole + strays)


@pytest.mark.parametrize("number", [1, 60, 200])
async def test_a_kill_loses_nothing_acknowledged_and_leaves_no_half(
    database_url: str, clock: SetClock, number: int
) -> None:
    acknowledged = acknowledged_until_killed(database_url, "book", number)
    assert len(acknowledged) >= number
    db = await open_db(database_url, clock)
    assert acknowledged - await db.read(bookings, CTX) == set()
    assert await db.read(halves, CTX) == 0
    assert await db.read(overlaps, CTX) == 0
    # What the dead process had not sealed is sealed now, and the chain is whole.
    events = len(await db.read(bookings, CTX))
    while await db.sealed(events - 1, 10) < events:
        pass
    verdict = await db.read(verify, CTX)
    assert (verdict.entries, verdict.finding) == (events, None)
    await db.close()


async def test_the_loss_is_seen_when_the_answer_comes_before_the_commit(
    database_url: str, clock: SetClock
) -> None:
    acknowledged = acknowledged_until_killed(database_url, "boast", 1)
    db = await open_db(database_url, clock)
    assert acknowledged - await db.read(bookings, CTX) == acknowledged
    await db.close()


async def test_when_the_sealing_process_is_killed_another_seals(
    migrated_postgresql: Callable[[], str], clock: SetClock
) -> None:
    url = migrated_postgresql()
    with process(url, "book", 2) as child:
        assert child.stdout
        child.stdout.readline()
        db = await open_db(url, clock)
        child.kill()
        child.wait()
    events = len(await db.read(bookings, CTX))
    while await db.sealed(events - 1, 10) < events:
        pass
    await db.close()
