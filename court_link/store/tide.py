"""The newest sealed event as this process knows it, and those who wait for the next."""

from __future__ import annotations

import asyncio


class Tide:
    """Rises from any thread; awaited on the event loop that made it."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self._loop = asyncio.get_running_loop()
        self._risen = asyncio.Event()

    def rise(self, seq: int) -> None:
        """Events up to `seq` are sealed and committed. Safe from any thread."""
        if seq > self.seq:
            self._loop.call_soon_threadsafe(self._rise, seq)

    def _rise(self, seq: int) -> None:
        if seq > self.seq:
            self.seq = seq
            self._risen.set()
            self._risen = asyncio.Event()

    async def beyond(self, after: int, timeout: float) -> int:  # noqa: ASYNC109 - a wait that may end empty
        """Wait for a `seq` beyond `after`, at most `timeout` seconds; answers the newest `seq`."""
        try:
            async with asyncio.timeout(timeout):
                while self.seq <= after:
                    await self._risen.wait()
        except TimeoutError:
            pass
        return self.seq
