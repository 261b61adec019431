"""A room of one's own in which a participant sees and hears themselves come back through the media server.

It has nothing to do with the hearing's room, and whoever waits owns no media object there. It ends after a
minute whatever becomes of the page or of this process, because the media server ends it.
"""

from __future__ import annotations

import time
from uuid import UUID

from court_link.domain.errors import Unavailable
from court_link.media.engine import DesiredLink, DesiredRoom, Engine, Kind, Seat, Session

#: Before the link's id, in the name of its room.
ROOM = "kit:"
LASTS_S = 60.0
#: How many may try at once through one process of the API.
AT_ONCE = 8
#: The share of all places that hearings keep for themselves, however many want to try.
KEPT = 0.2


class CannotTry(Unavailable):
    """The connection cannot be tested now: hearings need the room. You can join without testing."""


class Trying:
    """The tries that run through this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._until: dict[UUID, float] = {}

    async def begin(self, link_id: UUID, offer: str) -> Session:
        """Answer the offer of a link that tries its kit, ending its last try.

        Raises CannotTry, and what `Engine.negotiate` does.
        """
        now = time.monotonic()
        self._until = {link: until for link, until in self._until.items() if until > now and link != link_id}
        nodes = [node for node in await self._engine.nodes() if not node.draining]
        places, taken = sum(node.capacity for node in nodes), sum(node.load for node in nodes)
        if len(self._until) >= AT_ONCE or taken + 1 > places * (1 - KEPT):
            raise CannotTry(retry_after=30)
        self._until[link_id] = now + LASTS_S
        room, link = f"{ROOM}{link_id}", str(link_id)
        await self._engine.close(room)
        itself = DesiredLink(link, "kit", frozenset({Kind.AUDIO, Kind.VIDEO}), seats=(Seat(0, link),))
        await self._engine.apply(DesiredRoom(room, 1, (itself,), lasts=LASTS_S))
        return await self._engine.negotiate(room, link, offer)

    async def end(self, link_id: UUID) -> None:
        """The try is over. Ending none is nothing."""
        self._until.pop(link_id, None)
        await self._engine.close(f"{ROOM}{link_id}")
