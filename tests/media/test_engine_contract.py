"""What every engine promises, run on the engine in memory and on a real worker process with real transports.

A participant's sound and picture carry its own name, so that "who hears whom" is read from what arrives.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any

import pytest

from court_link.media.embedded.client import EmbeddedEngine
from court_link.media.engine import (
    DesiredLink,
    DesiredRoom,
    Engine,
    EngineEvent,
    EngineUnavailable,
    EventKind,
    Kind,
    NoSuchSession,
    NotAdmitted,
    OfferRefused,
    Seat,
    Session,
    StaleSession,
)
from court_link.media.fake import FakeEngine
from tests.media.peer import AUDIO, Peer
from tests.media.rig import BOTH, Worker, everyone_sees_everyone, until, worker

Heard = frozenset[tuple[str, Kind]]
WITHIN = 10.0


class FakeStage:
    """Participants of the engine in memory."""

    def __init__(self) -> None:
        self.engine = FakeEngine(capacity=40)
        self._peers: list[Peer] = []

    async def join(self, room: str, link: str, seats: int = 2) -> Session:
        self._peers.append(Peer())
        session = await self.engine.negotiate(room, link, self._peers[-1].offer(seats))
        await self.engine.connect(link)
        return session

    async def hears(self, link: str) -> Heard:
        return self.engine.hears(link)

    async def go_silent(self, link: str) -> None:
        await self.engine.interrupt(link)

    async def come_back(self, link: str) -> None:
        await self.engine.resume(link)

    async def die(self) -> None:
        await self.engine.fail()

    async def revive(self) -> None:
        await self.engine.recover(fresh=True)

    async def close(self) -> None:
        for peer in self._peers:
            peer.vanish()


class EmbeddedStage:
    """Participants of a real worker: real ICE, DTLS and SRTP on the loopback."""

    def __init__(self, running: Worker) -> None:
        self._workers = contextlib.ExitStack()
        self._running = running
        self.engine = running.engine()
        self._peers: dict[str, Peer] = {}
        self._pumps: dict[str, asyncio.Task[None]] = {}

    async def join(self, room: str, link: str, seats: int = 2) -> Session:
        await self._leave(link)
        peer = self._peers[link] = Peer()
        session = await self.engine.negotiate(room, link, peer.offer(seats))
        await peer.connect(session.answer)
        self._pumps[link] = asyncio.create_task(self._pump(link, peer))
        return session

    async def _pump(self, link: str, peer: Peer) -> None:
        for i in range(100_000):
            peer.picture(i, i * 1800, keyframe=i % 10 == 0, body=link.encode())
            peer.sound(i, i * 960, body=link.encode())
            await asyncio.sleep(0.02)

    async def hears(self, link: str) -> Heard:
        peer = self._peers[link]
        await asyncio.sleep(0.05)  # what was under way when the question was asked does not count
        peer.packets.clear()
        await asyncio.sleep(0.4)
        heard = set()
        for packet in peer.packets:
            sound = packet[1] & 0x7F == AUDIO
            start = 12 + 8 * bool(packet[0] & 0x10) + 2 * (not sound)
            heard.add((packet[start:].decode(), Kind.AUDIO if sound else Kind.VIDEO))
        return frozenset(heard)

    async def go_silent(self, link: str) -> None:
        self._pumps[link].cancel()

    async def come_back(self, link: str) -> None:
        self._pumps[link] = asyncio.create_task(self._pump(link, self._peers[link]))

    async def die(self) -> None:
        self._running.process.kill()
        self._running.process.wait()

    async def revive(self) -> None:
        port = self._running.settings.control_port
        self._running = self._workers.enter_context(worker(control_port=port))

    async def _leave(self, link: str) -> None:
        if link in self._pumps:
            self._pumps.pop(link).cancel()
        if link in self._peers:
            self._peers.pop(link).vanish()

    async def close(self) -> None:
        for link in list(self._peers):
            await self._leave(link)
        await self.engine.aclose()
        self._workers.close()


Stage = FakeStage | EmbeddedStage


@pytest.fixture(scope="module")
def running() -> Iterator[Worker]:
    with worker() as started:
        yield started


@pytest.fixture(params=["fake", "embedded"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    made: Stage = FakeStage()
    if request.param == "embedded":
        made = EmbeddedStage(request.getfixturevalue("running"))
    yield made
    await made.close()


@pytest.fixture(params=["fake", "embedded"])
async def own_stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A stage whose engine the test may break."""
    if request.param == "fake":
        made: Stage = FakeStage()
        yield made
        await made.close()
    else:
        with worker() as started:
            made = EmbeddedStage(started)
            yield made
            await made.close()


