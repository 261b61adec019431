"""Hostile participants and onlookers learn nothing of a hearing's rooms, and are nowhere they may not be."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from court_link.domain.context import Context
from court_link.domain.errors import CourtLinkError, NotFound
from court_link.domain.hearing import HearingState, Outcome
from court_link.domain.link import HEARING, LOBBY, Link
from court_link.domain.roles import Part
from court_link.domain.rooms import CONSULTS, Grant, consultation_of, over
from court_link.domain.standing import Exhibit, Screen
from court_link.media import consulting, exhibits, granting, joining, signalling, ties
from court_link.media.arrangement import arrange
from court_link.media.engine import Kind
from court_link.media.exhibits import AlreadyShared, NotGranted
from court_link.scheduling import running
from court_link.store import Db, Session, hearings, links, screens
from court_link.store.tables import Resource
from tests.media.private import SYSTEMS, Private, add_defendant, set_private
from tests.media.scene import DEVICE, KEYS, rescind

PDF = b"%PDF-1.7\n%made up\n"
TITLE = "Photograph of the door"
Act = Callable[[], Coroutine[Any, Any, None]]
SHARES = frozenset({Grant.SCREEN, Grant.CAMERA, Grant.MICROPHONE, Grant.RECEIVE})


@pytest.fixture
async def hearing(db: Db) -> Private:
    """In session, with the defendant, the advocate and probation in it."""
    found = await set_private(db)
    await found.bench()
    await found.comes("defendant", "advocate", "probation")
    await found.settle("defendant", "advocate", "probation")
    await db.write(running.start, found.scene.clerk, found.scene.hearing)
    return found


async def shown(hearing: Private, *names: str) -> Exhibit:
    """The advocate's document, shown to these people."""
    where, to = hearing.scene.hearing, [hearing[name].id for name in names]
    offered = await hearing.db.write(exhibits.offer, hearing.ctx("advocate"), where, TITLE, PDF)
    return await hearing.db.write(exhibits.permit, hearing.scene.clerk, offered.id, to)


async def seen(hearing: Private, name: str) -> tuple[Exhibit, ...]:
    return await hearing.db.read(exhibits.visible, hearing.ctx(name), hearing.scene.hearing)


async def page(hearing: Private, name: str) -> str:
    """All that somebody's page is told."""
    view = await hearing.db.read(signalling.view, hearing.ctx(name), hearing[name].id, reachable=True)
    return json.dumps(view.message)


async def sends(hearing: Private, name: str) -> frozenset[Kind]:
    """What goes on of a link's at this moment."""
    room = arrange(await hearing.standing())
    return next((each.publish for each in room.links if each.link == str(hearing[name].id)), frozenset())


async def test_to_whom_else_a_document_is_shown_is_for_the_court_and_its_presenter(hearing: Private) -> None:
    await shown(hearing, "defendant", "probation")
    defendant, probation = hearing["defendant"].id, hearing["probation"].id
    assert [each.shown_to for each in await seen(hearing, "defendant")] == [{defendant}]
    for name in ("advocate", "bench"):
        assert [each.shown_to for each in await seen(hearing, name)] == [{defendant, probation}]


async def test_a_document_is_read_no_more_when_the_hearing_is_over(hearing: Private) -> None:
    exhibit = await shown(hearing, "defendant")
    assert await seen(hearing, "defendant")
    await hearing.db.write(running.end, hearing.scene.clerk, hearing.scene.hearing, Outcome.ADJOURNED)
    for name in ("defendant", "advocate", "bench"):
        assert await seen(hearing, name) == ()
        with pytest.raises(NotFound):
            await hearing.db.write(exhibits.read, hearing.ctx(name), exhibit.id)
    assert (await hearing.db.write(exhibits.read, hearing.scene.clerk, exhibit.id)).body == PDF


async def test_a_document_is_not_read_without_a_direction_in_force(hearing: Private) -> None:
    await shown(hearing, "defendant")
    await hearing.db.write(rescind, SYSTEMS, hearing["defendant"])
    assert await seen(hearing, "defendant") == ()


