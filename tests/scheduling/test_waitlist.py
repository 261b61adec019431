"""The wait list: who is offered what, once, to whom it goes next, and what is never offered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from sqlmodel import col, select

from court_link.domain.booking import BookingState
from court_link.domain.clock import SetClock
from court_link.domain.errors import Forbidden, Invalid, NotFound, Stale, WrongState
from court_link.domain.events import Event, EventKind
from court_link.domain.hearing import HearingState
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import Role
from court_link.domain.times import Interval
from court_link.domain.waiting import Claim, Dates, Freed, Wants
from court_link.media.rooms import Rooms
from court_link.reactions import reactions
from court_link.scheduling import booking, scheduler, vacating, waitlist
from court_link.scheduling.vacating import VacateReason
from court_link.scheduling.waitlist import NothingOffered, NotWaiting, Place
from court_link.store import Db, Session, feed
from court_link.store.bookings import Booking
from court_link.store.tables import Booking as BookingRow
from court_link.store.tables import DueJob, Hearing, Waiting
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.stores import MONDAY

RULES = Rules()
DAY = date(2026, 11, 23)
TEN = MONDAY + timedelta(hours=1)
NOON = MONDAY + timedelta(hours=3)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


class Court:
    """A county whose first courtroom is full but for what is released, and whoever waits for it."""

    def __init__(self, db: Db, county: County) -> None:
        self.db, self.county, self.clerk = db, county, county.listing_officer
        handlers = reactions(db, cast(Rooms, None), RULES)
        self.kinds, self.handler = handlers["scheduling.waitlist"]
        self.seq = 0

    async def matter(self, **facts: Any) -> UUID:
        return await self.db.write(
            lambda s, c: add_hearing(s, c, self.county, TEN, 30, **facts), SYSTEM_CONTEXT
        )

    def needs(self, length: int = 30, **facts: Any) -> Needs:
        return Needs(self.county.courtroom, length, **facts)

    async def booked(self, start: datetime, length: int = 30, **facts: Any) -> Booking:
        hearing = await self.matter(title="R v Booked")
        needs = self.needs(length, **facts)
        return await self.db.write(booking.book, self.clerk, hearing, needs, start, rules=RULES)

    def wants(self, length: int = 30, **facts: Any) -> Wants:
        needs = facts.pop("needs", self.needs(length))
        usual: dict[str, Any] = {"courtrooms": (needs.courtroom_id,), "earliest": DAY, "latest": DAY}
        return Wants(needs, **usual | facts)

    async def waits(self, wants: Wants | None = None, **facts: Any) -> UUID:
        hearing = await self.matter(**facts)
        await self.db.write(waitlist.join, self.clerk, hearing, wants or self.wants())
        return hearing

    async def news(self) -> list[Event]:
        """What the wait list wants to hear of and has not heard yet, once it is sealed."""
        end = await self.written()
        async with asyncio.timeout(60):
            while len(await self.db.read(feed.after, SYSTEM_CONTEXT, 0)) < end:
                await self.db.sealed(0, 1)
        events = await self.db.read(feed.after, SYSTEM_CONTEXT, self.seq, kinds=self.kinds)
        self.seq = max([self.seq, *(event.seq for event in events)])
        return events

    async def written(self) -> int:
        from court_link.store.tables import EventRow

        return await self.db.read(lambda s, c: len(s.exec(select(EventRow.id)).all()), SYSTEM_CONTEXT)

    async def hear(self) -> None:
        """Deliver all there is, and what comes of it, until nothing comes any more."""
        while events := await self.news():
            for event in events:
                await self.handler(event)

    async def release(self, made: Booking) -> None:
        await self.db.write(booking.release, self.clerk, made.id)

    async def place(self, hearing: UUID) -> Place:
        return await self.db.read(waitlist.get, self.clerk, hearing)

    async def offer(self, hearing: UUID) -> Booking:
        offer = (await self.place(hearing)).offer
        assert offer is not None
        return offer

    async def standing(self) -> list[tuple[UUID, BookingState]]:
        def ask(session: Session, ctx: Any) -> list[tuple[UUID, BookingState]]:
            live = (BookingState.PROVISIONAL, BookingState.CONFIRMED)
            rows = session.exec(select(BookingRow).where(col(BookingRow.state).in_(live)))
            return [(row.hearing_id, row.state) for row in rows]

        return await self.db.read(ask, SYSTEM_CONTEXT)

    async def state(self, hearing: UUID) -> HearingState:
        return await self.db.read(lambda s, c: s.get_one(Hearing, hearing).state, SYSTEM_CONTEXT)


@pytest.fixture
async def court(db: Db) -> Court:
    county = await County.settle(db)
    await db.write(
        add_shift, SYSTEM_CONTEXT, county.suite, MONDAY - minutes(60), MONDAY + timedelta(hours=12)
    )
    return Court(db, county)


async def test_a_released_time_is_offered_at_once_and_accepting_books_it(court: Court) -> None:
    made = await court.booked(TEN)
    hearing = await court.waits()
    await court.release(made)
    await court.hear()
    offer = await court.offer(hearing)
    assert (offer.state, offer.slot) == (BookingState.PROVISIONAL, Interval(TEN, TEN + minutes(30)))
    assert (offer.held_by, offer.hold_expires_at) == (None, MONDAY + minutes(30))
    booked = await court.db.write(waitlist.accept, court.clerk, hearing)
    assert (booked.id, booked.state) == (offer.id, BookingState.CONFIRMED)
    assert await court.state(hearing) is HearingState.BOOKED
    with pytest.raises(NotFound):
        await court.place(hearing)
    kinds = [event.kind for event in await court.db.read(feed.after, SYSTEM_CONTEXT, 0, hearing_id=hearing)]
    await court.hear()
    assert EventKind.HEARING_OFFERED in kinds
    assert await court.standing() == [(hearing, BookingState.CONFIRMED)]


async def test_vacating_and_moving_release_time_too(court: Court) -> None:
    gone, moved = await court.booked(TEN), await court.booked(NOON)
    first = await court.waits()
    await court.db.write(vacating.vacate, court.clerk, gone.hearing_id, VacateReason.RESOLVED)
    await court.hear()
    assert (await court.offer(first)).slot.start == TEN
    second = await court.waits()
    await court.db.write(
        booking.book,
        court.clerk,
        moved.hearing_id,
        moved.needs,
        NOON + minutes(60),
        rules=RULES,
        replacing=moved.id,
    )
    await court.hear()
    assert (await court.offer(second)).slot.start == NOON


async def test_declining_is_remembered_and_the_next_is_offered_the_time(court: Court) -> None:
    made = await court.booked(TEN)
    first = await court.waits(court.wants(urgent=True))
    second = await court.waits()
    await court.release(made)
    await court.hear()
    assert (await court.place(second)).offer is None
    await court.offer(first)
    await court.db.write(waitlist.decline, court.clerk, first)
    await court.hear()
    assert (await court.place(first)).offer is None
    assert (await court.offer(second)).slot.start == TEN
    with pytest.raises(NothingOffered):
        await court.db.write(waitlist.accept, court.clerk, first)


async def test_an_offer_that_lapses_goes_to_the_next_and_not_back(court: Court, clock: SetClock) -> None:
    made = await court.booked(NOON)
    first = await court.waits(court.wants(urgent=True))
    second = await court.waits()
    await court.release(made)
    await court.hear()
    clock.set(MONDAY + minutes(30))
    assert (await court.place(first)).offer is None  # to a reader it has lapsed before the tick comes by
    with pytest.raises(booking.HoldLapsed):
        await court.db.write(waitlist.accept, court.clerk, first)
    await scheduler.tick(court.db)
    await court.hear()
    assert (await court.offer(second)).slot.start == NOON
    await court.db.write(waitlist.decline, court.clerk, second)
    await court.hear()
    assert [(await court.place(each)).offer for each in (first, second)] == [None, None]


async def test_a_release_delivered_twice_is_offered_once(court: Court) -> None:
    made = await court.booked(TEN)
    hearings = [await court.waits(), await court.waits()]
    await court.release(made)
    events = await court.news()
    for event in (*events, *events):
        await court.handler(event)
    assert [(await court.place(each)).offer is not None for each in hearings] == [True, False]
    assert await court.standing() == [(hearings[0], BookingState.PROVISIONAL)]


async def test_two_processes_told_at_once_offer_once(court: Court) -> None:
    made = await court.booked(TEN)
    hearings = [await court.waits() for _ in range(3)]
    await court.release(made)
    events = await court.news()
    await asyncio.gather(*(court.handler(event) for event in events for _ in range(4)))
    offered = [each for each in hearings if (await court.place(each)).offer]
    assert len(offered) == 1
    assert await court.standing() == [(offered[0], BookingState.PROVISIONAL)]


async def test_two_releases_at_once_give_one_waiting_hearing_one_offer(court: Court) -> None:
    both = [await court.booked(TEN), await court.booked(NOON)]
    hearing = await court.waits()
    for made in both:
        await court.release(made)
    events = await court.news()
    await asyncio.gather(*(court.handler(event) for event in events for _ in range(3)))
    assert await court.standing() == [(hearing, BookingState.PROVISIONAL)]
    assert (await court.offer(hearing)).slot.start in (TEN, NOON)


async def test_positive_control_without_asking_again_one_hearing_could_be_offered_two_times(
    court: Court,
) -> None:
    """What `offer` asks under the hearing's lock is what holds: two matches made before either is taken."""
    both = [await court.booked(TEN), await court.booked(NOON)]
    hearing = await court.waits()
    for made in both:
        await court.release(made)
    events = [event for event in await court.news() if event.kind is EventKind.BOOKING_RELEASED]
    matches = [
        await court.db.read(waitlist.fit, SYSTEM_CONTEXT, hearing, event, rules=RULES) for event in events
    ]
    assert [match and match.start for match in matches] == [TEN, NOON]
    offers = [
        await court.db.write(waitlist.offer, SYSTEM_CONTEXT, match, rules=RULES, hold=minutes(30))
        for match in matches
        if match
    ]
    assert [each is not None for each in offers] == [True, False]