@pytest.fixture
def room(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


def both_hear(*sources: str) -> Heard:
    return frozenset((source, kind) for source in sources for kind in BOTH)


async def soon(stage: Stage, link: str, heard: Heard) -> None:
    """The link hears exactly this before long."""

    async def so() -> bool:
        return await stage.hears(link) == heard

    await until(so, WITHIN, f"{link} hearing exactly {sorted(heard)}")


def links(room: str, version: int, *wanted: DesiredLink) -> DesiredRoom:
    return DesiredRoom(room, version, wanted)


async def test_an_unknown_room_is_empty_at_version_nought(stage: Stage, room: str) -> None:
    snapshot = await stage.engine.snapshot(room)
    assert (snapshot.version, snapshot.links) == (0, ())


async def test_only_a_higher_version_changes_a_room(stage: Stage, room: str) -> None:
    await stage.engine.apply(links(room, 5, DesiredLink("a", "hearing")))
    for old in (5, 4):
        snapshot = await stage.engine.apply(links(room, old, DesiredLink("b", "hearing")))
        assert (snapshot.version, [state.link for state in snapshot.links]) == (5, ["a"])
    snapshot = await stage.engine.apply(links(room, 6))
    assert (snapshot.version, snapshot.links) == (6, ())


async def test_a_link_outside_the_desired_room_may_not_negotiate_and_owns_nothing(
    stage: Stage, room: str
) -> None:
    await stage.engine.apply(links(room, 1, DesiredLink("a", "hearing", BOTH)))
    with pytest.raises(NotAdmitted):
        await stage.join(room, "stranger")
    with pytest.raises(NotAdmitted):
        await stage.join(f"no {room}", "a")
    snapshot = await stage.engine.snapshot(room)
    assert [(state.link, state.session) for state in snapshot.links] == [("a", None)]
    assert await stage.engine.statistics(room) == ()


async def test_those_who_joined_hear_and_see_each_other(stage: Stage, room: str) -> None:
    await stage.engine.apply(everyone_sees_everyone(room, 1, "a", "b", "c"))
    await stage.join(room, "a")
    assert await stage.hears("a") == frozenset()
    await stage.join(room, "b")
    await stage.join(room, "c")
    await soon(stage, "a", both_hear("b", "c"))
    await soon(stage, "c", both_hear("a", "b"))
    snapshot = await stage.engine.snapshot(room)
    for state in snapshot.links:
        assert state.connected
        assert state.publishing == BOTH
        assert [seat.index for seat in state.seats] == [0, 1]
        assert state.last_packet_at is not None
    figures = await stage.engine.statistics(room)
    assert [(item.link, item.place) for item in figures] == [(link, "hearing") for link in "abc"]


async def test_nothing_passes_between_two_places(stage: Stage, room: str) -> None:
    def placed(version: int, place: str) -> DesiredRoom:
        return links(
            room,
            version,
            DesiredLink("a", "hearing", BOTH, True, (Seat(0, "b"), Seat(1, "c"))),
            DesiredLink("b", place, BOTH, True, (Seat(0, "a"), Seat(1, "c"))),
            DesiredLink("c", place, BOTH, True, (Seat(0, "a"), Seat(1, "b"))),
        )

    await stage.engine.apply(placed(1, "hearing"))
    for link in "abc":
        await stage.join(room, link)
    await soon(stage, "a", both_hear("b", "c"))
    await stage.engine.apply(placed(2, "consultation:1"))
    assert await stage.hears("a") == frozenset()
    await soon(stage, "b", both_hear("c"))
    await stage.engine.apply(placed(3, "hearing"))
    await soon(stage, "a", both_hear("b", "c"))


async def test_what_may_not_be_published_or_received_is_not_carried(stage: Stage, room: str) -> None:
    def granted(version: int, publish: frozenset[Kind], receive: bool) -> DesiredRoom:
        return links(
            room,
            version,
            DesiredLink("a", "hearing", publish, True, (Seat(0, "b"),)),
            DesiredLink("b", "hearing", BOTH, receive, (Seat(0, "a"),)),
        )

    await stage.engine.apply(granted(1, BOTH, True))
    await stage.join(room, "a")
    await stage.join(room, "b")
    await soon(stage, "b", both_hear("a"))
    await stage.engine.apply(granted(2, frozenset({Kind.AUDIO}), True))
    assert await stage.hears("b") == {("a", Kind.AUDIO)}
    await stage.engine.apply(granted(3, BOTH, False))
    assert await stage.hears("b") == frozenset()
    await soon(stage, "a", both_hear("b"))


async def test_a_seat_may_change_hands_and_stand_empty(stage: Stage, room: str) -> None:
    def seated(version: int, source: str | None) -> DesiredRoom:
        others = [DesiredLink(link, "hearing", BOTH) for link in "bc"]
        return links(room, version, DesiredLink("a", "hearing", BOTH, True, (Seat(0, source),)), *others)

    await stage.engine.apply(seated(1, "b"))
    for link in "abc":
        await stage.join(room, link, seats=1)
    await soon(stage, "a", both_hear("b"))
    await stage.engine.apply(seated(2, "c"))
    await soon(stage, "a", both_hear("c"))
    await stage.engine.apply(seated(3, None))
    assert await stage.hears("a") == frozenset()
    await stage.engine.apply(seated(4, "b"))
    await soon(stage, "a", both_hear("b"))


async def test_removal_ends_the_session_and_its_media(stage: Stage, room: str) -> None:
    await stage.engine.apply(everyone_sees_everyone(room, 1, "a", "b"))
    await stage.join(room, "a")
    session = await stage.join(room, "b")
    await soon(stage, "a", both_hear("b"))
    snapshot = await stage.engine.apply(everyone_sees_everyone(room, 2, "a"))
    assert [state.link for state in snapshot.links] == ["a"]
    assert await stage.hears("a") == frozenset()
    with pytest.raises(NoSuchSession):
        await stage.engine.end(session.id)
    with pytest.raises(NoSuchSession):
        await stage.engine.restart(
            session.id, "*", "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
        )


async def test_a_second_session_of_a_link_replaces_the_first(stage: Stage, room: str) -> None:
    await stage.engine.apply(everyone_sees_everyone(room, 1, "a", "b"))
    await stage.join(room, "a")
    first = await stage.join(room, "b")
    second = await stage.join(room, "b")
    assert first.id != second.id
    with pytest.raises(NoSuchSession):
        await stage.engine.end(first.id)
    await soon(stage, "a", both_hear("b"))
    assert len(await stage.engine.statistics(room)) == 2


async def test_an_ended_session_leaves_its_link_in_the_room(stage: Stage, room: str) -> None:
    await stage.engine.apply(everyone_sees_everyone(room, 1, "a", "b"))
    await stage.join(room, "a")
    session = await stage.join(room, "b")
    await stage.engine.end(session.id)
    snapshot = await stage.engine.snapshot(room)
    assert [(state.link, state.session is None) for state in snapshot.links] == [("a", False), ("b", True)]
    await stage.join(room, "b")
    await soon(stage, "a", both_hear("b"))


async def test_a_closed_room_is_forgotten_and_may_be_closed_again(stage: Stage, room: str) -> None:
    await stage.engine.apply(everyone_sees_everyone(room, 7, "a", "b"))
    await stage.join(room, "a")
    await stage.engine.close(room)
    await stage.engine.close(room)
    assert (await stage.engine.snapshot(room)).version == 0
    with pytest.raises(NotAdmitted):
        await stage.join(room, "a")
    assert (await stage.engine.apply(everyone_sees_everyone(room, 1, "a"))).version == 1


@pytest.mark.parametrize(
    "offer",
    [
        "",
        "hello",
        "v=0\r\n",
        "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n",
        "\x00\xff" * 1000,
    ],
    ids=["empty", "words", "no lines", "nothing in common", "bytes"],
)
async def test_an_offer_that_cannot_be_answered_is_refused_with_a_sentence(
    stage: Stage, room: str, offer: str
) -> None:
    await stage.engine.apply(links(room, 1, DesiredLink("a", "hearing", BOTH)))
    with pytest.raises(OfferRefused) as refused:
        await stage.engine.negotiate(room, "a", offer)
    assert refused.value.message.endswith(".")
    assert (await stage.engine.snapshot(room)).links[0].session is None


async def test_ice_restarts_only_for_the_current_session(stage: Stage, room: str) -> None:
    await stage.engine.apply(links(room, 1, DesiredLink("a", "hearing", BOTH)))
    session = await stage.join(room, "a")
    fresh = "a=ice-ufrag:fresh{0}\r\na=ice-pwd:abcdefghijklmnopqrstuv{0}\r\n".format
    with pytest.raises(StaleSession):
        await stage.engine.restart(session.id, "another", fresh(1))
    with pytest.raises(NoSuchSession):
        await stage.engine.restart("another", "*", fresh(1))
    with pytest.raises(OfferRefused):
        await stage.engine.restart(session.id, session.etag, "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n")
    restarted = await stage.engine.restart(session.id, session.etag, fresh(1))
    assert restarted.id == session.id
    assert restarted.etag != session.etag
    assert "a=ice-ufrag:" in restarted.answer
    assert (await stage.engine.restart(session.id, restarted.etag, fresh(1))).answer == ""
    assert (await stage.engine.restart(session.id, "*", fresh(2))).answer != ""


async def next_of(events: AsyncGenerator[EngineEvent, None], **wanted: Any) -> EngineEvent:
    """The next event with these fields."""
    async with asyncio.timeout(60):
        async for event in events:
            if all(getattr(event, name) == value for name, value in wanted.items()):
                return event
    raise AssertionError("the events ended")


async def test_events_tell_who_came_went_silent_came_back_and_left(stage: Stage, room: str) -> None:
    events = stage.engine.events()
    await stage.engine.apply(links(room, 1, DesiredLink("a", "hearing", BOTH)))
    await stage.join(room, "a")
    joined = await next_of(events, room=room, kind=EventKind.JOINED)
    await stage.go_silent("a")
    interrupted = await next_of(events, room=room, kind=EventKind.INTERRUPTED)
    assert not (await stage.engine.snapshot(room)).links[0].connected
    await stage.come_back("a")
    resumed = await next_of(events, room=room, kind=EventKind.RESUMED)
    await stage.engine.apply(links(room, 2))
    left = await next_of(events, room=room, kind=EventKind.LEFT)
    assert left.data["reason"] == "removed"
    told = [joined, interrupted, resumed, left]
    assert [event.link for event in told] == ["a"] * 4
    assert [event.seq for event in told] == sorted(event.seq for event in told)
    assert len({event.epoch for event in told}) == 1

    later = stage.engine.events(interrupted.cursor)
    assert (await next_of(later, room=room)).seq == interrupted.seq + 1
    await events.aclose()
    await later.aclose()


async def test_a_drained_node_takes_no_new_room_but_keeps_its_own(own_stage: Stage) -> None:
    engine: Engine = own_stage.engine
    await engine.apply(everyone_sees_everyone("old", 1, "a", "b"))
    (node,) = await engine.nodes()
    assert (node.draining, node.load) == (False, 0)
    await engine.drain("another")
    assert not (await engine.nodes())[0].draining
    await engine.drain(node.name)
    with pytest.raises(EngineUnavailable):
        await engine.apply(everyone_sees_everyone("new", 1, "a"))
    await own_stage.join("old", "a")
    await own_stage.join("old", "b")
    await soon(own_stage, "a", both_hear("b"))
    (node,) = await engine.nodes()
    assert (node.draining, node.load) == (True, 2)


async def test_a_lost_engine_says_so_and_comes_back_under_a_new_epoch(own_stage: Stage) -> None:
    engine = own_stage.engine
    await engine.apply(everyone_sees_everyone("room", 3, "a"))
    epoch = (await engine.nodes())[0].epoch
    events = engine.events()
    await next_of(events, kind=EventKind.NODE_UP)
    await own_stage.die()
    await next_of(events, kind=EventKind.NODE_LOST)
    with pytest.raises(EngineUnavailable):
        await engine.snapshot("room")
    await own_stage.revive()
    up = await next_of(events, kind=EventKind.NODE_UP)
    assert up.epoch != epoch
    assert (await engine.snapshot("room")).version == 0
    assert (await engine.apply(everyone_sees_everyone("room", 1, "a"))).version == 1
    await events.aclose()


def test_both_engines_are_engines() -> None:
    engines: list[Engine] = [FakeEngine(), EmbeddedEngine("http://127.0.0.1:1", "key")]
    assert engines
