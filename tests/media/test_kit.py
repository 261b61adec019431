"""The verdict of a try of the kit, at every limit; what is kept of it; and the room it has for itself."""

from __future__ import annotations

from dataclasses import asdict, replace
from uuid import uuid4

import pytest

from court_link.domain.context import SYSTEM, Context
from court_link.media import attendance, kit, trying
from court_link.media.engine import NotAdmitted
from court_link.media.fake import FakeEngine
from court_link.media.kit import THRESHOLDS, Figures, Found, KitCheck, Verdict, judge, result
from court_link.media.trying import CannotTry, Trying
from court_link.store import Db, Session, links
from tests.media.rig import until
from tests.media.scene import Scene, participant, set_scene

GOOD = Figures(
    connected=True,
    sound=True,
    up=1_500_000,
    can_up=2_000_000,
    down=1_400_000,
    loss_up=0.01,
    loss_down=0.0,
    jitter=0.01,
    round_trip=0.05,
    frames=25,
)
SOUND = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
OFFER = f"v=0\r\na=ice-ufrag:abcd\r\n{SOUND}a=sendonly\r\n"
#: The figures that each limit is of.
OF = {
    "up": ("up", "can_up"),
    "down": ("down",),
    "loss": ("loss_up", "loss_down"),
    "jitter": ("jitter",),
    "round_trip": ("round_trip",),
    "frames": ("frames",),
}


def at(name: str, value: float) -> Verdict:
    """The verdict with every figure of one limit at a value, and all others good."""
    changed = Figures(**{**asdict(GOOD), **dict.fromkeys(OF[name], value)})
    return judge(Found.WORKING, Found.WORKING, changed)


@pytest.mark.parametrize("name", THRESHOLDS)
def test_each_limit_is_kept_where_it_stands_and_broken_just_beyond(name: str):
    limit = THRESHOLDS[name]
    step = -1e-6 if limit.bound == "least" else 1e-6
    assert at(name, limit.evidence) is Verdict.EVIDENCE
    assert at(name, limit.evidence + step) is Verdict.SOUND_ONLY
    assert at(name, limit.sound) in {Verdict.SOUND_ONLY, Verdict.EVIDENCE}
    assert at(name, limit.sound + step) is Verdict.MOVE
    assert limit.reason


def test_a_simple_picture_needs_no_more_than_it_sends_while_the_browser_knows_that_more_would_go():
    assert judge(Found.WORKING, Found.WORKING, replace(GOOD, up=60_000)) is Verdict.EVIDENCE
    assert judge(Found.WORKING, Found.WORKING, replace(GOOD, up=60_000, can_up=None)) is Verdict.SOUND_ONLY


@pytest.mark.parametrize("found", [Found.BLOCKED, Found.MISSING, Found.BUSY])
def test_a_device_that_does_not_work_comes_before_the_connection(found: Found):
    assert judge(found, Found.WORKING, GOOD) is Verdict.CAMERA
    assert judge(Found.WORKING, found, GOOD) is Verdict.MICROPHONE
    assert judge(found, found, None) is Verdict.MICROPHONE
    told = result({"verdict": "camera", "camera": found.value, "microphone": "working"})
    assert told.title.startswith("Camera ")
    assert told.advice
    assert not told.passed


def test_no_way_through_is_said_and_so_is_a_connection_that_nobody_tested():
    working = Found.WORKING
    assert judge(working, working, Figures(connected=False)) is Verdict.NO_WAY
    assert judge(working, working, replace(GOOD, sound=False)) is Verdict.NO_WAY
    assert judge(working, working, None) is Verdict.UNTESTED
    assert judge(Found.TEST, Found.TEST, GOOD) is Verdict.EVIDENCE


def test_every_verdict_has_words_and_a_car_is_told_to_move():
    for verdict in Verdict:
        check = {"verdict": verdict.value, "camera": "blocked", "microphone": "blocked"}
        told = result(check)
        assert told.title
        assert told.advice
        assert told.passed is (verdict in {Verdict.EVIDENCE, Verdict.UNTESTED})
    assert result({"verdict": "move", "from_vehicle": True}).title == "Move the car and try again"
    assert result({"verdict": "move"}).title == "Move and try again"
    assert result({"camera": "working"}).verdict is Verdict.UNTESTED  # from before there was a verdict


@pytest.fixture
async def scene(db: Db) -> Scene:
    return await set_scene(db)