async def test_a_long_time_released_serves_several_who_fit_in_it(court: Court) -> None:
    made = await court.booked(TEN, 60)
    hearings = [await court.waits() for _ in range(3)]
    await court.booked(TEN + minutes(60), 120)
    await court.release(made)
    await court.hear()
    offers = [(await court.place(each)).offer for each in hearings]
    assert [offer and offer.slot.start for offer in offers] == [TEN, TEN + minutes(30), None]


async def test_nothing_is_offered_past_a_hard_date_or_outside_the_days_wanted(court: Court) -> None:
    tomorrow = DAY + timedelta(days=1)
    made = await court.booked(TEN + timedelta(days=1))
    week: dict[str, Any] = {"latest": DAY + timedelta(days=7)}
    bound = await court.waits(court.wants(**week), remand_expires=DAY)
    early = await court.waits(court.wants(latest=DAY))
    late = await court.waits(court.wants(earliest=DAY + timedelta(days=2), latest=DAY + timedelta(days=7)))
    await court.release(made)
    await court.hear()
    assert [(await court.place(each)).offer for each in (bound, early, late)] == [None, None, None]
    free = await court.waits(court.wants(**week), remand_expires=tomorrow)
    again = await court.booked(TEN + timedelta(days=1))
    await court.release(again)
    await court.hear()
    assert (await court.offer(free)).slot.start == TEN + timedelta(days=1)


