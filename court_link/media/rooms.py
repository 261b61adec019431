"""Live rooms: what the store desires is put to the media engine, and what the engine says is written down.

Nothing here is a command that must arrive once. `push` puts the whole room under its version, after every
change and again each tick; the engine's events wake pages and are written down only where they change what
is known, so any number of processes may listen to the same engine.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog

from court_link.domain.context import SYSTEM, Context
from court_link.domain.hearing import LIVE
from court_link.media import cutting, presence
from court_link.media.arrangement import arrange
from court_link.media.engine import (
    DesiredRoom,
    Engine,
    EngineUnavailable,
    NoSuchSession,
    NotAdmitted,
    Session,
    Snapshot,
)
from court_link.media.listening import Listening
from court_link.media.sequence import Heard, Word
from court_link.store import Db, links, live, rooms
from court_link.store import Session as StoreSession
from court_link.store.tables import Hearing

AT_ONCE = 8  # rooms put at the same time
AGAIN = 3  # times that a room is put which changes meanwhile; the next tick puts it once more

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
        self._away: set[UUID] = set()
        self._dark = False
        self.heard = Heard()
        #: What became of the engine's events of rooms, since this process began.
        self.words: Counter[Word] = Counter()

    @property
    def reachable(self) -> bool:
        """Whether every room could be put to the engine when that was last tried."""
        return not self._away

    @property
    def away_now(self) -> int:
        """How many rooms could not be put when that was last tried."""
        return len(self._away)

    def reaches(self, hearing_id: UUID) -> bool:
        """Whether the media server of this hearing answers, as far as this process knows."""
        return not self._dark and hearing_id not in self._away

    async def push(self, hearing_id: UUID) -> Snapshot | None:
        """Put the room to the engine as it is desired now, and write down what the engine holds.

        Idempotent. When the engine cannot be reached nothing is lost: the next tick puts it again, and the
        court is told of whoever may still be heard and seen meanwhile.
        """
        snapshot = None
        for _ in range(AGAIN):
            wanted = await self._db.read(desired, _SYSTEM, hearing_id)
            if wanted is None or wanted.room.version == 0:
                return None
            snapshot = await self._push(hearing_id, wanted)
            if snapshot is None or await self._db.read(live.is_at, _SYSTEM, hearing_id, wanted.room.version):
                return snapshot
            # It became another one while it was put: what was put last may have undone what was put since.
        return snapshot

    async def _push(self, hearing_id: UUID, wanted: Desired) -> Snapshot | None:
        asked_at = datetime.now(UTC)
        try:
            snapshot = await self._put(wanted)
        except EngineUnavailable:
            self.away(hearing_id)
            await self._warn(hearing_id, wanted)
            return None
        self._back(hearing_id)
        closed = not wanted.live
        if closed:
            self.heard.forget(wanted.room.room)
        else:
            self.heard.carried(wanted.room.room, snapshot.epoch)
        held = (wanted.room.version, snapshot.epoch, closed)
        if (wanted.applied_version, wanted.epoch, wanted.closed) != held:
            await self._db.write(
                cutting.applied, _SYSTEM, hearing_id, wanted.room.version, snapshot.epoch, closed=closed
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

    async def _warn(self, hearing_id: UUID, wanted: Desired) -> None:
        if wanted.room.version > wanted.applied_version:
            inside = [UUID(link.link) for link in wanted.room.links]
            if await self._db.read(cutting.uncut, _SYSTEM, hearing_id, inside):
                await self._db.write(cutting.warn, _SYSTEM, hearing_id, inside)

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
        own = {(link.link, its) for link in room.links for its in (link.session, link.pending)}
        if (str(link_id), session) not in own:
            raise NoSuchSession

    async def tick(self) -> None:
        """Put every live room again, and close those that are over: whatever was lost heals here."""
        standing = await self._db.read(live.open_rooms, _SYSTEM)
        self._away &= set(standing)
        at_once = asyncio.Semaphore(AT_ONCE)

        async def put(hearing_id: UUID) -> None:
            async with at_once:
                await self.push(hearing_id)

        async with asyncio.TaskGroup() as tasks:
            for hearing_id in standing:
                tasks.create_task(put(hearing_id))

    async def sweep(self) -> None:
        """Put every room again that the engine holds and the store has closed: it was put late."""
        held = await self._engine.rooms()
        for hearing_id in await self._db.read(live.closed, _SYSTEM, held):
            await self.push(hearing_id)

    async def run(self) -> None:
        """Tick, and listen to the engine, until cancelled."""
        await Listening(self._db, self._engine, self, self._touch).run()

    def dark(self, dark: bool) -> None:
        """Whether no media server at all answers, which concerns those too whose hearing has no room yet."""
        if dark is not self._dark:
            self._dark = dark
            self._touch(None)

    def lost(self, epoch: str) -> None:
        """The process of this epoch does not answer: the pages of its rooms say so, and of no others."""
        for room in self.heard.of(epoch):
            self.away(UUID(room))

    def away(self, hearing_id: UUID) -> None:
        """The media server of this hearing does not answer."""
        if hearing_id not in self._away:
            self._away.add(hearing_id)
            log.warning("media server of a hearing away", hearing=str(hearing_id))
            self._touch(hearing_id)

    def _back(self, hearing_id: UUID) -> None:
        if hearing_id in self._away:
            self._away.discard(hearing_id)
            log.info("media server of a hearing back", hearing=str(hearing_id))
            self._touch(hearing_id)
