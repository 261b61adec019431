"""Opening the store that a URL names."""

from __future__ import annotations

import asyncio

from sqlalchemy import inspect

from court_link.domain.clock import Clock
from court_link.store.constraints import ConstraintMissing, assert_standing
from court_link.store.db import Db
from court_link.store.migrate import looking_engine
from court_link.store.postgresql import PostgresqlDb
from court_link.store.sealer import newest
from court_link.store.sqlite import SqliteDb


async def open_db(url: str, clock: Clock, *, write_queue: int = 256) -> Db:
    """Open the migrated store at `url` (`sqlite:///file` or `postgresql://...`) on the running event loop.

    `write_queue` writes may wait; the next is told that the service is busy. Raises ConstraintMissing when
    the store is not migrated, or a guard of `store.constraints` does not stand.
    """
    newest_seq = await asyncio.to_thread(_look, url)
    made = PostgresqlDb if url.startswith("postgresql") else SqliteDb
    return made(url, clock, write_queue=write_queue, newest_seq=newest_seq)


def _look(url: str) -> int:
    """The newest sealed event of a store whose guards stand."""
    looking = looking_engine(url)
    try:
        with looking.connect() as connection:
            if not inspect(connection).has_table("event"):
                raise ConstraintMissing("there are no tables yet")
            assert_standing(connection)
            return newest(connection)
    finally:
        looking.dispose()
