"""Whoever re-plans learns nothing of what is not theirs, by whatever id they name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import Invalid
from court_link.domain.events import Event
from court_link.domain.hearing import HearingState
from court_link.domain.ids import new_id
from court_link.domain.places import DutyKind, PersonKind
from court_link.domain.requirements import CustodyNeed, Interpreting
from court_link.domain.roles import OrganisationKind
from court_link.domain.waiting import Wants
from court_link.scheduling import availability, booking, diary, finding, waitlist
from court_link.scheduling.diary import Kind
from court_link.scheduling.finding import Wish
from court_link.scheduling.replanning import Length, Move, Split
from court_link.store import Db, Session
from court_link.store.tables import Duty, Organisation, Person, Resource
from tests.county import SYSTEM_CONTEXT
from tests.scheduling.replanning import DAY, RULES, TEN, Court

STRANGER = "PC 4711 Elsewhere"


@pytest.fixture
async def court(db: Db) -> Court:
    return await Court.settle(db)


@pytest.fixture
async def stranger(court: Court) -> UUID:
    """Somebody of an organisation of another area."""

    def write(session: Session, ctx: Context) -> UUID:
        force = Organisation(kind=OrganisationKind.FORCE, name="Elsewhere Police", area="Elsewhere")
        session.add(force)
        session.flush()
        id_ = new_id()
        session.add(Resource(id=id_, kind=ResourceKind.PERSON, organisation_id=force.id, name=STRANGER))
        session.flush()
        session.add(Person(id=id_, kind=PersonKind.OFFICER))
        return id_

    return await court.db.write(write, SYSTEM_CONTEXT)


def told(refused: Invalid) -> list[tuple[str, str]]:
    return [(each.field, each.message) for each in refused.errors]


async def test_who_is_elsewhere_is_not_named_by_the_rule_on_interpreters(
    court: Court, stranger: UUID
) -> None:
    hearing = await court.matter()
    said = []
    for someone in (stranger, new_id()):
        needs = court.needs(attending=(someone,), interpreting=(Interpreting(someone, "Polish"),))
        with pytest.raises(Invalid) as refused:
            await court.db.read(finding.find, court.clerk, hearing, Wish(needs), TEN.date(), rules=RULES)
        said.append(told(refused.value))
    assert said[0] == said[1]
    assert STRANGER not in str(said)


async def test_a_preview_refuses_what_is_elsewhere_as_what_does_not_exist(
    court: Court, stranger: UUID
) -> None:
    booked, vacated = await court.booked(), await court.matter()
    await court.change(vacated, state=HearingState.VACATED)
    said: list[Any] = []
    for someone in (stranger, new_id()):
        needs = court.needs(attending=(someone,))
        for hearing, what in (
            (booked, Move(TEN + DAY, needs)),
            (vacated, Split((TEN, TEN + DAY), needs=needs)),
        ):
            with pytest.raises(Invalid) as refused:
                await court.preview(hearing, what)
            said.append(told(refused.value))
    assert said == [[("attending", "Choose people, evidence rooms and vehicles of your area.")]] * 4


async def test_a_search_does_not_run_over_thousands_of_years(court: Court) -> None:
    hearing = await court.matter(detained=True)
    needs = court.needs(detained=True)
    for far in (date(9000, 1, 1), date(9999, 12, 31)):
        with pytest.raises(Invalid):
            await court.db.read(finding.find, court.clerk, hearing, Wish(needs), far, rules=RULES)
        with pytest.raises(Invalid):
            await court.db.read(availability.find, court.clerk, hearing, needs, far, rules=RULES)


async def test_the_rooms_of_any_number_of_ways_may_be_named(court: Court) -> None:
    """The positive control: more ways than are compared are no reason to refuse one's own rooms."""
    rooms, cells = [court.county.courtroom], [court.county.cell]

    def write(session: Session, ctx: Context) -> None:
        county = court.county
        for owner, site, kind, into in (
            (county.court, county.court_house, ResourceKind.COURTROOM, rooms),
            (county.custody, county.suite, ResourceKind.CUSTODY_ROOM, cells),
        ):
            for number in range(24):
                id_ = new_id()
                session.add(
                    Resource(id=id_, kind=kind, organisation_id=owner, site_id=site, name=f"Room {number}")
                )
                into.append(id_)

    await court.db.write(write, SYSTEM_CONTEXT)
    hearing = await court.matter()
    needs = court.needs(custody=(CustodyNeed(cells[0]),), attending=())
    wish = Wish(needs, tuple(rooms), tuple(cells))
    found = await court.db.read(finding.find, court.clerk, hearing, wish, TEN.date(), days=1, rules=RULES)
    assert found.options


@pytest.mark.parametrize("kind", [DutyKind.LEAVE, DutyKind.REST_DAY, DutyKind.SICK])
async def test_a_diary_tells_another_organisation_that_somebody_is_away_and_not_why(
    court: Court, kind: DutyKind
) -> None:
    officer = court.county.officer

    def away(session: Session, ctx: Context) -> None:
        session.add(Duty(person_id=officer, kind=kind, starts_at=TEN, ends_at=TEN + timedelta(hours=8)))

    await court.db.write(away, SYSTEM_CONTEXT)
    shown = await court.db.read(diary.show, court.clerk, Kind.PERSON, officer, TEN.date())
    assert [each.label for each in shown.behind] == ["Away"]


async def test_who_has_left_is_booked_no_more_and_a_hearing_that_goes_on_is_still_made_longer(
    court: Court,
) -> None:
    running = await court.booked()
    await court.change(running, state=HearingState.IN_SESSION)

    def leave(session: Session, ctx: Context) -> None:
        session.get_one(Resource, court.county.officer).active = False

    await court.db.write(leave, SYSTEM_CONTEXT)
    hearing = await court.matter()
    with pytest.raises(Invalid) as refused:
        await court.db.write(booking.book, court.clerk, hearing, court.needs(), TEN + DAY, rules=RULES)
    assert told(refused.value) == [("attending", "PC 1187 Demo is no longer in use. Choose somebody else.")]
    assert await court.make(running, Length(45))


async def test_a_wish_that_can_be_booked_no_more_keeps_nobody_else_from_a_released_time(court: Court) -> None:
    """A defendant of one who waits proves to be under 18: nobody takes the parts that that needs."""
    waiting, released = await court.matter(), await court.alone("R v Early", TEN)
    day = TEN.date()
    wants = Wants(court.needs(custody=(), attending=()), (court.county.courtroom,), day, day + DAY)
    await court.db.write(waitlist.join, court.clerk, waiting, wants)
    (booked,) = await court.standing(released)
    await court.db.write(booking.release, court.clerk, booked.id)
    (event,) = await court.events("booking.released")
    freed = Event(
        **{name: getattr(event, name) for name in ("kind", "at", "hearing_id", "subject_id", "data")},
        seq=1,
        id=event.id,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        organisation_id=event.organisation_id,
    )

    async def fitting() -> object:
        return await court.db.read(waitlist.fit, SYSTEM_CONTEXT, waiting, freed, rules=RULES)

    assert await fitting() is not None
    await court.change(waiting, youth=True)
    assert await fitting() is None
