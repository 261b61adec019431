"""Who is in the lobby owns nothing in the worker: 10,000 random steps, and everything looked at after each.

The handshake is a fake that comes up when the test says so; all else is the worker's own.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import pytest

from court_link.media.embedded import link as link_module
from court_link.media.embedded.forwarder import Forwarder
from court_link.media.embedded.link import Link
from court_link.media.embedded.room import Room
from court_link.media.embedded.routes import MOST_ADDRESSES
from court_link.media.engine import DesiredLink, DesiredRoom, Kind, NoSuchSession, NotAdmitted, Seat
from tests.media.peer import Peer

STEPS = 10_000
ROOMS = ("one", "two")
LINKS = "abcde"
PLACES = ("hearing", "consultation:1", "consultation:2")


class Handshake:
    """Comes up when told to."""

    def __init__(self, pipe: Any, certificate: Any) -> None:
        self.up: asyncio.Future[tuple[object, object]] = asyncio.get_running_loop().create_future()
        self.state = "new"

    async def keys(self, fingerprints: Any) -> tuple[object, object]:
        return await self.up

    def add_listener(self, event: str, heard: Any) -> None:
        """Nothing more happens to it."""

    def remove_all_listeners(self) -> None:
        """None are kept."""

    async def stop(self) -> None:
        self.state = "closed"


class Walk:
    """Random steps, and what should be."""

    def __init__(self, forwarder: Forwarder, rng: random.Random, offer: str) -> None:
        self.forwarder, self.rng, self.offer = forwarder, rng, offer
        self.version = 0
        self.desired: dict[str, dict[str, DesiredLink]] = {}
        self.refused = self.most_sessions = self.replaced = 0

    async def step(self) -> None:
        room, link = self.rng.choice(ROOMS), self.rng.choice(LINKS)
        what = self.rng.choices(
            (self.place, self.negotiate, self.come_up, self.check, self.end, self.close),
            (40, 40, 40, 20, 5, 1),
        )[0]
        what(room, link)
        await asyncio.sleep(0)

    def place(self, room: str, link: str) -> None:
        """Somebody moves, is muted, is let in, or goes back to the lobby."""
        inside = dict(self.desired.get(room, {}))
        if self.rng.random() < 0.3:
            inside.pop(link, None)
        else:
            inside[link] = self._somewhere(link, inside.get(link))
        self.desired[room] = inside
        self.version += 1
        recording = self.rng.choice((None, "recording"))
        self.forwarder.apply(DesiredRoom(room, self.version, tuple(inside.values()), recording))

    def _somewhere(self, link: str, before: DesiredLink | None) -> DesiredLink:
        publish = frozenset(kind for kind in Kind if self.rng.random() < 0.8)
        seats = tuple(Seat(i, self.rng.choice([*LINKS, None])) for i in range(2))
        epoch = (before.epoch if before else 0) + self.rng.choice((0, 0, 1))
        screen = self.rng.choice([*LINKS, None])
        return DesiredLink(
            link, self.rng.choice(PLACES), publish, self.rng.random() < 0.9, seats, epoch, screen
        )

    def negotiate(self, room: str, link: str) -> None:
        try:
            self.forwarder.negotiate(room, link, self.offer)
        except NotAdmitted:
            self.refused += 1
            assert link not in self.desired.get(room, {})
        else:
            assert link in self.desired.get(room, {}), f"{link} has a session and is in the lobby"

    def come_up(self, room: str, link: str) -> None:
        for session in self._sessions(room, link):
            handshake: Any = session._handshake
            if not handshake.up.done():
                handshake.up.set_result((object(), object()))
                return

    def check(self, room: str, link: str) -> None:
        """A connectivity check with the right password, from one of a few addresses."""
        for session in self._sessions(room, link):
            address = bytes(4) + bytes([127, 0, 0, self.rng.randrange(1, 20)]) + bytes(8)
            session.checked(address, nominated=True)
            self.forwarder.routes.by_address[address] = session

    def end(self, room: str, link: str) -> None:
        sessions = self._sessions(room, link)
        if sessions:
            self.forwarder.end(sessions[-1].id)
        with pytest.raises(NoSuchSession):
            self.forwarder.end("no such session")

    def close(self, room: str, link: str) -> None:
        self.forwarder.close_room(room)
        self.desired.pop(room, None)

    def _sessions(self, room: str, link: str) -> list[Link]:
        found = self.forwarder.rooms.get(room)
        return found.sessions(link) if found else []

    def look(self) -> None:
        """Everything that the forwarder holds belongs to somebody who is in, and to where they are."""
        forwarder = self.forwarder
        held = [
            (room.name, name, session)
            for room in forwarder.rooms.values()
            for name in {*room.links, *room.pending}
            for session in room.sessions(name)
        ]
        for room, name, _ in held:
            assert name in self.desired[room], f"{name} is in the lobby of {room} and owns a session"
        assert sorted(session.id for _, _, session in held) == sorted(forwarder.sessions)
        owners = {session for _, _, session in held}
        assert {session for session, _ in forwarder.routes.by_name.values()} == owners
        assert len(forwarder.routes.by_name) == len(owners)
        assert set(forwarder.routes.by_address.values()) <= owners
        assert all(len(session.addresses) <= MOST_ADDRESSES + 1 for session in owners)
        lines = list(self._wired())
        assert len(lines) == len(set(lines)), "one seat is filled by two"
        for each in forwarder.rooms.values():
            for session in each.pending.values():
                assert not any(uplink.targets or uplink.taps for uplink in session.uplinks.values())
                assert not any(line.source for line in session.lines.values())
        self.most_sessions = max(self.most_sessions, len(owners))
        self.replaced = max(self.replaced, len(owners) - len({(room, name) for room, name, _ in held}))

    def _wired(self) -> Iterator[object]:
        for room in self.forwarder.rooms.values():
            desired = self.desired[room.name]
            for name, session in room.links.items():
                source = desired[name]
                for kind, uplink in session.uplinks.items():
                    for line in uplink.targets:
                        receiver = desired[line.link.name]
                        assert line.source is uplink
                        assert line.link is room.links[line.link.name]
                        assert receiver.place == source.place, "media between two places"
                        assert kind in source.publish
                        assert receiver.receive
                        yield line


@pytest.fixture
async def walk(forwarder: Forwarder, rng: random.Random, monkeypatch: pytest.MonkeyPatch) -> Walk:
    monkeypatch.setattr(link_module, "Handshake", Handshake)
    monkeypatch.setattr(Link, "_send", lambda link, packet, protect: None)  # there are no keys
    peer = Peer()
    offer = peer.offer(2, screen=True)
    peer.vanish()
    return Walk(forwarder, rng, offer)


async def take(walk: Walk) -> None:
    for _ in range(STEPS):
        await walk.step()
        walk.look()


async def test_who_is_in_the_lobby_owns_nothing_over_10_000_random_steps(walk: Walk) -> None:
    await take(walk)
    assert walk.refused > 100, "somebody in the lobby did try"
    assert walk.most_sessions > len(LINKS)
    assert walk.replaced > 0, "somebody had a second session"
    for room in ROOMS:
        walk.close(room, "")
    assert not walk.forwarder.sessions
    assert not walk.forwarder.routes.by_name
    assert not walk.forwarder.routes.by_address
    assert walk.forwarder.faults == 0


async def test_without_admission_the_walk_would_notice(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Room, "admits", lambda room, link: True)
    with pytest.raises(AssertionError, match="in the lobby"):
        await take(walk)
