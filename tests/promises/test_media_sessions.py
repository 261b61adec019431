"""How media ends, and how it passes from one session of a link to the next."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator
from itertools import pairwise

import pytest

from court_link.media.embedded import room as room_module
from court_link.media.embedded.rtp import HEADER
from court_link.media.engine import EventKind
from tests.media.peer import AUDIO, Peer
from tests.media.rig import Worker, everyone_sees_everyone, worker
from tests.media.table import Table, heard, within

LINKS = "abcdef"


@pytest.fixture(scope="module")
def running() -> Iterator[Worker]:
    with worker() as started:
        yield started


async def test_removal_stops_media_at_every_receiver(running: Worker) -> None:
    """Over the worker's own control: what is sent once it has answered reaches nobody."""
    engine = running.engine()
    await engine.apply(everyone_sees_everyone("room", 1, *LINKS))
    peers: dict[str, Peer] = {}
    for link in LINKS:
        peers[link] = Peer()
        session = await engine.negotiate("room", link, peers[link].offer(len(LINKS) - 1))
        await peers[link].connect(session.answer)
    number = 0

    async def talk() -> None:
        nonlocal number
        number += 1
        for link, peer in peers.items():
            peer.sound(number, number * 960, body=f"{link}{number:06}".encode())
            peer.picture(number, number * 3000, keyframe=True, body=f"{link}{number:06}".encode())
        await asyncio.sleep(0.01)

    for _ in range(3000):
        await talk()
        if all(heard(peers[link], f"f{number - 3:06}") for link in LINKS[:-1]):
            break
    began = time.monotonic()
    snapshot = await engine.apply(everyone_sees_everyone("room", 2, *LINKS[:-1]))
    print(f"the removal took {1000 * (time.monotonic() - began):.1f} ms")
    assert [state.link for state in snapshot.links] == list(LINKS[:-1])
    last = number
    for _ in range(15):
        await talk()
    await within(lambda: heard(peers["a"], f"b{number:06}"), "the others going on")
    words = [packet[-7:].decode() for link in LINKS[:-1] for packet in peers[link].packets]
    of_removed = [int(word[1:]) for word in words if word[0] == "f"]
    assert of_removed
    assert max(of_removed) <= last
    assert (await engine.nodes())[0].load == len(LINKS) - 1
    await engine.close("room")
    for peer in peers.values():
        peer.vanish()
    await engine.aclose()


async def test_nothing_of_a_removed_link_is_kept(table: Table) -> None:
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    await table.join("a")
    await table.join("b")
    await table.talk("b")
    kept = weakref.ref(table.forwarder.sessions[table.sessions["b"]])
    table.forwarder.apply(everyone_sees_everyone("room", 2, "a"))

    def gone() -> bool:
        gc.collect()
        return kept() is None

    await within(gone, "the session being forgotten")


class Listener:
    """What comes to a's one seat, in order."""

    def __init__(self) -> None:
        self.heard: dict[str, list[tuple[int, int, bytes]]] = {"sound": [], "picture": []}
        self.peer = Peer(self._hear)

    def _hear(self, view: memoryview, length: int, at: float) -> None:
        plain = self.peer.plain(bytes(view[:length]))
        assert plain is not None
        _, mark, sequence, timestamp, _ = HEADER.unpack_from(plain)
        line = self.heard["sound" if mark & 0x7F == AUDIO else "picture"]
        line.append((sequence, timestamp, plain[-3:]))

    def words(self, line: str) -> list[bytes]:
        return [body for _, _, body in self.heard[line]]

    def check(self) -> None:
        """One unbroken stream, first of the old session and then of the new, and never again of the old."""
        for line, said in self.heard.items():
            for (before, earlier, _), (after, later, _) in pairwise(said):
                assert (after - before) & 0xFFFF == 1, f"{line}: the numbers are broken"
                assert 0 < (later - earlier) & 0xFFFFFFFF < 1 << 31, f"{line}: time runs backwards"
            words = self.words(line)
            assert set(words) == {b"old", b"new"}
            assert words == sorted(words, reverse=True), f"{line}: both were heard"


