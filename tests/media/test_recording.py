"""Recording a hearing: only under a power, for its own court alone, sealed, kept and destroyed."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import Conflict, Forbidden, Invalid, NotFound
from court_link.domain.events import EventKind, canonical
from court_link.domain.hearing import Outcome
from court_link.domain.link import HEARING, Admission
from court_link.media import attendance, recording, rooms
from court_link.media.archive import Archive
from court_link.media.engine import EngineEvent, Manifest, RecordedFile
from court_link.media.fake import FakeEngine
from court_link.media.recording import AllRecordersBusy, NoPower, NothingToRecord
from court_link.media.rooms import Rooms
from court_link.scheduling import running
from court_link.store import Db, Session, links, recordings
from court_link.store.recordings import Recorded
from court_link.store.tables import EventRow, Hearing, Link
from tests.media.scene import Scene, participant, set_scene

KEEP = timedelta(days=180)
POWER, JUDGE = "Example power", "District Judge (MC) Example"
SOUND = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
OFFER = f"v=0\r\na=ice-ufrag:abcd\r\n{SOUND}a=sendonly\r\n"


@dataclass
class Court:
    """A hearing in session, its engine, and what looks after recordings."""

    db: Db
    clock: SetClock
    scene: Scene
    engine: FakeEngine
    rooms: Rooms
    archive: Archive

    async def start(self, power: str = POWER, by: str = JUDGE, who: Context | None = None) -> Recorded:
        who = who or self.scene.clerk
        begun = await self.db.write(recording.start, who, self.scene.hearing, power, by, capacity=2)
        await self.rooms.push(begun.hearing_id)
        return begun

    async def stop(self, recording_id: UUID) -> Recorded:
        ended = await self.db.write(recording.stop, self.scene.clerk, recording_id, keep=KEEP)
        await self.rooms.push(ended.hearing_id)
        return ended

    async def get(self, recording_id: UUID) -> Recorded:
        return await self.db.read(_get, Context(SYSTEM), recording_id)

    async def desired(self) -> str | None:
        wanted = await self.db.read(rooms.desired, Context(SYSTEM), self.scene.hearing)
        return wanted.room.recording if wanted else None

    async def events(self, kind: EventKind) -> list[EventRow]:
        return await self.db.read(_events, Context(SYSTEM), kind)

    async def problems(self) -> list[str]:
        found = await self.db.read(attendance.problems, self.scene.clerk, self.scene.hearing)
        return [each.says for each in found]


def _get(session: Session, ctx: Context, recording_id: UUID) -> Recorded:
    return recordings.get(session, recording_id)


def _events(session: Session, ctx: Context, kind: EventKind) -> list[EventRow]:
    return list(session.exec(select(EventRow).where(EventRow.kind == kind)))


@pytest.fixture
async def court(db: Db, clock: SetClock) -> Court:
    scene = await set_scene(db)
    await db.write(running.start, scene.clerk, scene.hearing)
    engine = FakeEngine()
    hand = Rooms(db, engine, lambda _: None)
    return Court(db, clock, scene, engine, hand, Archive(db, engine, hand, KEEP))


async def test_without_a_power_and_its_orderer_nothing_is_recorded(court: Court):
    with pytest.raises(NoPower):
        await court.start("", "")
    for power, by, field in ((POWER, "", "ordered_by"), ("", JUDGE, "power"), ("x" * 201, JUDGE, "power")):
        with pytest.raises(Invalid) as wrong:
            await court.start(power, by)
        assert [each.field for each in wrong.value.errors] == [field]
    assert await court.desired() is None


async def test_what_was_written_down_with_the_hearing_is_order_enough(court: Court):
    def write_down(session: Session, ctx: Context) -> None:
        hearing = session.get_one(Hearing, court.scene.hearing)
        hearing.recording_power, hearing.recording_ordered_by = POWER, JUDGE

    await court.db.write(write_down, Context(SYSTEM))
    begun = await court.start("", "")
    assert (begun.power, begun.ordered_by) == (POWER, JUDGE)
    assert await court.desired() == str(begun.id)
    assert (await court.start()).id == begun.id, "it is being recorded already"
    (said,) = await court.events(EventKind.RECORDING_STARTED)
    assert JUDGE not in str(said.data), "names stay out of the chain"


async def test_only_those_who_run_the_hearing_start_and_stop_it(court: Court):
    scene = court.scene
    for who in (scene.custody_staff, scene.officer_user, participant(scene.defendant)):
        with pytest.raises((Forbidden, NotFound)):
            await court.start(who=who)
    begun = await court.start(who=scene.bench)
    for who in (scene.custody_staff, scene.officer_user, participant(scene.defendant), scene.stranger):
        with pytest.raises((Forbidden, NotFound)):
            await court.db.write(recording.stop, who, begun.id, keep=KEEP)
    assert (await court.get(begun.id)).stopped_at is None


async def test_a_hearing_that_does_not_run_is_not_recorded(court: Court):
    await court.db.write(running.end, court.scene.clerk, court.scene.hearing, Outcome.DEALT_WITH)
    with pytest.raises(NothingToRecord):
        await court.start()


async def test_no_more_hearings_are_recorded_at_once_than_there_is_room_for(court: Court):
    async def another() -> Scene:
        other = await set_scene(court.db)
        await court.db.write(running.start, other.clerk, other.hearing)
        return other

    first = await court.start()
    second, third = await another(), await another()
    start = recording.start
    await court.db.write(start, second.clerk, second.hearing, POWER, JUDGE, capacity=2)
    with pytest.raises(AllRecordersBusy):
        await court.db.write(start, third.clerk, third.hearing, POWER, JUDGE, capacity=2)
    await court.stop(first.id)
    court.clock.set(court.clock.now() + timedelta(minutes=15))  # the quarter that it used is over
    await court.db.write(start, third.clerk, third.hearing, POWER, JUDGE, capacity=2)


async def test_a_pause_keeps_the_recording_and_the_end_of_the_hearing_ends_it(court: Court):
    begun = await court.start()
    await court.db.write(running.pause, court.scene.clerk, court.scene.hearing)
    await court.archive.tick()
    assert await court.desired() == str(begun.id)
    await court.db.write(running.end, court.scene.clerk, court.scene.hearing, Outcome.DEALT_WITH)
    assert await court.desired() is None, "from the moment that it ended"
    await court.archive.tick()
    assert (await court.get(begun.id)).stopped_at is not None


async def recorded(court: Court, content: bytes = b"what was said") -> Recorded:
    """A recording with one file of the bench, sealed."""
    begun = await court.start()
    link = str(court.scene.bench_link.id)
    await court.db.write(_sits, Context(SYSTEM), court.scene.bench_link.id)
    await court.rooms.push(court.scene.hearing)
    await court.engine.negotiate(str(court.scene.hearing), link, OFFER)
    await court.engine.record(link, content)
    await court.archive.tick()
    assert not (await court.get(begun.id)).manifest_digest, "it still runs"
    await court.stop(begun.id)
    await court.archive.tick()
    return await court.get(begun.id)


def _sits(session: Session, ctx: Context, link_id: UUID) -> None:
    row = session.get_one(Link, link_id)
    row.admission, row.place = Admission.ADMITTED, HEARING
    links.bump(session, row.hearing_id)


async def test_the_list_of_files_is_sealed_and_its_digest_stands_in_the_audit(court: Court):
    sealed = await recorded(court)
    assert sealed.manifest
    (file,) = sealed.manifest["files"]
    assert file["sha256"] == hashlib.sha256(b"what was said").hexdigest()
    (said,) = await court.events(EventKind.RECORDING_SEALED)
    assert said.data["digest"] == hashlib.sha256(canonical(sealed.manifest)).hexdigest()
    other = Manifest(str(sealed.id), (RecordedFile("x.webm", "x", False, "2026-01-01", 1, 1, "0" * 64),))
    again = await court.db.write(recording.seal, Context(SYSTEM), sealed.id, other)
    assert again.manifest_digest == sealed.manifest_digest, "what is sealed stays"


async def test_only_the_court_itself_reads_and_every_reading_is_written_down(court: Court):
    sealed = await recorded(court)
    scene = court.scene
    name = f"{scene.bench_link.id}.webm"
    for who in (scene.clerk, scene.bench):
        (listed,) = await court.db.read(recording.of_hearing, who, scene.hearing)
        assert [file.label for file in listed.files] == ["Bench"]
        assert (await court.db.write(recording.read, who, sealed.id, name)).bytes == 13
    others = (scene.custody_staff, scene.officer_user, scene.stranger, participant(scene.defendant))
    for who in others:
        with pytest.raises(NotFound):
            await court.db.read(recording.of_hearing, who, scene.hearing)
        with pytest.raises(NotFound):
            await court.db.write(recording.read, who, sealed.id, name)
        with pytest.raises(NotFound):
            await court.db.write(recording.hold, who, sealed.id, held=True, keep=KEEP)
    with pytest.raises(NotFound):
        await court.db.write(recording.read, scene.clerk, sealed.id, "other.webm")
    assert len(await court.events(EventKind.RECORDING_READ)) == 2


async def test_a_recording_that_stalls_is_told_to_the_court_and_has_an_owner(court: Court):
    begun = await court.start()
    room, events = str(court.scene.hearing), court.engine.events()
    await court.engine.tell_of_recording(room, str(begun.id), "stalled", "No space left on device")
    told = await _next(events, "stalled")
    assert await court.db.write(recording.take, Context(SYSTEM), told)
    assert not await court.db.write(recording.take, Context(SYSTEM), told), "the same word again is no news"
    stalled = await court.get(begun.id)
    assert stalled.stalled_why == "No space left on device"
    assert await court.problems() == ["The recording stopped: nothing is written at the moment"]
    await court.engine.tell_of_recording(room, str(begun.id), "resumed")
    assert await court.db.write(recording.take, Context(SYSTEM), await _next(events, "resumed"))
    assert (await court.get(begun.id)).stalled_at is None
    assert await court.problems(), "until a named person has dealt with it"
    await events.aclose()


async def _next(events: AsyncGenerator[EngineEvent, None], state: str) -> EngineEvent:
    while (event := await anext(events)).data.get("state") != state:
        pass
    return event


async def test_a_media_server_that_is_away_stalls_the_recording_until_it_is_back(court: Court):
    begun = await court.start()
    await court.engine.fail()
    assert await court.rooms.push(court.scene.hearing) is None
    await court.archive.tick()
    assert (await court.get(begun.id)).stalled_why == recording.AWAY
    await court.engine.recover()
    await court.rooms.push(court.scene.hearing)
    await court.archive.tick()
    assert (await court.get(begun.id)).stalled_at is None


async def test_what_is_kept_long_enough_is_destroyed_unless_the_court_holds_it(court: Court):
    sealed = await recorded(court)
    clerk = court.scene.clerk
    await court.db.write(recording.hold, clerk, sealed.id, held=True, keep=KEEP)
    court.clock.set(court.clock.now() + KEEP + timedelta(days=1))
    await court.archive.tick()
    assert (await court.get(sealed.id)).deleted_at is None
    await court.db.write(recording.hold, clerk, sealed.id, held=False, keep=KEEP)
    await court.archive.tick()
    assert (await court.get(sealed.id)).deleted_at is None
    court.clock.set(court.clock.now() + KEEP)
    await court.archive.tick()
    gone = await court.get(sealed.id)
    assert gone.deleted_at is not None
    assert gone.manifest, "what there was is still known"
    assert (await court.engine.manifest(str(sealed.id))) == Manifest(str(sealed.id))
    assert len(await court.events(EventKind.RECORDING_DELETED)) == 1
    with pytest.raises(NotFound):
        await court.db.write(recording.read, clerk, sealed.id, f"{court.scene.bench_link.id}.webm")
    with pytest.raises(Conflict):
        await court.db.write(recording.hold, clerk, sealed.id, held=True, keep=KEEP)


async def test_files_outlive_a_media_server_that_cannot_be_asked(court: Court):
    sealed = await recorded(court)
    court.clock.set(court.clock.now() + KEEP)
    await court.engine.fail()
    await court.archive.tick()
    assert (await court.get(sealed.id)).deleted_at is None
    await court.engine.recover()
    await court.archive.tick()
    assert (await court.get(sealed.id)).deleted_at is not None
