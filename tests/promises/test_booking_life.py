"""A booking's whole life, in any order that chance thinks of: what is written always agrees with itself.

Derandomised: the same steps every time. `COURT_LINK_LIVES=200` lives more of them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import Session, col, select

from court_link.domain.booking import BookingState
from court_link.domain.clock import SetClock
from court_link.domain.context import Context
from court_link.domain.errors import Conflict
from court_link.domain.hearing import HearingState
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import Role
from court_link.scheduling import booking, sweeps, vacating
from court_link.scheduling.booking import Change
from court_link.scheduling.vacating import VacateReason
from court_link.store import bookings, open_db
from court_link.store.bookings import Booking as BookingValue
from court_link.store.hearings import LIVE_BOOKING
from court_link.store.tables import Booking, Hearing
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.promises.overlaps import overlaps
from tests.promises.test_booking_races import halves
from tests.stores import MONDAY

LIVES = int(os.environ.get("COURT_LINK_LIVES", "6"))
#: Both cells at once are more than the one detention officer can see to, three hearings more than the video.
RULES = Rules(media_capacity=7)
HEARINGS = 4
TEN = MONDAY + timedelta(hours=1)

_hearing = st.integers(0, HEARINGS - 1)
_start = st.integers(0, 11).map(lambda mark: TEN + timedelta(minutes=15 * mark))
_which = st.booleans()


class Life(RuleBasedStateMachine):
    """One court with four matters, two of everything, and two listing officers."""

    make_store: Callable[[], str]

    @initialize()
    def settle(self) -> None:
        self.runner = asyncio.Runner()
        self.clock = SetClock(MONDAY)
        self.db = self.runner.run(open_db(type(self).make_store(), self.clock))
        self.county = self.runner.run(County.settle(self.db))
        self.clerks = [self.county.person(self.county.court, Role.LISTING_OFFICER) for _ in range(2)]
        day = (MONDAY - timedelta(hours=1), MONDAY + timedelta(hours=12))
        self.write(add_shift, self.county.suite, *day, 1, as_system=True)
        self.matters = [self.write(add_hearing, self.county, TEN, as_system=True) for _ in range(HEARINGS)]

    def write(self, verb: Callable[..., Any], *given: Any, as_system: bool = False, **more: Any) -> Any:
        ctx = SYSTEM_CONTEXT if as_system else more.pop("by", self.clerks[0])
        return self.runner.run(self.db.write(verb, ctx, *given, **more))

    def read(self, ask: Callable[[Session, Context], Any]) -> Any:
        return self.runner.run(self.db.read(ask, SYSTEM_CONTEXT))

    def attempt(self, verb: Callable[..., Any], *given: Any, **more: Any) -> bool:
        """Whether it was done. A refusal is an answer; anything else is a fault, and ends the test."""
        try:
            self.write(verb, *given, **more)
        except Conflict:
            return False
        return True

    def needs(self, room: bool, cell: bool | None, minutes: int = 30) -> Needs:
        county = self.county
        courtroom = county.courtroom if room else county.second_courtroom
        custody = () if cell is None else (CustodyNeed(county.cell if cell else county.second_cell),)
        return Needs(courtroom, minutes, custody, (county.officer if room else county.second_officer,))

    def standing(self, number: int) -> BookingValue | None:
        """What stands for a matter, a hold before its time is over too."""
        matter = self.matters[number]
        found: Mapping[UUID, BookingValue] = self.read(lambda s, c: bookings.of_hearings(s, [matter], c.now))
        return found.get(matter)

    @rule(number=_hearing, start=_start, room=_which, cell=st.none() | _which, by=st.integers(0, 1))
    def hold(self, number: int, start: datetime, room: bool, cell: bool | None, by: int) -> None:
        needs = self.needs(room, cell)
        self.attempt(booking.hold, self.matters[number], needs, start, rules=RULES, by=self.clerks[by])

    @rule(number=_hearing, start=_start, room=_which, cell=st.none() | _which)
    def book_or_move(self, number: int, start: datetime, room: bool, cell: bool | None) -> None:
        stands = self.standing(number)
        confirmed = stands is not None and stands.state is BookingState.CONFIRMED
        change = Change(
            self.matters[number], self.needs(room, cell), start, stands.id if stands and confirmed else None
        )
        if self.attempt(booking.rebook, [change], rules=RULES):
            now = self.standing(number)
            assert now is not None
            assert now.slot.start == start

    @rule(number=_hearing)
    def confirm(self, number: int) -> None:
        stands = self.standing(number)
        if stands is not None:
            provisional = stands.state is BookingState.PROVISIONAL
            assert self.attempt(booking.confirm, stands.id) is provisional

    @rule(number=_hearing)
    def release(self, number: int) -> None:
        if (stands := self.standing(number)) is not None:
            assert self.attempt(booking.release, stands.id)

    @rule(number=_hearing, minutes=st.sampled_from((10, 25, 45, 60)))
    def extend_or_shorten(self, number: int, minutes: int) -> None:
        stands = self.standing(number)
        if stands is not None and stands.state is BookingState.CONFIRMED:
            needs = Needs(stands.needs.courtroom_id, minutes, stands.needs.custody, stands.needs.attending)
            change = Change(self.matters[number], needs, stands.slot.start, stands.id, stands.version)
            done = self.attempt(booking.rebook, [change], rules=RULES)
            assert done or minutes > stands.needs.minutes or stands.slot.start < self.clock.now()

    @rule(one=_hearing, other=_hearing)
    def swap(self, one: int, other: int) -> None:
        first, second = self.standing(one), self.standing(other)
        if one == other or first is None or second is None:
            return
        if {first.state, second.state} == {BookingState.CONFIRMED}:
            changes = [
                Change(first.hearing_id, second.needs, second.slot.start, first.id),
                Change(second.hearing_id, first.needs, first.slot.start, second.id),
            ]
            before = (first.slot, second.slot)
            done = self.attempt(booking.rebook, changes, rules=RULES)
            now = self.standing(one), self.standing(other)
            assert now[0]
            assert now[1]
            assert (now[0].slot, now[1].slot) == (before[::-1] if done else before)

    @rule(number=_hearing)
    def vacate(self, number: int) -> None:
        if self.attempt(vacating.vacate, self.matters[number], VacateReason.RESOLVED):
            self.matters[number] = self.write(add_hearing, self.county, TEN, as_system=True)

    @rule(minutes=st.sampled_from((3, 11)), ticks=_which)
    def time_passes(self, minutes: int, ticks: bool) -> None:
        """Holds lapse by time alone; the tick may or may not come by. Nobody's lobby opens: that is later."""
        if self.clock.now() + timedelta(minutes=minutes) < TEN - timedelta(minutes=31):
            self.clock.set(self.clock.now() + timedelta(minutes=minutes))
        if ticks:
            for job in self.read(sweeps.waiting):
                self.write(sweeps.perform, job, as_system=True)

    @invariant()
    def what_is_written_agrees(self) -> None:
        if hasattr(self, "matters"):
            assert self.read(lambda s, c: overlaps(s.connection())) == 0
            assert self.read(halves) == []
            assert self.read(disagreements) == []

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.runner.run(self.db.close())
            self.runner.close()


def disagreements(session: Session, ctx: Context) -> list[UUID]:
    """Hearings whose stage is not what their bookings say, or with more than one that stands."""
    wrong = []
    for hearing in session.exec(select(Hearing)):
        rows = session.exec(
            select(Booking).where(Booking.hearing_id == hearing.id, col(Booking.state).in_(LIVE_BOOKING))
        ).all()
        standing = [row.state for row in rows if not bookings.lapsed(row, ctx.now)]
        expected = {
            HearingState.BOOKED: ([BookingState.CONFIRMED],),
            HearingState.LISTED: ([], [BookingState.PROVISIONAL]),
            HearingState.VACATED: ([],),
        }[hearing.state]
        if standing not in expected:
            wrong.append(hearing.id)
    return wrong


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_booking_is_whole_all_its_life(engine: str, request: pytest.FixtureRequest) -> None:
    make: Callable[[], str] = request.getfixturevalue(f"migrated_{engine}")
    life = type("LifeOn" + engine, (Life,), {"make_store": staticmethod(make)})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=25,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