async def test_a_hearing_that_could_use_another_of_its_rooms_is_offered_what_was_freed(court: Court) -> None:
    county = court.county
    cell = CustodyNeed(county.cell)
    made = await court.booked(TEN, custody=(cell,))
    needs = Needs(county.second_courtroom, 20, (cell,))
    hearing = await court.waits(court.wants(needs=needs, courtrooms=(county.second_courtroom,)))
    elsewhere = replace(needs, custody=())
    unconcerned = await court.waits(court.wants(needs=elsewhere, courtrooms=(county.second_courtroom,)))
    await court.release(made)
    await court.hear()
    offer = await court.offer(hearing)
    assert offer.courtroom_id == county.second_courtroom
    assert offer.slot.overlaps(made.slot)
    assert (await court.place(unconcerned)).offer is None


async def test_a_time_about_to_begin_is_held_no_longer_than_until_then(court: Court, clock: SetClock) -> None:
    made = await court.booked(TEN)
    hearing = await court.waits()
    clock.set(TEN - minutes(20))
    await court.release(made)
    await court.hear()
    assert (await court.offer(hearing)).hold_expires_at == TEN


async def test_who_is_booked_otherwise_or_vacated_waits_no_more(court: Court) -> None:
    booked, vacated = await court.waits(), await court.waits()
    await court.db.write(booking.book, court.clerk, booked, court.needs(), NOON, rules=RULES)
    await court.db.write(vacating.vacate, court.clerk, vacated, VacateReason.RESOLVED)
    await court.hear()
    assert await court.db.read(waitlist.listed, court.clerk) == ()


async def test_waiting_ends_with_the_last_day(court: Court, clock: SetClock) -> None:
    hearing = await court.waits()
    clock.set(MONDAY + timedelta(days=1))
    assert await court.db.read(waitlist.listed, court.clerk) == ()
    done = await scheduler.tick(court.db)
    assert [each.subject_id for each in done] == [hearing]
    rows = await court.db.read(
        lambda s, c: len(s.exec(select(Waiting)).all()) + len(s.exec(select(DueJob)).all()), SYSTEM_CONTEXT
    )
    assert rows == 0


