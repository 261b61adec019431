"""The rules of practice that bear on booking, one by one and by their numbers, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from court_link.domain.booking import PoolKind, Purpose
from court_link.domain.direction import Direction, DirectionStatus, Force, Medium
from court_link.domain.errors import Forbidden, Invalid, SlotTaken
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingState
from court_link.domain.places import PersonKind
from court_link.domain.requirements import CustodyNeed, Interpreting, Needs, Rules, Side, Travel
from court_link.domain.roles import Part, Role
from court_link.scheduling import availability, booking, directions, harddates, listing, practice
from court_link.scheduling.directions import Made
from court_link.store import Db, Session, calendar, links
from court_link.store.bookings import Booking
from court_link.store.tables import (
    Case,
    EventRow,
    Hearing,
    Party,
    Reservation,
    Resource,
    Shift,
    SittingSession,
)
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_person, add_shift
from tests.stores import MONDAY

RULES = Rules()
TEN = MONDAY + timedelta(hours=1)
TODAY = date(2026, 11, 23)
YOUTH_PARTS = (Part.APPROPRIATE_ADULT, Part.YOUTH_OFFENDING_TEAM)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


class Court:
    """A county with one detention officer more than it has custody rooms, and a clerk who books."""

    def __init__(self, db: Db, county: County) -> None:
        self.db, self.county, self.clerk = db, county, county.listing_officer

    async def write(self, verb: Callable[..., Any], *given: Any, **more: Any) -> Any:
        return await self.db.write(verb, self.clerk, *given, **more)

    async def matter(self, **facts: Any) -> UUID:
        return await self.db.write(lambda s, c: add_hearing(s, c, self.county, TEN, **facts), SYSTEM_CONTEXT)

    async def person(self, kind: PersonKind, name: str = "A Person", *languages: str) -> UUID:
        return await self.db.write(
            lambda s, c: add_person(s, c, self.county.court, kind, name, languages), SYSTEM_CONTEXT
        )

    async def add(self, *rows: Any) -> None:
        await self.db.write(lambda session, ctx: session.add_all(rows), SYSTEM_CONTEXT)

    def needs(self, **facts: Any) -> Needs:
        usual: dict[str, Any] = {"courtroom_id": self.county.courtroom, "minutes": 30}
        return Needs(**usual | facts)

    async def book(self, hearing: UUID, start: datetime = TEN, rules: Rules = RULES, **facts: Any) -> Booking:
        replacing = facts.pop("replacing", None)
        made = await self.write(
            booking.book, hearing, self.needs(**facts), start, rules=rules, replacing=replacing
        )
        assert isinstance(made, Booking)
        return made

    async def refused(self, hearing: UUID, field: str, start: datetime = TEN, **facts: Any) -> str:
        """What is said of the one field for which booking is refused; nothing is booked."""
        with pytest.raises(Invalid) as refusal:
            await self.book(hearing, start, **facts)
        assert {error.field for error in refusal.value.errors} == {field}
        assert await self.state(hearing) is HearingState.LISTED
        return " ".join(error.message for error in refusal.value.errors)

    async def state(self, hearing: UUID) -> HearingState:
        return await self.db.read(lambda s, c: s.get_one(Hearing, hearing).state, SYSTEM_CONTEXT)

    async def taken(self, resource: UUID) -> list[tuple[datetime, datetime, str]]:
        def ask(session: Session, ctx: Any) -> list[tuple[datetime, datetime, str]]:
            rows = session.exec(select(Reservation).where(Reservation.resource_id == resource))
            return sorted((row.starts_at, row.ends_at, row.purpose.value) for row in rows)

        return await self.db.read(ask, SYSTEM_CONTEXT)

    async def links(self, hearing: UUID) -> dict[str, UUID]:
        every = await self.db.read(links.of_hearing, SYSTEM_CONTEXT, hearing)
        return {link.label: link.id for link in every}

    async def in_force(self, hearing: UUID) -> list[Direction]:
        every = await self.db.read(directions.of_hearing, self.clerk, hearing)
        return [each for each in every if each.status is DirectionStatus.IN_FORCE]

    async def direct(self, hearing: UUID, link: UUID) -> Direction:
        made = Made(
            link, Medium.VIDEO, Force.REQUIRE, "District Judge Example", "None made.", scope="The case"
        )
        directed = await self.write(directions.record, hearing, made)
        assert isinstance(directed, Direction)
        return directed

    async def missing(self, hearing: UUID, **facts: Any) -> tuple[str, ...]:
        needs = self.needs(**facts)

        def ask(session: Session, ctx: Any) -> tuple[str, ...]:
            places = calendar.places(session, needs.resource_ids)
            return practice.missing(session, session.get_one(Hearing, hearing), needs, places)

        return await self.db.read(ask, self.clerk)


@pytest.fixture
async def court(db: Db) -> Court:
    county = await County.settle(db)
    await db.write(
        add_shift, SYSTEM_CONTEXT, county.suite, MONDAY - minutes(60), MONDAY + timedelta(days=5), 3
    )
    return Court(db, county)


# 1. Directions


async def test_a_booking_never_implies_a_direction(court: Court) -> None:
    """Rule 1."""
    hearing = await court.matter()
    await court.book(hearing, custody=(CustodyNeed(court.county.cell),))
    assert await court.in_force(hearing) == []


async def test_a_direction_survives_relisting_until_it_is_discharged(court: Court) -> None:
    """Rule 1. The links of the later hearing appear when it is booked, in another room even."""
    county = court.county
    first = await court.matter()
    await court.book(first, custody=(CustodyNeed(county.cell),), attending=(county.officer,))
    every = await court.links(first)
    made = await court.direct(first, every["Defendant, Video room 1, Demo Custody Suite"])
    of_officer = await court.direct(first, every["PC 1187 Demo"])

    again = await court.matter(relisted_from=first)
    await court.book(
        again, TEN + minutes(60), custody=(CustodyNeed(county.second_cell),), attending=(county.officer,)
    )
    carried = {each.link_id: each for each in await court.in_force(again)}
    now = await court.links(again)
    assert carried.keys() == {now["Defendant, Video room 2, Demo Custody Suite"], now["PC 1187 Demo"]}
    assert {(each.maker, each.scope, each.made_at) for each in carried.values()} == {
        (made.maker, "The case", made.made_at),
        (of_officer.maker, "The case", of_officer.made_at),
    }

    for each in carried.values():
        ended = await court.write(directions.rescind, again, each.id, discharged=True)
        assert ended.status is DirectionStatus.DISCHARGED
    third = await court.matter(relisted_from=again)
    await court.book(third, TEN + minutes(120), attending=(county.officer,))
    assert await court.in_force(third) == []


async def test_of_two_defendants_no_direction_is_guessed_for_a_room(court: Court) -> None:
    """Rule 1: a room does not say which of two defendants sits in it, so the court directs again."""
    county = court.county
    both = (CustodyNeed(county.cell), CustodyNeed(county.second_cell))
    first = await court.matter()
    await court.book(first, custody=both)
    await court.direct(first, (await court.links(first))["Defendant, Video room 1, Demo Custody Suite"])
    again = await court.matter(relisted_from=first)
    await court.book(again, TEN + minutes(60), custody=both)
    assert await court.in_force(again) == []


async def test_a_direction_goes_along_when_the_booking_moves_to_another_room(court: Court) -> None:
    """Rule 1: it is for the person, wherever they sit."""
    hearing, county = await court.matter(), court.county
    booked = await court.book(hearing, custody=(CustodyNeed(county.cell),))
    made = await court.direct(
        hearing, (await court.links(hearing))["Defendant, Video room 1, Demo Custody Suite"]
    )
    await court.book(hearing, custody=(CustodyNeed(county.second_cell),), replacing=booked.id)
    (moved,) = await court.in_force(hearing)
    assert moved.id == made.id
    assert moved.link_id == (await court.links(hearing))["Defendant, Video room 2, Demo Custody Suite"]


# 2, 3. Hard dates


async def test_who_is_charged_and_detained_is_never_booked_after_the_first_available_sitting(
    court: Court,
) -> None:
    """Rule 2, whether or not the one who books says so: what is known of the hearing binds."""
    hearing = await court.matter(detained=True)
    with pytest.raises(SlotTaken, match="first available sitting"):
        await court.book(hearing, TEN + timedelta(days=1))
    assert (await court.book(hearing, TEN)).slot.start == TEN


async def test_a_remand_and_a_custody_time_limit_are_hard_dates(court: Court) -> None:
    """Rule 3."""
    for fact, words in (("remand_expires", "remand"), ("custody_limit", "custody time limit")):
        hearing = await court.matter(**{fact: TODAY + timedelta(days=1)})
        with pytest.raises(SlotTaken, match=words):
            await court.book(hearing, TEN + timedelta(days=2))
        last_day = TEN + timedelta(days=1, minutes=60 if fact == "remand_expires" else 120)
        assert (await court.book(hearing, last_day)).slot.start == last_day


async def test_staff_are_told_once_that_no_sitting_is_left(court: Court) -> None:
    """Rule 2 and 3: told once for each hard date, and not at all without one."""
    hearing = await court.matter(remand_expires=TODAY)
    plain = await court.matter()
    assert await court.write(harddates.tell_none_left, hearing)
    assert not await court.write(harddates.tell_none_left, hearing)
    assert not await court.write(harddates.tell_none_left, plain)
    assert await court.write(harddates.tell_none_left, plain, asked=True)

    def told(session: Session, ctx: Any) -> list[dict[str, Any]]:
        rows = session.exec(select(EventRow).where(EventRow.kind == EventKind.SLOT_NONE_LEFT))
        return [row.data for row in rows]

    found = await court.db.read(told, SYSTEM_CONTEXT)
    assert sorted(each["rule"] for each in found) == ["first_sitting", "remand"]


# 4. Counted pools


async def test_detention_officers_and_escorts_are_counted_apart(court: Court) -> None:
    """Rule 4: one escort on shift, three detention officers."""
    county, escort = court.county, PoolKind.ESCORTS
    day: dict[str, Any] = {
        "site_id": county.suite,
        "starts_at": MONDAY,
        "ends_at": MONDAY + timedelta(hours=8),
    }
    await court.add(Shift(**day, staff=2, away=1, pool=escort))
    escorted = CustodyNeed(county.cell, escorts=1)
    await court.book(await court.matter(), custody=(escorted,))
    other = await court.matter()
    elsewhere: dict[str, Any] = {"courtroom_id": county.second_courtroom}
    with pytest.raises(SlotTaken, match="Demo Custody Suite"):
        await court.book(other, custody=(CustodyNeed(county.second_cell, escorts=1),), **elsewhere)
    await court.book(other, custody=(CustodyNeed(county.second_cell),), **elsewhere)


async def test_escorts_are_not_counted_where_the_contractor_gives_no_shifts(court: Court) -> None:
    """Rule 4: nobody can be short of what is not counted."""
    booked = await court.book(await court.matter(), custody=(CustodyNeed(court.county.cell, escorts=5),))
    assert booked.needs.custody[0].escorts == 5


async def test_constant_observation_takes_a_detention_officer_out(court: Court) -> None:
    """Rule 4: of three officers one hearing takes two, another one; none is left for two at once."""
    county = court.county
    watched = CustodyNeed(county.cell, observed=True)
    await court.book(await court.matter(), custody=(watched,))
    with pytest.raises(SlotTaken, match="Demo Custody Suite"):
        await court.book(
            await court.matter(),
            courtroom_id=county.second_courtroom,
            custody=(CustodyNeed(county.second_cell, observed=True),),
        )
    await court.book(
        await court.matter(), courtroom_id=county.second_courtroom, custody=(CustodyNeed(county.second_cell),)
    )


async def test_detention_officers_who_are_away_are_not_there_to_be_booked(court: Court) -> None:
    """Rule 4: all three off sick."""

    def sick(session: Session, ctx: Any) -> None:
        for shift in session.exec(select(Shift)):
            shift.away = shift.staff

    await court.db.write(sick, SYSTEM_CONTEXT)
    with pytest.raises(SlotTaken, match="Demo Custody Suite"):
        await court.book(await court.matter(), custody=(CustodyNeed(court.county.cell),))


# 5, 9. Time around the hearing


async def test_the_room_is_free_after_consultation_and_turnaround_not_when_the_link_ends(
    court: Court,
) -> None:
    """Rules 5 and 9: consultation before and after, then turnaround."""
    need = CustodyNeed(court.county.cell, consultation=15, turnaround=10, afterwards=5)
    await court.book(await court.matter(), custody=(need,))
    over = TEN + minutes(30)
    assert await court.taken(court.county.cell) == [
        (TEN - minutes(15), TEN, Purpose.CONSULTATION.value),
        (TEN, over, Purpose.HEARING.value),
        (over, over + minutes(5), Purpose.CONSULTATION.value),
        (over + minutes(5), over + minutes(15), Purpose.TURNAROUND.value),
    ]


# 6. Under 18


async def test_a_defendant_under_18_has_an_appropriate_adult_and_the_youth_offending_team(
    court: Court,
) -> None:
    """Rule 6: by name or by part, and never without."""
    hearing = await court.matter(youth=True)
    said = await court.refused(hearing, "parts")
    assert "appropriate adult" in said
    assert "youth offending team" in said
    adult = await court.person(PersonKind.APPROPRIATE_ADULT)
    assert "youth offending team" in await court.refused(hearing, "parts", attending=(adult,))
    await court.book(hearing, attending=(adult,), parts=(Part.YOUTH_OFFENDING_TEAM,))
    assert {"A Person", "Youth offending team"} <= (await court.links(hearing)).keys()


async def test_nobody_shares_a_custody_room_with_a_defendant_under_18(court: Court) -> None:
    """Rule 6: kept apart from adults. A room is for one defendant, from consultation to turnaround."""
    cell = court.county.cell
    await court.book(await court.matter(youth=True), custody=(CustodyNeed(cell),), parts=YOUTH_PARTS)
    adult = await court.matter()
    with pytest.raises(SlotTaken):
        await court.book(adult, TEN + minutes(30), custody=(CustodyNeed(cell),))
    with pytest.raises(Invalid):
        court.needs(custody=(CustodyNeed(cell), CustodyNeed(cell)))


# 10. Advocates


async def test_an_advocate_holds_many_matters_of_a_session_and_is_never_called_in_two_at_once(
    court: Court,
) -> None:
    """Rule 10."""
    advocate = await court.person(PersonKind.ADVOCATE, "Ms Counsel")
    first, second = await court.matter(), await court.matter()
    await court.book(first, attending=(advocate,))
    with pytest.raises(SlotTaken, match="Ms Counsel"):
        await court.book(second, courtroom_id=court.county.second_courtroom, attending=(advocate,))
    await court.book(second, TEN + minutes(30), attending=(advocate,))
    assert "Ms Counsel" in await court.links(second)


# 11. Co-defendants and interpreters


async def test_co_defendants_have_a_custody_room_each(court: Court) -> None:
    """Rule 11: advised where there are fewer rooms than defendants, for some may come on bail."""
    hearing, county = await court.matter(), court.county
    people = [Party(hearing_id=hearing, position=n, role="DEFENDANT", name=f"Example {n}") for n in range(2)]
    await court.add(*people)
    one = CustodyNeed(county.cell)
    assert any("2 defendants" in each for each in await court.missing(hearing, custody=(one,)))
    both = (one, CustodyNeed(county.second_cell))
    assert not any("defendants" in each for each in await court.missing(hearing, custody=both))
    await court.book(hearing, custody=both)
    assert sum(label.startswith("Defendant") for label in await court.links(hearing)) == 2


async def test_an_interpreter_interprets_what_they_list_and_has_a_break_after(court: Court) -> None:
    """Rule 11."""
    interpreter = await court.person(PersonKind.INTERPRETER, "Ms Tongue", "Polish")
    hearing = await court.matter()
    attending: dict[str, Any] = {"attending": (interpreter,)}
    welsh = (Interpreting(interpreter, "Welsh"),)
    assert "does not list Welsh" in await court.refused(
        hearing, "interpreting", interpreting=welsh, **attending
    )
    officer = (Interpreting(court.county.officer, "Polish"),)
    said = await court.refused(
        hearing, "interpreting", interpreting=officer, attending=(court.county.officer,)
    )
    assert "not an interpreter" in said
    await court.book(hearing, interpreting=(Interpreting(interpreter, "polish"),), **attending)
    assert (await court.taken(interpreter))[-1] == (TEN + minutes(30), TEN + minutes(40), "rest")


def test_an_interpreter_is_not_shared_by_the_defence_and_the_prosecution() -> None:
    """Rule 11: in private they would hear both."""
    person, room = UUID(int=1), UUID(int=2)
    of = Interpreting(person, "Polish", Side.DEFENCE)
    with pytest.raises(Invalid, match="needs changing") as refusal:
        Needs(room, 20, attending=(person,), interpreting=(of, replace(of, side=Side.PROSECUTION)))
    assert "cannot be shared" in refusal.value.errors[0].message
    Needs(room, 20, attending=(person,), interpreting=(of, replace(of, side=Side.COURT)))


async def test_an_interpreter_of_one_side_is_not_booked_for_the_other_on_another_day_of_the_case(
    court: Court,
) -> None:
    """Rule 11: in private they would hear both, whichever booking they came with."""
    interpreter = await court.person(PersonKind.INTERPRETER, "Ms Tongue", "Polish")
    of = Interpreting(interpreter, "Polish", Side.DEFENCE)
    first, second, other = [await court.matter() for _ in range(3)]
    for hearing, urn in ((first, "41XX0000126"), (second, "41XX0000126"), (other, "41XX0000226")):
        await court.add(Case(hearing_id=hearing, position=0, urn=urn), Case(hearing_id=hearing, position=1))
    attending: dict[str, Any] = {"attending": (interpreter,)}
    await court.book(first, interpreting=(of,), **attending)
    against = (replace(of, side=Side.PROSECUTION),)
    later = TEN + timedelta(days=1)
    said = await court.refused(second, "interpreting", later, interpreting=against, **attending)
    assert "Ms Tongue already interprets for the defence" in said
    await court.book(other, later, interpreting=against, **attending)  # another case
    await court.book(
        second, TEN + timedelta(days=2), interpreting=(replace(of, side=Side.COURT),), **attending
    )


async def test_consecutive_interpreting_lengthens_the_estimate(court: Court) -> None:
    """Rule 11: advised by the factor that the service assumes, half as long again."""
    interpreter = await court.person(PersonKind.INTERPRETER, "Ms Tongue", "Polish")
    hearing = await court.matter(minutes=20)
    spoken = Interpreting(interpreter, "Polish")
    told = await court.missing(hearing, minutes=20, attending=(interpreter,), interpreting=(spoken,))
    assert any("30 minutes" in each for each in told)
    for enough in ({"minutes": 30}, {"minutes": 20, "interpreting": (replace(spoken, consecutive=False),)}):
        facts: dict[str, Any] = {"attending": (interpreter,), "interpreting": (spoken,)} | enough
        assert not any("Consecutive" in each for each in await court.missing(hearing, **facts))
    assert (await court.write(practice.suggested, hearing)).consecutive == 30


# 12. The same bench


async def test_part_heard_returns_to_the_same_bench(court: Court) -> None:
    """Rule 12: refused without them, by name; they sit in the courtroom and need no link."""
    judge = await court.person(PersonKind.JUDICIARY, "District Judge Example")
    hearing = await court.matter(same_bench=[str(judge)])
    assert "District Judge Example" in await court.refused(hearing, "attending")
    await court.book(hearing, attending=(judge,))
    assert list(await court.links(hearing)) == ["Bench, Courtroom 1"]


# 13. Recording


async def test_recording_needs_a_power_and_the_person_who_ordered_it(court: Court) -> None:
    """Rule 13, and recorders are counted."""
    bare = await court.matter(recording_power="Criminal Procedure Rules")
    assert "who ordered it" in await court.refused(bare, "recording", recording=True)
    ordered = {
        "recording_power": "Criminal Procedure Rules",
        "recording_ordered_by": "District Judge Example",
    }
    first, second = await court.matter(**ordered), await court.matter(**ordered)
    one_recorder = replace(RULES, recording_capacity=1)
    await court.book(first, rules=one_recorder, recording=True)
    with pytest.raises(SlotTaken, match="The recorder"):
        await court.book(
            second, rules=one_recorder, recording=True, courtroom_id=court.county.second_courtroom
        )


# 14. Trials


async def test_a_trial_has_no_default_length_from_anywhere(court: Court) -> None:
    """Rule 14: not from the service, nor from the court's own times."""
    hearing = await court.matter(hearing_type="Trial", minutes=0)
    suggestion = await court.write(practice.suggested, hearing)
    assert (suggestion.minutes, suggestion.source) == (None, practice.Source.NOBODY)
    with pytest.raises(Invalid):
        court.needs(minutes=0)
    with pytest.raises(Invalid):
        await court.write(practice.change, "trial", practice.Figures(minutes=150), version=0)


