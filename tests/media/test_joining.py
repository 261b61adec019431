"""Who gets in, by whom, and who does not; on both engines."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from court_link.domain.clock import SetClock
from court_link.domain.context import PUBLIC, SYSTEM, Context
from court_link.domain.direction import NoDirection
from court_link.domain.errors import Conflict, Forbidden, Invalid, NotFound, WrongState
from court_link.domain.events import EventKind
from court_link.domain.link import HEARING, LOBBY, Admission, Link
from court_link.domain.roles import Part
from court_link.media import joining, kit
from court_link.media.credentials import BadCredential, digest
from court_link.media.joining import Joined, NotIdentified, NotOpen
from court_link.media.kit import Found, KitCheck, Trouble
from court_link.scheduling import running
from court_link.store import Db, links, live
from court_link.store.tables import EventRow, JoinSession
from tests.media.scene import (
    DEVICE,
    ENDS,
    KEYS,
    OTHER_DEVICE,
    STARTS,
    Scene,
    direct,
    participant,
    rescind,
    room_version,
    set_scene,
)

ANYONE = Context(PUBLIC)


@pytest.fixture
async def scene(db: Db) -> Scene:
    return await set_scene(db)


async def redeem(db: Db, link: Link, device: str = DEVICE) -> Joined:
    read = KEYS.read(KEYS.credential(link.id, link.credential_version))
    return await db.write(joining.redeem, ANYONE, read, KEYS, device)


async def wait(db: Db, link: Link) -> Link:
    """Through the credential into the lobby."""
    await redeem(db, link)
    return await db.write(joining.arrive, participant(link))


async def admit(db: Db, scene: Scene, link: Link) -> Link:
    await wait(db, link)
    await db.write(direct, Context(SYSTEM), link)
    await db.write(joining.identify, scene.clerk, link.id)
    return await db.write(joining.admit, scene.clerk, link.id)


async def kinds(db: Db, scene: Scene) -> list[EventKind]:
    def written(session, ctx):
        return list(session.exec(select(EventRow.kind).where(EventRow.hearing_id == scene.hearing)))

    return await db.read(written, Context(SYSTEM))


async def sessions_of(db: Db, link: Link) -> int:
    def count(session, ctx):
        return len(session.exec(select(JoinSession).where(JoinSession.link_id == link.id)).all())

    return await db.read(count, Context(SYSTEM))


async def test_a_hundred_parallel_redemptions_give_one_join_session(db: Db, scene: Scene):
    joined = await asyncio.gather(*(redeem(db, scene.officer) for _ in range(100)))
    assert len({each.token for each in joined}) == 1
    assert await sessions_of(db, scene.officer) == 1


async def test_a_second_device_gets_no_session_and_the_court_is_told_once(db: Db, scene: Scene):
    await redeem(db, scene.officer)
    assert (await redeem(db, scene.officer, OTHER_DEVICE)).token is None
    assert (await redeem(db, scene.officer, OTHER_DEVICE)).token is None
    assert await sessions_of(db, scene.officer) == 1
    assert (await kinds(db, scene)).count(EventKind.PROBLEM_REPORTED) == 1


async def test_a_revoked_credential_lets_nobody_in_and_its_session_is_over(db: Db, scene: Scene):
    joined = await redeem(db, scene.officer)
    assert joined.token
    await db.write(joining.revoke, scene.clerk, scene.officer.id)
    with pytest.raises(NotFound):
        await db.read(joining.authenticate, ANYONE, joined.token)
    with pytest.raises(BadCredential):
        await redeem(db, scene.officer)


async def test_a_fresh_link_ends_the_old_one_and_its_holder_waits_again(db: Db, scene: Scene):
    await db.write(running.open_lobby, scene.clerk, scene.hearing)
    await admit(db, scene, scene.officer)
    fresh = await db.write(joining.reissue, scene.clerk, scene.officer.id)
    with pytest.raises(BadCredential):
        await redeem(db, scene.officer)
    assert (await redeem(db, fresh, OTHER_DEVICE)).token
    assert (fresh.admission, fresh.place, fresh.identified_at) == (Admission.WAITING, LOBBY, None)


async def test_arriving_admits_nobody(db: Db, scene: Scene):
    arrived = await wait(db, scene.officer)
    assert (arrived.admission, arrived.place) == (Admission.WAITING, LOBBY)


async def test_a_kit_may_be_tried_from_issue_but_the_lobby_opens_thirty_minutes_before(
    db: Db, scene: Scene, clock: SetClock
):
    clock.set(STARTS - timedelta(days=2))
    assert (await redeem(db, scene.officer)).token
    await db.write(kit.record, participant(scene.officer), KitCheck(Found.WORKING, Found.WORKING))
    assert (await db.write(joining.arrive, participant(scene.officer))).admission is Admission.EXPECTED
    clock.set(STARTS - timedelta(minutes=30))
    assert (await db.write(joining.arrive, participant(scene.officer))).admission is Admission.WAITING


async def test_the_lobby_closes_an_hour_after_unless_the_hearing_runs(db: Db, scene: Scene, clock: SetClock):
    clock.set(ENDS + timedelta(hours=1))
    assert (await db.write(joining.arrive, participant(scene.officer))).admission is Admission.EXPECTED
    clock.set(ENDS)
    await db.write(running.start, scene.clerk, scene.hearing)
    clock.set(ENDS + timedelta(hours=3))
    assert (await db.write(joining.arrive, participant(scene.officer))).admission is Admission.WAITING


async def test_admission_needs_an_open_lobby_an_identity_and_a_direction(db: Db, scene: Scene):
    await wait(db, scene.officer)
    with pytest.raises(NotOpen):
        await db.write(joining.admit, scene.clerk, scene.officer.id)
    await db.write(running.open_lobby, scene.clerk, scene.hearing)
    with pytest.raises(NotIdentified):
        await db.write(joining.admit, scene.clerk, scene.officer.id)
    await db.write(joining.identify, scene.clerk, scene.officer.id)
    with pytest.raises(NoDirection):
        await db.write(joining.admit, scene.clerk, scene.officer.id)
    await db.write(direct, Context(SYSTEM), scene.officer)
    admitted = await db.write(joining.admit, scene.clerk, scene.officer.id)
    assert (admitted.admission, admitted.place) == (Admission.ADMITTED, HEARING)


async def test_nobody_is_admitted_who_does_not_wait(db: Db, scene: Scene):
    await db.write(running.open_lobby, scene.clerk, scene.hearing)
    with pytest.raises(WrongState):
        await db.write(joining.admit, scene.clerk, scene.officer.id)


@pytest.mark.parametrize("who", ["custody_staff", "officer_user", "participant", "stranger"])
async def test_only_the_bench_and_court_staff_admit(db: Db, scene: Scene, who: str):
    await db.write(running.open_lobby, scene.clerk, scene.hearing)
    await wait(db, scene.officer)
    await db.write(joining.identify, scene.clerk, scene.officer.id)
    await db.write(direct, Context(SYSTEM), scene.officer)
    ctx = participant(scene.officer) if who == "participant" else getattr(scene, who)
    with pytest.raises(NotFound if who == "stranger" else Forbidden):
        await db.write(joining.admit, ctx, scene.officer.id)


async def test_the_bench_enters_by_having_signed_in_and_admits_from_its_own_device(db: Db, scene: Scene):
    await db.write(running.open_lobby, scene.clerk, scene.hearing)
    bench = await db.write(joining.sign_in, scene.bench, scene.bench_link.id, KEYS, DEVICE)
    assert bench.link.in_hearing
    await wait(db, scene.officer)
    await db.write(direct, Context(SYSTEM), scene.officer)
    await db.write(joining.identify, participant(scene.bench_link), scene.officer.id)
    assert (await db.write(joining.admit, participant(scene.bench_link), scene.officer.id)).in_hearing


async def test_a_bench_device_that_came_by_credential_has_no_authority_until_admitted(db: Db, scene: Scene):
    await db.write(running.open_lobby, scene.clerk, scene.hearing)
    assert (await wait(db, scene.bench_link)).admission is Admission.WAITING
    with pytest.raises(Forbidden):
        await db.write(joining.admit, participant(scene.bench_link), scene.bench_link.id)
    with pytest.raises(Forbidden):
        await db.write(running.start, participant(scene.bench_link), scene.hearing)


async def test_a_removed_person_needs_a_fresh_link_and_to_be_admitted_again(db: Db, scene: Scene):
    await db.write(running.start, scene.clerk, scene.hearing)
    await admit(db, scene, scene.officer)
    removed = await db.write(joining.remove, scene.clerk, scene.officer.id)
    assert (removed.admission, removed.place) == (Admission.REMOVED, LOBBY)
    with pytest.raises(BadCredential):
        await redeem(db, scene.officer)
    assert (await wait(db, removed)).admission is Admission.WAITING
    with pytest.raises(NotIdentified):
        await db.write(joining.admit, scene.clerk, scene.officer.id)


async def test_a_return_within_the_slot_restores_admission_and_place(db: Db, scene: Scene):
    await db.write(running.start, scene.clerk, scene.hearing)
    await admit(db, scene, scene.officer)
    assert (await db.write(joining.leave, participant(scene.officer))).left_at
    back = await db.write(joining.arrive, participant(scene.officer))
    assert back.in_hearing
    assert back.left_at is None


async def test_a_signed_in_person_on_a_second_device_waits_in_the_lobby_with_an_alert(db: Db, scene: Scene):
    await db.write(running.start, scene.clerk, scene.hearing)
    first = await db.write(joining.sign_in, scene.officer_user, scene.officer.id, KEYS, DEVICE)
    await db.write(direct, Context(SYSTEM), scene.officer)
    await db.write(joining.identify, scene.clerk, scene.officer.id)
    await db.write(joining.admit, scene.clerk, scene.officer.id)
    second = await db.write(joining.sign_in, scene.officer_user, scene.officer.id, KEYS, OTHER_DEVICE)
    assert (second.link.admission, second.link.identified_at) == (Admission.WAITING, None)
    assert first.token
    with pytest.raises(NotFound):
        await db.read(joining.authenticate, ANYONE, first.token)
    assert EventKind.LINK_SECOND_DEVICE in await kinds(db, scene)


async def test_custody_staff_connect_their_own_room_and_nobody_elses_link(db: Db, scene: Scene):
    assert (await db.write(joining.sign_in, scene.custody_staff, scene.defendant.id, KEYS, DEVICE)).token
    for link in (scene.officer, scene.bench_link):
        with pytest.raises(NotFound):
            await db.write(joining.sign_in, scene.custody_staff, link.id, KEYS, DEVICE)
    with pytest.raises(NotFound):
        await db.write(joining.sign_in, scene.stranger, scene.bench_link.id, KEYS, DEVICE)


async def test_a_rescinded_direction_takes_a_person_out_of_the_hearing(db: Db, scene: Scene):
    await db.write(running.start, scene.clerk, scene.hearing)
    await admit(db, scene, scene.officer)
    await db.write(rescind, Context(SYSTEM), scene.officer)
    assert await db.write(joining.enforce_directions, Context(SYSTEM), scene.hearing) == (scene.officer.id,)
    assert (await db.read(links.get, Context(SYSTEM), scene.officer.id)).admission is Admission.WAITING


async def test_every_change_of_the_room_raises_its_version(db: Db, scene: Scene):
    version = await db.read(room_version, Context(SYSTEM), scene.hearing)
    for act in (running.start, running.pause, running.resume):
        await db.write(act, scene.clerk, scene.hearing)
        after = await db.read(room_version, Context(SYSTEM), scene.hearing)
        assert after > version
        version = after
    await admit(db, scene, scene.officer)
    for verb in (joining.send_back,):
        await db.write(verb, scene.clerk, scene.officer.id)
        assert await db.read(room_version, Context(SYSTEM), scene.hearing) > version


async def test_links_are_issued_for_a_part_and_a_name(db: Db, scene: Scene):
    link = await db.write(joining.issue, scene.clerk, scene.hearing, Part.ADVOCATE, "  A.  Advocate ")
    assert (link.label, link.remote) == ("A. Advocate", True)
    with pytest.raises(Invalid) as wrong:
        await db.write(joining.issue, scene.clerk, scene.hearing, Part.BENCH, " ")
    assert {each.field for each in wrong.value.errors} == {"part", "label"}
    with pytest.raises(Forbidden):
        await db.write(joining.issue, scene.custody_staff, scene.hearing, Part.ADVOCATE, "A. Advocate")
    with pytest.raises(NotFound):
        await db.write(joining.issue, scene.stranger, scene.hearing, Part.ADVOCATE, "A. Advocate")


async def test_showing_a_link_is_written_down(db: Db, scene: Scene):
    await db.write(joining.copied, scene.clerk, scene.officer.id)
    assert EventKind.LINK_COPIED in await kinds(db, scene)


async def test_the_benchs_own_link_cannot_be_revoked(db: Db, scene: Scene):
    with pytest.raises(Conflict):
        await db.write(joining.revoke, scene.clerk, scene.bench_link.id)


async def test_a_clerk_has_one_link_of_their_own(db: Db, scene: Scene):
    first = await db.write(joining.clerk_link, scene.clerk, scene.hearing)
    assert (await db.write(joining.clerk_link, scene.clerk, scene.hearing)).id == first.id
    assert (first.part, first.remote) == (Part.CLERK, False)


async def test_rebooking_keeps_the_links_that_still_apply(db: Db, scene: Scene):
    def again(session, ctx):
        same = links.ensure(
            session, ctx, scene.hearing, Part.OFFICER, "PC 1187 Demo", person_id=scene.officer_person
        )
        links.retire(session, ctx, scene.hearing, {same.id, scene.bench_link.id})
        return same.id

    assert await db.write(again, Context(SYSTEM)) == scene.officer.id
    left = await db.read(links.of_hearing, Context(SYSTEM), scene.hearing)
    assert {link.id for link in left} == {scene.officer.id, scene.bench_link.id}


async def test_a_failed_kit_check_is_raised_to_staff_until_a_named_person_resolves_it(db: Db, scene: Scene):
    await db.write(kit.record, participant(scene.officer), KitCheck(Found.BLOCKED, Found.WORKING))
    await db.write(kit.report, participant(scene.officer), Trouble.NO_SOUND)

    def open_ones(session, ctx):
        return [(each.id, each.kind) for each in live.open_problems(session, scene.hearing)]

    found = await db.read(open_ones, Context(SYSTEM))
    assert {kind for _, kind in found} == {"device_refused", "no_sound"}
    with pytest.raises(Forbidden):
        await db.write(kit.resolve, participant(scene.officer), found[0][0])
    for problem, _ in found:
        await db.write(kit.resolve, scene.clerk, problem)
    assert await db.read(open_ones, Context(SYSTEM)) == []
    with pytest.raises(NotFound):
        await db.write(kit.resolve, scene.clerk, uuid4())


def test_evidence_from_a_vehicle_needs_all_three_declarations():
    assert KitCheck(Found.WORKING, Found.WORKING).declared
    assert not KitCheck(Found.WORKING, Found.WORKING, from_vehicle=True, stationary=True).declared
    assert KitCheck(Found.WORKING, Found.WORKING, True, True, True, True).declared


def test_only_a_digest_of_a_token_is_stored():
    assert digest("clj_secret") != "clj_secret"
