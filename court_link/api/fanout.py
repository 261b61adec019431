"""One reader of the feed for each process, and everybody who waits for a part of it.

A subscriber names topics: `hearing:<id>`, `court:<organisation>`, `custody:<site>`, `person:<id>`, and
`room:<hearing>` for what goes on inside, which only its own court and its participants may have. What it is
given is bounded: one that reads too slowly is told so and begins again from its own cursor.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import Unavailable
from court_link.domain.events import IN_ROOMS, Event
from court_link.identity.trail import READS
from court_link.store import Db, feed, live
from court_link.store.live import Concerned

PATIENCE_S = 5.0
RETRY_S = 0.5
WAITING = 256

log = structlog.get_logger(__name__)
_SYSTEM = Context(SYSTEM)


@dataclass(eq=False, slots=True)
class Subscription:
    """What one reader has not taken yet. `missed` is set when it was too slow to be given everything."""

    topics: frozenset[str]
    events: deque[Event] = field(default_factory=deque)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    missed: bool = False

    def give(self, event: Event) -> None:
        if len(self.events) >= WAITING:
            self.missed = True
            self.events.clear()
        self.events.append(event)
        self.news.set()

    async def wait(self, seconds: float) -> bool:
        """Whether there was news within so many seconds of real time."""
        try:
            await asyncio.wait_for(self.news.wait(), seconds)
        except TimeoutError:
            return False
        self.news.clear()
        return True

    def take(self) -> list[Event]:
        taken = list(self.events)
        self.events.clear()
        return taken


def topics_of(event: Event, concerned: Concerned | None) -> frozenset[str]:
    """The topics that an event belongs to; a reading to none, since it changes nothing that a page shows.

    What goes on in a hearing's rooms, and when, is for nobody outside of them but its court.
    An event that says whom it affects (`domain.affected.told`) is for the pages of these people and suites
    alone; any other is for everybody whom its hearing concerns.
    """
    if event.kind in READS:
        return frozenset()
    if event.kind in IN_ROOMS:
        court = {f"court:{concerned.court_id}"} if concerned is not None else set()
        return frozenset(court | {f"room:{event.hearing_id}"})
    topics = set()
    if event.organisation_id is not None:
        topics.add(f"court:{event.organisation_id}")
    if event.hearing_id is not None:
        topics.add(f"hearing:{event.hearing_id}")
    if concerned is not None:
        topics.add(f"court:{concerned.court_id}")
        affected = event.data.get("affected")
        topics.update(f"person:{each}" for each in (concerned.people if affected is None else affected))
        topics.update(f"custody:{each}" for each in (concerned.sites if affected is None else affected))
    return frozenset(topics)


class Fanout:
    """`run` reads the feed until cancelled; `subscribe` gives what comes from then on."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._subscriptions: set[Subscription] = set()
        #: How far the feed has been read: a page made from now on has seen everything up to here.
        self.seq = 0

    @contextmanager
    def subscribe(self, topics: Collection[str]) -> Iterator[Subscription]:
        """A subscription for as long as the block runs."""
        subscription = Subscription(frozenset(topics))
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def touch(self, hearing_id: UUID | None) -> None:
        """Wake the readers of one hearing (None: all) for something that is no event."""
        for subscription in self._subscriptions:
            if hearing_id is None or f"hearing:{hearing_id}" in subscription.topics:
                subscription.news.set()

    async def run(self) -> None:
        """Read the feed from its present end on."""
        began = False
        while True:
            try:
                if not began:
                    self.seq, began = await self._db.read(feed.end, _SYSTEM), True
                if await self._db.sealed(self.seq, PATIENCE_S) > self.seq:
                    await self._pass_on()
            except Unavailable as away:
                log.warning("feed not read", error=away.message)
                await asyncio.sleep(RETRY_S)

    async def _pass_on(self) -> None:
        events = await self.since(self.seq)
        for event, topics in events:
            for subscription in self._subscriptions:
                if topics & subscription.topics:
                    subscription.give(event)
            self.seq = event.seq

    async def since(self, seq: int) -> list[tuple[Event, frozenset[str]]]:
        """Sealed events after `seq` with their topics, as many as the feed gives at once."""
        events = await self._db.read(feed.after, _SYSTEM, seq)
        hearings = {event.hearing_id for event in events if event.hearing_id is not None}
        concerned = await self._db.read(live.concerned, _SYSTEM, hearings) if hearings else {}
        return [
            (event, topics_of(event, concerned.get(event.hearing_id) if event.hearing_id else None))
            for event in events
        ]