async def seen(db: Db, scene: Scene) -> tuple[str, list[str]]:
    """What staff read of the defendant's kit, and of open problems."""

    def read(session: Session, ctx: Context) -> tuple[str, list[str]]:
        people = attendance.of_hearing(session, ctx, scene.hearing)
        mine = next(one for one in people if one.link.id == scene.defendant.id)
        return mine.kit, [one.says for one in attendance.problems(session, ctx, scene.hearing)]

    return await db.read(read, scene.clerk)


async def test_a_test_days_before_is_kept_when_its_link_joins_without_another(db: Db, scene: Scene):
    me = participant(scene.defendant)
    told = await db.write(kit.record, me, KitCheck(Found.WORKING, Found.WORKING, figures=GOOD))
    assert told.verdict is Verdict.EVIDENCE
    joined = await db.write(kit.record, me, KitCheck(Found.WORKING, Found.WORKING))
    assert joined.verdict is Verdict.EVIDENCE
    stored = (await db.read(links.get, Context(SYSTEM), scene.defendant.id)).kit_check
    assert stored
    assert stored["figures"]["up"] == 1_500_000
    assert stored["tested_at"]
    assert await seen(db, scene) == ("Kit tried: good enough for evidence", [])
    blocked = await db.write(kit.record, me, KitCheck(Found.BLOCKED, Found.WORKING))
    assert blocked.title == "Camera blocked"


@pytest.mark.parametrize(
    ("check", "words", "problem"),
    [
        (
            KitCheck(Found.WORKING, Found.WORKING, figures=replace(GOOD, frames=5)),
            "Kit tried: sound only",
            "Defendant has a connection that may not be good enough for evidence",
        ),
        (
            KitCheck(Found.WORKING, Found.WORKING, figures=Figures(connected=False)),
            "Kit tried: this network lets no sound or picture through",
            "Defendant has a connection that may not be good enough for evidence",
        ),
        (
            KitCheck(Found.MISSING, Found.WORKING, figures=GOOD),
            "Kit tried: camera missing",
            "Defendant could not use a camera or microphone",
        ),
    ],
)
async def test_what_is_not_good_enough_is_told_to_staff_once(
    db: Db, scene: Scene, check: KitCheck, words: str, problem: str
):
    for _ in range(2):
        await db.write(kit.record, participant(scene.defendant), check)
    assert await seen(db, scene) == (words, [problem])


async def test_a_try_has_a_room_of_its_own_and_touches_no_hearing(scene: Scene):
    engine = FakeEngine()
    tries = Trying(engine)
    link = scene.defendant.id
    await tries.begin(link, OFFER)
    (mine,) = (await engine.snapshot(f"kit:{link}")).links
    assert (mine.link, mine.place) == (str(link), "kit")
    assert (await engine.snapshot(str(scene.hearing))).version == 0
    await tries.end(link)
    await tries.end(link)
    assert (await engine.snapshot(f"kit:{link}")).version == 0
    with pytest.raises(NotAdmitted):
        await engine.negotiate(f"kit:{link}", str(link), OFFER)


async def test_a_try_hears_itself_and_nobody_else():
    engine = FakeEngine()
    tries = Trying(engine)
    one, other = uuid4(), uuid4()
    both = f"{OFFER}{SOUND}a=recvonly\r\n"
    for link in (one, other):
        await tries.begin(link, both)
        await engine.connect(str(link))
    assert {source for source, _ in engine.hears(str(one))} == {str(one)}


async def test_tries_are_few_and_never_take_what_hearings_need(monkeypatch: pytest.MonkeyPatch):
    tries = Trying(FakeEngine())
    for _ in range(trying.AT_ONCE):
        await tries.begin(uuid4(), OFFER)
    with pytest.raises(CannotTry):
        await tries.begin(uuid4(), OFFER)
    full = Trying(FakeEngine(capacity=10))
    for _ in range(8):
        await full.begin(uuid4(), OFFER)
    monkeypatch.setattr(trying, "AT_ONCE", 100)
    with pytest.raises(CannotTry):
        await full.begin(uuid4(), OFFER)


async def test_a_try_that_nobody_ends_ends_by_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trying, "LASTS_S", 0.05)
    engine = FakeEngine()
    tries = Trying(engine)
    link = uuid4()
    await tries.begin(link, OFFER)

    async def gone() -> bool:
        return not (await engine.snapshot(f"kit:{link}")).version

    await until(gone, 30.0, "the end of the try")
