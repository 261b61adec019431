"""The imports that this process works on, beside its requests; what was stopped is taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date
from typing import Any, BinaryIO
from uuid import UUID

import structlog

from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import CourtLinkError
from court_link.importing import lists, runs
from court_link.store import Db

log = structlog.get_logger(__name__)


class Importer:
    """Reads and applies lists in tasks of its own. Many may be read at once, and be waited for or not."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    def read(
        self, ctx: Context, run_id: UUID, source: BinaryIO, told: date | None = None
    ) -> asyncio.Task[None]:
        """Reads a file into a run that was started for it, and closes the file."""
        return self._begin(run_id, self._read(ctx, run_id, source, told))

    def apply(self, ctx: Context, run_id: UUID) -> asyncio.Task[None]:
        """Applies a run that was begun, unless it is being applied here already."""
        known = self._tasks.get(run_id)
        return known if known and not known.done() else self._begin(run_id, self._apply(ctx, run_id))

    async def take_up(self) -> None:
        """Goes on with every run that was being applied when the service ended."""
        ctx = Context(SYSTEM, request_id="import")
        for run_id in await self._db.read(runs.being_applied, ctx):
            self.apply(ctx, run_id)

    async def forget_left(self) -> None:
        """Forgets the staged lists that nobody confirmed in time."""
        await lists.forget_left(self._db, Context(SYSTEM, request_id="import"))

    async def close(self) -> None:
        """Stops between two transactions; the runs can be taken up again."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _begin(self, run_id: UUID, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks[run_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(run_id, None))
        return task

    async def _read(self, ctx: Context, run_id: UUID, source: BinaryIO, told: date | None) -> None:
        try:
            await lists.stage(self._db, ctx, run_id, await lists.read(source, told))
        except runs.Superseded:
            await lists.forget(self._db, ctx, run_id)  # cancelled while it was read
        except CourtLinkError as refused:
            log.warning("import not staged", run=str(run_id), why=type(refused).__name__)
        finally:
            source.close()

    async def _apply(self, ctx: Context, run_id: UUID) -> None:
        try:
            await lists.apply(self._db, ctx, run_id)
        except runs.Superseded:
            await lists.forget(self._db, ctx, run_id)  # cancelled, or applied by another process
        except CourtLinkError as refused:
            log.warning("import stopped", run=str(run_id), why=type(refused).__name__)