async def test_a_shared_screen_ends_when_its_sharer_goes_and_blocks_nobody(hearing: Private) -> None:
    share, db = exhibits.share, hearing.db
    for name in ("advocate", "probation"):
        await db.write(granting.grant, hearing.scene.clerk, hearing[name].id, SHARES)

    async def consult() -> None:
        await hearing.consult(hearing.scene.clerk, "advocate", "defendant")

    async def back() -> None:
        await db.write(consulting.leave, hearing.ctx("advocate"))
        await hearing.settle("advocate", "defendant")

    async def send_back() -> None:
        await db.write(joining.send_back, hearing.scene.clerk, hearing["advocate"].id)

    async def again() -> None:
        await db.write(joining.admit, hearing.scene.clerk, hearing["advocate"].id)
        await hearing.settle("advocate")

    for go, come in ((consult, back), (send_back, again)):
        await db.write(share, hearing.ctx("advocate"), on=True)
        assert Kind.SCREEN in await sends(hearing, "advocate")
        with pytest.raises(AlreadyShared):
            await db.write(share, hearing.ctx("probation"), on=True)
        await go()
        await db.write(share, hearing.ctx("probation"), on=True)
        await db.write(share, hearing.ctx("probation"), on=False)
        await come()
        assert await sends(hearing, "advocate") == {Kind.AUDIO, Kind.VIDEO}
    await db.write(share, hearing.ctx("advocate"), on=True)
    await db.write(links.withdraw, SYSTEMS, [hearing["advocate"].id])
    await db.write(share, hearing.ctx("probation"), on=True)


async def test_a_witness_who_was_not_called_learns_and_shows_nothing(hearing: Private) -> None:
    db = hearing.db
    await hearing.comes("officer")
    await db.write(joining.send_back, hearing.scene.clerk, hearing["officer"].id)
    await db.write(joining.admit, hearing.scene.clerk, hearing["officer"].id)
    await hearing.settle("officer")
    await db.write(granting.grant, hearing.scene.clerk, hearing["officer"].id, SHARES)
    await shown(hearing, "officer", "defendant")
    await db.write(exhibits.share, hearing.ctx("bench"), on=True)
    told = await page(hearing, "officer")
    for secret in (
        TITLE,
        *(str(hearing[name].id) for name in ("defendant", "advocate", "probation", "bench")),
    ):
        assert secret not in told
    assert await seen(hearing, "officer") == ()
    assert await sends(hearing, "officer") == frozenset()
    await db.write(exhibits.share, hearing.ctx("bench"), on=False)
    with pytest.raises(NotGranted):
        await db.write(exhibits.share, hearing.ctx("officer"), on=True)
    await db.write(granting.call, hearing.scene.clerk, hearing["officer"].id)
    assert TITLE in await page(hearing, "officer")
    await db.write(granting.release, hearing.scene.clerk, hearing["officer"].id)
    assert TITLE not in await page(hearing, "officer")


async def test_co_defendants_part_when_the_advocate_who_agreed_is_in_the_hearing_no_more(
    hearing: Private,
) -> None:
    db, clerk = hearing.db, hearing.scene.clerk
    await add_defendant(hearing, "other defendant")
    await hearing.add("other advocate", Part.ADVOCATE)
    await hearing.comes("other defendant", "other advocate")
    for advocate, client in (("advocate", "defendant"), ("other advocate", "other defendant")):
        await db.write(ties.tie, clerk, hearing[advocate].id, [hearing[client].id])
        await db.write(ties.agree, hearing.ctx(advocate), hearing[client].id, agrees=True)
    everybody = ("defendant", "advocate", "other defendant", "other advocate")
    await hearing.consult(clerk, *everybody)
    assert await hearing.inside() == set(everybody)
    await db.write(joining.revoke, clerk, hearing["advocate"].id)
    assert await hearing.inside() == set()


async def test_screens_stand_for_who_comes_by_another_link(hearing: Private) -> None:
    db, clerk, where = hearing.db, hearing.scene.clerk, hearing.scene.hearing
    await hearing.add("A witness", Part.WITNESS)
    await hearing.comes("A witness")
    await hearing.settle("A witness")
    screen = Screen(hearing["A witness"].id, hearing["defendant"].id, True, True, "District Judge Example")
    await db.write(ties.order_screens, clerk, where, [screen])
    await db.write(joining.revoke, clerk, hearing["A witness"].id)
    await hearing.add("A witness", Part.WITNESS)
    await hearing.comes("A witness")
    await hearing.settle("A witness")
    assert await hearing.hears("advocate", "A witness")
    assert not await hearing.hears("defendant", "A witness")

    def to_another_room(session: Session, ctx: Context) -> Link:
        links.withdraw(session, ctx, [hearing["defendant"].id])
        old = hearings.row(session, where)
        room = session.get_one(Resource, hearing["defendant"].room_id)
        cell = Resource(
            kind=room.kind, organisation_id=room.organisation_id, site_id=room.site_id, name="Video room 2"
        )
        session.add(cell)
        session.flush()
        moved = links.ensure(session, ctx, where, Part.DEFENDANT, "Defendant, Video room 2", room_id=cell.id)
        screens.follow(session, ctx, old)
        screens.follow(session, ctx, old)
        return moved

    hearing.people["defendant"] = await db.write(to_another_room, SYSTEMS)
    await hearing.comes("defendant")
    assert await hearing.hears("advocate", "A witness")
    assert not await hearing.hears("defendant", "A witness")


