"""Private consultations: who is in them, who is told what, and how they end; on both engines."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest

from court_link.domain.clock import SetClock
from court_link.domain.errors import Conflict, Forbidden, NotFound
from court_link.domain.events import EventKind as E
from court_link.domain.hearing import Outcome
from court_link.domain.link import HEARING, JOIN_AFTER, JOIN_BEFORE, LOBBY, Admission
from court_link.domain.roles import Part
from court_link.domain.rooms import (
    RECALL_AFTER,
    SETTLES_WITHIN,
    KeptApart,
    NeverInConsultation,
    NobodyToConsult,
    NotTheirClient,
)
from court_link.media import consulting, due, joining, signalling, speaking, ties
from court_link.media.consulting import Elsewhere, InSession, NoConsultationNow, NotHere, NotKnown
from court_link.media.fake import FakeEngine
from court_link.media.rooms import Rooms
from court_link.scheduling import running
from court_link.store import Db, links, rooms
from tests.media.private import SYSTEMS, Private, add_defendant, set_private
from tests.media.scene import DEVICE, ENDS, KEYS, STARTS, room_version


@pytest.fixture
async def hearing(db: Db) -> Private:
    return await set_private(db)


async def ticks(hearing: Private) -> None:
    await due.perform(hearing.db, Rooms(hearing.db, FakeEngine(), lambda _: None))


async def view(hearing: Private, name: str) -> dict:
    seen = await hearing.db.read(signalling.view, hearing.ctx(name), hearing[name].id, reachable=True)
    told: dict = json.loads(json.dumps(seen.message))
    del told["media"]["epoch"]  # of the engine of the moment
    return told


async def test_an_advocate_consults_their_client_from_the_lobby_and_both_return_there(hearing: Private):
    await hearing.arrives("defendant", "advocate")
    await hearing.consult("advocate", "defendant")
    assert await hearing.inside() == {"defendant", "advocate"}
    assert await hearing.hears("defendant", "advocate")
    assert await hearing.hears("advocate", "defendant")
    await hearing.db.write(consulting.leave, hearing.ctx("advocate"))
    for name in ("defendant", "advocate"):
        back = await hearing.now(name)
        assert (back.place, back.admission) == (LOBBY, Admission.WAITING)
    told = await hearing.told()
    assert [told.count(kind) for kind in (E.CONSULTATION_OPENED, E.CONSULTATION_ENTERED)] == [1, 2]
    assert [told.count(kind) for kind in (E.CONSULTATION_LEFT, E.CONSULTATION_CLOSED)] == [2, 1]


async def test_nothing_crosses_between_a_consultation_and_the_hearing(hearing: Private):
    await hearing.bench()
    await hearing.comes("defendant", "advocate", "officer")
    await hearing.db.write(running.start, hearing.scene.clerk, hearing.scene.hearing)
    assert await hearing.hears("bench", "defendant")
    await hearing.consult(hearing.scene.clerk, "defendant", "advocate")
    await hearing.settle("defendant", "advocate")
    for inside in ("defendant", "advocate"):
        for outside in ("bench", "officer"):
            assert not await hearing.hears(outside, inside)
            assert not await hearing.hears(inside, outside)
    assert await hearing.hears("bench", "officer")


async def test_who_returns_from_a_consultation_is_not_heard_before_their_device_has_stopped(
    hearing: Private,
):
    await hearing.bench()
    await hearing.comes("defendant", "advocate")
    await hearing.db.write(running.start, hearing.scene.clerk, hearing.scene.hearing)
    await hearing.consult(hearing.scene.clerk, "defendant", "advocate")
    assert not await hearing.hears("advocate", "defendant")
    await hearing.settle("defendant")
    assert await hearing.hears("advocate", "defendant")
    move = (await hearing.now("defendant")).moves
    await hearing.settle("advocate")
    await hearing.db.write(consulting.leave, hearing.ctx("advocate"))
    assert not await hearing.hears("bench", "defendant")
    await hearing.db.write(consulting.settle, hearing.ctx("defendant"), move)  # of the move before
    assert not await hearing.hears("bench", "defendant")
    await hearing.settle("defendant")
    assert await hearing.hears("bench", "defendant")


async def test_a_device_without_a_page_is_taken_to_have_stopped_after_a_while(
    hearing: Private, clock: SetClock
):
    await hearing.comes("defendant", "advocate")
    await hearing.consult(hearing.scene.clerk, "defendant", "advocate")
    await ticks(hearing)
    assert (await hearing.now("advocate")).settled == 1
    clock.set(clock.now() + SETTLES_WITHIN)
    await ticks(hearing)
    assert (await hearing.now("advocate")).settled == 2


async def test_a_page_says_itself_when_it_has_stopped(hearing: Private, clock: SetClock):
    link = hearing["advocate"]
    read = KEYS.read(KEYS.credential(link.id, link.credential_version))
    joined = await hearing.db.write(joining.redeem, SYSTEMS, read, KEYS, DEVICE)
    await hearing.comes("defendant", "advocate")
    assert joined.token
    await hearing.db.write(speaking.take_over, hearing.ctx("advocate"), joined.token, uuid4())
    await hearing.consult(hearing.scene.clerk, "defendant", "advocate")
    clock.set(clock.now() + 10 * SETTLES_WITHIN)
    await ticks(hearing)
    assert (await hearing.now("advocate")).settled == 1
    await hearing.settle("advocate")
    assert (await hearing.now("advocate")).settled == 2


async def test_an_advocate_calls_nobody_but_their_client(hearing: Private):
    await add_defendant(hearing, "other defendant")
    await hearing.arrives("defendant", "other defendant", "advocate")
    with pytest.raises(NotTheirClient):  # of two defendants, the court must say whose advocate this is
        await hearing.consult("advocate", "defendant")
    await hearing.db.write(ties.tie, hearing.scene.clerk, hearing["advocate"].id, [hearing["defendant"].id])
    await hearing.consult("advocate", "defendant")
    with pytest.raises(NotTheirClient):
        await hearing.consult("advocate", "other defendant")


@pytest.mark.parametrize("who", ["officer", "observer", "bench"])
async def test_officers_observers_and_the_court_never_enter(hearing: Private, who: str):
    await hearing.arrives("defendant", "advocate", "officer", "observer")
    await hearing.bench()
    for asker in (hearing.scene.clerk, hearing.ctx("bench"), hearing.scene.bench):
        with pytest.raises(NeverInConsultation):
            await hearing.consult(asker, "defendant", "advocate", who)
    with pytest.raises((NotTheirClient, NeverInConsultation)):
        await hearing.consult("officer", "defendant")
    with pytest.raises((NotFound, Forbidden)):
        await hearing.consult(hearing.scene.officer_user, "defendant", "advocate")
    with pytest.raises(Forbidden):
        await hearing.consult(hearing.scene.custody_staff, "defendant", "advocate")
    with pytest.raises(NotFound):
        await hearing.consult(hearing.scene.stranger, "defendant", "advocate")


async def test_nobody_enters_before_they_are_here_and_known(hearing: Private):
    await hearing.arrives("advocate")
    with pytest.raises(NotHere, match="Defendant is not here yet"):
        await hearing.consult("advocate", "defendant")
    await hearing.db.write(joining.arrive, hearing.ctx("defendant"))
    with pytest.raises(NotKnown, match="has not confirmed who Defendant is"):
        await hearing.consult("advocate", "defendant")
    with pytest.raises(NobodyToConsult):
        await hearing.consult(hearing.scene.clerk, "advocate")
    with pytest.raises(NotFound):
        await hearing.db.write(consulting.consult, hearing.ctx("advocate"), hearing.scene.hearing, [uuid4()])


async def test_an_interpreter_goes_and_comes_with_whom_they_interpret_for(hearing: Private):
    await hearing.arrives("defendant", "advocate", "interpreter", "probation")
    await hearing.consult("advocate", "defendant")
    assert await hearing.inside() == {"defendant", "advocate", "interpreter"}
    await hearing.consult("advocate", "probation")
    assert "probation" in await hearing.inside()
    await hearing.db.write(consulting.leave, hearing.ctx("advocate"))
    assert await hearing.inside() == set()


async def test_co_defendants_are_kept_apart_until_every_advocate_agrees(hearing: Private):
    await add_defendant(hearing, "other defendant")
    await hearing.add("other advocate", Part.ADVOCATE)
    people = ("defendant", "advocate", "other defendant", "other advocate")
    await hearing.arrives(*people)
    for advocate, client in (people[:2][::-1], people[2:][::-1]):
        await hearing.db.write(ties.tie, hearing.scene.clerk, hearing[advocate].id, [hearing[client].id])
    with pytest.raises(KeptApart):
        await hearing.consult(hearing.scene.clerk, *people)
    await hearing.db.write(ties.agree, hearing.ctx("advocate"), hearing["defendant"].id, agrees=True)
    with pytest.raises(KeptApart):
        await hearing.consult(hearing.scene.clerk, *people)
    with pytest.raises(NotTheirClient):
        await hearing.db.write(
            ties.agree, hearing.ctx("advocate"), hearing["other defendant"].id, agrees=True
        )
    other = hearing["other defendant"].id
    await hearing.db.write(ties.agree, hearing.ctx("other advocate"), other, agrees=True)
    await hearing.consult("advocate", "defendant")
    await hearing.consult("other advocate", "other defendant", "defendant")
    assert await hearing.inside() == set(people)
    # Who does not agree any more ends it, for everybody.
    await hearing.db.write(ties.agree, hearing.ctx("other advocate"), other, agrees=False)
    assert await hearing.inside() == set()


async def test_two_consultations_at_once_hear_nothing_of_one_another(hearing: Private):
    await add_defendant(hearing, "other defendant")
    await hearing.add("other advocate", Part.ADVOCATE)
    people = ("advocate", "defendant", "other advocate", "other defendant")
    await hearing.arrives(*people)
    for advocate, client in (people[:2], people[2:]):
        await hearing.db.write(ties.tie, hearing.scene.clerk, hearing[advocate].id, [hearing[client].id])
        await hearing.consult(advocate, client)
    for one in people[:2]:
        for other in people[2:]:
            assert not await hearing.hears(one, other)
            assert not await hearing.hears(other, one)
    with pytest.raises(Elsewhere):
        await hearing.consult(hearing.scene.clerk, "defendant", "other defendant")


async def test_in_session_the_court_alone_sends_people_out_of_the_hearing(hearing: Private):
    await hearing.comes("defendant", "advocate")
    await hearing.db.write(running.start, hearing.scene.clerk, hearing.scene.hearing)
    with pytest.raises(InSession):
        await hearing.consult("advocate", "defendant")
    await hearing.db.write(running.pause, hearing.scene.clerk, hearing.scene.hearing)
    await hearing.consult("advocate", "defendant")
    assert await hearing.inside() == {"defendant", "advocate"}
    await hearing.db.write(consulting.leave, hearing.ctx("advocate"))
    assert {(await hearing.now(name)).place for name in ("defendant", "advocate")} == {HEARING}


async def test_a_recall_warns_and_ends_for_every_reader_at_its_time(hearing: Private, clock: SetClock):
    await hearing.bench()
    await hearing.comes("defendant", "advocate")
    room = await hearing.consult(hearing.scene.clerk, "defendant", "advocate")
    await hearing.settle("defendant", "advocate")
    with pytest.raises(Forbidden):
        await hearing.db.write(consulting.recall, hearing.ctx("advocate"), room)
    recalled = await hearing.db.write(consulting.recall, hearing.ctx("bench"), room)
    again = await hearing.db.write(consulting.recall, hearing.scene.clerk, room, after=timedelta(0))
    assert again.closes_at == recalled.closes_at
    told = (await view(hearing, "advocate"))["consultation"]
    assert told["recalled"]
    assert "The court has called you back" in told["closes_words"]
    clock.set(clock.now() + RECALL_AFTER - timedelta(seconds=1))
    await ticks(hearing)
    assert await hearing.inside() == {"defendant", "advocate"}
    clock.set(clock.now() + timedelta(seconds=1))
    before = {name: await view(hearing, name) for name in ("bench", "advocate", "defendant")}
    assert before["advocate"]["you"]["place"] == "hearing"
    version = await hearing.db.read(room_version, SYSTEMS, hearing.scene.hearing)
    await ticks(hearing)
    assert await hearing.db.read(room_version, SYSTEMS, hearing.scene.hearing) > version
    assert {name: await view(hearing, name) for name in before} == before
    assert (await hearing.now("defendant")).place == HEARING
    with pytest.raises(NotFound):
        await hearing.db.write(consulting.recall, hearing.scene.clerk, room)


async def test_a_page_that_settles_before_the_tick_is_settled(hearing: Private, clock: SetClock):
    await hearing.comes("defendant", "advocate")
    room = await hearing.consult(hearing.scene.clerk, "defendant", "advocate")
    await hearing.db.write(consulting.recall, hearing.scene.clerk, room)
    clock.set(clock.now() + RECALL_AFTER)
    await hearing.settle("advocate")
    back = await hearing.now("advocate")
    assert (back.place, back.settled) == (HEARING, back.moves)


async def test_consultation_goes_on_after_the_hearing_and_ends_with_the_way_in(
    hearing: Private, clock: SetClock
):
    await hearing.comes("defendant", "advocate")
    await hearing.db.write(running.start, hearing.scene.clerk, hearing.scene.hearing)
    await hearing.db.write(running.end, hearing.scene.clerk, hearing.scene.hearing, Outcome.DEALT_WITH)
    engine = FakeEngine()
    live = Rooms(hearing.db, engine, lambda _: None)
    await live.push(hearing.scene.hearing)
    assert (await engine.snapshot(str(hearing.scene.hearing))).links == ()
    await hearing.consult("advocate", "defendant")
    await live.push(hearing.scene.hearing)
    assert len((await engine.snapshot(str(hearing.scene.hearing))).links) == 2
    await live.tick()
    assert len((await engine.snapshot(str(hearing.scene.hearing))).links) == 2
    clock.set(ENDS + JOIN_AFTER)
    assert await hearing.inside() == set()
    await ticks(hearing)
    await live.push(hearing.scene.hearing)
    assert (await engine.snapshot(str(hearing.scene.hearing))).links == ()
    assert await hearing.db.read(_open, SYSTEMS) == ()


def _open(session, ctx):
    return rooms.with_open_consultations(session)


async def test_there_is_no_consultation_before_the_lobby_opens(db: Db, clock: SetClock):
    hearing = await set_private(db, opened=False)
    clock.set(STARTS - JOIN_BEFORE)
    await hearing.arrives("defendant", "advocate")
    await hearing.consult("advocate", "defendant")  # in a lobby that time alone has opened
    clock.set(STARTS - 2 * JOIN_BEFORE)
    assert await hearing.inside() == set()
    await ticks(hearing)
    with pytest.raises(NoConsultationNow):
        await hearing.consult(hearing.scene.clerk, "defendant", "advocate")


@pytest.mark.parametrize("verb", [joining.refuse, joining.remove, joining.reissue, joining.revoke])
async def test_who_is_shut_out_leaves_the_consultation_and_the_last_advocate_ends_it(hearing: Private, verb):
    await hearing.arrives("defendant", "advocate")
    await hearing.consult("advocate", "defendant")
    await hearing.db.write(verb, hearing.scene.clerk, hearing["advocate"].id)
    assert await hearing.inside() == set()
    assert (await hearing.now("defendant")).place == LOBBY
    assert (await hearing.now("advocate")).place == LOBBY


async def test_who_is_sent_back_to_the_lobby_leaves_the_consultation(hearing: Private):
    await hearing.comes("defendant", "advocate", "probation")
    await hearing.consult(hearing.scene.clerk, "defendant", "advocate", "probation")
    await hearing.db.write(joining.send_back, hearing.scene.clerk, hearing["probation"].id)
    assert await hearing.inside() == {"defendant", "advocate"}
    sent = await hearing.now("probation")
    assert (sent.place, sent.back_to, sent.admission) == (LOBBY, LOBBY, Admission.WAITING)
    await hearing.db.write(joining.leave, hearing.ctx("advocate"))
    assert await hearing.inside() == set()
    assert (await hearing.now("defendant")).place == HEARING


async def test_who_is_let_in_during_a_consultation_goes_to_the_hearing_when_it_ends(hearing: Private):
    await hearing.arrives("defendant", "advocate")
    await hearing.consult("advocate", "defendant")
    await hearing.comes("defendant")
    assert await hearing.inside() == {"defendant", "advocate"}
    await hearing.db.write(consulting.leave, hearing.ctx("advocate"))
    assert (await hearing.now("defendant")).place == HEARING
    assert (await hearing.now("advocate")).place == LOBBY


async def test_a_return_within_the_slot_is_to_the_same_consultation(hearing: Private):
    await hearing.arrives("defendant", "advocate")
    await hearing.consult("advocate", "defendant")
    back = await hearing.db.write(joining.arrive, hearing.ctx("advocate"))
    assert back.place != LOBBY
    assert await hearing.inside() == {"defendant", "advocate"}


async def test_a_link_that_is_withdrawn_ends_its_consultation_at_the_next_tick(hearing: Private):
    await hearing.arrives("defendant", "advocate")
    await hearing.consult("advocate", "defendant")
    await hearing.db.write(links.withdraw, SYSTEMS, [hearing["advocate"].id])
    assert await hearing.inside() == set()
    await ticks(hearing)
    assert (await hearing.now("defendant")).place == LOBBY


async def test_outside_nobody_is_told_more_than_that_they_are_in_private_consultation(hearing: Private):
    await hearing.bench()
    await hearing.comes("defendant", "advocate", "officer")
    await hearing.db.write(running.start, hearing.scene.clerk, hearing.scene.hearing)
    await hearing.consult(hearing.scene.clerk, "defendant", "advocate")
    seen = await view(hearing, "officer")
    assert seen["consultation"] is None
    assert "consultations" not in seen
    assert "advocate" not in json.dumps(seen["seats"])
    court = await view(hearing, "bench")
    people = {one["label"]: one for one in court["people"]}
    assert people["advocate"]["says"].startswith("In private consultation")
    assert people["advocate"]["place_words"] == "In private consultation"
    assert people["advocate"]["acts"] == ["recall", "send-back", "remove"]
    assert [each["people"] for each in court["consultations"]] == [["Defendant", "advocate"]]
    assert court["you"]["consult"] == {"may": []}
    inside = await view(hearing, "advocate")
    assert [each["label"] for each in inside["consultation"]["with"]] == ["Defendant"]
    assert inside["media"]["negotiate"]
    assert "people" not in inside


async def test_an_advocate_is_told_whom_they_may_call_now(hearing: Private):
    await hearing.arrives("advocate")
    assert (await view(hearing, "advocate"))["you"]["consult"]["may"] == []
    await hearing.arrives("defendant")
    may = (await view(hearing, "advocate"))["you"]["consult"]["may"]
    assert may == [{"link": str(hearing["defendant"].id), "label": "Defendant"}]
    await hearing.consult("advocate", "defendant")
    assert (await view(hearing, "advocate"))["you"]["consult"]["may"] == []
    assert (await view(hearing, "defendant"))["you"]["consult"]["may"] == []


async def test_parallel_calls_of_one_client_open_one_room_at_most(hearing: Private):
    await hearing.add("second advocate", Part.ADVOCATE)
    await hearing.arrives("defendant", "advocate", "second advocate")
    done = await asyncio.gather(
        *(hearing.consult(who, "defendant") for who in ("advocate", "second advocate") * 5),
        return_exceptions=True,
    )
    assert all(not isinstance(each, Exception) or isinstance(each, Conflict) for each in done)
    assert len((await hearing.standing()).consultations) == 1
