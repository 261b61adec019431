"""Hold, confirm, book, move, release and lapse, on both engines."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from court_link.domain.booking import BookingState
from court_link.domain.clock import SetClock
from court_link.domain.context import Context
from court_link.domain.errors import Forbidden, Invalid, NotFound, SlotTaken, Stale, WrongState
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingState
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import Part, Role
from court_link.scheduling import booking, running
from court_link.scheduling.booking import AlreadyHeld, Change, HoldLapsed
from court_link.store import Db, Session, feed
from court_link.store.bookings import Booking
from court_link.store.tables import CapacityBucket, DueJob, Hearing, HearingOrganisation, Link, Reservation
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.stores import MONDAY

RULES = Rules()
TEN = MONDAY + timedelta(hours=1)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


class Court:
    """A county, its listing officer, and matters listed for this morning."""

    def __init__(self, db: Db, county: County) -> None:
        self.db, self.county, self.clerk = db, county, county.listing_officer

    async def matter(self, **facts: Any) -> UUID:
        return await self.db.write(lambda s, c: add_hearing(s, c, self.county, TEN, **facts), SYSTEM_CONTEXT)

    def needs(self, **facts: Any) -> Needs:
        county = self.county
        usual: dict[str, Any] = {
            "courtroom_id": county.courtroom,
            "minutes": 30,
            "custody": (CustodyNeed(county.cell),),
            "attending": (county.officer,),
        }
        return Needs(**usual | facts)

    async def hold(
        self, hearing: UUID, start: datetime = TEN, ctx: Context | None = None, **facts: Any
    ) -> Booking:
        return await self.db.write(
            booking.hold, ctx or self.clerk, hearing, self.needs(**facts), start, rules=RULES
        )

    async def book(
        self, hearing: UUID, start: datetime = TEN, replacing: UUID | None = None, **facts: Any
    ) -> Booking:
        needs = self.needs(**facts)
        return await self.db.write(
            booking.book, self.clerk, hearing, needs, start, rules=RULES, replacing=replacing
        )

    async def confirm(self, held: Booking, **also: Any) -> Booking:
        return await self.db.write(booking.confirm, self.clerk, held.id, **also)

    async def release(self, held: Booking, **also: Any) -> Booking:
        return await self.db.write(booking.release, self.clerk, held.id, **also)

    async def state(self, hearing: UUID) -> HearingState:
        return await self.db.read(
            lambda session, ctx: session.get_one(Hearing, hearing).state, SYSTEM_CONTEXT
        )

    async def count(self, table: Any) -> int:
        return await self.db.read(lambda session, ctx: len(session.exec(select(table)).all()), SYSTEM_CONTEXT)

    async def used(self) -> dict[str, set[int]]:
        def ask(session: Session, ctx: Context) -> dict[str, set[int]]:
            found: dict[str, set[int]] = {}
            for bucket in session.exec(select(CapacityBucket)):
                found.setdefault(bucket.pool.split(":")[0], set()).add(bucket.used)
            return found

        return await self.db.read(ask, SYSTEM_CONTEXT)

    async def told(self, until: EventKind) -> list[EventKind]:
        """What the feed says of bookings, once it says `until`."""
        kinds: list[EventKind] = []
        async with asyncio.timeout(60):
            while until not in kinds:
                await self.db.sealed(len(kinds), 5)
                kinds = [event.kind for event in await self.db.read(feed.after, SYSTEM_CONTEXT, 0)]
        return [kind for kind in kinds if kind.startswith("booking.")]


@pytest.fixture
async def court(db: Db) -> Court:
    county = await County.settle(db)
    await db.write(
        add_shift, SYSTEM_CONTEXT, county.suite, MONDAY - minutes(60), MONDAY + timedelta(hours=12)
    )
    return Court(db, county)


async def test_a_booking_takes_every_resource_with_its_own_time_around_it(court: Court) -> None:
    hearing = await court.matter()
    booked = await court.book(hearing)

    def rows(session: Session, ctx: Context) -> set[tuple[UUID, datetime, datetime, str]]:
        return {
            (row.resource_id, row.starts_at, row.ends_at, row.purpose)
            for row in session.exec(select(Reservation))
        }

    county = court.county
    assert await court.db.read(rows, SYSTEM_CONTEXT) == {
        (county.courtroom, TEN, TEN + minutes(30), "hearing"),
        (county.cell, TEN - minutes(15), TEN, "consultation"),
        (county.cell, TEN, TEN + minutes(30), "hearing"),
        (county.cell, TEN + minutes(30), TEN + minutes(40), "turnaround"),
        (county.officer, TEN, TEN + minutes(30), "hearing"),
    }
    assert booked.state is BookingState.CONFIRMED
    assert await court.state(hearing) is HearingState.BOOKED
    assert await court.used() == {"media": {3}, "site_link": {1}, "custody_staff": {1}}


async def test_confirming_makes_the_links_and_shows_the_hearing_to_those_concerned(court: Court) -> None:
    hearing = await court.matter()
    await court.confirm(await court.hold(hearing))

    def links(session: Session, ctx: Context) -> set[tuple[Part, bool]]:
        return {(link.part, link.remote) for link in session.exec(select(Link))}

    def concerned(session: Session, ctx: Context) -> set[UUID]:
        return {row.organisation_id for row in session.exec(select(HearingOrganisation))}

    county = court.county
    assert await court.db.read(links, SYSTEM_CONTEXT) == {
        (Part.BENCH, False),
        (Part.DEFENDANT, True),
        (Part.OFFICER, True),
    }
    assert await court.db.read(concerned, SYSTEM_CONTEXT) == {county.court, county.force, county.custody}


async def test_a_hold_makes_no_links_and_leaves_the_hearing_listed(court: Court) -> None:
    hearing = await court.matter()
    held = await court.hold(hearing)
    assert held.state is BookingState.PROVISIONAL
    assert held.hold_expires_at == MONDAY + RULES.hold
    assert await court.state(hearing) is HearingState.LISTED
    assert await court.count(Link) == 0


async def test_a_taken_time_is_refused_saying_what_and_until_when(court: Court) -> None:
    await court.book(await court.matter(title="R v Example"))
    second = await court.matter()
    with pytest.raises(SlotTaken) as refused:
        await court.book(second, TEN + minutes(10))
    by_resource = {refusal.resource: refusal for refusal in refused.value.refusals}
    assert by_resource["Courtroom 1, Demo Court House"].reason == "is booked for R v Example"
    assert by_resource["Courtroom 1, Demo Court House"].until == TEN + minutes(30)
    assert by_resource["Video room 1, Demo Custody Suite"].until == TEN + minutes(40)
    assert "PC 1187 Demo" in by_resource
    assert await court.state(second) is HearingState.LISTED


async def test_a_foreign_matter_is_only_already_booked(court: Court) -> None:
    await court.book(await court.matter(title="R v Secret"))

    def hide(session: Session, ctx: Context) -> None:
        for row in session.exec(select(HearingOrganisation)):
            session.delete(row)

    await court.db.write(hide, SYSTEM_CONTEXT)
    with pytest.raises(SlotTaken) as refused:
        await court.book(await court.matter(), TEN)
    assert {refusal.reason for refusal in refused.value.refusals} == {"is already booked"}
    assert "Secret" not in refused.value.message


async def test_back_to_back_bookings_do_not_clash(court: Court) -> None:
    await court.book(await court.matter())
    # The custody room's consultation begins when its turnaround ends.
    await court.book(await court.matter(), TEN + minutes(55))
    # Without the custody room, the courtroom and officer are free at once.
    await court.book(await court.matter(), TEN + minutes(30), custody=(), minutes=25)
    assert await court.count(Reservation) == 5 + 5 + 2


async def test_nothing_is_kept_of_a_refused_booking(court: Court) -> None:
    await court.book(await court.matter(), custody=(), attending=(), minutes=60)
    before = (await court.count(Reservation), await court.used(), await court.count(DueJob))
    with pytest.raises(SlotTaken):
        await court.book(await court.matter(), TEN + minutes(30))
    assert (await court.count(Reservation), await court.used(), await court.count(DueJob)) == before


async def test_releasing_gives_everything_back_and_lists_the_matter_again(court: Court) -> None:
    hearing = await court.matter()
    released = await court.release(await court.book(hearing))
    assert released.state is BookingState.RELEASED
    assert await court.state(hearing) is HearingState.LISTED
    assert await court.count(Reservation) == 0
    assert await court.count(DueJob) == 0
    assert await court.used() == {"media": {0}, "site_link": {0}, "custody_staff": {0}}

    def standing(session: Session, ctx: Context) -> tuple[int, set[UUID]]:
        links = session.exec(select(Link).where(col(Link.revoked).is_(False))).all()
        return len(links), {row.organisation_id for row in session.exec(select(HearingOrganisation))}

    assert await court.db.read(standing, SYSTEM_CONTEXT) == (0, {court.county.court})
    await court.book(await court.matter())


async def test_a_hearing_has_at_most_one_live_booking(court: Court) -> None:
    hearing = await court.matter()
    await court.book(hearing)
    with pytest.raises(WrongState):
        await court.book(hearing, TEN + minutes(90))
    with pytest.raises(WrongState):
        await court.hold(hearing, TEN + minutes(90))


async def test_holding_again_lets_the_first_hold_go(court: Court) -> None:
    hearing = await court.matter()
    first = await court.hold(hearing)
    second = await court.hold(hearing, TEN + minutes(10))
    assert await court.count(Reservation) == 5
    with pytest.raises(WrongState):
        await court.confirm(first)
    await court.confirm(second)


async def test_a_hold_of_somebody_else_stands_until_its_time_is_over(court: Court, clock: SetClock) -> None:
    hearing = await court.matter()
    await court.hold(hearing)
    colleague = court.county.person(court.county.court, Role.LISTING_OFFICER)
    with pytest.raises(AlreadyHeld):
        await court.hold(hearing, ctx=colleague)
    clock.set(MONDAY + RULES.hold)
    await court.hold(hearing, ctx=colleague)
    assert await court.count(Reservation) == 5


async def test_an_expired_hold_is_let_go_by_whoever_wants_its_time_before_any_tick(
    court: Court, clock: SetClock
) -> None:
    lost = await court.hold(await court.matter())
    clock.set(MONDAY + RULES.hold)
    await court.book(await court.matter())
    with pytest.raises(HoldLapsed):
        await court.confirm(lost)
    assert await court.used() == {"media": {3}, "site_link": {1}, "custody_staff": {1}}
    assert (await court.told(EventKind.BOOKING_CONFIRMED)).count(EventKind.BOOKING_LAPSED) == 1


async def test_a_hold_can_be_confirmed_until_the_moment_it_expires(court: Court, clock: SetClock) -> None:
    held = await court.hold(await court.matter())
    clock.set(MONDAY + RULES.hold - timedelta(microseconds=1))
    assert (await court.confirm(held)).state is BookingState.CONFIRMED


async def test_an_expired_hold_does_not_count_against_a_pool(court: Court, clock: SetClock) -> None:
    """Two officers are on shift and two rooms are held: the third booking waits for the holds to end."""
    county = court.county
    await court.hold(await court.matter(), attending=())
    await court.hold(
        await court.matter(),
        courtroom_id=county.second_courtroom,
        custody=(CustodyNeed(county.second_cell),),
        attending=(),
    )
    clock.set(MONDAY + RULES.hold)
    await court.book(await court.matter(), attending=())


async def test_a_booking_can_be_moved_and_links_that_still_apply_stand(court: Court) -> None:
    county, hearing = court.county, await court.matter()
    first = await court.book(hearing)

    def links(session: Session, ctx: Context) -> dict[Part, UUID]:
        rows = session.exec(select(Link).where(col(Link.revoked).is_(False)))
        return {link.part: link.id for link in rows}

    before = await court.db.read(links, SYSTEM_CONTEXT)
    moved = await court.book(
        hearing, TEN + minutes(15), replacing=first.id, custody=(CustodyNeed(county.second_cell),)
    )
    after = await court.db.read(links, SYSTEM_CONTEXT)
    assert await court.count(Reservation) == 5
    assert moved.slot.start == TEN + minutes(15)
    assert await court.state(hearing) is HearingState.BOOKED
    assert (after[Part.BENCH], after[Part.OFFICER]) == (before[Part.BENCH], before[Part.OFFICER])
    assert after[Part.DEFENDANT] != before[Part.DEFENDANT]
    assert await court.used() == {"media": {0, 3}, "site_link": {0, 1}, "custody_staff": {0, 1}}


async def test_a_move_that_is_refused_leaves_the_first_booking_whole(court: Court) -> None:
    hearing = await court.matter()
    first = await court.book(hearing)
    await court.book(await court.matter(), TEN + minutes(60))
    with pytest.raises(SlotTaken):
        await court.book(hearing, TEN + minutes(60), replacing=first.id)
    with pytest.raises(Stale):
        await court.book(hearing, TEN + minutes(120), replacing=hearing)
    assert await court.count(Reservation) == 10


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (TEN - minutes(120), "has passed"),
        (MONDAY + minutes(5), "has no time left for the consultation"),
        (MONDAY + timedelta(hours=8), "is closed"),
        (MONDAY + timedelta(hours=7, minutes=45), "is closed"),
        (MONDAY + timedelta(days=5), "is closed"),
    ],
)
async def test_a_time_outside_opening_hours_or_gone_by_is_refused(
    court: Court, start: datetime, why: str
) -> None:
    with pytest.raises(SlotTaken) as refused:
        await court.book(await court.matter(), start)
    assert why in {refusal.reason for refusal in refused.value.refusals}


async def test_the_video_service_is_never_booked_beyond_its_capacity(court: Court) -> None:
    await court.book(await court.matter())
    rules = replace(RULES, media_capacity=5)
    needs = court.needs(courtroom_id=court.county.second_courtroom, custody=(), attending=(), others=2)
    with pytest.raises(SlotTaken, match="The video service has no places left until 10:30am"):
        await court.db.write(
            booking.book, court.clerk, await court.matter(), needs, TEN + minutes(15), rules=rules
        )


async def test_a_start_between_five_minute_marks_is_invalid(court: Court) -> None:
    with pytest.raises(Invalid) as refused:
        await court.book(await court.matter(), TEN + minutes(3))
    assert refused.value.errors[0].field == "starts_at"


async def test_what_cannot_be_booked_is_named(court: Court) -> None:
    hearing = await court.matter()
    with pytest.raises(Invalid) as refused:
        await court.book(hearing, courtroom_id=court.county.cell, attending=(hearing,), custody=())
    assert [error.field for error in refused.value.errors] == ["courtroom_id", "attending"]


async def test_another_court_cannot_tell_a_hearing_from_none_at_all(court: Court) -> None:
    hearing = await court.matter()
    foreign = court.county.foreign_listing_officer
    for unknown in (hearing, court.county.cell):
        with pytest.raises(NotFound) as refused:
            await court.hold(unknown, ctx=foreign)
        assert refused.value.message == NotFound.__doc__
    booked = await court.book(hearing)
    with pytest.raises(NotFound):
        await court.db.write(booking.release, foreign, booked.id)


async def test_only_those_who_list_may_book(court: Court) -> None:
    hearing = await court.matter()
    usher = court.county.person(court.county.court, Role.USHER)
    with pytest.raises(Forbidden):
        await court.hold(hearing, ctx=usher)


async def test_a_stale_version_changes_nothing(court: Court) -> None:
    held = await court.hold(await court.matter())
    with pytest.raises(Stale):
        await court.confirm(held, version=held.version + 1)
    booked = await court.confirm(held, version=held.version)
    with pytest.raises(Stale):
        await court.release(booked, version=held.version)


async def test_what_happened_is_told_in_order(court: Court) -> None:
    hearing = await court.matter()
    await court.release(await court.confirm(await court.hold(hearing)))
    assert await court.told(EventKind.BOOKING_RELEASED) == [
        EventKind.BOOKING_HELD,
        EventKind.BOOKING_CONFIRMED,
        EventKind.BOOKING_RELEASED,
    ]


async def rebooked(court: Court, *changes: Change) -> list[Booking]:
    return await court.db.write(booking.rebook, court.clerk, changes, rules=RULES)


async def test_two_hearings_swap_their_times_in_one_step_and_say_what_changed(court: Court) -> None:
    first = await court.book(await court.matter())
    second = await court.book(await court.matter(), TEN + minutes(60))
    swapped = await rebooked(
        court,
        Change(first.hearing_id, second.needs, second.slot.start, first.id),
        Change(second.hearing_id, first.needs, first.slot.start, second.id),
    )
    assert [each.slot for each in swapped] == [second.slot, first.slot]
    told = await court.told(EventKind.BOOKING_CHANGED)
    assert told.count(EventKind.BOOKING_CHANGED) == 2
    assert EventKind.BOOKING_RELEASED not in told


async def test_a_hearing_that_goes_on_may_be_made_longer_and_nothing_else(
    court: Court, clock: SetClock
) -> None:
    booked = await court.book(await court.matter(), custody=())
    clock.set(TEN + minutes(5))
    await court.db.write(running.start, court.clerk, booked.hearing_id)
    with pytest.raises(WrongState):
        await court.book(booked.hearing_id, TEN + minutes(30), replacing=booked.id, custody=())
    with pytest.raises(Invalid):
        await court.book(booked.hearing_id, replacing=booked.id, custody=(), minutes=5)
    longer = await court.book(booked.hearing_id, replacing=booked.id, custody=(), minutes=45)
    assert longer.slot.end == TEN + minutes(45)
    assert await court.state(booked.hearing_id) is HearingState.IN_SESSION


async def test_a_hearing_that_goes_on_is_not_made_longer_over_the_next_one(
    court: Court, clock: SetClock
) -> None:
    booked = await court.book(await court.matter(), custody=())
    after = await court.book(await court.matter(), TEN + minutes(30), custody=())
    clock.set(TEN + minutes(5))
    await court.db.write(running.start, court.clerk, booked.hearing_id)
    with pytest.raises(SlotTaken) as refused:
        await court.book(booked.hearing_id, replacing=booked.id, custody=(), minutes=45)
    assert refused.value.details["hearing_id"] == booked.hearing_id
    assert {each.until for each in refused.value.refusals} == {after.slot.end}


async def test_a_change_of_a_booking_that_has_been_changed_since_is_stale(court: Court) -> None:
    booked = await court.book(await court.matter())
    with pytest.raises(Stale):
        await rebooked(
            court,
            Change(booked.hearing_id, booked.needs, TEN + minutes(90), booked.id, booked.version + 1),
        )
