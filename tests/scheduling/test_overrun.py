"""A hearing takes longer: what is pushed goes where it can, in order; a person approves, all or nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from court_link.domain.clock import SetClock
from court_link.domain.context import ActorKind, Context
from court_link.domain.errors import Forbidden, Invalid, NotFound, SlotTaken, Stale, WrongState
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingState
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.organisations import Organisation
from court_link.scheduling import booking, overrun, running, scheduler, waitlist
from court_link.scheduling.lengthening import Way
from court_link.scheduling.overrun import Proposal, Unresolved
from court_link.store import Db, Session, bookings
from court_link.store.tables import EventRow, Hearing, Reservation, Shift, SittingSession
from tests.api.apps import World
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.stores import MONDAY

RULES = Rules()
TEN = MONDAY + timedelta(hours=1)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


class Court:
    """A county whose first courtroom sits from ten to one, and its list."""

    def __init__(self, db: Db, county: County, clock: SetClock) -> None:
        self.db, self.county, self.clock, self.clerk = db, county, clock, county.listing_officer

    async def booked(
        self, start: datetime, length: int = 20, title: str = "R v Example", **facts: Any
    ) -> UUID:
        hearing = await self.db.write(
            lambda s, c: add_hearing(s, c, self.county, start, length, title=title), SYSTEM_CONTEXT
        )
        needs = Needs(facts.pop("room", self.county.courtroom), length, **facts)
        await self.db.write(booking.book, self.clerk, hearing, needs, start, rules=RULES)
        return hearing

    async def runs(self, hearing: UUID, now: datetime) -> None:
        self.clock.set(now)
        await scheduler.tick(self.db)
        await self.db.write(running.start, SYSTEM_CONTEXT, hearing)

    async def propose(self, hearing: UUID, more: int, ways: dict[UUID, Way] | None = None) -> Proposal:
        return await self.db.read(overrun.propose, self.clerk, hearing, more, ways, rules=RULES)

    async def approve(self, found: Proposal, ways: dict[UUID, Way] | None = None) -> None:
        await self.db.write(
            overrun.approve, self.clerk, found.hearing_id, found.more, ways, seen=found.seen, rules=RULES
        )

    async def slots(self, *hearings: UUID) -> list[tuple[datetime, float] | None]:
        """When each begins, and for how many minutes; None when it is not booked."""

        def ask(session: Session, ctx: Context) -> list[tuple[datetime, float] | None]:
            standing = bookings.of_hearings(session, hearings, ctx.now)
            found = (standing.get(each) for each in hearings)
            return [(each.slot.start, each.slot.minutes) if each else None for each in found]

        return await self.db.read(ask, SYSTEM_CONTEXT)


@pytest.fixture
async def court(db: Db, clock: SetClock) -> Court:
    county = await County.settle(db)
    whole_day = (MONDAY - minutes(60), MONDAY + timedelta(hours=12))
    await db.write(add_shift, SYSTEM_CONTEXT, county.suite, *whole_day, 4)
    await db.write(_sits, SYSTEM_CONTEXT, county.courtroom)
    await db.write(_sits, SYSTEM_CONTEXT, county.second_courtroom)
    return Court(db, county, clock)


def _sits(session: Session, ctx: Context, room: UUID) -> None:
    session.add(SittingSession(courtroom_id=room, starts_at=TEN, ends_at=TEN + minutes(180)))


async def test_what_is_pushed_moves_by_the_least_and_keeps_its_order(court: Court) -> None:
    long = await court.booked(TEN)
    second, third = await court.booked(TEN + minutes(20)), await court.booked(TEN + minutes(45))
    fourth = await court.booked(TEN + minutes(120))
    await court.runs(long, TEN + minutes(10))
    found = await court.propose(long, 15)
    assert found.ready
    assert (found.before.end, found.after.end) == (TEN + minutes(20), TEN + minutes(35))
    moves = [(move.hearing_id, move.after.start, move.shift) for move in found.moves]
    assert moves == [
        (second, TEN + minutes(35), minutes(15)),
        (third, TEN + minutes(55), minutes(10)),
    ]
    assert any("Courtroom 1" in each.sentence for each in found.moves[0].affected)
    assert await court.slots(second, third) == [(TEN + minutes(20), 20), (TEN + minutes(45), 20)]
    await court.approve(found)
    assert await court.slots(long, second, third, fourth) == [
        (TEN, 35),
        (TEN + minutes(35), 20),
        (TEN + minutes(55), 20),
        (TEN + minutes(120), 20),
    ]


async def test_proposing_changes_nothing_and_writes_no_event(court: Court) -> None:
    long = await court.booked(TEN)
    await court.booked(TEN + minutes(20))

    def everything(session: Session, ctx: Context) -> tuple[int, list[tuple[UUID, datetime, datetime]]]:
        rows = session.exec(select(Reservation).order_by(col(Reservation.id)))
        taken = [(row.id, row.starts_at, row.ends_at) for row in rows]
        return len(session.exec(select(EventRow.id)).all()), taken

    before = await court.db.read(everything, SYSTEM_CONTEXT)
    assert (await court.propose(long, 30)).moves
    assert await court.db.read(everything, SYSTEM_CONTEXT) == before


async def test_a_custody_room_and_an_officer_push_matters_of_other_courtrooms(court: Court) -> None:
    county = court.county
    cell = (CustodyNeed(county.cell, 10, 5),)
    long = await court.booked(TEN + minutes(10), custody=cell, attending=(county.officer,))
    other = await court.booked(TEN + minutes(45), room=county.second_courtroom, custody=cell)
    seen = await court.booked(
        TEN + minutes(35), room=county.second_courtroom, length=10, attending=(county.officer,)
    )
    found = await court.propose(long, 15)
    pushed = {move.hearing_id: move.after.start - move.before.start for move in found.moves}
    # The officer's matter waits for the officer, and the one behind it in that courtroom and cell for both.
    assert pushed == {seen: minutes(10), other: minutes(15)}
    await court.approve(found)
    assert (await court.slots(long))[0] == (TEN + minutes(10), 35)


async def test_one_whose_lobby_is_open_may_begin_later(court: Court) -> None:
    long, lobby = await court.booked(TEN), await court.booked(TEN + minutes(20))
    await court.runs(long, TEN + minutes(5))
    await court.approve(await court.propose(long, 10))
    state = await court.db.read(lambda s, c: s.get_one(Hearing, lobby).state, SYSTEM_CONTEXT)
    assert state is HearingState.LOBBY_OPEN
    assert await court.slots(lobby) == [(TEN + minutes(30), 20)]


async def test_one_that_has_begun_is_not_moved(court: Court) -> None:
    officer = (court.county.officer,)
    long = await court.booked(TEN, attending=officer)
    begun = await court.booked(TEN + minutes(20), room=court.county.second_courtroom, attending=officer)
    await court.runs(long, TEN + minutes(15))
    await court.db.write(running.start, SYSTEM_CONTEXT, begun)
    (pinned,) = (await court.propose(long, 10)).pinned
    assert (pinned.hearing_id, pinned.why, pinned.ways) == (begun, "has begun, or is over", {})


async def test_what_cannot_move_is_named_with_why_and_with_the_ways_that_are_open(court: Court) -> None:
    long = await court.booked(TEN + minutes(120), 30)
    last = await court.booked(TEN + minutes(150), 30, title="R v Last")
    found = await court.propose(long, 20)
    (pinned,) = found.pinned
    assert (pinned.title, pinned.why) == (
        "R v Last",
        "has nowhere to go before the sitting ends at 1pm",
    )
    assert pinned.ways == {
        Way.SHORTEN: "Shorten it to 10 minutes, from 12:50pm",
        Way.ELSEWHERE: "Hear it in Courtroom 2, Demo Court House at 12:30pm",
        Way.WAIT: "Release it and put it on the wait list",
    }
    with pytest.raises(Unresolved):
        await court.approve(found)
    assert await court.slots(long, last) == [(TEN + minutes(120), 30), (TEN + minutes(150), 30)]


@pytest.mark.parametrize("way", list(Way))
async def test_each_way_out_is_taken_when_a_person_chooses_it(court: Court, way: Way) -> None:
    long = await court.booked(TEN + minutes(120), 30)
    last = await court.booked(TEN + minutes(150), 30)
    chosen = {last: way}
    found = await court.propose(long, 20, chosen)
    assert found.ready, found
    await court.approve(found, chosen)
    assert (await court.slots(long))[0] == (TEN + minutes(120), 50)
    place = {
        Way.SHORTEN: (TEN + minutes(170), 10),
        Way.ELSEWHERE: (TEN + minutes(150), 30),
        Way.WAIT: None,
    }[way]
    assert await court.slots(last) == [place]
    waiting = await court.db.read(waitlist.listed, court.clerk)
    assert [each.entry.hearing_id for each in waiting] == ([last] if way is Way.WAIT else [])


async def test_a_hold_and_another_courts_booking_are_gone_round_or_named(court: Court) -> None:
    county = court.county
    long = await court.booked(TEN)
    held = await court.db.write(
        lambda s, c: add_hearing(s, c, county, TEN, 20, title="R v Held"), SYSTEM_CONTEXT
    )
    needs = Needs(county.courtroom, 20)
    await court.db.write(booking.hold, court.clerk, held, needs, TEN + minutes(30), rules=RULES)
    pushed = await court.booked(TEN + minutes(20), 10)
    found = await court.propose(long, 10)
    assert [(move.hearing_id, move.after.start) for move in found.moves] == [(pushed, TEN + minutes(50))]
    met = await court.propose(long, 15)
    (pinned,) = met.pinned
    assert (pinned.title, pinned.ways) == ("R v Held", {})
    assert met.warnings == ("It can go on until 10:30am without touching what may not be moved.",)


async def test_what_is_no_longer_as_it_was_seen_is_not_done(court: Court) -> None:
    long, second = await court.booked(TEN), await court.booked(TEN + minutes(20))
    found = await court.propose(long, 10)
    await court.db.write(booking.release, court.clerk, (await _booking(court, second)))
    with pytest.raises(Stale):
        await court.approve(found)
    assert (await court.slots(long))[0] == (TEN, 20)


async def _booking(court: Court, hearing: UUID) -> UUID:
    def ask(session: Session, ctx: Context) -> UUID:
        return bookings.of_hearings(session, [hearing], ctx.now)[hearing].id

    return await court.db.read(ask, SYSTEM_CONTEXT)


async def test_a_full_pool_is_said_before_anybody_approves_and_nothing_is_half_done(court: Court) -> None:
    """Four officers on shift until eleven, none after: a custody matter cannot be pushed past it."""
    county = court.county
    long = await court.booked(TEN, custody=(CustodyNeed(county.cell, 0, 0),))
    pushed = await court.booked(TEN + minutes(25), custody=(CustodyNeed(county.second_cell, 0, 0),))

    def nobody_left(session: Session, ctx: Context) -> None:
        (shift,) = session.exec(select(Shift))
        shift.ends_at = TEN + minutes(45)

    await court.db.write(nobody_left, SYSTEM_CONTEXT)
    found = await court.propose(long, 20)
    assert found.refused == "Demo Custody Suite is full."
    assert not found.ready
    with pytest.raises(SlotTaken):
        await court.approve(found)
    assert await court.slots(long, pushed) == [(TEN, 20), (TEN + minutes(25), 20)]


async def test_units_that_the_hearing_has_already_count_as_its_own(court: Court) -> None:
    """Two officers on shift for two custody matters: each goes on with the one that it has."""

    def two_on_shift(session: Session, ctx: Context) -> None:
        (shift,) = session.exec(select(Shift))
        shift.staff = 2

    county = court.county
    long = await court.booked(TEN, custody=(CustodyNeed(county.cell, 0, 0),))
    beside = county.second_courtroom
    await court.booked(TEN, 40, room=beside, custody=(CustodyNeed(county.second_cell, 0, 0),))
    await court.db.write(two_on_shift, SYSTEM_CONTEXT)
    found = await court.propose(long, 15)
    assert found.ready, found.refused
    await court.approve(found)


async def test_a_hearing_that_has_not_begun_may_not_go_past_its_sitting(court: Court) -> None:
    long = await court.booked(TEN + minutes(150), 30)
    found = await court.propose(long, 15)
    assert not found.ready
    with pytest.raises(SlotTaken):
        await court.approve(found)


async def test_a_person_of_the_court_approves_and_a_machine_may_not(court: Court) -> None:
    long = await court.booked(TEN)
    found = await court.propose(long, 10)
    machine = replace(court.clerk, actor=replace(court.clerk.actor, kind=ActorKind.TOKEN))
    with pytest.raises(Forbidden):
        await court.db.write(overrun.approve, machine, long, 10, seen=found.seen, rules=RULES)
    for other, error in (
        (court.county.foreign_listing_officer, NotFound),
        (court.county.person(court.county.court, Role.USHER), Forbidden),
    ):
        with pytest.raises(error):
            await court.db.read(overrun.propose, other, long, 10, rules=RULES)


async def test_only_what_is_booked_and_not_over_is_given_more(court: Court) -> None:
    long = await court.booked(TEN)
    for more in (0, 481):
        with pytest.raises(Invalid):
            await court.propose(long, more)
    await court.db.write(booking.release, court.clerk, await _booking(court, long))
    with pytest.raises(WrongState):
        await court.propose(long, 10)


async def test_it_may_go_on_past_the_sitting_and_that_is_said(court: Court) -> None:
    long = await court.booked(TEN + minutes(150), 30)
    await court.runs(long, TEN + minutes(155))
    found = await court.propose(long, 15)
    assert found.warnings == ("It would go on until 1:15pm, after the sitting ends at 1pm.",)
    await court.approve(found)
    kinds = await court.db.read(
        lambda s, c: [row.kind for row in s.exec(select(EventRow).where(EventRow.hearing_id == long))],
        SYSTEM_CONTEXT,
    )
    assert kinds.count(EventKind.BOOKING_CHANGED) == 1
    assert (await court.slots(long))[0] == (TEN + minutes(150), 45)


async def test_the_page_proposes_asks_and_does_it(world: World, settled: County) -> None:
    on = Court(world.db, settled, world.clock)
    organisation = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    clerk = await world.signed_in(await world.person(organisation, Role.LISTING_OFFICER))
    long = await on.booked(TEN)
    second = await on.booked(TEN + minutes(20), title="R v Second")
    page = await clerk.get(f"/hearings/{long}/overrun?minutes=15")
    for said in ("10:35am", "R v Second", "10:35am to 10:55am", "15 minutes later", "Approve"):
        assert said in page.text
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', page.text)
    assert seen
    stale = await clerk.submit(f"/hearings/{long}/overrun", {"minutes": "15", "seen": "0" * 64})
    assert (stale.status_code, "Nothing was changed" in stale.text) == (409, True)
    done = await clerk.submit(f"/hearings/{long}/overrun", {"minutes": "15", "seen": seen[1]})
    assert done.headers["Location"] == f"/hearings/{long}?done=longer"
    assert await on.slots(second) == [(TEN + minutes(35), 20)]
    wrong = await clerk.get(f"/hearings/{long}/overrun?minutes=soon")
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (422, True)
    machine = await world.machine(organisation, Role.LISTING_OFFICER)
    asked = await machine.post(f"/api/hearings/{long}/overrun/preview", json={"minutes": 5})
    assert (asked.status_code, asked.json()["ready"]) == (200, True)
    approved = {"minutes": 5, "seen": asked.json()["seen"]}
    assert (await machine.post(f"/api/hearings/{long}/overrun", json=approved)).status_code == 403
