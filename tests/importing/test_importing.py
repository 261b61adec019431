"""A list goes in whole matter by whole matter; sent again it changes what changed, and nothing else."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from court_link.domain.errors import NotFound, WrongState
from court_link.domain.hearing import HearingState, Visibility
from court_link.domain.roles import OrganisationKind
from court_link.importing import lists, runs
from court_link.scheduling import scheduler
from court_link.store.tables.imports import ImportState
from tests.api.apps import started
from tests.importing import made
from tests.importing.conftest import SYSTEM_CTX, Court, counts, set_state, sites
from tests.importing.made import (
    TEN,
    case,
    hearing,
    of_one_room,
    party,
    public,
    published,
    room,
    sitting,
    standard,
)
from tests.stores import MONDAY

FIRST, SECOND, THIRD = "41HA0000126", "41HA0000226", "41HA0000326"


def two(at=TEN, name="Courtroom 1", **more):
    """A list of two matters, the first at `at` in room `name`."""
    entries = [sitting(hearing(case(FIRST), **more), at=at)]
    later = [sitting(hearing(case(SECOND)), at=TEN + timedelta(hours=1))]
    rooms = (
        [room("Courtroom 1", *entries, *later)]
        if name == "Courtroom 1"
        else [room(name, *entries), room("Courtroom 1", *later)]
    )
    return published(standard(*rooms))


async def test_the_published_sample_is_imported_and_sent_again_changes_nothing(court):
    assert counts(await court.imported(made.STANDARD.read_bytes())) == (5, 0, 0, 0)
    before = {hearing.id: hearing.version for hearing in await court.hearings()}
    assert counts(await court.imported(made.STANDARD.read_bytes())) == (0, 0, 5, 0)
    assert {hearing.id: hearing.version for hearing in await court.hearings()} == before
    [preston] = await court.db.read(sites, SYSTEM_CTX)
    assert preston[:2] == ("Preston Magistrates’ Court", "B04KO00")
    assert len(preston[2]) == 5  # the register's rooms; "Courtroom 1" is its "Courtroom 01"


async def test_a_matter_is_kept_with_its_cases_and_parties(court):
    await court.imported(made.STANDARD.read_bytes())
    kept = await court.hearing("12345678")
    assert (kept.state, kept.video, kept.hearing_type, kept.minutes) == (
        HearingState.LISTED,
        True,
        "Hearing Type B",
        20,
    )
    cases, parties = await court.parts(kept.id)
    assert cases == ["12345678", "AppRefA", "AppRefB"]
    assert ("DEFENDANT", "Forename B MiddleName B Surname B", False) in parties


async def test_a_changed_time_and_room_update_the_same_hearing(court):
    await court.imported(two())
    before = await court.hearing(FIRST)
    report = await court.imported(two(at=TEN + timedelta(minutes=30), name="Courtroom 2"))
    assert counts(report) == (0, 1, 1, 0)
    after = await court.hearing(FIRST)
    assert after.id == before.id
    assert (after.listed_at, after.listed_room) == (TEN + timedelta(minutes=30), "Courtroom 2")
    assert after.listed_room_id != before.listed_room_id
    assert after.version == before.version + 1


async def test_what_is_gone_is_no_longer_listed_once_and_may_come_back(court):
    await court.imported(two())
    one = of_one_room([hearing(case(FIRST))])
    assert counts(await court.imported(one)) == (0, 0, 1, 1)
    assert (await court.hearing(SECOND)).no_longer_listed
    assert counts(await court.imported(one)) == (0, 0, 1, 0)
    assert counts(await court.imported(two())) == (0, 1, 1, 0)
    assert not (await court.hearing(SECOND)).no_longer_listed


async def test_another_day_and_another_court_house_are_left_alone(court):
    await court.imported(two())
    other_day = published(
        standard(room("Courtroom 1", sitting(hearing(case(THIRD)), at=TEN + timedelta(days=1))))
    )
    other_house = published(standard(room("Courtroom 1", sitting(hearing(case(THIRD)))), house="Sampleford"))
    for content in (other_day, other_house):
        assert counts(await court.imported(content)) == (1, 0, 0, 0)
    assert not any(hearing.no_longer_listed for hearing in await court.hearings())


async def test_a_booking_stands_and_disagreement_is_warned_of_without_a_name(court):
    await court.imported(two())
    await court.book(await court.hearing(FIRST))
    await court.book(await court.hearing(SECOND))
    moved = published(
        standard(room("Courtroom 1", sitting(hearing(case(FIRST)), at=TEN + timedelta(minutes=30))))
    )
    report = await court.imported(moved)
    assert counts(report) == (0, 1, 0, 1)
    [changed, gone] = report.warnings
    assert f"{FIRST} at 10:30am in Courtroom 1 is booked for 10am, Tuesday 24 November" in changed
    assert f"{SECOND} at 11am in Courtroom 1 is booked for 11am" in gone
    assert "is no longer listed. The booking stands." in gone
    assert "Example" not in changed + gone
    for urn in (FIRST, SECOND):
        assert (await court.hearing(urn)).state is HearingState.BOOKED


async def test_a_finished_hearing_is_not_rewritten(court):
    await court.imported(two())
    before = await court.hearing(FIRST)
    await court.db.write(set_state, SYSTEM_CTX, before.id, HearingState.ENDED)
    report = await court.imported(two(at=TEN + timedelta(minutes=30)))
    assert counts(report) == (0, 0, 2, 0)
    assert any("is ended" in warning for warning in report.warnings)
    assert (await court.hearing(FIRST)).listed_at == TEN
    gone = await court.imported(of_one_room([hearing(case(SECOND))]))
    assert gone.no_longer_listed == 0


async def test_a_list_restricts_at_once_and_never_lifts_a_restriction(court):
    await court.imported(two())
    child = of_one_room(
        [
            hearing(case(FIRST, party(age=15), reportingRestriction=True)),
            hearing(case(SECOND), hearingType="Search warrant"),
        ]
    )
    await court.imported(child)
    restricted, warrant = await court.hearing(FIRST), await court.hearing(SECOND)
    assert restricted.youth
    assert restricted.restrictions
    assert warrant.visibility is Visibility.WITHHELD
    await court.imported(two())
    again = await court.hearing(FIRST)
    assert again.youth
    assert again.restrictions
    assert (await court.hearing(SECOND)).visibility is Visibility.WITHHELD
    assert (await court.parts(again.id))[1][0][2]  # the party is still known to be under 18


async def test_a_public_list_of_the_same_day_erases_no_panel(court):
    await court.imported(
        published(
            standard(room("Courtroom 1", sitting(hearing(case(FIRST)))), house="Exampleton Court House")
        )
    )
    entry = {"hearingType": "First appearance", "case": [case(FIRST)]}
    assert counts(await court.imported(published(public(room("Courtroom 1", sitting(entry)))))) == (
        0,
        0,
        1,
        0,
    )
    assert (await court.hearing(FIRST)).panel == "ADULT"


async def test_a_matter_without_any_reference_is_told_apart_by_its_time(court):
    bare = [sitting({"hearingType": "Application"}, at=TEN + timedelta(hours=n)) for n in range(2)]
    content = published(standard(room("Courtroom 1", *bare)))
    assert counts(await court.imported(content)) == (2, 0, 0, 0)
    assert counts(await court.imported(content)) == (0, 0, 2, 0)


async def test_a_refused_file_writes_nothing_but_its_report(court):
    run = await court.staged(made.INVALID.read_bytes())
    assert run.state is ImportState.REFUSED
    assert len(run.report.errors) == 5
    assert await court.hearings() == []
    assert await court.db.read(sites, SYSTEM_CTX) == []
    with pytest.raises(WrongState):
        await lists.apply(court.db, SYSTEM_CTX, run.id)


async def test_looking_ahead_writes_nothing(court):
    run = await court.staged(two())
    assert counts(run.report) == (2, 0, 0, 0)
    assert await court.hearings() == []
    assert await court.db.read(sites, SYSTEM_CTX) == []


async def test_a_run_stopped_half_way_goes_on_and_counts_each_matter_once(court, monkeypatch):
    monkeypatch.setattr(lists, "AT_ONCE", 3)
    content = of_one_room([hearing(case(f"41HA{number:05d}26")) for number in range(10)])
    run = await court.staged(content)

    class Stopped(Exception):
        pass

    def stop(run: runs.Run) -> None:
        if run.applied >= 6:
            raise Stopped

    with pytest.raises(Stopped):
        await lists.apply(court.db, SYSTEM_CTX, run.id, stop)
    assert len(await court.hearings()) == 6
    again = await court.db.read(runs.stopped_half_way, SYSTEM_CTX, court.id, _digest(content))
    assert again == run.id
    done = await lists.apply(court.db, SYSTEM_CTX, run.id)
    assert (done.state, counts(done.report)) == (ImportState.DONE, (10, 0, 0, 0))
    assert len(await court.hearings()) == 10
    assert await court.db.read(runs.matters, SYSTEM_CTX, run.id) == []  # names are not kept in the staging


async def test_a_cancelled_run_stops_and_leaves_whole_matters(court, monkeypatch):
    monkeypatch.setattr(lists, "AT_ONCE", 2)
    run = await court.staged(of_one_room([hearing(case(f"41HA{number:05d}26")) for number in range(8)]))
    cancelled = []

    def progress(run: runs.Run) -> None:
        if run.applied == 4:
            cancelled.append(asyncio.create_task(court.db.write(runs.cancel, SYSTEM_CTX, run.id)))

    with pytest.raises(runs.Superseded):
        await lists.apply(court.db, SYSTEM_CTX, run.id, progress)
    assert (await cancelled[0]).state is ImportState.CANCELLED
    for listed in await court.hearings():
        cases, parties = await court.parts(listed.id)
        assert (len(cases), len(parties)) == (1, 1)


async def test_two_that_apply_one_run_apply_each_row_once(court, monkeypatch):
    monkeypatch.setattr(lists, "AT_ONCE", 1)
    run = await court.staged(of_one_room([hearing(case(f"41HA{number:05d}26")) for number in range(12)]))
    both = await asyncio.gather(
        *(lists.apply(court.db, SYSTEM_CTX, run.id) for _ in range(2)), return_exceptions=True
    )
    assert any(isinstance(one, runs.Run) for one in both) or all(
        isinstance(one, runs.Superseded) for one in both
    )
    done = await court.db.read(runs.one, SYSTEM_CTX, run.id)
    if done.state is ImportState.APPLYING:  # each lost to the other once: it is taken up again
        done = await lists.apply(court.db, SYSTEM_CTX, run.id)
    assert counts(done.report) == (12, 0, 0, 0)
    assert len(await court.hearings()) == 12


async def test_a_second_list_waits_for_the_first(court):
    first, second = await court.staged(two()), await court.staged(of_one_room([hearing(case(THIRD))]))
    await court.db.write(runs.begin, SYSTEM_CTX, first.id)
    with pytest.raises(runs.AnotherImport):
        await lists.apply(court.db, SYSTEM_CTX, second.id)
    await lists.apply(court.db, SYSTEM_CTX, first.id)
    assert (await lists.apply(court.db, SYSTEM_CTX, second.id)).state is ImportState.DONE


async def test_bookings_go_on_while_a_long_list_is_imported(court):
    await court.imported(two())
    hearings = [await court.hearing(FIRST), await court.hearing(SECOND)]
    other_day = TEN + timedelta(days=1)
    long = [sitting(hearing(case(f"41SA{number:05d}26")), at=other_day) for number in range(600)]
    run = await court.staged(published(standard(room("Courtroom 1", *long))))
    seen = []

    def progress(run: runs.Run) -> None:
        seen.append(run.applied)
        if hearings:
            booked.append(asyncio.create_task(court.book(hearings.pop())))

    booked: list[asyncio.Task[None]] = []
    await lists.apply(court.db, SYSTEM_CTX, run.id, progress)
    await asyncio.gather(*booked)
    assert seen == sorted(seen)
    assert len(seen) >= 6
    for urn in (FIRST, SECOND):
        assert (await court.hearing(urn)).state is HearingState.BOOKED


async def test_a_run_of_another_court_is_not_found(court, db):
    from court_link.domain.context import Actor, ActorKind, Context
    from court_link.domain.ids import new_id
    from court_link.domain.roles import Role

    run = await court.staged(two())
    stranger = Actor(
        ActorKind.USER, new_id(), roles=frozenset({Role.LISTING_OFFICER}), scope=frozenset({new_id()})
    )
    for verb in (runs.one, runs.cancel, runs.begin):
        with pytest.raises(NotFound):
            await db.write(verb, Context(stranger), run.id)


def _digest(content: bytes) -> str:
    from court_link.importing import reading

    return reading.read_bytes(content).digest


async def test_a_list_that_nobody_confirmed_is_forgotten_after_a_day(court, clock):
    left, begun = await court.staged(two()), await court.staged(two())
    await court.db.write(runs.begin, SYSTEM_CTX, begun.id)
    clock.set(MONDAY + timedelta(hours=23))
    fresh = await court.staged(two())
    await lists.forget_left(court.db, SYSTEM_CTX)
    assert len(await court.db.read(runs.matters, SYSTEM_CTX, left.id)) == 2
    clock.set(MONDAY + timedelta(hours=24, seconds=1))
    await lists.forget_left(court.db, SYSTEM_CTX)
    assert await court.db.read(runs.matters, SYSTEM_CTX, left.id) == []
    states = [(await court.db.read(runs.one, SYSTEM_CTX, run.id)).state for run in (left, begun, fresh)]
    assert states == [ImportState.CANCELLED, ImportState.APPLYING, ImportState.STAGED]
    assert len(await court.db.read(runs.matters, SYSTEM_CTX, begun.id)) == 2


async def test_what_a_process_left_of_a_cancelled_list_is_forgotten_too(court):
    run = await court.staged(two())
    await court.db.write(runs.cancel, SYSTEM_CTX, run.id)
    await lists.forget_left(court.db, SYSTEM_CTX)
    assert await court.db.read(runs.matters, SYSTEM_CTX, run.id) == []


async def test_the_tick_of_the_application_forgets_them(sqlite_store, monkeypatch):
    monkeypatch.setattr("court_link.app.ticking", partial(scheduler.ticking, tidy_every=0.05))
    async with started(sqlite_store) as world, asyncio.timeout(60):
        court = Court(world.db, (await world.organisation(OrganisationKind.COURT, "Exampleton court")).id)
        run = await court.staged(two())
        world.clock.set(MONDAY + timedelta(hours=25))
        while await world.db.read(runs.matters, SYSTEM_CTX, run.id):  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.01)
        assert (await world.db.read(runs.one, SYSTEM_CTX, run.id)).state is ImportState.CANCELLED


async def test_what_a_list_says_of_custody_is_kept_and_a_list_that_is_silent_changes_nothing(court):
    """After charge or on remand it does not say, so nobody is called detained."""

    def listed(**details):
        return published(standard(room("Courtroom 1", sitting(hearing(case(FIRST, party(**details)))))))

    await court.imported(listed(inCustody=True))
    kept = await court.hearing(FIRST)
    assert (kept.in_custody, kept.detained) == (True, False)
    silent = published(public(room("Courtroom 1", sitting(hearing(case(FIRST))))))
    for says_nothing in (listed(), silent):
        await court.imported(says_nothing)
        assert (await court.hearing(FIRST)).in_custody
    await court.imported(listed(inCustody=False))
    assert not (await court.hearing(FIRST)).in_custody
