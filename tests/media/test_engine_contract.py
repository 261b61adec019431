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
        session = await self.negotiate(room, link, seats)
        await self.connect(link)
        return session

    async def negotiate(self, room: str, link: str, seats: int = 2) -> Session:
        self._peers.append(Peer())
        return await self.engine.negotiate(room, link, self._peers[-1].offer(seats, screen=True))

    async def connect(self, link: str) -> None:
        await self.engine.connect(link)

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
        self._next: dict[str, tuple[Peer, str]] = {}
        self._everyone: list[Peer] = []
        self._pumps: dict[str, asyncio.Task[None]] = {}

    async def join(self, room: str, link: str, seats: int = 2) -> Session:
        session = await self.negotiate(room, link, seats)
        await self.connect(link)
        return session

    async def negotiate(self, room: str, link: str, seats: int = 2) -> Session:
        peer = Peer()
        self._everyone.append(peer)
        session = await self.engine.negotiate(room, link, peer.offer(seats, screen=True))
        self._next[link] = (peer, session.answer)
        return session

    async def connect(self, link: str) -> None:
        peer, answer = self._next.pop(link)
        await self._leave(link)  # without a word, as a car does
        self._peers[link] = peer
        await peer.connect(answer)
        self._pumps[link] = asyncio.create_task(self._pump(link, peer))

    async def _pump(self, link: str, peer: Peer) -> None:
        for i in range(100_000):
            peer.picture(i, i * 1800, keyframe=i % 10 == 0, body=link.encode())
            peer.sound(i, i * 960, body=link.encode())
            peer.screen(i, i * 1800, keyframe=i % 10 == 0, body=f"{link}'s screen".encode())
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
            name, screen, _ = packet[start:].decode().partition("'s screen")
            heard.add((name, Kind.AUDIO if sound else Kind.SCREEN if screen else Kind.VIDEO))
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
            peer = self._peers.pop(link)
            self._everyone.remove(peer)
            peer.vanish()

    async def close(self) -> None:
        for pump in self._pumps.values():
            pump.cancel()
        for peer in self._everyone:
            peer.vanish()
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


async def test_a_second_session_of_a_link_replaces_the_first_once_it_is_heard(
    stage: Stage, room: str
) -> None:
    events = stage.engine.events()
    await stage.engine.apply(everyone_sees_everyone(room, 1, "a", "b"))
    await stage.join(room, "a")
    first = await stage.join(room, "b")
    await soon(stage, "a", both_hear("b"))
    second = await stage.negotiate(room, "b")
    state = (await stage.engine.snapshot(room)).links[1]
    assert (state.session, state.pending, state.connected) == (first.id, second.id, True)
    assert await stage.hears("a") == both_hear("b"), "the first goes on until then"
    await stage.connect("b")

    async def taken_over() -> bool:
        state = (await stage.engine.snapshot(room)).links[1]
        return (state.session, state.pending) == (second.id, None)

    await until(taken_over, WITHIN, "the second session taking over")
    with pytest.raises(NoSuchSession):
        await stage.engine.end(first.id)
    await soon(stage, "a", both_hear("b"))
    await soon(stage, "b", both_hear("a"))
    assert len(await stage.engine.statistics(room)) == 2
    left = await next_of(events, room=room, link="b", kind=EventKind.LEFT)
    assert left.data["reason"] == "replaced"
    joined = await next_of(events, room=room, link="b")
    assert (joined.kind, joined.seq) == (EventKind.JOINED, left.seq + 1)
    await events.aclose()


async def test_a_third_session_ends_the_one_that_waits_and_nobody_has_three(stage: Stage, room: str) -> None:
    await stage.engine.apply(everyone_sees_everyone(room, 1, "a", "b"))
    first = await stage.join(room, "a")
    second = await stage.negotiate(room, "a")
    third = await stage.negotiate(room, "a")
    with pytest.raises(NoSuchSession):
        await stage.engine.end(second.id)
    state = (await stage.engine.snapshot(room)).links[0]
    assert (state.session, state.pending) == (first.id, third.id)
    await stage.engine.end(third.id)
    state = (await stage.engine.snapshot(room)).links[0]
    assert (state.session, state.pending, state.connected) == (first.id, None, True)