@pytest.mark.parametrize("off", [-2, -1, 1, 2**40])
async def test_nobody_is_heard_by_naming_another_move(hearing: Private, off: int) -> None:
    await hearing.consult(hearing.scene.clerk, "advocate", "defendant")
    moves = (await hearing.now("advocate")).moves
    await hearing.db.write(consulting.settle, hearing.ctx("advocate"), moves + off)
    assert await sends(hearing, "advocate") == frozenset()
    await hearing.db.write(consulting.settle, hearing.ctx("advocate"), moves)
    assert await sends(hearing, "advocate") == {Kind.AUDIO, Kind.VIDEO}


async def test_moves_that_race_leave_everybody_somewhere_they_may_be(hearing: Private) -> None:
    """Eight rounds of everything at once: each is done or refused, and what stands is sound."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    await add_defendant(hearing, "other defendant")
    await hearing.comes("other defendant", "interpreter")
    for round_ in range(8):
        acts = rng.sample(_acts(hearing), 6)
        done = await asyncio.gather(*(act() for act in acts), return_exceptions=True)
        wrong = [each for each in done if each is not None and not isinstance(each, CourtLinkError)]
        assert not wrong, (seed, round_, wrong)
        await _check(hearing)
        await _gather_again(hearing)


def _acts(hearing: Private) -> list[Act]:
    """What the court, an advocate and the others may try at any moment."""
    db, clerk, where = hearing.db, hearing.scene.clerk, hearing.scene.hearing

    def act(
        use_case: Callable[..., Any], *args: Any, **named: Any
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        async def do() -> None:
            await db.write(use_case, *args, **named)

        return do

    async def recall() -> None:
        for room in (await hearing.standing()).consultations:
            await db.write(consulting.recall, clerk, room.id)

    async def settle() -> None:
        await hearing.settle("advocate", "defendant")

    own = {name: hearing[name].id for name in ("advocate", "defendant", "other defendant", "interpreter")}
    return [
        act(consulting.consult, clerk, where, [own["advocate"], own["defendant"]]),
        act(consulting.consult, clerk, where, [own["advocate"], own["other defendant"]]),
        act(consulting.consult, hearing.ctx("advocate"), where, [own["defendant"]]),
        act(consulting.leave, hearing.ctx("advocate")),
        act(consulting.leave, hearing.ctx("defendant")),
        act(consulting.close_due, SYSTEMS, where),
        act(joining.send_back, clerk, own["defendant"]),
        act(joining.remove, clerk, own["advocate"]),
        act(joining.reissue, clerk, own["defendant"]),
        act(joining.enforce_directions, SYSTEMS, where),
        act(ties.tie, clerk, own["advocate"], [own["defendant"]]),
        act(ties.tie, clerk, own["interpreter"], [own["defendant"]]),
        act(granting.mute_all, clerk, where),
        act(running.pause, clerk, where),
        act(running.resume, clerk, where),
        recall,
        settle,
    ]


async def _check(hearing: Private) -> None:
    await hearing.db.write(consulting.close_due, SYSTEMS, hearing.scene.hearing)
    standing = await hearing.standing()
    rooms = {each.place for each in standing.consultations}
    for link in standing.links:
        assert link.place in {LOBBY, HEARING} | rooms
        assert consultation_of(link.place) is None or link.part in CONSULTS
    for room in rooms:
        inside = standing.inside(room)
        assert not over(inside)
        assert sum(link.part is Part.DEFENDANT for link in inside) == 1
    by_id = {str(link.id): link for link in standing.links}
    for each in arrange(standing).links:
        link = by_id[each.link]
        assert not each.publish or link.settled == link.moves


async def _gather_again(hearing: Private) -> None:
    """Everybody comes in again who was put out, and the hearing goes on."""
    db, clerk = hearing.db, hearing.scene.clerk
    for name in ("advocate", "defendant", "other defendant", "interpreter"):
        link = await hearing.now(name)
        if link.identified_at is None:
            await db.write(joining.arrive, hearing.ctx(name))
            await db.write(joining.identify, clerk, link.id)
            await db.write(joining.admit, clerk, link.id)
    if (await hearing.standing()).state is HearingState.PAUSED:
        await db.write(running.resume, clerk, hearing.scene.hearing)
    await db.write(joining.sign_in, hearing.scene.bench, hearing.scene.bench_link.id, KEYS, DEVICE)
