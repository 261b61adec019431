"""Peers round one table: real transports on the loopback, and the forwarder in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from court_link.media.embedded.forwarder import Forwarder
from tests.media.peer import Peer


class Table:
    """Peers of one room of the forwarder."""

    def __init__(self, forwarder: Forwarder) -> None:
        self.forwarder = forwarder
        self.peers: dict[str, Peer] = {}
        self.sessions: dict[str, str] = {}

    async def join(self, link: str, seats: int = 1, *, publish: bool = True, screen: bool = False) -> Peer:
        peer = self.peers[link] = Peer()
        session = self.forwarder.negotiate("room", link, peer.offer(seats, publish, screen=screen))
        self.sessions[link] = session.id
        await peer.connect(session.answer)
        await within(lambda: self.forwarder.sessions[session.id].connected, f"{link} connecting")
        return peer

    async def talk(self, link: str, start: int = 0, count: int = 10) -> None:
        """Some frames and sounds, each frame a keyframe."""
        for i in range(start, start + count):
            self.peers[link].picture(i, i * 3000, keyframe=True, body=link.encode())
            self.peers[link].sound(i, i * 960, body=link.encode())
            await asyncio.sleep(0.01)


async def within(condition: Callable[[], object], what: str) -> None:
    """Wait for the condition, as long as a busy machine may need."""
    deadline = time.monotonic() + 30.0
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        await asyncio.sleep(0.005)


def heard(peer: Peer, word: str) -> int:
    return sum(packet.endswith(word.encode()) for packet in peer.packets)
