"""What happened in this worker since it started, for those who follow it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from court_link.media.engine import FROM_NOW, EngineEvent, EventKind

REMEMBERED = 2_000  # events, and rooms whose numbering goes on
ALIVE = 0.5  # seconds between two signs of life to a follower


class EventLog:
    """Numbered events of one epoch; a follower that fell too far behind misses the oldest."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.emitted = 0
        self._events: deque[EngineEvent] = deque(maxlen=REMEMBERED)
        self._sequences: dict[str, int] = {}
        self._news = asyncio.Event()
        self._closed = False

    def say(self, kind: EventKind, room: str, link: str, **data: Any) -> None:
        """Note an event of a room's link."""
        self.emitted += 1
        sequence = self._sequences.pop(room, 0) + 1
        self._sequences[room] = sequence
        if len(self._sequences) > REMEMBERED:
            del self._sequences[next(iter(self._sequences))]
        cursor = f"{self.epoch}:{self.emitted}"
        self._events.append(EngineEvent(cursor, sequence, self.epoch, room, link, kind, time.time(), data))
        self._wake()

    async def follow(self, after: str | None) -> AsyncIterator[EngineEvent | None]:
        """Events after a cursor as they happen; None is a sign of life. Ends when the log is closed."""
        epoch, _, number = (after or "").partition(":")
        seen = int(number) if epoch == self.epoch and number.isdigit() else 0
        if after == FROM_NOW:
            seen = self.emitted
        while not self._closed:
            news = self._news
            while seen < self.emitted:
                seen = max(seen, self.emitted - len(self._events))
                event = self._events[seen - self.emitted]
                seen += 1
                yield event
            try:
                await asyncio.wait_for(news.wait(), ALIVE)
            except TimeoutError:
                yield None

    def close(self) -> None:
        """Let every follower go."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