async def test_the_list_is_in_order_and_says_why(court: Court, clock: SetClock) -> None:
    first = await court.waits()
    clock.set(MONDAY + timedelta(days=1))
    days: dict[str, Any] = {"latest": DAY + timedelta(days=9)}
    urgent = await court.waits(court.wants(**days, urgent=True))
    custody = await court.waits(
        court.wants(**days, needs=court.needs(custody=(CustodyNeed(court.county.cell),)))
    )
    hard = await court.waits(court.wants(**days), remand_expires=DAY + timedelta(days=7))
    plain = await court.waits(court.wants(**days))
    clock.set(MONDAY)
    places = await court.db.read(waitlist.listed, court.clerk)
    assert [place.entry.hearing_id for place in places] == [urgent, hard, custody, first, plain]
    assert [place.position for place in places] == [1, 2, 3, 4, 5]
    assert places[0].why == ("Marked urgent", "Waiting since Tuesday 24 November")
    assert places[2].why[0] == "In custody"
    assert "30 November" in places[1].why[0]


async def test_only_what_is_listed_and_not_booked_can_wait(court: Court) -> None:
    made = await court.booked(TEN)
    with pytest.raises(WrongState):
        await court.db.write(waitlist.join, court.clerk, made.hearing_id, court.wants())
    held = await court.matter()
    await court.db.write(booking.hold, court.clerk, held, court.needs(), NOON, rules=RULES)
    with pytest.raises(WrongState):
        await court.db.write(waitlist.join, court.clerk, held, court.wants())
    past = court.wants(earliest=DAY - timedelta(days=2), latest=DAY - timedelta(days=1))
    with pytest.raises(Invalid):
        await court.db.write(waitlist.join, court.clerk, await court.matter(), past)
    foreign = replace(court.wants(), courtrooms=(court.county.courtroom, court.county.cell))
    with pytest.raises(Invalid):
        await court.db.write(waitlist.join, court.clerk, await court.matter(), foreign)


async def test_a_stale_change_is_refused_and_leaving_lets_the_offer_go(court: Court) -> None:
    made = await court.booked(TEN)
    hearing = await court.waits()
    version = (await court.place(hearing)).entry.version
    wants = court.wants(urgent=True)
    changed = await court.db.write(waitlist.join, court.clerk, hearing, wants, version=version)
    assert changed.entry.claim.wants.urgent
    with pytest.raises(Stale):
        await court.db.write(waitlist.join, court.clerk, hearing, wants, version=version)
    await court.release(made)
    await court.hear()
    with pytest.raises(WrongState):
        await court.db.write(waitlist.join, court.clerk, hearing, court.wants())
    await court.db.write(waitlist.leave, court.clerk, hearing)
    assert await court.standing() == []
    with pytest.raises(NotWaiting):
        await court.db.write(waitlist.leave, court.clerk, hearing)


async def test_another_court_knows_nothing_of_the_list(court: Court) -> None:
    hearing = await court.waits()
    stranger = court.county.foreign_listing_officer
    assert await court.db.read(waitlist.listed, stranger) == ()
    with pytest.raises(NotFound):
        await court.db.read(waitlist.get, stranger, hearing)
    with pytest.raises(NotFound):
        await court.db.write(waitlist.leave, stranger, hearing)
    usher = court.county.person(court.county.court, Role.USHER)
    with pytest.raises(Forbidden):
        await court.db.read(waitlist.listed, usher)


def test_of_those_alike_the_one_that_fills_the_time_best_comes_first() -> None:
    room = UUID(int=7)
    freed = Freed(Interval(TEN, TEN + minutes(30)), room, frozenset({room}))

    def claim(length: int) -> Claim:
        wants = Wants(Needs(room, length), (room,), DAY, DAY)
        return Claim(UUID(int=length), wants, Dates(), MONDAY)

    lengths = sorted((10, 30, 20, 45), key=lambda length: claim(length).waste(freed))
    assert lengths == [30, 20, 10, 45]


def test_what_cannot_be_meant_is_named() -> None:
    room, other = UUID(int=7), UUID(int=8)
    with pytest.raises(Invalid) as refused:
        Wants(Needs(room, 20), (other,), DAY, DAY - timedelta(days=1))
    assert {error.field for error in refused.value.errors} == {"courtrooms", "latest"}
