"""Fixtures for both engines: `db` is an open, migrated, empty store, on SQLite and then on PostgreSQL."""

import itertools
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from court_link.domain.clock import SetClock
from court_link.store import Db, open_db
from court_link.store.migrate import upgrade
from tests import postgresql

#: Monday morning in court: the day that tests begin on.
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

_names = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The URL of a running server's `postgres` database."""
    # Not tmp_path: a socket's path has at most 107 bytes, and another user must be able to reach it.
    directory = Path(tempfile.mkdtemp(prefix="court-link-"))
    try:
        with postgresql.server(directory) as url:
            yield url
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def empty_postgresql(postgresql_url: str) -> Callable[..., str]:
    """Makes databases: a call answers the URL of a new one, empty or a copy of `template`."""

    def make(template: str = "template0") -> str:
        name = f"test_{next(_names)}"
        with psycopg.connect(postgresql_url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)

    return make


@pytest.fixture(scope="session")
def migrated_postgresql(empty_postgresql: Callable[..., str]) -> Callable[[], str]:
    """Makes migrated databases, each a copy of one that was migrated once."""
    template = empty_postgresql()
    upgrade(template)
    name = make_url(template).database
    return lambda: empty_postgresql(name)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes migrated files, each a copy of one that was migrated once."""
    template = tmp_path_factory.mktemp("store") / "template.sqlite3"
    upgrade(f"sqlite:///{template}")
    # Alone in a file again: what WAL mode had beside it is folded in.
    with closing(sqlite3.connect(template)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def make() -> str:
        copy = tmp_path_factory.mktemp("store") / "court-link.sqlite3"
        shutil.copyfile(template, copy)
        return f"sqlite:///{copy}"

    return make


@pytest.fixture
def sqlite_store(migrated_sqlite: Callable[[], str]) -> str:
    """The URL of a migrated, empty SQLite file."""
    return migrated_sqlite()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated, empty database of this test's own, on each engine in turn."""
    make: Callable[[], str] = request.getfixturevalue(f"migrated_{request.param}")
    return make()


@pytest.fixture
def clock() -> SetClock:
    """Court time, standing at nine on Monday 23 November 2026."""
    return SetClock(MONDAY)


@pytest.fixture
async def db(database_url: str, clock: SetClock) -> AsyncIterator[Db]:
    """An open store, on each engine in turn."""
    opened = await open_db(database_url, clock)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_db(sqlite_store: str, clock: SetClock) -> AsyncIterator[Db]:
    """An open store on SQLite, for tests that one engine serves."""
    opened = await open_db(sqlite_store, clock)
    yield opened
    await opened.close()
