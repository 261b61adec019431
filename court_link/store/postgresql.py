"""The store on PostgreSQL: a pool of connections used from threads, in any number of processes.

A write is one transaction at READ COMMITTED under the row locks that its use case takes in order; a deadlock
or a lost race runs the whole function again. A read is a snapshot (REPEATABLE READ, READ ONLY).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlmodel import Session

from court_link.domain.clock import Clock
from court_link.domain.context import Context
from court_link.domain.errors import Unavailable
from court_link.store.refusals import lost_a_race, said_plainly
from court_link.store.sealing import Sealing
from court_link.store.tide import Tide

P = ParamSpec("P")
R = TypeVar("R")

#: Threads, and so connections, of each kind in one process; the sealer has one more.
WRITERS = READERS = 4
#: How often a function that lost a race is run in all.
ATTEMPTS = 6

# A statement waits this long for a row lock, and a dead peer is noticed in about ten seconds.
_SESSION = (
    "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
    " -c tcp_keepalives_idle=4 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
)


def engine(url: str, *, connections: int = 1) -> Engine:
    """An engine on the database of `url`, by psycopg."""
    made = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={"options": _SESSION, "connect_timeout": 5},
    )

    @event.listens_for(made, "rollback")
    def _roll_back(connection: Connection) -> None:
        # psycopg's own rollback, which then finds nothing left to do, would forget every prepared statement:
        # every read ends in one, so that none would ever be planned for more than once.
        raw: Any = connection.connection.driver_connection
        raw.pgconn.exec_(b"ROLLBACK")

    return made


class PostgresqlDb:
    """`store.db.Db` on one PostgreSQL database."""

    dialect = "postgresql"

    def __init__(self, url: str, clock: Clock, *, write_queue: int, newest_seq: int) -> None:
        self.clock = clock
        self._engine = engine(url, connections=WRITERS + READERS)
        self._snapshots = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._tide = Tide(newest_seq)
        self._sealing = Sealing(engine(url), self._tide)
        self._sealing.start()
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="store-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._allowed = write_queue
        self._writes = self._reads = 0
        self._closing = False

    async def read(
        self,
        use_case: Callable[Concatenate[Session, Context, P], R],
        ctx: Context,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        def run() -> R:
            with said_plainly(), Session(self._snapshots) as session:
                return use_case(session, ctx.at(self.clock.now()), *args, **kwargs)

        if self._closing or self._reads >= self._allowed:
            raise Unavailable
        self._reads += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, run)
        finally:
            self._reads -= 1

    async def write(
        self,
        use_case: Callable[Concatenate[Session, Context, P], R],
        ctx: Context,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        def attempt() -> R:
            with Session(self._engine, expire_on_commit=False) as session:
                result = use_case(session, ctx.at(self.clock.now()), *args, **kwargs)
                session.commit()
                return result

        if self._closing or self._writes >= self._allowed:
            raise Unavailable
        self._writes += 1
        answer = asyncio.get_running_loop().run_in_executor(self._writers, _again_while_racing, attempt)
        answer.add_done_callback(self._written)
        return await asyncio.shield(answer)

    def _written(self, _: object) -> None:
        self._writes -= 1

    async def sealed(self, after: int, timeout: float) -> int:  # noqa: ASYNC109 - the contract of Db
        return await self._tide.beyond(after, timeout)

    async def close(self) -> None:
        self._closing = True
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._readers.shutdown()
        self._writers.shutdown()
        self._sealing.stop()
        self._sealing.join()
        self._engine.dispose()


def _again_while_racing(attempt: Callable[[], R]) -> R:
    """Run `attempt` until no concurrent transaction spoils it, `ATTEMPTS` times at most."""
    with said_plainly():
        for again in range(1, ATTEMPTS):
            try:
                return attempt()
            except Exception as error:
                if not lost_a_race(error):
                    raise
            # A little apart, so that the same two do not meet again.
            time.sleep(random.uniform(0, 0.01 * again))  # noqa: S311 - spread, not secrecy
        return attempt()
