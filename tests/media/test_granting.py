"""What the court gives and takes, whom it calls, and to whom an interpreter speaks; on both engines."""

from __future__ import annotations

import pytest

from court_link.domain.errors import Conflict, Forbidden, NotFound, WrongState
from court_link.domain.events import EventKind as E
from court_link.domain.roles import Part
from court_link.domain.rooms import GRANTS, Grant
from court_link.media import consulting, exhibits, granting, joining, signalling
from court_link.media.arrangement import arrange
from court_link.media.engine import Kind
from court_link.media.exhibits import AlreadyShared, NotGranted
from court_link.media.granting import NotAWitness, NotInterpreting, OnlyObserves, TheCourtsOwn
from court_link.scheduling import running
from court_link.store import Db
from tests.media.private import Private, set_private


@pytest.fixture
async def hearing(db: Db) -> Private:
    """In session, with its bench, defendant, advocate and interpreter inside."""
    found = await set_private(db)
    await found.bench()
    await found.comes("defendant", "advocate", "interpreter")
    await db.write(running.start, found.scene.clerk, found.scene.hearing)
    return found


async def sends(hearing: Private, name: str) -> set[Kind]:
    room = arrange(await hearing.standing())
    return set(next(each.publish for each in room.links if each.link == str(hearing[name].id)))


async def you(hearing: Private, name: str) -> dict:
    seen = await hearing.db.read(signalling.view, hearing.ctx(name), hearing[name].id, reachable=True)
    return dict(seen.message["you"])


async def test_who_is_muted_is_not_heard_until_the_court_allows_it(hearing: Private):
    defendant = hearing["defendant"].id
    muted = await hearing.db.write(granting.mute, hearing.ctx("bench"), defendant)
    assert Grant.MICROPHONE.value not in (muted.grants or ())
    assert not await hearing.hears("bench", "defendant")
    assert (await you(hearing, "defendant"))["withdrawn"] == ["Muted by the court"]
    await hearing.db.write(granting.stop_video, hearing.scene.clerk, defendant)
    assert await sends(hearing, "defendant") == set()
    for refused in (granting.unmute, granting.allow_video):
        with pytest.raises(Forbidden):
            await hearing.db.write(refused, hearing.ctx("defendant"), defendant)
        with pytest.raises(NotFound):
            await hearing.db.write(refused, hearing.scene.stranger, defendant)
        await hearing.db.write(refused, hearing.scene.clerk, defendant)
    assert await sends(hearing, "defendant") == {Kind.AUDIO, Kind.VIDEO}
    assert (await hearing.now("defendant")).grants is None  # as its part has them: nothing is left over
    assert (await hearing.told()).count(E.LINK_GRANTED) == 4


async def test_everybody_but_the_court_is_muted_at_once(hearing: Private):
    muted = await hearing.db.write(granting.mute_all, hearing.ctx("bench"), hearing.scene.hearing)
    assert {link.id for link in muted} == {
        hearing[name].id for name in ("defendant", "advocate", "interpreter")
    }
    assert await hearing.hears("defendant", "bench")
    assert not await hearing.hears("bench", "defendant")
    assert await hearing.db.write(granting.mute_all, hearing.scene.clerk, hearing.scene.hearing) == ()


async def test_what_a_court_may_not_take_or_give(hearing: Private):
    await hearing.comes("observer")
    with pytest.raises(TheCourtsOwn):
        await hearing.db.write(granting.mute, hearing.scene.clerk, hearing["bench"].id)
    with pytest.raises(OnlyObserves):
        await hearing.db.write(granting.unmute, hearing.scene.clerk, hearing["observer"].id)
    deaf = await hearing.db.write(granting.grant, hearing.scene.clerk, hearing["observer"].id, [])
    assert deaf.grants == ()
    assert not await hearing.hears("observer", "bench")


async def test_a_mute_of_the_hearing_does_not_reach_into_a_consultation(hearing: Private):
    await hearing.db.write(granting.mute, hearing.scene.clerk, hearing["defendant"].id)
    await hearing.consult(hearing.scene.clerk, "defendant", "advocate")
    await hearing.settle("defendant", "advocate", "interpreter")
    assert await hearing.hears("advocate", "defendant")
    await hearing.db.write(consulting.leave, hearing.ctx("advocate"))
    await hearing.settle("defendant")
    assert not await hearing.hears("bench", "defendant")


