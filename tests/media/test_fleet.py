"""Several nodes as one engine, over the store's register; on both engines of the store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import Forbidden, NotFound
from court_link.domain.events import EventKind as E
from court_link.domain.node import NodeState as N
from court_link.domain.roles import Role
from court_link.media import joining, nodes, operating, presence
from court_link.media.attendance import problems
from court_link.media.engine import DesiredRoom, EngineEvent, EngineUnavailable, EventKind, NoSuchSession
from court_link.media.fake import FakeEngine
from court_link.media.fleet import Fleet, Places
from court_link.media.listening import Listening
from court_link.media.rooms import Rooms
from court_link.media.sequence import Word
from court_link.scheduling import running
from court_link.store import Db, live
from court_link.store import nodes as rows
from court_link.store.tables import Node
from tests.media.scene import Scene, person, set_scene
from tests.media.test_rooms import OFFER, admitted, connected, until, written

CTX = Context(SYSTEM)


class House:
    """A fleet of two over one store."""

    def __init__(self, db: Db, capacity: int = 60) -> None:
        self.db = db
        self.nodes = {name: FakeEngine(name, capacity) for name in ("media-1", "media-2")}
        self.fleet = Fleet(list(self.nodes.values()), Places(db))
        self.touched: list[object] = []
        self.rooms = Rooms(db, self.fleet, self.touched.append)

    async def heard(self) -> None:
        """The store knows of every node that answers."""
        await self.db.write(nodes.heard, CTX, await self.fleet.nodes())

    async def hearing(self) -> Scene:
        scene = await set_scene(self.db)
        await self.db.write(running.start, scene.clerk, scene.hearing)
        return scene

    async def node(self, scene: Scene) -> str | None:
        return await self.db.read(lambda session, ctx: live.room(session, scene.hearing).node, CTX)

    async def state(self, name: str) -> N | None:
        def read(session, ctx):
            return next((node.state for node in rows.every(session) if node.name == name), None)

        return await self.db.read(read, CTX)

    async def lost_for(self, name: str, time: timedelta) -> None:
        """The node does not answer, and has not for so long."""
        await self.nodes[name].fail()

        def write(session, ctx):
            nodes.lost(session, ctx, name, "", "")
            session.get(Node, name).seen_at = datetime.now(UTC) - time

        await self.db.write(write, CTX)


@pytest.fixture
async def house(db: Db) -> House:
    made = House(db)
    await made.heard()
    return made


async def test_rooms_go_to_the_least_loaded_node_and_stay_there(house: House):
    scenes = [await house.hearing() for _ in range(4)]
    for scene in scenes:
        await house.rooms.push(scene.hearing)
    placed = [await house.node(scene) for scene in scenes]
    assert placed == ["media-1", "media-2", "media-1", "media-2"]
    for scene in scenes:
        await house.rooms.push(scene.hearing)
    assert [await house.node(scene) for scene in scenes] == placed
    held = {name: set(await node.rooms()) for name, node in house.nodes.items()}
    assert held["media-1"] == {str(scenes[0].hearing), str(scenes[2].hearing)}
    assert not held["media-1"] & held["media-2"]


async def test_hearings_of_the_coming_hours_keep_their_places(house: House):
    scene = await set_scene(house.db)  # booked for half past nine, and nobody has opened its lobby
    waiting = await house.db.read(nodes.unplaced, CTX)
    assert waiting == (scene.hearing,)
    await house.db.write(nodes.place_ahead, CTX, waiting)
    assert await house.node(scene) == "media-1"
    assert await house.db.read(nodes.unplaced, CTX) == ()
    other = await house.hearing()
    await house.rooms.push(other.hearing)
    assert await house.node(other) == "media-2"


async def test_another_process_finds_the_room_where_it_is(house: House):
    scene = await house.hearing()
    await admitted(house.db, scene, scene.officer)
    session = await house.rooms.negotiate(scene.hearing, scene.officer.id, OFFER.format("a" * 16))
    fleet = Fleet(list(house.nodes.values()), Places(house.db))
    other = Rooms(house.db, fleet, lambda _: None)
    fragment = "a=ice-ufrag:bbbbbbbb\r\na=ice-pwd:secret\r\n"
    again = await other.restart(
        scene.hearing, scene.officer.id, session.id, etag=session.etag, fragment=fragment
    )
    assert again.id == session.id
    await other.end(scene.hearing, scene.officer.id, session.id)
    with pytest.raises(NoSuchSession):
        await fleet.end(session.id)
    with pytest.raises(NoSuchSession):
        await fleet.end("of-no-node")


async def test_a_drained_node_keeps_its_rooms_and_gets_no_new_ones(house: House):
    kept = await house.hearing()
    await house.rooms.push(kept.hearing)
    full = await house.node(kept)
    assert full
    await operating.drain(house.fleet, house.db, full)
    assert await house.state(full) is N.DRAINING
    for _ in range(3):
        scene = await house.hearing()
        assert await house.rooms.push(scene.hearing) is not None
        assert await house.node(scene) != full
    assert await house.rooms.push(kept.hearing) is not None
    assert await house.node(kept) == full

    # Started afresh, it takes rooms again; stopped while it was drained, it is gone and no alarm.
    await house.nodes[full].recover(fresh=True)
    await house.heard()
    assert await house.state(full) is N.READY
    await operating.drain(house.fleet, house.db, full)
    await house.lost_for(full, timedelta(0))
    assert await house.state(full) is N.GONE


async def test_a_place_kept_on_a_node_that_is_drained_is_kept_on_another(house: House):
    scene = await set_scene(house.db)
    await house.db.write(nodes.place_ahead, CTX, [scene.hearing])
    full = await house.node(scene)
    assert full
    await operating.drain(house.fleet, house.db, full)
    assert await house.db.read(nodes.unplaced, CTX) == (scene.hearing,)
    await house.db.write(nodes.place_ahead, CTX, [scene.hearing])
    assert await house.node(scene) not in (None, full)


async def test_a_lost_node_has_a_moment_to_come_back_before_its_rooms_are_moved(house: House):
    scene = await house.hearing()
    await admitted(house.db, scene, scene.officer)
    first = await house.rooms.push(scene.hearing)
    assert first is not None
    before = await house.node(scene)
    assert before
    await house.lost_for(before, timedelta(seconds=1))
    assert await house.rooms.push(scene.hearing) is None
    assert await house.node(scene) == before
    assert not house.rooms.reaches(scene.hearing)

    await house.lost_for(before, nodes.MOVED_AFTER)
    moved = await house.rooms.push(scene.hearing)
    assert moved is not None
    assert moved.epoch != first.epoch
    assert [each.link for each in moved.links] == [str(scene.officer.id)]  # on the same admission
    assert await house.node(scene) != before
    assert house.rooms.reaches(scene.hearing)
    assert E.ROOM_PLACED in await house.db.read(written, CTX, scene.hearing)


async def test_what_a_returning_node_still_holds_of_a_moved_room_is_ended(house: House):
    scene = await house.hearing()
    await house.rooms.push(scene.hearing)
    before = await house.node(scene)
    assert before
    await house.lost_for(before, nodes.MOVED_AFTER)
    await house.rooms.push(scene.hearing)
    listening = asyncio.create_task(house.rooms.run())
    try:
        await house.nodes[before].recover()  # in the same epoch: only the way to it was broken

        async def given_up() -> bool:
            return await house.nodes[before].rooms() == ()

        await until(given_up, 30)
        assert str(scene.hearing) in await house.fleet.rooms()
        assert await house.node(scene) != before
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_rooms_stay_where_they_are_when_there_is_no_other_node(house: House):
    scene = await house.hearing()
    await house.rooms.push(scene.hearing)
    before = await house.node(scene)
    for name in house.nodes:
        await house.lost_for(name, timedelta(minutes=1))
    assert await house.rooms.push(scene.hearing) is None
    assert await house.node(scene) == before
    with pytest.raises(EngineUnavailable):
        await house.fleet.apply(DesiredRoom("a try of the kit", 1))


async def test_a_room_that_nobody_booked_has_a_node_too(house: House):
    await house.fleet.apply(DesiredRoom("kit", 1))
    assert (await house.fleet.snapshot("kit")).version == 1
    await house.fleet.close("kit")
    assert await house.fleet.rooms() == ()


async def test_who_still_hears_a_node_says_so_when_another_has_lost_it(house: House):
    listening = asyncio.create_task(house.rooms.run())
    try:

        async def ready() -> bool:
            return await house.state("media-1") is N.READY

        await until(ready, 30)
        assert await house.db.write(nodes.lost, CTX, "media-1", "", "")  # as another process would
        await until(ready, 30)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_a_node_of_which_nobody_has_heard_is_lost(house: House):
    assert not await house.db.read(nodes.any_silent, CTX)

    def write(session, ctx):
        session.get(Node, "media-2").seen_at = datetime.now(UTC) - 2 * nodes.SILENT_AFTER

    await house.db.write(write, CTX)
    assert await house.db.read(nodes.any_silent, CTX)
    assert await house.db.write(nodes.silent, CTX)
    assert [await house.state(name) for name in house.nodes] == [N.READY, N.LOST]


async def test_word_of_an_older_epoch_loses_no_node(house: House):
    assert not await house.db.write(nodes.lost, CTX, "media-1", "", "an older epoch")
    assert await house.state("media-1") is N.READY


async def test_nodes_are_for_administrators_of_courts(house: House):
    scene = await house.hearing()
    await house.rooms.push(scene.hearing)
    shown = await operating.listed(house.fleet, house.db, person(Role.ADMINISTRATOR, scene.court))
    assert [(each.name, each.rooms, each.reserved) for each in shown] == [
        ("media-1", 1, 3),
        ("media-2", 0, 0),
    ]
    for somebody in (scene.clerk, person(Role.ADMINISTRATOR, scene.force)):
        with pytest.raises(Forbidden):
            await operating.listed(house.fleet, house.db, somebody)
        with pytest.raises(Forbidden):
            await operating.drain(house.fleet, house.db, "media-1", somebody)
    with pytest.raises(NotFound):
        await operating.drain(house.fleet, house.db, "media-9")


# What the engine tells.


def told(scene: Scene, seq: int, epoch: str, kind: EventKind = EventKind.JOINED) -> EngineEvent:
    at = datetime.now(UTC).timestamp()
    return EngineEvent(f"{epoch}:{seq}", seq, epoch, str(scene.hearing), str(scene.officer.id), kind, at)


async def heard(rooms: Rooms, db: Db, engine: FakeEngine, *events: EngineEvent) -> None:
    """As if the engine had told these, in this order."""
    listening = Listening(db, engine, rooms, lambda _: None)
    for event in events:
        await listening._take(event)


async def test_word_of_a_room_that_was_moved_away_is_not_believed_and_written_down_once(house: House):
    scene = await house.hearing()
    await admitted(house.db, scene, scene.officer)
    snapshot = await house.rooms.push(scene.hearing)
    assert snapshot is not None
    stale = [told(scene, seq, "a past epoch") for seq in (1, 2, 3)]
    await heard(house.rooms, house.db, house.nodes["media-1"], *stale)
    assert not await connected(house.db, scene.officer.id)
    assert (await house.db.read(written, CTX, scene.hearing)).count(E.MEDIA_STALE) == 1
    assert house.rooms.words[Word.OF_ANOTHER_EPOCH] == 3

    # The positive control: the same word, of the process that carries the room.
    await heard(house.rooms, house.db, house.nodes["media-1"], told(scene, 4, snapshot.epoch))
    assert await connected(house.db, scene.officer.id)


async def test_a_gap_in_what_is_told_is_filled_from_a_snapshot(house: House):
    scene = await house.hearing()
    await admitted(house.db, scene, scene.officer)
    await house.rooms.negotiate(scene.hearing, scene.officer.id, OFFER.format("a" * 16))
    snapshot = await house.rooms.push(scene.hearing)
    assert snapshot is not None
    node = house.nodes[await house.node(scene) or ""]
    speaker = EventKind.SPEAKER
    await heard(house.rooms, house.db, node, told(scene, 1, snapshot.epoch, speaker))
    await node.connect(str(scene.officer.id))  # which nobody hears of
    await heard(house.rooms, house.db, node, told(scene, 3, snapshot.epoch, speaker))
    assert await connected(house.db, scene.officer.id)

    await node.vanish(str(scene.officer.id))
    await heard(house.rooms, house.db, node, told(scene, 4, snapshot.epoch, speaker))
    assert await connected(house.db, scene.officer.id)  # the positive control: no gap, so nobody looked
    await heard(house.rooms, house.db, node, told(scene, 6, snapshot.epoch, speaker))
    assert not await connected(house.db, scene.officer.id)


async def test_what_is_told_twice_changes_nothing(house: House):
    scene = await house.hearing()
    await admitted(house.db, scene, scene.officer)
    snapshot = await house.rooms.push(scene.hearing)
    assert snapshot is not None
    joined = told(scene, 1, snapshot.epoch)
    left = told(scene, 2, snapshot.epoch, EventKind.INTERRUPTED)
    again = told(scene, 1, snapshot.epoch)  # the same number, however late it says it is
    await heard(house.rooms, house.db, house.nodes["media-1"], joined, left, again)
    assert not await connected(house.db, scene.officer.id)
    kinds = await house.db.read(written, CTX, scene.hearing)
    assert [kinds.count(kind) for kind in (E.LINK_CONNECTED, E.LINK_INTERRUPTED)] == [1, 1]


async def test_who_was_removed_unheard_is_connected_no_more(house: House):
    scene = await house.hearing()
    await admitted(house.db, scene, scene.officer)
    snapshot = await house.rooms.push(scene.hearing)
    assert snapshot is not None
    await house.db.write(presence.take, CTX, told(scene, 1, snapshot.epoch))
    assert await connected(house.db, scene.officer.id)
    await house.db.write(joining.remove, scene.clerk, scene.officer.id)
    await house.rooms.push(scene.hearing)
    assert not await connected(house.db, scene.officer.id)


async def test_a_removal_that_the_node_has_not_heard_is_told_to_staff_until_it_has(house: House):
    scene = await house.hearing()
    await admitted(house.db, scene, scene.officer)
    snapshot = await house.rooms.push(scene.hearing)
    assert snapshot is not None
    await house.db.write(presence.take, CTX, told(scene, 1, snapshot.epoch))
    node = house.nodes[await house.node(scene) or ""]
    await node.fail()
    await house.db.write(joining.remove, scene.clerk, scene.officer.id)
    for _ in range(2):
        assert await house.rooms.push(scene.hearing) is None
    said = [each.says for each in await house.db.read(problems, scene.clerk, scene.hearing)]
    assert len(said) == 1
    assert "not confirmed" in said[0]
    await node.recover()
    assert await house.rooms.push(scene.hearing) is not None
    assert await house.db.read(problems, scene.clerk, scene.hearing) == ()
