"""The store on SQLite: one writer thread, a few readers, one file in WAL mode.

Writes that wait together are committed together: BEGIN IMMEDIATE, a savepoint per call, the seals of their
events, COMMIT. Nobody is answered before the COMMIT, and a failed one fails every caller of the batch.
Another process may write the same file (an import, a backup): the busy timeout shares the lock, and the
idle writer looks at `PRAGMA data_version`, so that what the other sealed wakes this process's readers too.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlmodel import Session

from court_link.domain.clock import Clock
from court_link.domain.context import Context
from court_link.domain.errors import Unavailable
from court_link.store.refusals import meant, said_plainly
from court_link.store.sealer import newest, seal
from court_link.store.tide import Tide

P = ParamSpec("P")
R = TypeVar("R")

READERS = 4
#: Seconds to wait for another process's transaction before answering that the store is busy.
BUSY_SECONDS = 5.0
#: A batch takes in waiting writes for so long, in seconds, and so many of them at most.
BATCH_SECONDS, BATCH_CALLS = 0.02, 128
#: How often the idle writer looks for another process's commits, in seconds.
GLANCE_SECONDS = 0.05

log = logging.getLogger(__name__)


def engine(
    url: str,
    *,
    begin: str = "BEGIN IMMEDIATE",
    connections: int = 1,
    read_only: bool = False,
    foreign_keys: bool = True,
) -> Engine:
    """An engine on the file of `url`; its transactions begin with `begin`, as Python's own would not."""
    path = make_url(url).database
    if not path or path == ":memory:":
        raise ValueError("the store on SQLite is a file")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    made = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(made, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed from the statement
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {foreign_keys:d}")
        connection.execute(f"PRAGMA query_only = {read_only:d}")

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return made


class _Call:
    """One write that waits for its batch, then for its COMMIT."""

    __slots__ = ("answer", "error", "result", "run")

    def __init__(self, run: Callable[[Session], Any]) -> None:
        self.run = run
        self.answer: Future[Any] = Future()
        self.answer.set_running_or_notify_cancel()  # from here on nobody can take it back
        self.result: Any = None
        self.error: Exception | None = None

    def settle(self) -> None:
        """The batch is committed: answer the call's own result or error."""
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)

    def fail(self, cause: Exception) -> None:
        """The batch is not committed. Even a refusal may rest on what has now not happened."""
        failure = Unavailable()
        failure.__cause__ = cause
        self.answer.set_exception(failure)


class _Writer(threading.Thread):
    """The one thread that writes."""

    def __init__(self, write_engine: Engine, tide: Tide, limit: int) -> None:
        super().__init__(name="store-writer", daemon=True)
        self._engine = write_engine
        self._tide = tide
        self._calls: queue.Queue[_Call | None] = queue.Queue(limit)
        self._data_version = -1

    def submit(self, call: _Call) -> None:
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            raise Unavailable from None

    def stop(self) -> None:
        """End after the writes that wait already. Blocks while the queue is full."""
        self._calls.put(None)

    def run(self) -> None:
        while True:
            try:
                call = self._calls.get(timeout=GLANCE_SECONDS)
            except queue.Empty:
                self._glance()
                continue
            if call is None or not self._write_together(call):
                return

    def _write_together(self, first: _Call) -> bool:
        """Write a batch that starts with `first` and answer it. False when the last call has been seen."""
        batch, more = [first], True
        try:
            with self._engine.connect() as connection, connection.begin():
                _run(connection, first)
                stop_at = time.monotonic() + BATCH_SECONDS
                while len(batch) < BATCH_CALLS and time.monotonic() < stop_at:
                    try:
                        call = self._calls.get_nowait()
                    except queue.Empty:
                        break
                    if call is None:
                        more = False
                        break
                    batch.append(call)
                    _run(connection, call)
                sealed = seal(connection)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is every caller's
            log.error("a batch of %d writes failed: %s", len(batch), type(error).__name__)
            for call in batch:
                call.fail(error)
        else:
            self._tide.rise(sealed)
            for call in batch:
                call.settle()
        return more

    def _glance(self) -> None:
        """When another connection has committed, seal what it left unsealed and wake the tailers."""
        try:
            with self._engine.connect() as connection:
                raw: Any = connection.connection.driver_connection
                (version,) = raw.execute("PRAGMA data_version").fetchone()
                if version == self._data_version:
                    return
                with connection.begin():
                    self._tide.rise(seal(connection) or newest(connection))
                self._data_version = version
        except Exception as error:  # noqa: BLE001 - locked or gone just now; the next glance tries again
            log.warning("could not look at the store: %s", type(error).__name__)


def _run(connection: Connection, call: _Call) -> None:
    """Run one call in a savepoint of its own. Raises when the whole transaction has gone with it."""
    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
        try:
            call.result = call.run(session)
            session.commit()
        except Exception as error:
            raw: Any = connection.connection.driver_connection
            if not raw.in_transaction:  # a full disk or an I/O error: SQLite has rolled all of it back
                connection.invalidate()
                raise
            session.rollback()
            call.error = meant(error)


class SqliteDb:
    """`store.db.Db` on one SQLite file."""

    dialect = "sqlite"

    def __init__(self, url: str, clock: Clock, *, write_queue: int, newest_seq: int) -> None:
        self.clock = clock
        self._write_engine = engine(url)
        self._read_engine = engine(url, begin="BEGIN", connections=READERS, read_only=True)
        self._tide = Tide(newest_seq)
        self._writer = _Writer(self._write_engine, self._tide, write_queue)
        self._writer.start()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._reads_allowed = write_queue
        self._reads = 0
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
            with said_plainly(), Session(self._read_engine) as session:
                return use_case(session, ctx.at(self.clock.now()), *args, **kwargs)

        if self._closing or self._reads >= self._reads_allowed:
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
        call = _Call(lambda session: use_case(session, ctx.at(self.clock.now()), *args, **kwargs))
        if self._closing:
            raise Unavailable
        self._writer.submit(call)
        result: R = await asyncio.shield(asyncio.wrap_future(call.answer))
        return result

    async def sealed(self, after: int, timeout: float) -> int:  # noqa: ASYNC109 - the contract of Db
        return await self._tide.beyond(after, timeout)

    async def close(self) -> None:
        self._closing = True
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._readers.shutdown()
        self._read_engine.dispose()
        self._writer.stop()
        self._writer.join()
        self._write_engine.dispose()
