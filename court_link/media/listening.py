"""What the engine tells of its own accord, and the clock that puts rooms again and watches over the nodes.

Every event is numbered within its room and the epoch of the process that tells it. What was told before
changes nothing; a gap is filled by a snapshot; word of a room from a process that no longer carries it is not
believed, counted, and written down once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import CourtLinkError
from court_link.media import nodes, presence, recording
from court_link.media.engine import FROM_NOW, Engine, EngineEvent, EngineUnavailable
from court_link.media.engine import EventKind as Happened
from court_link.media.sequence import Word
from court_link.store import Db

if TYPE_CHECKING:
    from court_link.media.rooms import Rooms

TICK_S = 5.0  # seconds between two ticks when all is well, and when a room could not be put
RETRY_S = 0.5
WATCH_S = 1.0
SWEEP_S = 15.0

log = structlog.get_logger(__name__)
_SYSTEM = Context(SYSTEM)


class Listening:
    """`run` until cancelled."""

    def __init__(self, db: Db, engine: Engine, rooms: Rooms, touch: Callable[[UUID | None], None]) -> None:
        self._db, self._engine, self._rooms, self._touch = db, engine, rooms, touch
        self._up: set[str] = set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ticks())
            tasks.create_task(self._watch())
            tasks.create_task(self._listen())

    async def _ticks(self) -> None:
        """Put every room again, and keep places on the nodes for the hearings to come."""
        while True:
            with suppress(CourtLinkError):
                await self._rooms.tick()
                if waiting := await self._db.read(nodes.unplaced, _SYSTEM):
                    await self._db.write(nodes.place_ahead, _SYSTEM, waiting)
            await asyncio.sleep(TICK_S if self._rooms.reachable else RETRY_S)

    async def _watch(self) -> None:
        """Keep what is known of the nodes fresh, and end rooms that none should hold."""
        since = swept = time.monotonic()
        while True:
            await asyncio.sleep(WATCH_S)
            if time.monotonic() - swept > SWEEP_S:
                swept = time.monotonic()
                with suppress(CourtLinkError):
                    await self._rooms.sweep()
            with suppress(CourtLinkError):
                if await self._db.read(nodes.stale, _SYSTEM, self._up):
                    await self._look()
                listened = time.monotonic() - since > nodes.SILENT_AFTER.total_seconds()
                if listened and await self._db.read(nodes.any_silent, _SYSTEM):
                    await self._db.write(nodes.silent, _SYSTEM)

    async def _look(self) -> None:
        """Ask the nodes how they are, and write that down where it is news."""
        found = await self._engine.nodes()
        if await self._db.read(nodes.unknown, _SYSTEM, found):
            await self._db.write(nodes.heard, _SYSTEM, found)

    async def _listen(self) -> None:
        cursor = FROM_NOW  # what was before, the first tick reads from snapshots
        while True:
            try:
                async with aclosing(self._engine.events(cursor)) as events:
                    async for event in events:
                        cursor = event.cursor
                        await self._take(event)
            except EngineUnavailable:
                log.warning("media events not heard")
            except CourtLinkError as wrong:
                log.warning("media event not written", error=wrong.message)
            await asyncio.sleep(RETRY_S)

    async def _take(self, event: EngineEvent) -> None:
        name, url = str(event.data.get("name", "")), str(event.data.get("url", ""))
        if event.kind is Happened.NODE_LOST:
            log.warning("media server lost", node=name or url)
            self._up.discard(name)
            self._rooms.lost(event.epoch)
            self._rooms.dark(not self._up)
            await self._db.write(nodes.lost, _SYSTEM, name, url, event.epoch)
        elif event.kind is Happened.NODE_UP:
            # A new epoch has forgotten every room; putting them again also tells the pages the new epoch.
            log.info("media server up", node=name or url)
            self._up.add(name)
            self._rooms.dark(False)
            with suppress(EngineUnavailable):
                await self._look()
            await self._rooms.tick()
        else:
            hearing_id = _hearing(event.room)
            if hearing_id is not None:
                await self._hear(hearing_id, event)

    async def _hear(self, hearing_id: UUID, event: EngineEvent) -> None:
        """An event of a hearing's room."""
        word = self._rooms.heard.take(event)
        if word is Word.OF_ANOTHER_EPOCH:  # another process of ours may have moved the room meanwhile
            if await self._rooms.push(hearing_id) is None:
                return
            word = self._rooms.heard.take(event)
        self._rooms.words[word] += 1
        if word is Word.OF_ANOTHER_EPOCH:
            if await self._db.write(presence.stale, _SYSTEM, hearing_id, event.epoch):
                log.warning("media event of a past epoch", hearing=str(hearing_id), epoch=event.epoch)
            return
        if word is Word.REPEATED:
            return
        take = recording.take if event.kind is Happened.RECORDING else presence.take
        if event.kind is not Happened.SPEAKER and await self._db.write(take, _SYSTEM, event):
            self._touch(hearing_id)
        if word is Word.AFTER_A_GAP:
            log.info("media events missed", hearing=str(hearing_id), before=event.seq)
            await self._rooms.push(hearing_id)


def _hearing(room: str) -> UUID | None:
    try:
        return UUID(room)
    except ValueError:  # a try of the kit, which is nobody's hearing
        return None
