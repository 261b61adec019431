"""Live rooms: what the store desires is put to the media engine, and what the engine says is written down.

Nothing here is a command that must arrive once. `push` puts the whole room under its version, after every
change and again each tick; the engine's events wake pages and are written down only where they change what
is known, so any number of processes may listen to the same engine.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog

from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import CourtLinkError, Unavailable
from court_link.domain.hearing import LIVE
from court_link.media import presence
from court_link.media.arrangement import arrange
from court_link.media.engine import (
    DesiredRoom,
    Engine,
    EngineEvent,
    EngineUnavailable,
    NoSuchSession,
    NotAdmitted,
    Session,
    Snapshot,
)
from court_link.media.engine import EventKind as Happened
from court_link.store import Db, links, live, rooms
from court_link.store import Session as StoreSession
from court_link.store.tables import Hearing

TICK_S = 5.0
RETRY_S = 0.5

log = structlog.get_logger(__name__)
_SYSTEM = Context(SYSTEM)


@dataclass(frozen=True, slots=True)
class Desired:
    """A room as the store wants it, and what the engine was last known to hold."""

    room: DesiredRoom
    live: bool
    applied_version: int
    epoch: str | None
    closed: bool


def desired(session: StoreSession, ctx: Context, hearing_id: UUID) -> Desired | None:
    """The desired room of a hearing, read with its version in one snapshot; None for no such hearing."""
    hearing = session.get(Hearing, hearing_id)
    if hearing is None:
        return None
    row = live.room(session, hearing_id)
    room = arrange(rooms.standing(session, ctx, hearing))
    # Before the hearing and after it there may be consultations, and nothing else.
    alive = hearing.state in LIVE or bool(room.links)
    return Desired(room, alive, row.applied_version, row.epoch, row.closed)


def hearing_of(session: StoreSession, ctx: Context, link_id: UUID) -> UUID:
    """The hearing of a link. Raises NotFound."""
    return links.get(session, ctx, link_id).hearing_id


def check_inside(session: StoreSession, ctx: Context, link_id: UUID) -> UUID:
    """The hearing whose room this link is in at this moment. Raises NotAdmitted for anybody who waits."""
    hearing_id = hearing_of(session, ctx, link_id)
    wanted = desired(session, ctx, hearing_id)
    if wanted is None or all(link.link != str(link_id) for link in wanted.room.links):
        raise NotAdmitted
    return hearing_id


class Rooms:
    """This process's hand on the engine. `touch` hears whose pages should look again (None: everybody's)."""

    def __init__(self, db: Db, engine: Engine, touch: Callable[[UUID | None], None]) -> None:
        self._db, self._engine, self._touch = db, engine, touch
        self._reachable = True

    @property
    def reachable(self) -> bool:
        """Whether the media server answers, as far as this process knows."""
        return self._reachable

    async def push(self, hearing_id: UUID) -> Snapshot | None:
        """Put the room to the engine as it is desired now, and write down what the engine holds.

        Idempotent. When the engine cannot be reached nothing is lost: the next tick puts it again.
        """
        wanted = await self._db.read(desired, _SYSTEM, hearing_id)
        if wanted is None or wanted.room.version == 0:
            return None
        asked_at = datetime.now(UTC)
        try:
            snapshot = await self._put(wanted)
        except EngineUnavailable:
            self._set_reachable(False)
            return None
        self._set_reachable(True)
        closed = not wanted.live
        held = (wanted.room.version, snapshot.epoch, closed)
        if (wanted.applied_version, wanted.epoch, wanted.closed) != held:
            await self._db.write(
                live.applied, _SYSTEM, hearing_id, wanted.room.version, snapshot.epoch, closed=closed
            )
            self._touch(hearing_id)
        if await presence.reconcile(self._db, snapshot, asked_at):
            self._touch(hearing_id)
        return snapshot

    async def _put(self, wanted: Desired) -> Snapshot:
        if wanted.live:
            return await self._engine.apply(wanted.room)
        await self._engine.close(wanted.room.room)
        return await self._engine.snapshot(wanted.room.room)

    async def negotiate(self, hearing_id: UUID, link_id: UUID, offer: str) -> Session:
        """Answer the offer of an admitted link: the room is put first, so the engine knows of the admission.

        Raises what `Engine.negotiate` does; `EngineUnavailable` when it cannot be reached.
        """
        if await self.push(hearing_id) is None:
            raise EngineUnavailable
        return await self._engine.negotiate(str(hearing_id), str(link_id), offer)

    async def restart(
        self, hearing_id: UUID, link_id: UUID, session: str, *, etag: str, fragment: str
    ) -> Session:
        """Restart ICE of a link's own session. Raises NoSuchSession for any other."""
        await self._check_own(hearing_id, link_id, session)
        return await self._engine.restart(session, etag, fragment)

    async def end(self, hearing_id: UUID, link_id: UUID, session: str) -> None:
        """End a link's own session. Raises NoSuchSession for any other."""
        await self._check_own(hearing_id, link_id, session)
        await self._engine.end(session)

    async def _check_own(self, hearing_id: UUID, link_id: UUID, session: str) -> None:
        room = await self._engine.snapshot(str(hearing_id))
        if (str(link_id), session) not in {(link.link, link.session) for link in room.links}:
            raise NoSuchSession

    async def tick(self) -> None:
        """Put every live room again, and close those that are over: whatever was lost heals here."""
        for hearing_id in await self._db.read(live.open_rooms, _SYSTEM):
            await self.push(hearing_id)
            if not self._reachable:
                return

    async def run(self) -> None:
        """Tick, and listen to the engine, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ticks())
            tasks.create_task(self._listen())

    async def _ticks(self) -> None:
        while True:
            with contextlib.suppress(Unavailable):
                await self.tick()
            await asyncio.sleep(TICK_S if self._reachable else RETRY_S)

    async def _listen(self) -> None:
        cursor: str | None = None
        while True:
            try:
                async for event in self._engine.events(cursor):
                    cursor = event.cursor
                    await self._take(event)
            except EngineUnavailable:
                self._set_reachable(False)
            except CourtLinkError as wrong:
                log.warning("media event not written", error=wrong.message)
            await asyncio.sleep(RETRY_S)

    async def _take(self, event: EngineEvent) -> None:
        if event.kind is Happened.NODE_LOST:
            self._set_reachable(False)
            await self._db.write(presence.node_lost, _SYSTEM, str(event.data.get("name", "")), event.epoch)
        elif event.kind is Happened.NODE_UP:
            # A new epoch has forgotten every room; putting them again also tells the pages the new epoch.
            self._set_reachable(True)
            await self._db.write(presence.node_up, _SYSTEM, str(event.data.get("name", "")), event.epoch)
            await self.tick()
        elif event.kind is not Happened.SPEAKER and await self._db.write(presence.take, _SYSTEM, event):
            self._touch(UUID(event.room))

    def _set_reachable(self, reachable: bool) -> None:
        if reachable is not self._reachable:
            self._reachable = reachable
            log.warning("media server", reachable=reachable)
            self._touch(None)
