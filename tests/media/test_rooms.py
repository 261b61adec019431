"""Who is put into a room, and what the media engine's word changes; on both engines."""

import asyncio
import time
from uuid import UUID

import pytest
from sqlmodel import select

from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import EventKind as E
from court_link.domain.hearing import Outcome
from court_link.domain.link import Link
from court_link.media import joining
from court_link.media.engine import (
    DesiredRoom,
    EngineUnavailable,
    NoSuchSession,
    NotAdmitted,
    Snapshot,
)
from court_link.media.fake import FakeEngine
from court_link.media.rooms import Rooms, check_inside
from court_link.scheduling import running
from court_link.store import Db, live
from court_link.store.tables import EventRow
from tests.media.scene import Scene, direct, participant, set_scene

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-ufrag:{0}\r\na=ice-pwd:secret\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=sendonly\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\na=sendonly\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=recvonly\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\na=recvonly\r\n"
)


@pytest.fixture
async def scene(db: Db) -> Scene:
    return await set_scene(db)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def touched() -> list[UUID | None]:
    return []


@pytest.fixture
def rooms(db: Db, engine: FakeEngine, touched: list[UUID | None]) -> Rooms:
    return Rooms(db, engine, touched.append)


async def until(condition, within: float = 5.0) -> None:
    deadline = time.monotonic() + 4 * within
    while not await condition():
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.01)


async def admitted(db: Db, scene: Scene, one: Link) -> None:
    await db.write(joining.arrive, participant(one))
    await db.write(direct, Context(SYSTEM), one)
    await db.write(joining.identify, scene.clerk, one.id)
    await db.write(joining.admit, scene.clerk, one.id)


async def connected(db: Db, link_id: UUID) -> bool:
    def read(session, ctx):
        row = live.media(session, [link_id]).get(link_id)
        return bool(row and row.connected)

    return await db.read(read, Context(SYSTEM))


def written(session, ctx, hearing_id: UUID) -> list[E]:
    return list(session.exec(select(EventRow.kind).where(EventRow.hearing_id == hearing_id)))


async def test_an_unadmitted_participant_owns_no_forwarding_objects(
    db: Db, scene: Scene, engine: FakeEngine, rooms: Rooms
):
    await db.write(running.start, scene.clerk, scene.hearing)
    await db.write(joining.arrive, participant(scene.officer))
    snapshot = await rooms.push(scene.hearing)
    assert snapshot is not None
    assert snapshot.links == ()
    with pytest.raises(NotAdmitted):
        await db.read(check_inside, participant(scene.officer), scene.officer.id)
    with pytest.raises(NotAdmitted):
        await rooms.negotiate(scene.hearing, scene.officer.id, OFFER.format("a" * 16))

    # The positive control: the same person, admitted, has them.
    await admitted(db, scene, scene.officer)
    assert await db.read(check_inside, participant(scene.officer), scene.officer.id) == scene.hearing
    session = await rooms.negotiate(scene.hearing, scene.officer.id, OFFER.format("a" * 16))
    room = await engine.snapshot(str(scene.hearing))
    assert [each.session for each in room.links] == [session.id]


async def test_a_removed_person_has_no_session_from_that_moment(
    db: Db, scene: Scene, engine: FakeEngine, rooms: Rooms
):
    await db.write(running.start, scene.clerk, scene.hearing)
    await admitted(db, scene, scene.officer)
    await rooms.negotiate(scene.hearing, scene.officer.id, OFFER.format("a" * 16))
    await db.write(joining.remove, scene.clerk, scene.officer.id)
    snapshot = await rooms.push(scene.hearing)
    assert snapshot is not None
    assert snapshot.links == ()


async def test_nobody_ends_or_restarts_anothers_session(db: Db, scene: Scene, rooms: Rooms):
    await db.write(running.start, scene.clerk, scene.hearing)
    for one in (scene.officer, scene.defendant):
        await admitted(db, scene, one)
    session = await rooms.negotiate(scene.hearing, scene.officer.id, OFFER.format("a" * 16))
    with pytest.raises(NoSuchSession):
        await rooms.end(scene.hearing, scene.defendant.id, session.id)
    with pytest.raises(NoSuchSession):
        await rooms.restart(scene.hearing, scene.defendant.id, session.id, etag="*", fragment="a=ice-ufrag:x")
    await rooms.end(scene.hearing, scene.officer.id, session.id)


