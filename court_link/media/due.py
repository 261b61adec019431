"""What time brings about in rooms: each second, what is due is done, by the use cases that anybody has.

Who reads past a due time sees the same before this has run as after it; this is how the engine follows.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import Unavailable
from court_link.media import consulting, moving
from court_link.media.rooms import Rooms
from court_link.store import Db

EVERY_S = 1.0
_SYSTEM = Context(SYSTEM, request_id="due")


async def perform(db: Db, rooms: Rooms) -> None:
    """End the consultations whose time has come, and settle the devices that cannot say it themselves."""
    for hearing_id in await db.read(consulting.due, _SYSTEM):
        await db.write(consulting.close_due, _SYSTEM, hearing_id)
        await rooms.push(hearing_id)
    for link_id in await db.read(moving.due, _SYSTEM):
        await rooms.push(await db.write(moving.settle_due, _SYSTEM, link_id))


async def run(db: Db, rooms: Rooms) -> None:
    """Until cancelled."""
    while True:
        with suppress(Unavailable):
            await perform(db, rooms)
        await asyncio.sleep(EVERY_S)
