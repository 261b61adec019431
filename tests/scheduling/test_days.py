"""What each role finds on its one page, on both engines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from court_link.domain.clock import SetClock
from court_link.domain.context import Context
from court_link.domain.errors import Forbidden, NotFound
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingState, Outcome
from court_link.domain.link import Admission
from court_link.domain.places import PersonKind
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import Part, Role
from court_link.domain.times import Interval
from court_link.media import joining
from court_link.scheduling import bench, booking, custody, days, readings, running, vacating
from court_link.scheduling.custody import Phase
from court_link.scheduling.days import Turn
from court_link.scheduling.vacating import VacateReason
from court_link.store import Db, Session, bookings, feed, links, places
from court_link.store.tables import EventRow, Party
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.media.scene import participant
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Day:
    """A county on Monday at nine, and those who look at their pages."""

    def __init__(self, db: Db, county: County, clock: SetClock, advocate: UUID) -> None:
        self.db, self.county, self.clock, self.clerk = db, county, clock, county.listing_officer
        self.officer = county.person(county.force, Role.OFFICER, person_id=county.officer)
        self.second_officer = county.person(county.force, Role.OFFICER, person_id=county.second_officer)
        self.sergeant = county.person(county.custody, Role.CUSTODY_OFFICER)
        self.judge = county.person(county.court, Role.BENCH)
        self.advocate_id = advocate
        self.advocate = county.person(county.commissioner, Role.ADVOCATE, person_id=advocate)

    async def book(self, start: datetime = TEN, minutes: int = 20, **needs: Any) -> UUID:
        hearing = await self.db.write(add_hearing, SYSTEM_CONTEXT, self.county, start, minutes)
        await self.db.write(_name_defendant, SYSTEM_CONTEXT, hearing)
        await self.rebook(hearing, start, minutes, **needs)
        return hearing

    async def rebook(
        self,
        hearing: UUID,
        start: datetime = TEN,
        minutes: int = 20,
        *,
        replacing: UUID | None = None,
        **needs: Any,
    ) -> UUID:
        county = self.county
        usual: dict[str, Any] = {
            "courtroom_id": county.courtroom,
            "custody": (CustodyNeed(county.cell),),
            "attending": (county.officer,),
        }
        wanted = Needs(minutes=minutes, **usual | needs)
        booked = await self.db.write(
            booking.book, self.clerk, hearing, wanted, start, rules=Rules(), replacing=replacing
        )
        return booked.id

    async def run(self, hearing: UUID, *acts: str) -> None:
        for act in acts:
            await self.db.write(getattr(running, act), self.judge, hearing)

    async def evidence(self, ctx: Context | None = None) -> days.Evidence:
        return await self.db.read(days.evidence, ctx or self.officer)

    async def clients(self) -> days.Clients:
        return await self.db.read(days.clients, self.advocate)

    async def board(self) -> custody.Board:
        return await self.db.read(custody.board, self.sergeant, self.county.suite)

    async def sitting(self) -> bench.Sitting:
        listed = await self.db.read(bench.listed, self.judge)
        return listed.courtrooms[0].sittings[0]

    async def link(self, hearing: UUID, part: Part) -> Any:
        every = await self.db.read(links.of_hearing, SYSTEM_CONTEXT, hearing)
        return next(each for each in every if each.part is part)


def _name_defendant(session: Session, ctx: Context, hearing: UUID) -> None:
    session.add(Party(hearing_id=hearing, position=0, role="DEFENDANT", name="Ottilie Gooseberry"))


@pytest.fixture
async def day(db: Db, clock: SetClock) -> Day:
    county = await County.settle(db)
    await db.write(
        add_shift, SYSTEM_CONTEXT, county.suite, MONDAY - 60 * MINUTE, MONDAY + timedelta(hours=12)
    )

    def lawyer(session: Session, ctx: Context) -> UUID:
        return places.add_person(session, county.commissioner, PersonKind.ADVOCATE, "A. Advocate")

    return Day(db, county, clock, await db.write(lawyer, SYSTEM_CONTEXT))


async def test_an_officer_stays_on_the_beat_until_the_lobby_opens(day: Day) -> None:
    await day.book()
    [needed] = (await day.evidence()).today
    assert (needed.turn, needed.lobby_opens) == (Turn.LATER, TEN - 30 * MINUTE)
    assert (needed.matter.courtroom, needed.matter.court_house) == ("Courtroom 1", "Demo Court House")
    # The tick has not come by: the page says the same as if it had.
    day.clock.set(TEN - 30 * MINUTE)
    [needed] = (await day.evidence()).today
    assert (needed.turn, needed.matter.state) == (Turn.OPEN, HearingState.LOBBY_OPEN)


async def test_the_page_is_looked_at_again_when_time_alone_changes_it(day: Day) -> None:
    await day.book(TEN + timedelta(days=1), custody=())
    tomorrow = await day.evidence()
    assert (tomorrow.today, tomorrow.changes_at) == ((), TEN + timedelta(days=1) - 30 * MINUTE)
    assert len(tomorrow.later) == 1


async def test_an_officer_sees_when_they_were_released(day: Day) -> None:
    hearing = await day.book()
    day.clock.set(TEN)
    await day.run(hearing, "start")
    day.clock.set(TEN + 12 * MINUTE)
    await day.db.write(running.end, day.judge, hearing, Outcome.DEALT_WITH)
    shown = await day.evidence()
    assert shown.today == ()
    assert [each.matter.ended_at for each in shown.past] == [TEN + 12 * MINUTE]


async def test_an_officer_expects_to_wait_for_what_is_ahead(day: Day) -> None:
    await day.book(TEN, 60, custody=(), attending=())
    await day.book(TEN + 60 * MINUTE, custody=())
    [needed] = (await day.evidence()).today
    assert needed.expected == Interval(TEN + 60 * MINUTE, TEN + 105 * MINUTE)
    day.clock.set(TEN + 30 * MINUTE)  # and it has not begun
    [needed] = (await day.evidence()).today
    assert needed.expected is not None
    assert needed.expected.start == TEN + 90 * MINUTE


async def test_an_officer_who_is_stood_down_is_told_so_and_sees_no_name(day: Day) -> None:
    hearing = await day.book()
    before = await day.evidence()
    booked = await _booking_of(day, hearing)
    await day.rebook(hearing, replacing=booked, attending=(day.county.second_officer,))
    shown = await day.evidence()
    assert (len(before.today), shown.today) == (1, ())
    assert [each.slot.start for each in shown.not_needed] == [TEN]
    assert not hasattr(shown.not_needed[0], "title")
    assert len((await day.evidence(day.second_officer)).today) == 1


async def test_a_vacated_hearing_tells_its_officer(day: Day) -> None:
    hearing = await day.book()
    await day.db.write(vacating.vacate, day.clerk, hearing, VacateReason.RESOLVED)
    shown = await day.evidence()
    assert shown.today == ()
    assert [each.slot.start for each in shown.not_needed] == [TEN]


async def test_nobody_sees_another_officers_day(day: Day) -> None:
    hearing = await day.book()
    assert (await day.evidence(day.second_officer)).today == ()
    link = await day.link(hearing, Part.OFFICER)
    with pytest.raises(NotFound):
        await day.db.read(days.appearance, day.second_officer, link.id)
    assert (await day.db.read(days.appearance, day.officer, link.id)).link_id == link.id
    with pytest.raises(Forbidden):
        await day.evidence(day.sergeant)


async def test_a_custody_room_goes_through_its_phases(day: Day) -> None:
    hearing = await day.book()
    seen = {}
    for minute in (40, 45, 60):
        day.clock.set(MONDAY + minute * MINUTE)
        [visit] = (await day.board()).due
        seen[minute] = visit.phase
    assert seen == {40: Phase.LATER, 45: Phase.CONSULTATION, 60: Phase.DUE}
    await day.run(hearing, "start")
    assert (await day.board()).due[0].phase is Phase.HEARING
    day.clock.set(TEN + 30 * MINUTE)  # it runs over, and keeps its room
    board = await day.board()
    assert (board.rooms[0].now, board.busy) == (board.due[0], 1)
    await day.db.write(running.end, day.judge, hearing, Outcome.DEALT_WITH)
    board = await day.board()
    assert (board.due[0].phase, board.due[0].frees) == (Phase.TURNAROUND, TEN + 40 * MINUTE)
    assert board.changes_at == TEN + 40 * MINUTE
    day.clock.set(TEN + 40 * MINUTE)
    board = await day.board()
    assert (board.due, board.rooms[0].now) == ((), None)


async def test_the_board_says_who_comes_next_and_who_is_on_shift(day: Day) -> None:
    await day.book()
    await day.book(TEN + 60 * MINUTE, attending=())
    board = await day.board()
    assert [room.name for room in board.rooms] == ["Video room 1", "Video room 2"]
    coming = board.rooms[0].next
    assert coming is not None
    assert (coming.begins, coming.defendants) == (TEN - 15 * MINUTE, ("Ottilie Gooseberry",))
    assert (board.on_shift, board.shift_ends) == (2, MONDAY + timedelta(hours=12))


async def test_another_suites_board_is_absent(day: Day) -> None:
    stranger = day.county.person(day.county.other_court, Role.CUSTODY_OFFICER)
    assert await day.db.read(custody.suites, stranger) == ()
    with pytest.raises(NotFound):
        await day.db.read(custody.board, stranger, day.county.suite)
    with pytest.raises(Forbidden):
        await day.db.read(custody.board, day.officer, day.county.suite)


async def test_custody_staff_disconnect_their_room_and_the_court_must_let_it_in_again(day: Day) -> None:
    hearing = await day.book()
    day.clock.set(TEN)
    link = await day.link(hearing, Part.DEFENDANT)
    await day.db.write(joining.arrive, participant(link))
    gone = await day.db.write(joining.disconnect, day.sergeant, link.id)
    assert (gone.admission, gone.place, gone.credential_version) == (Admission.WAITING, "lobby", 2)
    for other in (day.officer, day.judge, day.county.person(day.county.force, Role.CUSTODY_OFFICER)):
        with pytest.raises(NotFound):
            await day.db.write(joining.disconnect, other, link.id)


async def test_the_bench_sees_who_waits_and_what_it_can_do(day: Day) -> None:
    hearing = await day.book()
    assert (await day.sitting()).acts == ()
    day.clock.set(TEN)
    await day.run(hearing, "open_lobby")
    await day.db.write(joining.arrive, participant(await day.link(hearing, Part.OFFICER)))
    sitting = await day.sitting()
    assert [one.label for one in sitting.waiting] == ["PC 1187 Demo"]
    assert sitting.acts == ("start", "end")
    expected = {"start": ("pause", "end"), "pause": ("resume", "end"), "resume": ("pause", "end")}
    for act, then in expected.items():
        await day.run(hearing, act)
        assert (await day.sitting()).acts == then
    await day.db.write(running.end, day.judge, hearing, Outcome.DEALT_WITH)
    assert (await day.sitting()).acts == ("reopen",)
    day.clock.set(TEN + 20 * MINUTE)
    assert (await day.sitting()).acts == ()


async def test_a_bench_list_is_of_ones_own_court(day: Day) -> None:
    await day.book()
    stranger = day.county.person(day.county.other_court, Role.BENCH)
    assert (await day.db.read(bench.listed, stranger)).courtrooms == ()


async def test_an_advocate_is_warned_when_called_in_two_at_once_and_not_when_booked(day: Day) -> None:
    first = await day.book(TEN, 30)
    second = await day.book(
        TEN + 15 * MINUTE, courtroom_id=day.county.second_courtroom, custody=(), attending=()
    )
    for hearing in (first, second):
        await day.db.write(joining.issue_to, day.clerk, hearing, day.advocate_id)
    shown = await day.clients()
    assert [each.matter.hearing_id for each in shown.today] == [first, second]
    assert shown.today[0].custody == ("Video room 1, Demo Custody Suite",)
    assert shown.clashes == ()  # being booked in both is normal
    day.clock.set(TEN)
    assert [tuple(each.matter.hearing_id for each in pair) for pair in (await day.clients()).clashes] == [
        (first, second)
    ]


async def test_only_lawyers_are_given_a_part_by_name(day: Day) -> None:
    hearing = await day.book()
    known = await day.db.read(joining.known_people, day.clerk, hearing)
    assert [each.id for each in known] == [day.advocate_id]
    with pytest.raises(joining.NotAWord):
        await day.db.write(joining.issue_to, day.clerk, hearing, day.county.officer)
    with pytest.raises(NotFound):
        await day.db.write(joining.issue_to, day.county.foreign_listing_officer, hearing, day.advocate_id)


async def test_an_account_that_is_nobody_who_can_be_booked_has_an_empty_day(day: Day) -> None:
    nobody = day.county.person(day.county.force, Role.OFFICER)
    shown = await day.evidence(nobody)
    assert (shown.known, shown.today, shown.later) == (False, (), ())


async def test_a_reading_is_written_down_for_each_hearing(day: Day) -> None:
    hearing = await day.book()
    await day.db.write(readings.note, day.sergeant, [hearing])
    await day.db.sealed(0, 5)
    found = [
        event
        for event in await day.db.read(feed.after, SYSTEM_CONTEXT, 0)
        if event.kind is EventKind.HEARING_READ
    ]
    assert [(event.hearing_id, event.actor_id) for event in found] == [(hearing, day.sergeant.actor.id)]


async def test_a_page_that_stands_open_is_one_reading_and_another_reader_is_another(day: Day) -> None:
    hearing = await day.book()
    for reader in (day.sergeant, day.sergeant, day.clerk):
        await day.db.write(readings.note, reader, [hearing])
    day.clock.set(day.clock.now() + readings.ONE_READING)
    await day.db.write(readings.note, day.sergeant, [hearing])

    def read(session: Session, ctx: Context) -> list[UUID | None]:
        rows = session.exec(select(EventRow).order_by(col(EventRow.at), col(EventRow.id)))
        return [row.actor_id for row in rows if row.kind is EventKind.HEARING_READ]

    assert await day.db.read(read, SYSTEM_CONTEXT) == [
        day.sergeant.actor.id,
        day.clerk.actor.id,
        day.sergeant.actor.id,
    ]


async def _booking_of(day: Day, hearing: UUID) -> UUID:
    def find(session: Session, ctx: Context) -> UUID:
        return bookings.of_hearings(session, [hearing], ctx.now)[hearing].id

    return await day.db.read(find, SYSTEM_CONTEXT)