class Twice:
    """One link with two sessions, and one who listens."""

    def __init__(self, table: Table) -> None:
        self.table, self.listener = table, Listener()
        self.numbers = {"old": 100, "new": 40_000}

    async def begin(self) -> None:
        forwarder = self.table.forwarder
        forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
        self.table.peers["a"] = self.listener.peer
        session = forwarder.negotiate("room", "a", self.listener.peer.offer(1))
        await self.listener.peer.connect(session.answer)
        self.old = await self.table.join("b")
        self.first = self.table.sessions["b"]
        for _ in range(10):
            await self.talk(self.old, "old")
        await within(lambda: len(self.listener.words("sound")) == 10, "the old session being heard")

    async def again(self) -> None:
        """The second session comes up."""
        self.table.peers["old b"] = self.old
        new = self.table.peers["b"] = Peer()
        session = self.table.forwarder.negotiate("room", "b", new.offer(1))
        self.new, self.second = new, session.id
        await new.connect(session.answer)
        await within(lambda: self.table.forwarder.sessions[self.second].up_at, "the new session coming up")

    @property
    def current(self) -> str:
        return self.table.forwarder.rooms["room"].links["b"].id

    async def talk(self, peer: Peer, word: str, *, picture: bool = True, keyframe: bool = True) -> None:
        number = self.numbers[word] = self.numbers[word] + 1
        peer.sound(number, number * 960, body=word.encode())
        if picture:
            peer.picture(number, number * 3000, keyframe=keyframe, body=word.encode())
        await asyncio.sleep(0.005)


@pytest.fixture
async def twice(table: Table) -> Twice:
    made = Twice(table)
    await made.begin()
    return made


async def test_a_second_session_takes_over_at_its_keyframe_and_nobody_hears_both(twice: Twice) -> None:
    await twice.again()
    for _ in range(10):  # both are there: the new has sound, and no picture that anybody could begin with
        await twice.talk(twice.old, "old")
        await twice.talk(twice.new, "new", keyframe=False)
    assert twice.current == twice.first
    for _ in range(3000):
        await twice.talk(twice.new, "new")
        await twice.talk(twice.old, "old")  # a ghost goes on talking
        if twice.listener.words("picture").count(b"new") > 20:
            break
    assert twice.current == twice.second
    assert twice.first not in twice.table.forwarder.sessions
    twice.listener.check()
    reasons = [
        (event.kind, event.data.get("reason"))
        for event in twice.table.forwarder.events._events
        if event.link == "b"
    ]
    assert reasons == [(EventKind.JOINED, None), (EventKind.LEFT, "replaced"), (EventKind.JOINED, None)]


async def test_a_session_that_brings_less_takes_over_when_patience_ends(
    twice: Twice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_module, "PATIENCE", 0.5)
    await twice.again()
    for _ in range(3000):
        await twice.talk(twice.new, "new", picture=False)
        await twice.talk(twice.old, "old")
        if twice.listener.words("sound").count(b"new") > 10:
            break
    assert twice.current == twice.second
    words = twice.listener.words("sound")
    assert words == sorted(words, reverse=True)
    assert b"new" not in twice.listener.words("picture")


async def test_a_session_that_came_up_and_fell_silent_takes_nothing_over(
    twice: Twice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_module, "PATIENCE", 0.0)
    monkeypatch.setattr("court_link.media.embedded.link.QUIET", 0.0)  # every silence is too long
    await twice.again()
    for _ in range(60):
        await twice.talk(twice.old, "old")
    assert twice.current == twice.first
    assert set(twice.listener.words("sound")) == {b"old"}


async def test_a_ghost_gives_way_to_whoever_comes_back_in_its_name(twice: Twice) -> None:
    """The old session has gone without a word: the new one is heard as soon as it speaks."""
    link = twice.table.forwarder.sessions[twice.first]
    link.connected = False  # it has been silent for some time
    await twice.again()
    await within(lambda: twice.current == twice.second, "the ghost giving way")
    for _ in range(20):
        await twice.talk(twice.new, "new")
    await within(lambda: twice.listener.words("picture").count(b"new"), "the new being seen")
    twice.listener.check()