async def test_a_witness_waits_in_the_hearing_until_called_and_again_after_release(hearing: Private):
    await hearing.arrives("officer")
    with pytest.raises(WrongState, match="into the hearing first"):
        await hearing.db.write(granting.call, hearing.scene.clerk, hearing["officer"].id)
    await hearing.comes("officer")
    assert await hearing.hears("officer", "bench")
    await hearing.db.write(joining.send_back, hearing.scene.clerk, hearing["officer"].id)
    await hearing.db.write(joining.admit, hearing.scene.clerk, hearing["officer"].id)
    await hearing.settle("officer")
    told = await you(hearing, "officer")  # let in afresh: to be called again
    assert not told["called"]
    assert told["words"].startswith("You are waiting to be called.")
    assert not await hearing.hears("officer", "bench")
    assert not await hearing.hears("bench", "officer")
    with pytest.raises(WrongState):
        await hearing.db.write(granting.release, hearing.scene.clerk, hearing["officer"].id)
    await hearing.db.write(granting.call, hearing.ctx("bench"), hearing["officer"].id)
    assert await hearing.hears("bench", "officer")
    released = await hearing.db.write(granting.release, hearing.ctx("bench"), hearing["officer"].id)
    assert released.released_at
    assert not await hearing.hears("officer", "bench")
    with pytest.raises(NotAWitness):
        await hearing.db.write(granting.call, hearing.scene.clerk, hearing["defendant"].id)
    told_of = await hearing.told()
    assert (told_of.count(E.LINK_CALLED), told_of.count(E.LINK_RELEASED)) == (2, 1)


async def test_an_interpreter_speaks_to_one_alone_and_to_everybody_again(hearing: Private):
    interpreter = hearing.ctx("interpreter")
    may = (await you(hearing, "interpreter"))["whisper"]["may"]
    assert [each["label"] for each in may] == ["Defendant"]
    await hearing.db.write(granting.whisper, interpreter, hearing["defendant"].id)
    assert await hearing.hears("defendant", "interpreter")
    assert not await hearing.hears("bench", "interpreter")
    words = (await you(hearing, "interpreter"))["words"]
    assert words.startswith("You are in the hearing. Only Defendant can hear you.")
    with pytest.raises(NotInterpreting):
        await hearing.db.write(granting.whisper, interpreter, hearing["bench"].id)
    with pytest.raises(NotInterpreting):
        await hearing.db.write(granting.whisper, hearing.ctx("advocate"), hearing["defendant"].id)
    # It ends by itself where they go to another room.
    await hearing.consult(hearing.scene.clerk, "defendant", "advocate")
    assert (await hearing.now("interpreter")).whisper_to is None
    with pytest.raises(NotFound):
        await hearing.db.write(granting.whisper, interpreter, hearing["officer"].id)


async def test_one_screen_is_shared_at_a_time_under_the_courts_permission(hearing: Private):
    with pytest.raises(NotGranted):
        await hearing.db.write(exhibits.share, hearing.ctx("advocate"), on=True)
    allowed = await hearing.db.write(granting.allow_screen, hearing.scene.clerk, hearing["advocate"].id)
    assert set(allowed.grants or ()) == GRANTS[Part.ADVOCATE] | {Grant.SCREEN}
    await hearing.db.write(exhibits.share, hearing.ctx("advocate"), on=True)
    await hearing.db.write(exhibits.share, hearing.ctx("advocate"), on=True)  # is sharing already
    assert Kind.SCREEN in await sends(hearing, "advocate")
    seen = await hearing.db.read(
        signalling.view, hearing.ctx("defendant"), hearing["defendant"].id, reachable=True
    )
    assert seen.message["screen"] == {"link": str(hearing["advocate"].id), "label": "advocate"}
    assert seen.message["exhibits"][0]["live"]
    with pytest.raises(AlreadyShared):
        await hearing.db.write(exhibits.share, hearing.ctx("bench"), on=True)
    await hearing.db.write(granting.stop_screen, hearing.scene.clerk, hearing["advocate"].id)
    assert Kind.SCREEN not in await sends(hearing, "advocate")
    assert (await hearing.standing()).exhibits == ()
    await hearing.db.write(exhibits.share, hearing.ctx("bench"), on=True)
    await hearing.db.write(exhibits.share, hearing.ctx("bench"), on=False)
    assert (await hearing.standing()).sharing is None


async def test_who_holds_the_chair_keeps_it_and_nobody_is_let_in_by_arriving(hearing: Private):
    await hearing.db.write(joining.leave, hearing.ctx("bench"))
    back = await hearing.db.write(joining.arrive, hearing.ctx("bench"))
    assert back.in_hearing
    told = await you(hearing, "defendant")  # nobody of the court is connected to any engine here
    assert told["words"] == (
        "You are in the hearing. Nobody from the court is connected now, so the room waits for them."
    )
    await hearing.db.write(joining.arrive, hearing.ctx("probation"))
    assert not (await hearing.now("probation")).in_hearing
    with pytest.raises(Forbidden):
        await hearing.db.write(joining.admit, hearing.ctx("advocate"), hearing["probation"].id)


@pytest.mark.parametrize("verb", [granting.mute, granting.stop_screen, granting.call])
async def test_a_revoked_link_is_nobody_to_act_upon(hearing: Private, verb):
    await hearing.db.write(joining.revoke, hearing.scene.clerk, hearing["probation"].id)
    with pytest.raises((NotFound, Conflict)):
        await hearing.db.write(verb, hearing.scene.clerk, hearing["probation"].id)
