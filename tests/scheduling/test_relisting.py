"""Vacating, listing again, further days and copies, on both engines."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from court_link.domain.context import Context
from court_link.domain.direction import DirectionStatus, Force, Medium
from court_link.domain.errors import Forbidden, Invalid, NotFound, Stale, WrongState
from court_link.domain.following import Stage
from court_link.domain.hearing import HearingState, Outcome, Visibility
from court_link.domain.places import PersonKind
from court_link.domain.roles import Part, Role
from court_link.scheduling import booking, following, relisting, vacating
from court_link.scheduling.groups import Days
from court_link.scheduling.relisting import Again, Listed, ListedAgainAlready, Listing
from court_link.scheduling.replanning import Split
from court_link.scheduling.vacating import VacateReason
from court_link.store import Db, Session, hearings, links
from court_link.store.tables import DirectionRow
from tests.scheduling.replanning import DAY, RULES, TEN, Court, said

NEXT_WEEK = date(2026, 11, 30)
KEY = b"k" * 32


@pytest.fixture
async def court(db: Db) -> Court:
    return await Court.settle(db)


async def vacate(court: Court, hearing: UUID, ctx: Context | None = None, **more: Any) -> int:
    reason = VacateReason.DEFENCE_NOT_READY
    return await court.db.write(vacating.vacate, ctx or court.clerk, hearing, reason, **more)


async def again(court: Court, hearing: UUID, ctx: Context | None = None, **facts: Any) -> Listed:
    listing = Listing(NEXT_WEEK, time(10), facts.pop("minutes", None))
    facts = {"remand_expires": date(2026, 12, 1)} | facts
    return await court.db.write(relisting.again, ctx or court.clerk, hearing, Again(listing, **facts))


async def ended(court: Court, hearing: UUID, outcome: Outcome | None) -> UUID:
    await court.change(hearing, state=HearingState.ENDED, outcome=outcome)
    return hearing


async def test_vacating_says_whom_it_affects_before_and_in_its_event(court: Court) -> None:
    hearing = await court.booked()
    seen = await court.db.write(vacating.preview, court.clerk, hearing)
    assert seen.refused is None
    assert said(seen.consequences[0])["PC 1187 Demo"].startswith("no longer needed, was 10am")
    assert (await court.row(hearing)).state is HearingState.BOOKED
    await vacate(court, hearing)
    (event,) = await court.events("hearing.vacated")
    assert {str(court.county.officer), str(court.county.suite)} <= set(event.data["affected"])


async def test_vacating_one_day_may_take_those_after_it_or_all(court: Court) -> None:
    first = await court.alone("R v Trial", TEN, 60)
    made = await court.make(first, Split((TEN, TEN + DAY, TEN + 2 * DAY)))
    _, second, third = (each.hearing_id for each in made)
    seen = await court.db.write(vacating.preview, court.clerk, second, Days.LATER)
    assert [each.hearing_id for each in seen.consequences] == [second, third]
    await vacate(court, second)
    states = [(await court.row(each)).state for each in (first, second, third)]
    assert states == [HearingState.BOOKED, HearingState.VACATED, HearingState.BOOKED]
    await vacate(court, first, days=Days.ALL)
    assert (await court.row(third)).state is HearingState.VACATED


async def test_a_stale_vacating_says_what_it_is_now(court: Court) -> None:
    hearing = await court.booked()
    with pytest.raises(Stale) as stale:
        await vacate(court, hearing, version=1)
    assert stale.value.details["now"] == {"state": "booked"}
    ended_hearing = await ended(court, await court.alone("R v Over", TEN + DAY), Outcome.DEALT_WITH)
    seen = await court.db.write(vacating.preview, court.clerk, ended_hearing)
    assert isinstance(seen.refused, WrongState)


@pytest.mark.parametrize("outcome", [Outcome.ADJOURNED, Outcome.PART_HEARD, Outcome.INEFFECTIVE, None])
async def test_what_was_put_off_is_listed_again_as_a_linked_hearing(
    court: Court, outcome: Outcome | None
) -> None:
    facts: dict[str, Any] = {
        "restrictions": True,
        "youth": True,
        "visibility": Visibility.PRIVATE,
        "panel": "YOUTH",
    }
    hearing = await ended(court, await court.matter(**facts), outcome)
    await court.db.write(
        lambda s, c: hearings.name_parties(
            s, hearing, ["41XX0000126"], [("DEFENDANT", "Alex Example", True)]
        ),
        court.clerk,
    )
    made = await again(court, hearing, minutes=45)
    row = await court.row(made.hearing_id)
    assert (row.relisted_from, row.state, row.minutes) == (hearing, HearingState.LISTED, 45)
    assert (row.listed_day, row.outcome, row.remand_expires) == (NEXT_WEEK, None, date(2026, 12, 1))
    assert {name: getattr(row, name) for name in facts} == facts

    def named(session: Session, ctx: Context) -> tuple[Any, ...]:
        parties = hearings.parties(session, row.id)
        return (*hearings.cases(session, row.id), *((each.name, each.under_18) for each in parties))

    assert await court.db.read(named, court.clerk) == ("41XX0000126", ("Alex Example", True))
    (event,) = await court.events("hearing.relisted")
    assert (event.hearing_id, event.data) == (row.id, {"from": str(hearing)})
    with pytest.raises(ListedAgainAlready):
        await again(court, hearing)


@pytest.mark.parametrize("outcome", [Outcome.DEALT_WITH, Outcome.WITHDRAWN, Outcome.CRACKED])
async def test_what_is_over_and_done_with_is_not_listed_again(court: Court, outcome: Outcome) -> None:
    with pytest.raises(WrongState):
        await again(court, await ended(court, await court.matter(), outcome))
    with pytest.raises(WrongState):
        await again(court, await court.booked())


async def test_hard_dates_are_typed_again_and_never_taken_over(court: Court) -> None:
    hearing = await court.booked()
    await court.change(hearing, remand_expires=date(2026, 11, 25), custody_limit=date(2027, 1, 4))
    await vacate(court, hearing)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"remand_expires": None}, "remand_expires"),
        ({"remand_expires": date(2026, 11, 29)}, "remand_expires"),
        ({"custody_limit": date(2026, 11, 29)}, "custody_limit"),
        ({"minutes": 2000}, "minutes"),
    ]
    for facts, field in wrong:
        with pytest.raises(Invalid) as refused:
            await again(court, hearing, **facts)
        assert [error.field for error in refused.value.errors] == [field]
    made = await again(court, hearing, remand_expires=None, released=True)
    row = await court.row(made.hearing_id)
    assert (row.remand_expires, row.custody_limit, row.detained) == (None, None, False)


async def test_somebody_detained_who_was_never_heard_is_detained_still(court: Court) -> None:
    never = await court.matter(detained=True)
    await vacate(court, never)
    assert (await court.row((await again(court, never)).hearing_id)).detained
    heard = await ended(court, await court.matter(detained=True), Outcome.ADJOURNED)
    assert not (await court.row((await again(court, heard)).hearing_id)).detained


async def test_part_heard_goes_back_to_the_bench_that_sat_however_often_it_is_put_off(court: Court) -> None:
    judge = await court.person("District Judge Example", PersonKind.JUDICIARY)
    hearing = await court.booked(attending=(court.county.officer, judge))
    await ended(court, hearing, Outcome.PART_HEARD)
    before = await court.db.write(relisting.before, court.clerk, hearing)
    assert (before.custody, before.part_heard, before.bench) == (True, True, ("District Judge Example",))
    first = (await again(court, hearing)).hearing_id
    assert (await court.row(first)).same_bench == [str(judge)]
    await vacate(court, first)
    second = (await again(court, first, released=True)).hearing_id
    assert (await court.row(second)).same_bench == [str(judge)]


async def test_people_with_links_of_their_own_come_along_and_their_directions_hold_on(court: Court) -> None:
    hearing = await court.booked()
    person = await court.person("Ms Example, advocate", PersonKind.ADVOCATE)
    link = await court.link(hearing, Part.ADVOCATE, "Ms Example, advocate", person_id=person)

    def direct(session: Session, ctx: Context) -> None:
        row = DirectionRow(
            hearing_id=hearing,
            link_id=link,
            medium=Medium.VIDEO,
            force=Force.PERMIT,
            status=DirectionStatus.IN_FORCE,
            maker="District Judge Example",
            made_at=ctx.now,
        )
        session.add(row)

    await court.db.write(direct, court.clerk)
    await vacate(court, hearing)
    made = await again(court, hearing)
    assert made.needs == court.needs(minutes=20)
    (new,) = await court.links(made.hearing_id)
    assert (new.part, new.person_id, new.credential_version) == (Part.ADVOCATE, person, 1)
    assert new.id != link

    def directed(session: Session, ctx: Context) -> list[UUID]:
        return list(links.directed(session, made.hearing_id))

    assert await court.db.read(directed, court.clerk) == [new.id]


async def test_a_copy_has_the_parties_and_nothing_of_how_the_other_went(court: Court) -> None:
    hearing = await court.booked()
    await court.link(hearing, Part.ADVOCATE)
    await court.change(hearing, remand_expires=date(2026, 11, 25), same_bench=["x"])
    await ended(court, hearing, Outcome.DEALT_WITH)
    made = await court.db.write(relisting.clone, court.clerk, hearing, Listing(NEXT_WEEK))
    row = await court.row(made.hearing_id)
    assert (row.title, row.state, row.outcome) == ("R v Example", HearingState.LISTED, None)
    assert (row.relisted_from, row.remand_expires, row.same_bench) == (None, None, [])
    assert await court.links(row.id) == []
    assert made.needs is not None
    with pytest.raises(Invalid) as refused:
        await court.db.write(relisting.clone, court.clerk, hearing, Listing(date(2026, 11, 20)))
    assert [error.field for error in refused.value.errors] == ["day"]
    foreign = Listing(NEXT_WEEK, courtroom_id=court.county.cell)
    with pytest.raises(Invalid) as refused:
        await court.db.write(relisting.clone, court.clerk, hearing, foreign)
    assert [error.field for error in refused.value.errors] == ["courtroom_id"]


async def test_only_its_own_court_lists_a_matter_again_or_vacates_it(court: Court) -> None:
    hearing = await court.booked()
    custody = court.county.person(court.county.custody, Role.CUSTODY_OFFICER)
    for ctx, error in ((court.county.foreign_listing_officer, NotFound), (custody, Forbidden)):
        with pytest.raises(error):
            await vacate(court, hearing, ctx)
        with pytest.raises(error):
            await again(court, hearing, ctx)
        with pytest.raises(error):
            await court.db.write(relisting.clone, ctx, hearing, Listing(NEXT_WEEK))
        with pytest.raises(error):
            await court.db.write(vacating.preview, ctx, hearing)


async def followed(court: Court, reference: str) -> Any:
    return await court.db.read(following.follow, court.clerk, reference, KEY)


async def test_a_reference_follows_a_matter_to_its_new_date_and_says_when_that_is_off_too(
    court: Court,
) -> None:
    hearing = await court.alone("R v Example", TEN)
    reference = await court.db.write(following.issue, court.clerk, hearing, KEY)
    await vacate(court, hearing)
    assert (await followed(court, reference)).stage is Stage.NOT_TODAY
    new = (await again(court, hearing)).hearing_id
    seen = await followed(court, reference)
    assert (seen.stage, seen.new_date) == (Stage.LISTED, TEN + timedelta(days=7))
    await court.db.write(
        booking.book,
        court.clerk,
        new,
        court.needs(custody=(), attending=()),
        TEN + timedelta(days=8),
        rules=RULES,
    )
    assert (await followed(court, reference)).new_date == TEN + timedelta(days=8)
    await vacate(court, new)
    seen = await followed(court, reference)
    assert (seen.stage, seen.new_date) == (Stage.NOT_TODAY, None)


async def test_a_reference_follows_a_matter_of_several_days_to_the_next_one(court: Court) -> None:
    hearing = await court.alone("R v Trial", TEN, 60)
    reference = await court.db.write(following.issue, court.clerk, hearing, KEY)
    made = await court.make(hearing, Split((TEN, TEN + DAY, TEN + 2 * DAY)))
    assert (await followed(court, reference)).new_date is None
    await ended(court, hearing, Outcome.PART_HEARD)
    assert (await followed(court, reference)).new_date == TEN + DAY
    await vacate(court, made[1].hearing_id)
    assert (await followed(court, reference)).new_date == TEN + 2 * DAY
