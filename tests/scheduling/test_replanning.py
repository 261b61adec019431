"""Moving, lengthening, exchanging, swapping and splitting what is booked, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from court_link.domain.context import Context
from court_link.domain.direction import DirectionStatus, Force, Medium
from court_link.domain.errors import Forbidden, Invalid, NotFound, SlotTaken, Stale, WrongState
from court_link.domain.hearing import HearingState
from court_link.domain.places import PersonKind
from court_link.domain.roles import Part, Role
from court_link.scheduling import groups
from court_link.scheduling.groups import Days
from court_link.scheduling.replanning import Length, Move, Reassign, Split, Swap
from court_link.store import Db, Session
from court_link.store.tables import Booking, DirectionRow, EventRow, Hearing, Link, Reservation
from tests.scheduling.replanning import DAY, TEN, Court, said

ELEVEN = TEN + timedelta(hours=1)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
async def court(db: Db) -> Court:
    return await Court.settle(db)


async def test_a_preview_says_whom_a_move_affects_and_writes_nothing(court: Court) -> None:
    hearing = await court.booked()
    tables = (Booking, Reservation, EventRow, Hearing)
    before = [await court.count(table) for table in tables]
    seen = await court.preview(hearing, Move(ELEVEN))
    assert seen.refused is None
    assert said(seen.consequences[0])["PC 1187 Demo"] == "now 11am to 11:30am, was 10am to 10:30am"
    assert [await court.count(table) for table in tables] == before
    assert (await court.standing(hearing))[0].slot.start == TEN


async def test_a_preview_of_what_cannot_be_had_says_why_and_still_whom_it_would_affect(court: Court) -> None:
    hearing = await court.booked()
    await court.alone("R v Quicker", ELEVEN)
    seen = await court.preview(hearing, Move(ELEVEN))
    assert isinstance(seen.refused, SlotTaken)
    assert "Courtroom 1, Demo Court House is booked for R v Quicker" in seen.refused.message
    assert "PC 1187 Demo" in said(seen.consequences[0])
    with pytest.raises(SlotTaken):
        await court.make(hearing, Move(ELEVEN))


async def test_a_move_names_those_affected_in_its_event_and_nobody_else(court: Court) -> None:
    hearing = await court.booked(attending=(court.county.officer, court.county.second_officer))
    advocate = await court.link(hearing, Part.ADVOCATE)
    await court.make(hearing, Reassign(court.county.second_officer, None))
    (changed,) = await court.events("booking.changed")
    assert changed.data["affected"] == sorted(map(str, (court.county.second_officer, court.county.force)))
    await court.make(hearing, Move(ELEVEN))
    told = (await court.events("booking.changed"))[-1].data["affected"]
    assert {str(court.county.officer), str(court.county.suite), str(advocate)} <= set(told)
    assert str(court.county.second_officer) not in told


async def test_a_booking_is_made_longer_and_shorter_from_the_same_start(court: Court) -> None:
    hearing = await court.booked()
    (longer,) = await court.make(hearing, Length(45))
    assert said(longer)["Courtroom 1, Demo Court House"] == "now 10am to 10:45am, was 10am to 10:30am"
    (standing,) = await court.standing(hearing)
    assert (standing.slot.start, standing.slot.end) == (TEN, TEN + minutes(45))
    await court.make(hearing, Length(15))
    assert (await court.standing(hearing))[0].needs.minutes == 15
    with pytest.raises(Invalid, match="Something"):
        await court.make(hearing, Length(15))


async def test_a_hearing_cannot_grow_into_the_next_one(court: Court) -> None:
    hearing = await court.booked()
    await court.alone("R v Next", TEN + minutes(30))
    with pytest.raises(SlotTaken, match="R v Next"):
        await court.make(hearing, Length(35))
    assert (await court.standing(hearing))[0].needs.minutes == 30


async def test_a_hearing_that_goes_on_may_only_change_its_length(court: Court) -> None:
    hearing = await court.booked()
    await court.change(hearing, state=HearingState.IN_SESSION)
    await court.make(hearing, Length(50))
    for what in (Move(ELEVEN), Reassign(court.county.officer, court.county.second_officer)):
        seen = await court.preview(hearing, what)
        assert isinstance(seen.refused, WrongState)
        with pytest.raises(WrongState):
            await court.make(hearing, what)
    assert {link.credential_version for link in await court.links(hearing)} == {1}


async def test_another_officer_takes_the_place_of_one_and_the_others_links_stand(court: Court) -> None:
    hearing = await court.booked()
    before = {link.part: link for link in await court.links(hearing)}
    (meaning,) = await court.make(hearing, Reassign(court.county.officer, court.county.second_officer))
    assert set(said(meaning)) == {"PC 1187 Demo", "PC 2043 Sample"}
    standing = [link for link in await court.links(hearing) if not link.revoked]
    assert {link.label for link in standing if link.part is Part.OFFICER} == {"PC 2043 Sample"}
    assert before[Part.DEFENDANT].id in {link.id for link in standing}
    gone = next(link for link in await court.links(hearing) if link.id == before[Part.OFFICER].id)
    assert gone.revoked
    assert gone.credential_version == 2


async def test_another_judge_sits_late_and_what_the_first_was_given_leads_nowhere(court: Court) -> None:
    first = await court.person("District Judge Example", PersonKind.JUDICIARY)
    second = await court.person("District Judge Sample", PersonKind.JUDICIARY)
    hearing = await court.booked(attending=(court.county.officer, first))
    await court.make(hearing, Reassign(first, second))
    assert (await court.standing(hearing))[0].needs.attending == (court.county.officer, second)
    links = {link.part: link for link in await court.links(hearing)}
    assert links[Part.BENCH].credential_version == 2
    assert not links[Part.BENCH].revoked
    assert links[Part.OFFICER].credential_version == 1


async def test_a_bench_and_an_officer_are_replaced_while_people_wait_in_the_lobby(court: Court) -> None:
    first = await court.person("District Judge Example", PersonKind.JUDICIARY)
    second = await court.person("District Judge Sample", PersonKind.JUDICIARY)
    hearing = await court.booked(attending=(court.county.officer, first))
    waiting = next(link for link in await court.links(hearing) if link.part is Part.DEFENDANT)
    await court.change(hearing, state=HearingState.LOBBY_OPEN)
    await court.make(hearing, Reassign(first, second))
    await court.make(hearing, Reassign(court.county.officer, court.county.second_officer))
    (standing,) = await court.standing(hearing)
    assert standing.needs.attending == (court.county.second_officer, second)
    links = await court.links(hearing)
    assert next(link for link in links if link.part is Part.BENCH).credential_version == 2
    assert {link.label for link in links if link.part is Part.OFFICER and not link.revoked} == {
        "PC 2043 Sample"
    }
    stays = next(link for link in links if link.id == waiting.id)
    assert (stays.version, stays.credential_version) == (waiting.version, waiting.credential_version)
    courtrooms = Reassign(court.county.courtroom, court.county.second_courtroom)
    with pytest.raises(WrongState):
        await court.make(hearing, courtrooms)


async def test_what_the_court_took_away_does_not_come_back_when_a_waiting_hearing_grows(
    court: Court,
) -> None:
    hearing = await court.booked()
    officer = next(link for link in await court.links(hearing) if link.part is Part.OFFICER)

    def take_away(session: Session, ctx: Context) -> None:
        session.get_one(Link, officer.id).revoked = True

    await court.db.write(take_away, court.clerk)
    await court.change(hearing, state=HearingState.LOBBY_OPEN)
    await court.make(hearing, Length(45))
    assert [link.revoked for link in await court.links(hearing) if link.part is Part.OFFICER] == [True]


async def test_a_defendant_moves_to_another_room_and_their_direction_with_them(court: Court) -> None:
    hearing = await court.booked()
    defendant = next(each for each in await court.links(hearing) if each.part is Part.DEFENDANT)

    def direct(session: Session, ctx: Context) -> None:
        session.add(
            DirectionRow(
                hearing_id=hearing,
                link_id=defendant.id,
                medium=Medium.VIDEO,
                force=Force.PERMIT,
                status=DirectionStatus.IN_FORCE,
                maker="District Judge Example",
                made_at=ctx.now,
            )
        )

    await court.db.write(direct, court.clerk)
    await court.make(hearing, Reassign(court.county.cell, court.county.second_cell))
    (standing,) = await court.standing(hearing)
    assert [need.room_id for need in standing.needs.custody] == [court.county.second_cell]
    (link,) = [each for each in await court.links(hearing) if each.part is Part.DEFENDANT]
    assert (link.id, link.room_id, link.revoked) == (defendant.id, court.county.second_cell, False)
    assert link.credential_version == 2  # the device in the room that they left has no way in
    assert link.label == "Defendant, Video room 2, Demo Custody Suite"


async def test_an_advocate_with_a_link_alone_is_replaced_by_another(court: Court) -> None:
    hearing = await court.booked()
    first = await court.person("Ms First, advocate", PersonKind.ADVOCATE)
    second = await court.person("Ms Second, advocate", PersonKind.ADVOCATE)
    await court.link(hearing, Part.ADVOCATE, "Ms First, advocate", person_id=first)
    seen = await court.preview(hearing, Reassign(first, second))
    assert set(said(seen.consequences[0])) == {"Ms First, advocate", "Ms Second, advocate"}
    await court.make(hearing, Reassign(first, second))
    by_person = {link.person_id: link for link in await court.links(hearing)}
    assert by_person[first].revoked
    assert (by_person[second].part, by_person[second].revoked) == (Part.ADVOCATE, False)
    with pytest.raises(Invalid) as wrong:
        await court.make(hearing, Reassign(second, court.county.officer))
    assert [error.field for error in wrong.value.errors] == ["into"]


async def test_what_cannot_be_exchanged_is_named(court: Court) -> None:
    hearing, county = await court.booked(), court.county
    wrong = {
        (county.officer, county.second_cell): "into",
        (county.second_officer, county.officer): "out",
        (county.courtroom, None): "into",
        (county.officer, county.officer): "into",
        (None, county.officer): "into",
        (None, county.second_cell): "out",
        (None, None): "out",
        (county.officer, county.other_court): "into",
    }
    for (out, into), field in wrong.items():
        with pytest.raises(Invalid) as refused:
            await court.make(hearing, Reassign(out, into))
        assert [error.field for error in refused.value.errors] == [field]


async def test_two_hearings_of_different_courtrooms_swap_time_and_room(court: Court) -> None:
    here = await court.booked("R v Here")
    there = await court.alone("R v There", ELEVEN, courtroom_id=court.county.second_courtroom)
    seen = await court.preview(here, Swap(there))
    assert [each.title for each in seen.consequences] == ["R v Here", "R v There"]
    await court.make(here, Swap(there))
    first, second = await court.standing(here, there)
    assert (first.slot.start, first.courtroom_id) == (ELEVEN, court.county.second_courtroom)
    assert (second.slot.start, second.courtroom_id) == (TEN, court.county.courtroom)
    assert first.needs.custody[0].room_id == court.county.cell


async def test_neighbours_of_different_length_change_order_within_the_time_that_they_had(
    court: Court,
) -> None:
    short = await court.alone("R v Short", TEN, 12)
    long = await court.alone("R v Long", TEN + minutes(15), 40)
    after = await court.alone("R v After", TEN + minutes(55), 10)
    await court.make(long, Swap(short))
    first, second, third = await court.standing(long, short, after)
    assert (first.slot.start, first.slot.end) == (TEN, TEN + minutes(40))
    assert (second.slot.start, second.slot.end) == (TEN + minutes(40), TEN + minutes(52))
    assert third.slot.start == TEN + minutes(55)


async def test_a_swap_that_does_not_fit_changes_neither(court: Court) -> None:
    short = await court.alone("R v Short", TEN, 10)
    await court.alone("R v Between", TEN + minutes(10), 20)
    long = await court.alone("R v Long", TEN + minutes(30), 40)
    seen = await court.preview(short, Swap(long))
    assert isinstance(seen.refused, SlotTaken)
    with pytest.raises(SlotTaken, match="R v Between"):
        await court.make(short, Swap(long))
    assert [each.slot.start for each in await court.standing(short, long)] == [TEN, TEN + minutes(30)]
    for other in (short, await court.matter("R v Unbooked")):
        with pytest.raises(Invalid):
            await court.make(short, Swap(other))


async def test_a_hearing_is_split_over_days_and_the_first_keeps_its_id(court: Court) -> None:
    hearing = await court.alone("R v Trial", TEN, 60)
    advocate = await court.link(hearing, Part.ADVOCATE)
    made = await court.make(hearing, Split((TEN, TEN + DAY, TEN + 2 * DAY), 300))
    ids = [each.hearing_id for each in made]
    assert ids[0] == hearing
    assert [each.slot.start for each in await court.standing(*ids)] == [TEN, TEN + DAY, TEN + 2 * DAY]
    rows = [await court.row(each) for each in ids]
    assert [row.group_day for row in rows] == [1, 2, 3]
    assert len({row.group_id for row in rows}) == 1
    assert {row.state for row in rows} == {HearingState.BOOKED}
    assert {row.title for row in rows} == {"R v Trial"}
    again = [link for link in await court.links(ids[1]) if link.part is Part.ADVOCATE]
    assert len(again) == 1
    assert again[0].id != advocate
    related = await court.db.read(groups.related, court.clerk, ids[1])
    assert ([each.id for each in related.days], related.day) == (ids, 2)
    more = await court.make(ids[2], Split((TEN + 2 * DAY, TEN + 3 * DAY)))
    assert (await court.row(more[1].hearing_id)).group_day == 4
    with pytest.raises(WrongState):
        await court.make(ids[0], Split((TEN, TEN + 4 * DAY)))


async def test_a_listed_matter_is_booked_for_several_days_at_once(court: Court) -> None:
    hearing = await court.matter()
    with pytest.raises(Invalid) as refused:
        await court.make(hearing, Split((TEN, TEN + DAY)))
    assert [error.field for error in refused.value.errors] == ["needs"]
    await court.make(hearing, Split((TEN, TEN + DAY), needs=court.needs()))
    assert (await court.row(hearing)).state is HearingState.BOOKED


async def test_days_are_booked_all_or_none(court: Court) -> None:
    hearing = await court.alone("R v Trial", TEN, 60)
    await court.alone("R v Other", TEN + DAY)
    before = [await court.count(table) for table in (Hearing, Booking, Reservation, EventRow)]
    with pytest.raises(SlotTaken, match="R v Other"):
        await court.make(hearing, Split((TEN, TEN + DAY, TEN + 2 * DAY)))
    assert [await court.count(table) for table in (Hearing, Booking, Reservation, EventRow)] == before
    assert (await court.row(hearing)).group_id is None
    for starts in ((TEN,), (TEN, TEN + minutes(60))):
        with pytest.raises(Invalid) as refused:
            await court.make(hearing, Split(starts))
        assert [error.field for error in refused.value.errors] == ["starts"]


async def test_moving_one_day_may_move_those_after_it_or_all(court: Court) -> None:
    hearing = await court.alone("R v Trial", TEN, 60)
    made = await court.make(hearing, Split((TEN, TEN + DAY, TEN + 2 * DAY)))
    first, second, third = (each.hearing_id for each in made)
    seen = await court.preview(second, Move(ELEVEN + DAY, days=Days.LATER))
    assert {each.hearing_id for each in seen.consequences} == {second, third}
    await court.make(second, Move(ELEVEN + DAY, days=Days.LATER))
    starts = [each.slot.start for each in await court.standing(first, second, third)]
    assert starts == [TEN, ELEVEN + DAY, ELEVEN + 2 * DAY]
    await court.make(first, Move(TEN + DAY, days=Days.ALL))
    starts = [each.slot.start for each in await court.standing(first, second, third)]
    assert starts == [TEN + DAY, ELEVEN + 2 * DAY, ELEVEN + 3 * DAY]


async def test_a_stale_change_is_refused_with_what_it_is_now(court: Court) -> None:
    hearing = await court.booked()
    version = (await court.row(hearing)).version
    await court.make(hearing, Length(45), version=version)
    for attempt in (court.make, court.preview):
        with pytest.raises(Stale) as stale:
            await attempt(hearing, Length(60), version=version)
        assert stale.value.details["now"]["minutes"] == 45
        assert stale.value.details["sent"] == {"minutes": 60}
        assert stale.value.details["version"] == version + 1


async def test_only_its_own_court_changes_a_hearing(court: Court) -> None:
    hearing, other = await court.booked(), await court.alone("R v Other", ELEVEN)
    force = court.county.person(court.county.force, Role.CUSTODY_OFFICER)
    for what in (Move(ELEVEN), Length(45), Swap(other), Split((TEN, TEN + DAY)), Reassign(None, other)):
        with pytest.raises(NotFound):
            await court.make(hearing, what, court.county.foreign_listing_officer)
        with pytest.raises(Forbidden):
            await court.make(hearing, what, force)


async def test_nothing_of_a_matter_that_is_not_booked_can_be_changed(court: Court) -> None:
    hearing = await court.matter()
    for what in (Move(ELEVEN), Length(45), Reassign(court.county.officer, None)):
        with pytest.raises(WrongState):
            await court.make(hearing, what)
