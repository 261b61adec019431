"""An import that is killed half-way leaves whole matters or nothing, and goes on when it is started again."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest
from sqlmodel import SQLModel, func, select

from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.store import Db, Session, open_db
from court_link.store.tables import Case, Duty, EventRow, Hearing, Resource, SittingSession
from tests.county import County
from tests.importing.rotas import luton
from tests.promises.booking_process import document_of
from tests.promises.import_process import DUTIES, IMPORTS, MATTERS, SESSIONS

CTX = Context(SYSTEM)
#: What each family writes, killed after so many inserts into it: what is there then, and what in the end.
KILLS: list[tuple[str, type[SQLModel], int, int, int]] = [
    ("list", Hearing, 5, 3, MATTERS),  # the second of the second three
    ("rota", SittingSession, 1, 0, SESSIONS),
    ("people", Duty, 1, 0, DUTIES),
]


async def killed(url: str, family: str, county: County, table: str, number: int) -> None:
    command = [sys.executable, "-m", "tests.promises.import_process", url, family, document_of(county), table]
    child = await asyncio.create_subprocess_exec(*command, str(number))
    async with asyncio.timeout(120):
        assert await child.wait() == -signal.SIGKILL


def count(session: Session, ctx: Context, table: type[SQLModel]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def halves(session: Session, ctx: Context) -> int:
    """Hearings without their case or their event, and either without a hearing."""
    ids = set(session.exec(select(Hearing.id)))
    cases = set(session.exec(select(Case.hearing_id)))
    told = set(session.exec(select(EventRow.hearing_id).where(EventRow.kind == "hearing.listed")))
    return len((ids ^ cases) | (ids ^ told))


async def settled(url: str, clock: SetClock) -> County:
    db = await open_db(url, clock)
    county = await County.settle(db)
    await db.write(luton, CTX, county.court)
    await db.close()
    return county


@pytest.mark.parametrize(("family", "table", "number", "then", "after"), KILLS)
async def test_a_killed_import_leaves_no_half_and_is_whole_when_it_is_done_again(
    database_url: str, clock: SetClock, family: str, table: type[SQLModel], number: int, then: int, after: int
) -> None:
    county = await settled(database_url, clock)
    await killed(database_url, family, county, str(table.__tablename__), number)
    db = await open_db(database_url, clock)
    assert await db.read(count, CTX, table) == then
    assert await db.read(halves, CTX) == 0
    await IMPORTS[family](db, county)
    assert await db.read(count, CTX, table) == after
    assert await db.read(halves, CTX) == 0
    await db.close()


async def test_a_court_house_of_the_register_comes_with_all_its_rooms_or_not_at_all(
    database_url: str, clock: SetClock
) -> None:
    db = await open_db(database_url, clock)
    county = await County.settle(db)
    before = await db.read(count, CTX, Resource)
    await db.close()
    await killed(database_url, "register", county, "resource", 1)
    db = await open_db(database_url, clock)
    assert await db.read(count, CTX, Resource) == before
    await IMPORTS["register"](db, county)
    assert await _rooms(db) == before + 6
    await db.close()


async def _rooms(db: Db) -> int:
    return await db.read(count, CTX, Resource)
