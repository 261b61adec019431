"""Opening the store that a URL names."""

from __future__ import annotations

from court_link.domain.clock import Clock
from court_link.store.db import Db
from court_link.store.postgresql import PostgresqlDb
from court_link.store.sqlite import SqliteDb


async def open_db(url: str, clock: Clock, *, write_queue: int = 256) -> Db:
    """Open the migrated store at `url` (`sqlite:///file` or `postgresql://...`) on the running event loop.

    `write_queue` writes may wait; the next is told that the service is busy. Raises ConstraintMissing when a
    guard of `store.constraints` does not stand.
    """
    if url.startswith("postgresql"):
        return PostgresqlDb(url, clock, write_queue=write_queue)
    return SqliteDb(url, clock, write_queue=write_queue)