async def test_an_ended_hearings_room_is_closed_and_a_reopened_one_comes_back(
    db: Db, scene: Scene, engine: FakeEngine, rooms: Rooms
):
    await db.write(running.start, scene.clerk, scene.hearing)
    await admitted(db, scene, scene.officer)
    await rooms.push(scene.hearing)
    await db.write(running.end, scene.clerk, scene.hearing, Outcome.ADJOURNED)
    await rooms.tick()
    assert (await engine.snapshot(str(scene.hearing))).version == 0
    assert await db.read(live.open_rooms, Context(SYSTEM)) == ()
    await db.write(running.reopen, scene.clerk, scene.hearing)
    await db.write(running.resume, scene.clerk, scene.hearing)
    await rooms.tick()
    assert [each.link for each in (await engine.snapshot(str(scene.hearing))).links] == [
        str(scene.officer.id)
    ]


async def test_a_room_that_ends_while_it_is_put_is_not_left_behind(
    db: Db, scene: Scene, engine: FakeEngine, rooms: Rooms
):
    await db.write(running.start, scene.clerk, scene.hearing)
    await admitted(db, scene, scene.officer)

    class Late(FakeEngine):
        """The first room that is put is put only when the hearing has ended, and its room is closed."""

        ended = False

        async def apply(self, room: DesiredRoom) -> Snapshot:
            if not self.ended:
                self.ended = True
                await db.write(running.end, scene.clerk, scene.hearing, Outcome.ADJOURNED)
                await other.push(scene.hearing)
            return await super().apply(room)

    late = Late()
    other = Rooms(db, late, lambda _: None)
    await Rooms(db, late, lambda _: None).push(scene.hearing)
    assert await late.rooms() == ()


async def test_a_room_that_a_process_put_late_and_died_is_ended_by_another(
    db: Db, scene: Scene, engine: FakeEngine, rooms: Rooms
):
    await db.write(running.start, scene.clerk, scene.hearing)
    await rooms.push(scene.hearing)
    await db.write(running.end, scene.clerk, scene.hearing, Outcome.ADJOURNED)
    await rooms.push(scene.hearing)
    await engine.apply(DesiredRoom(str(scene.hearing), 1))
    await engine.apply(DesiredRoom("a try of the kit", 1))
    await rooms.sweep()
    assert await engine.rooms() == ("a try of the kit",)


async def test_the_engines_word_is_written_down_once(
    db: Db, scene: Scene, engine: FakeEngine, rooms: Rooms, touched: list[UUID | None]
):
    await db.write(running.start, scene.clerk, scene.hearing)
    await admitted(db, scene, scene.officer)
    await rooms.negotiate(scene.hearing, scene.officer.id, OFFER.format("a" * 16))
    other = Rooms(db, engine, lambda _: None)
    listening = [asyncio.create_task(each.run()) for each in (rooms, other)]
    try:
        await engine.connect(str(scene.officer.id))
        await until(lambda: connected(db, scene.officer.id))
        assert scene.hearing in touched
        await engine.interrupt(str(scene.officer.id))

        async def gone() -> bool:
            return not await connected(db, scene.officer.id)

        await until(gone)
        told = await db.read(written, Context(SYSTEM), scene.hearing)
        assert [told.count(kind) for kind in (E.LINK_CONNECTED, E.LINK_INTERRUPTED)] == [1, 1]

        # One that starts again hears everything once more, and writes nothing of it a second time.
        late = Rooms(db, engine, lambda _: None)
        listening.append(asyncio.create_task(late.run()))
        await engine.resume(str(scene.officer.id))
        await until(lambda: connected(db, scene.officer.id))
        told = await db.read(written, Context(SYSTEM), scene.hearing)
        assert [told.count(kind) for kind in (E.LINK_CONNECTED, E.LINK_INTERRUPTED)] == [2, 1]
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)


async def test_a_media_server_that_starts_afresh_gets_its_rooms_again(
    db: Db, scene: Scene, engine: FakeEngine, rooms: Rooms, touched: list[UUID | None]
):
    await db.write(running.start, scene.clerk, scene.hearing)
    await admitted(db, scene, scene.officer)
    await rooms.push(scene.hearing)
    listening = asyncio.create_task(rooms.run())
    try:
        await engine.fail()
        assert await rooms.push(scene.hearing) is None
        with pytest.raises(EngineUnavailable):
            await rooms.negotiate(scene.hearing, scene.officer.id, OFFER.format("a" * 16))
        assert not rooms.reaches(scene.hearing)
        assert scene.hearing in touched  # its pages show the banner
        await engine.recover(fresh=True)

        async def again() -> bool:
            return rooms.reachable and bool((await engine.snapshot(str(scene.hearing))).links)

        await until(again)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