# 8, and the officer's time


async def test_who_comes_in_person_has_their_journey_reserved_and_who_comes_by_link_none(
    court: Court,
) -> None:
    """What the officer gives: travel both ways in person, nothing but the hearing by link."""
    county = court.county
    await court.book(
        await court.matter(),
        attending=(county.officer, county.second_officer),
        travel=(Travel(county.officer, 40),),
    )
    assert [purpose for _, _, purpose in await court.taken(county.officer)] == ["travel", "hearing", "travel"]
    assert [purpose for _, _, purpose in await court.taken(county.second_officer)] == ["hearing"]


# What is suggested, and where it comes from


async def test_what_is_in_custody_at_a_first_appearance_is_taken_for_charged_and_detained(
    court: Court,
) -> None:
    """Rule 2: a list says in custody and no more, so this is a suggestion that a person may take back."""
    first = await court.matter(in_custody=True)
    suggestion = await court.write(practice.suggested, first)
    assert suggestion.detained
    assert "The list says in custody" in suggestion.why_detained
    remand = await court.matter(in_custody=True, hearing_type="Remand")
    assert not (await court.write(practice.suggested, remand)).detained
    assert any("no custody room" in each for each in await court.missing(remand))


async def test_free_times_of_an_under_18_are_told_with_the_reason_for_refusing_the_needs(
    court: Court,
) -> None:
    """Rule 6 holds for finding as for booking."""
    hearing = await court.matter(youth=True)
    with pytest.raises(Invalid, match="needs changing"):
        await court.write(availability.find, hearing, court.needs(), TODAY, rules=RULES)
    found = await court.write(availability.find, hearing, court.needs(parts=YOUTH_PARTS), TODAY, rules=RULES)
    assert found.free


