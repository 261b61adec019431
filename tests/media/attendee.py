"""A participant without a browser: the page's side of `docs/protocol.md`, with packets that nobody decodes.

It keeps to the page's own rules: it comes back by the same waits, offers again when the media server's epoch
is another one, stops sending when it has been moved and says so. What it sends names its room, and so it
knows whom it hears.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from tests.media.peer import Peer

BACK_OFF = (0.0, 0.3, 1.2, 2.7, 4.8)
EVERY = 7.0
OFFER_AGAIN = (0.0, 0.5, 1.5, 3.0, 5.0)
SOUND = 0.06  # seconds between two packets
GAP = 0.5  # seconds without a packet that are a gap


@dataclass
class Attendee:
    """One link's page. `urls` are the service's processes, tried in turn; times are monotonic.

    `back_at` is when the first packet came over the connection of the moment.
    """

    urls: list[str]
    origin: str
    hearing: UUID
    link: UUID
    token: str
    seats: int = 3
    state: dict[str, Any] = field(default_factory=dict)
    admissions: list[str] = field(default_factory=list)
    epochs: list[str] = field(default_factory=list)
    banners: list[float] = field(default_factory=list)
    connections: int = 0
    packets: int = 0
    strangers: int = 0
    heard_at: float = 0.0
    longest_gap: float = 0.0
    back_at: float = 0.0
    signalled_at: float = 0.0
    closed: int | None = None
    peer: Peer | None = None
    _sending: bool = False
    _negotiating: asyncio.Task[None] | None = None
    _epoch: str | None = None

    @property
    def hears(self) -> bool:
        """Whether sound comes at this moment."""
        return time.monotonic() - self.heard_at < GAP

    async def run(self) -> None:
        """Attend until cancelled, or closed for good."""
        sound = asyncio.create_task(self._sound())
        try:
            await self._signal()
        finally:
            for task in (sound, self._negotiating):
                if task is not None:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
            self._drop()

    async def _signal(self) -> None:
        attempt = 0
        while self.closed is None:
            url = self.urls[attempt % len(self.urls)].replace("http", "ws", 1)
            address = f"{url}/api/links/{self.link}/signalling"
            with suppress(OSError, WebSocketException, InvalidHandshake, TimeoutError):
                async with connect(address, origin=self.origin, proxy=None) as socket:  # type: ignore[arg-type]
                    await socket.send(json.dumps({"type": "hello", "token": self.token}))
                    async for text in socket:
                        attempt = 0
                        await self._take(socket, json.loads(text))
            await asyncio.sleep(BACK_OFF[attempt] if attempt < len(BACK_OFF) else EVERY)
            attempt += 1

    async def _take(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        if message["type"] == "ping":
            await socket.send('{"type":"pong"}')
        elif message["type"] == "bye":
            self.closed = message["code"] if message["code"] != 4410 else None
        elif message["type"] == "state":
            self.signalled_at = time.monotonic()
            await self._shown(socket, message)

    async def _shown(self, socket: ClientConnection, state: dict[str, Any]) -> None:
        you, media = state["you"], state["media"]
        if self.state.get("media", {}).get("ready", True) and not media["ready"]:
            self.banners.append(time.monotonic())
        self.state = state
        if not self.admissions or self.admissions[-1] != you["admission"]:
            self.admissions.append(you["admission"])
        self._sending = you["settled"] and "audio" in media["send"]
        if not you["settled"]:
            await socket.send(json.dumps({"type": "settled", "move": you["move"], "id": 1}))
        idle = self._negotiating is None or self._negotiating.done()
        old = self.peer is None or (media["epoch"] and media["epoch"] != self._epoch)
        if not media["negotiate"]:
            self._drop()
        elif media["ready"] and idle and old:
            self._negotiating = asyncio.create_task(self._negotiate())

    async def _negotiate(self) -> None:
        """Offer until it is answered and connected, as the page does."""
        attempt = 0
        while True:
            self._drop()
            epoch = self.state["media"]["epoch"]
            peer = Peer()
            try:
                async with asyncio.timeout(10):
                    await peer.connect(await self._offered(peer))
            except (httpx.HTTPError, TimeoutError, ConnectionError):
                peer.vanish()
            else:
                self.peer, self._epoch, self.connections = peer, epoch, self.connections + 1
                if epoch not in self.epochs:
                    self.epochs.append(epoch)
                if epoch == self.state["media"]["epoch"]:
                    return
            await asyncio.sleep(OFFER_AGAIN[min(attempt, len(OFFER_AGAIN) - 1)])
            attempt += 1

    async def _offered(self, peer: Peer) -> str:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/sdp"}
        for url in self.urls:
            with suppress(httpx.ConnectError):
                async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
                    answer = await http.post(
                        f"{url}/api/media/{self.link}", content=peer.offer(self.seats), headers=headers
                    )
                answer.raise_for_status()
                return answer.text
        raise ConnectionError

    async def _sound(self) -> None:
        """Send sound that names its room, and listen to what comes."""
        number, known, current = 0, 0, None
        mark = self.hearing.bytes
        while True:
            await asyncio.sleep(SOUND)
            peer = self.peer
            if peer is not current:
                current, known = peer, 0
            if peer is None:
                continue
            number += 1
            if self._sending:
                with suppress(OSError, AssertionError):
                    peer.sound(number, 960 * number, body=mark)
            count = sum(peer.received.values())
            fresh = min(count - known, len(peer.packets)) if count > known else 0
            known = count
            if fresh:
                now = time.monotonic()
                self.packets += fresh
                if count == fresh:
                    self.back_at = now
                self.strangers += sum(mark not in packet for packet in peer.packets[-fresh:])
                if self.heard_at:
                    self.longest_gap = max(self.longest_gap, now - self.heard_at)
                self.heard_at = now

    def _drop(self) -> None:
        if self.peer is not None:
            self.peer.vanish()
            self.peer = None


@asynccontextmanager
async def attending(*attendees: Attendee) -> AsyncIterator[None]:
    """All of them attend for as long as the block runs."""
    tasks = [asyncio.create_task(each.run()) for each in attendees]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