async def test_a_removed_link_loses_both_its_sessions(stage: Stage, room: str) -> None:
    await stage.engine.apply(everyone_sees_everyone(room, 1, "a", "b"))
    sessions = [await stage.join(room, "a"), await stage.negotiate(room, "a")]
    await stage.engine.apply(everyone_sees_everyone(room, 2, "b"))
    for session in sessions:
        with pytest.raises(NoSuchSession):
            await stage.engine.end(session.id)


async def test_a_session_that_waits_has_its_turn_when_the_first_ends(stage: Stage, room: str) -> None:
    await stage.engine.apply(everyone_sees_everyone(room, 1, "a", "b"))
    await stage.join(room, "a")
    first = await stage.join(room, "b")
    second = await stage.negotiate(room, "b")
    await stage.engine.end(first.id)
    await stage.connect("b")
    await soon(stage, "a", both_hear("b"))
    state = (await stage.engine.snapshot(room)).links[1]
    assert (state.session, state.pending) == (second.id, None)


async def test_a_shared_screen_is_carried_beside_the_camera(stage: Stage, room: str) -> None:
    everything = BOTH | {Kind.SCREEN}

    def sharing(version: int, publish: frozenset[Kind], screen: str | None) -> DesiredRoom:
        watcher = DesiredLink("b", "hearing", BOTH, True, (Seat(0, "a"),), screen=screen)
        return links(room, version, DesiredLink("a", "hearing", publish), watcher)

    await stage.engine.apply(sharing(1, everything, None))
    await stage.join(room, "a")
    await stage.join(room, "b")
    await soon(stage, "b", both_hear("a"))
    await stage.engine.apply(sharing(2, everything, "a"))
    await soon(stage, "b", both_hear("a") | {("a", Kind.SCREEN)})
    await stage.engine.apply(sharing(3, BOTH, "a"))
    assert await stage.hears("b") == both_hear("a")
    await stage.engine.apply(sharing(4, everything, None))
    assert await stage.hears("b") == both_hear("a")


async def test_what_is_withheld_or_whispered_to_another_is_not_carried(stage: Stage, room: str) -> None:
    def measured(version: int, withheld: frozenset[tuple[str, Kind]], to: set[str] | None) -> DesiredRoom:
        seats = (Seat(0, "a"),)
        return links(
            room,
            version,
            DesiredLink("a", "hearing", BOTH, audio_to=None if to is None else frozenset(to)),
            DesiredLink("b", "hearing", BOTH, True, seats, withheld=withheld),
            DesiredLink("c", "hearing", BOTH, True, seats),
        )

    await stage.engine.apply(measured(1, frozenset(), None))
    for link in "abc":
        await stage.join(room, link)
    await soon(stage, "b", both_hear("a"))
    await stage.engine.apply(measured(2, frozenset({("a", Kind.VIDEO)}), None))
    assert await stage.hears("b") == {("a", Kind.AUDIO)}
    await soon(stage, "c", both_hear("a"))
    await stage.engine.apply(measured(3, frozenset(), {"c"}))
    await soon(stage, "b", frozenset({("a", Kind.VIDEO)}))
    assert await stage.hears("c") == both_hear("a")
    await stage.engine.apply(measured(4, frozenset({("a", Kind.AUDIO)}), {"b"}))
    assert ("a", Kind.AUDIO) not in await stage.hears("b")
    assert ("a", Kind.AUDIO) not in await stage.hears("c")


async def test_one_may_see_and_hear_oneself_to_try_the_kit(stage: Stage, room: str) -> None:
    mirror = DesiredLink("a", "kit:a", BOTH | {Kind.SCREEN}, True, (Seat(0, "a"),), screen="a")
    await stage.engine.apply(links(room, 1, mirror))
    await stage.join(room, "a")
    await soon(stage, "a", both_hear("a") | {("a", Kind.SCREEN)})


async def test_a_new_epoch_in_the_same_place_begins_anew(stage: Stage, room: str) -> None:
    def at(version: int, epoch: int) -> DesiredRoom:
        mover = DesiredLink("b", "hearing", BOTH, True, (Seat(0, "a"),), epoch)
        return links(room, version, DesiredLink("a", "hearing", BOTH, True, (Seat(0, "b"),)), mover)

    await stage.engine.apply(at(1, 0))
    await stage.join(room, "a")
    await stage.join(room, "b")
    await soon(stage, "a", both_hear("b"))
    await stage.engine.apply(at(2, 2))
    await soon(stage, "a", both_hear("b"))
    await soon(stage, "b", both_hear("a"))


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