async def test_references_of_any_form_are_taken(court: Court) -> None:
    """Rule 18: URN, ASN and PNC numbers vary."""
    matter = listing.Matter("R v Example", "Remand", TODAY, urns=("41XX0000126", "not a URN at all", "9/9"))
    assert await court.write(listing.add, matter)


async def test_only_those_of_the_court_may_book(court: Court) -> None:
    """Listing is a judicial function: an officer finds nothing and books nothing."""
    officer = court.county.person(court.county.force, Role.OFFICER)
    hearing = await court.matter()
    with pytest.raises(Forbidden, match="not allowed"):
        await court.db.write(booking.book, officer, hearing, court.needs(), TEN, rules=RULES)


# What a courtroom is kept for


async def test_a_courtroom_kept_for_other_business_refuses_a_hearing_and_says_why(court: Court) -> None:
    def keep(session: Session, ctx: Any) -> None:
        session.get_one(Resource, court.county.courtroom).restricted_to = ["TRL"]

    await court.db.write(keep, SYSTEM_CONTEXT)
    hearing = await court.matter(hearing_type="Remand")
    with pytest.raises(SlotTaken) as refusal:
        await court.book(hearing)
    assert "is kept for Trial" in str([each.reason for each in refusal.value.refusals])
    await court.book(await court.matter(hearing_type="Trial"))


async def test_a_youth_court_refuses_an_adult_and_takes_somebody_under_18(court: Court) -> None:
    sits = SittingSession(
        courtroom_id=court.county.courtroom, starts_at=MONDAY, ends_at=TEN + minutes(60), panel="YOUTH"
    )
    await court.add(sits)
    with pytest.raises(SlotTaken) as refusal:
        await court.book(await court.matter())
    assert "sits as a youth court" in str([each.reason for each in refusal.value.refusals])
    await court.book(await court.matter(youth=True), parts=YOUTH_PARTS)
