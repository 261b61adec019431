"""What is due with recordings: ending, sealing and destroying them, and noticing that nothing is written."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog

from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import CourtLinkError, Unavailable
from court_link.media import recording
from court_link.media.engine import Engine, Manifest
from court_link.media.rooms import Rooms
from court_link.store import Db, recordings

LOOK_S = 1.0  # seconds between two looks

log = structlog.get_logger(__name__)
_SYSTEM = Context(SYSTEM)


class Archive:
    """All recordings, looked after by whichever process comes first; `keep` is how long each is kept."""

    def __init__(self, db: Db, engine: Engine, rooms: Rooms, keep: timedelta) -> None:
        self._db, self._engine, self._rooms, self._keep = db, engine, rooms, keep

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            with suppress(Unavailable):
                await self.tick()
            await asyncio.sleep(LOOK_S)

    async def tick(self) -> None:
        """End what hearings left running, notice a worker that is away, seal, destroy: whatever is due."""
        for recording_id in await self._db.read(recordings.over, _SYSTEM):
            ended = await self._db.write(recording.end_over, _SYSTEM, recording_id, keep=self._keep)
            await self._rooms.push(ended.hearing_id)
        for running in await self._db.read(recordings.all_running, _SYSTEM):
            gone = not self._rooms.reaches(running.hearing_id)
            if gone is not (running.stalled_why == recording.AWAY) and (gone is (running.stalled_at is None)):
                await self._db.write(recording.away, _SYSTEM, running.id, gone=gone)
        for recording_id in await self._db.read(recordings.unsealed, _SYSTEM):
            manifest = await self._asked(recording_id)
            if manifest is not None:
                await self._db.write(recording.seal, _SYSTEM, recording_id, manifest)
        for recording_id in await self._db.read(recordings.expired, _SYSTEM):
            try:
                await self._engine.destroy(str(recording_id))
            except CourtLinkError as wrong:
                log.warning("recording not destroyed", recording=str(recording_id), error=wrong.message)
            else:
                await self._db.write(recording.destroyed, _SYSTEM, recording_id)

    async def _asked(self, recording_id: UUID) -> Manifest | None:
        try:
            return await self._engine.manifest(str(recording_id))
        except CourtLinkError:  # its node is away: it is asked again
            return None
