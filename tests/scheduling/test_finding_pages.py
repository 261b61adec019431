"""Finding a time, in a browser and over the API: the next times first, all that may be needed, why not."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import select

from court_link.domain.booking import Purpose, ResourceKind
from court_link.domain.context import Context
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.domain.places import PersonKind
from court_link.domain.requirements import CustodyNeed, Interpreting, Needs, Travel
from court_link.domain.roles import OrganisationKind, Part, Role
from court_link.identity.organisations import Organisation
from court_link.scheduling import booking
from court_link.store import Session
from court_link.store.tables import EventRow, Person, Reservation, Resource
from tests.api.apps import Browser, World
from tests.county import SYSTEM_CONTEXT, County, add_booking, add_hearing, add_shift
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def court(settled: County) -> Organisation:
    return Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")


@pytest.fixture
async def clerk(world: World, court: Organisation) -> Browser:
    return await world.signed_in(await world.person(court, Role.LISTING_OFFICER))


@pytest.fixture
async def machine(world: World, court: Organisation) -> httpx.AsyncClient:
    return await world.machine(court, Role.LISTING_OFFICER)


@pytest.fixture
async def hearing(world: World, settled: County) -> UUID:
    return await listed(world, settled)


async def listed(world: World, settled: County, **facts: Any) -> UUID:
    title = facts.pop("title", "R v Peppercorn")
    return await world.db.write(
        lambda s, c: add_hearing(s, c, settled, TEN, 30, title=title, **facts), SYSTEM_CONTEXT
    )


async def all_day(world: World, settled: County, *rooms: UUID) -> None:
    """Something else takes these all Monday."""
    other = await listed(world, settled, title="R v Allday")
    await world.db.write(add_booking, SYSTEM_CONTEXT, other, TEN - timedelta(hours=1), 480, *rooms)


def asked(settled: County, **more: str) -> dict[str, str]:
    return {"day": "23/11/2026", "courtroom_id": str(settled.courtroom), "minutes": "30", **more}


def add_interpreter(session: Session, ctx: Context, settled: County) -> UUID:
    id_ = new_id()
    session.add(
        Resource(id=id_, kind=ResourceKind.PERSON, organisation_id=settled.court, name="Ines Translator")
    )
    session.flush()
    session.add(Person(id=id_, kind=PersonKind.INTERPRETER, languages=["Polish"]))
    return id_


async def test_the_next_times_come_first_and_one_press_holds_the_best(
    clerk: Browser, hearing: UUID, settled: County
) -> None:
    page = await clerk.get(f"/hearings/{hearing}/book")
    assert page.text.index("Next times for everyone together") < page.text.index(
        "Monday 23 November 2026</h2>"
    )
    option = re.search(r'name="option" value="([^"]+)"', page.text)
    assert option
    assert option[1] == f"{TEN.isoformat()} {settled.courtroom}"
    held = await clerk.submit(f"/hearings/{hearing}/book", asked(settled, option=option[1]))
    assert held.status_code == 303
    assert "10am to 10:30am" in (await clerk.get(held.headers["Location"])).text


async def test_another_courtroom_is_held_when_its_time_is_chosen(
    clerk: Browser, world: World, hearing: UUID, settled: County
) -> None:
    await all_day(world, settled, settled.courtroom)
    address = f"/hearings/{hearing}/book"
    page = await clerk.get(address, params=asked(settled, any_courtroom="yes"))
    assert "Courtroom 2, Demo Court House instead of Courtroom 1, Demo Court House" in page.text
    assert "is booked for R v Allday until 5pm" in page.text
    option = f"{TEN.isoformat()} {settled.second_courtroom}"
    assert option in page.text
    held = await clerk.submit(address, asked(settled, any_courtroom="yes", option=option))
    assert "Courtroom 2" in (await clerk.get(held.headers["Location"])).text


async def test_the_form_begins_with_what_the_list_and_practice_say(
    clerk: Browser, world: World, settled: County
) -> None:
    remand = await listed(world, settled, in_custody=True)
    page = (await clerk.get(f"/hearings/{remand}/book")).text
    assert re.search(rf'value="{settled.cell}" checked', page)
    assert re.search(r'name="any_custody_room"[^>]*value="yes" checked', page)
    assert re.search(r'name="detained"[^>]*value="yes" checked', page)
    assert "taken for charged and detained" in page


async def test_everything_that_a_hearing_can_need_is_entered_held_and_shown_again(
    clerk: Browser, world: World, settled: County, hearing: UUID
) -> None:
    interpreter = await world.db.write(add_interpreter, SYSTEM_CONTEXT, settled)
    typed = asked(
        settled,
        custody=str(settled.cell),
        consultation="20",
        turnaround="5",
        afterwards="10",
        observed="yes",
        attending=str(settled.officer),
        traveller_1=str(settled.officer),
        travel_1="25",
        interpreter_1=str(interpreter),
        language_1="Polish",
        side_1="court",
        how_1="simultaneous",
        rest_1="15",
        parts="probation",
        others="2",
    )
    address = f"/hearings/{hearing}/book"
    late = TEN + timedelta(hours=1)
    held = await clerk.submit(address, typed | {"starts_at": late.isoformat()})
    assert held.status_code == 303, held.text[-3000:]
    made = await world.db.read(
        booking.get, settled.listing_officer, UUID(held.headers["Location"].rpartition("/")[2])
    )
    assert made.needs == Needs(
        settled.courtroom,
        30,
        (CustodyNeed(settled.cell, 20, 5, 10, 0, True),),
        (settled.officer, interpreter),
        2,
        travel=(Travel(settled.officer, 25),),
        interpreting=(Interpreting(interpreter, "Polish", "court", False, 15),),  # type: ignore[arg-type]
        parts=(Part.PROBATION,),
    )
    await clerk.submit(held.headers["Location"], to=f"{held.headers['Location']}/confirm")
    again = (await clerk.get(address)).text
    for name, value in (("travel_1", "25"), ("language_1", "Polish"), ("rest_1", "15"), ("afterwards", "10")):
        assert re.search(rf'name="{name}"[^>]*value="{value}"', again)
    assert re.search(r'name="observed"[^>]*value="yes" checked', again)
    assert re.search(rf'<option value="{interpreter}" selected', again)


async def test_bad_fields_of_the_folded_parts_are_named_kept_and_unfolded(
    clerk: Browser, world: World, settled: County, hearing: UUID
) -> None:
    interpreter = await world.db.write(add_interpreter, SYSTEM_CONTEXT, settled)
    page = await clerk.get(
        f"/hearings/{hearing}/book",
        params=asked(settled, interpreter_1=str(interpreter), afterwards="long", custody=str(settled.cell)),
    )
    assert page.status_code == 422
    assert 'href="#language-1"' in page.text
    assert 'href="#afterwards"' in page.text
    assert 'value="long"' in page.text
    assert page.text.count('<details class="govuk-details" open>') == 2


async def test_a_forged_option_is_refused_as_a_time_that_is_none(
    clerk: Browser, settled: County, hearing: UUID
) -> None:
    for option in ("soon", f"{TEN.isoformat()} not-a-room"):
        refused = await clerk.submit(f"/hearings/{hearing}/book", asked(settled, option=option))
        assert refused.status_code == 422
        assert "Choose a time." in refused.text


async def test_the_api_answers_the_next_times_whose_needs_can_be_booked_as_they_are(
    machine: httpx.AsyncClient, world: World, settled: County, hearing: UUID
) -> None:
    await all_day(world, settled, settled.officer)
    tuesday = (TEN + DAY - timedelta(hours=2), TEN + DAY + timedelta(hours=8))
    await world.db.write(add_shift, SYSTEM_CONTEXT, settled.suite, *tuesday)
    query: dict[str, Any] = {
        "courtroom_id": str(settled.courtroom),
        "minutes": 30,
        "custody": [str(settled.cell)],
        "attending": [str(settled.officer)],
        "travel": [f"{settled.officer}:20"],
        "any_custody_room": True,
        "from": "2026-11-23",
        "days": 2,
        "count": 4,
    }
    answer = await machine.get(f"/api/hearings/{hearing}/slots", params=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["from"], body["until"]) == ("2026-11-23", "2026-11-24")
    assert [each["day"] for each in body["refused"]] == ["2026-11-23"]
    reasons = {each["resource"]: each["reason"] for each in body["refused"][0]["refusals"]}
    assert reasons["PC 1187 Demo"] == "is booked for R v Allday"
    assert len(body["options"]) == 4
    best = body["options"][0]
    assert best["starts_at"] == "2026-11-24T10:00:00Z"
    assert "No officer waits" in best["why"]
    made = await machine.post(
        f"/api/hearings/{hearing}/bookings", json={"starts_at": best["starts_at"], "needs": best["needs"]}
    )
    assert made.status_code == 201, made.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"travel": "me:soon"}, "travel"),
        ({"interpreting": "nobody"}, "interpreting"),
        ({"days": 100}, "days"),
        ({"count": 0}, "count"),
        ({"sooner": "yes"}, "sooner"),
    ],
)
async def test_the_api_names_the_field_that_is_wrong(
    machine: httpx.AsyncClient, settled: County, hearing: UUID, wrong: dict[str, Any], field: str
) -> None:
    query: dict[str, Any] = {"courtroom_id": str(settled.courtroom), "minutes": 30, "from": "2026-11-23"}
    refused = await machine.get(f"/api/hearings/{hearing}/slots", params=query | wrong)
    assert refused.status_code == 422
    assert field in [each["field"].rpartition(".")[2] for each in refused.json()["errors"]]


async def test_each_custody_room_has_a_consultation_time_of_its_own(
    clerk: Browser, world: World, hearing: UUID, settled: County
) -> None:
    address = f"/hearings/{hearing}/book"
    cells = {"custody": [str(settled.cell), str(settled.second_cell)]}
    only_one = await clerk.get(address, params=asked(settled, custody=str(settled.cell)))
    assert f"consultation_{settled.cell}" not in only_one.text
    typed = asked(settled, consultation="15") | cells | {f"consultation_{settled.second_cell}": "40"}
    page = await clerk.get(address, params=typed)
    assert "Consultation before, Video room 2" in page.text
    wrong = await clerk.get(address, params=typed | {f"consultation_{settled.second_cell}": "long"})
    assert "Enter a number of minutes" in wrong.text
    held = await clerk.submit(address, typed | {"starts_at": TEN.isoformat()})
    assert held.status_code == 303, held.text

    def reserved(session: Session, ctx: Context) -> dict[UUID, datetime]:
        rows = session.exec(select(Reservation).where(Reservation.purpose == Purpose.CONSULTATION))
        return {row.resource_id: row.starts_at for row in rows}

    before = await world.db.read(reserved, SYSTEM_CONTEXT)
    assert before == {
        settled.cell: TEN - timedelta(minutes=15),
        settled.second_cell: TEN - timedelta(minutes=40),
    }
    await clerk.submit(held.headers["Location"], to=f"{held.headers['Location']}/confirm")
    again = await clerk.get(address)  # to move it, with all that it needs
    assert re.search(rf'name="consultation_{settled.second_cell}"[^>]*value="40"', again.text)


async def test_staff_are_told_by_a_button_that_no_sitting_is_left(
    clerk: Browser, world: World, settled: County
) -> None:
    def told(session: Session, ctx: Context) -> int:
        return len(session.exec(select(EventRow).where(EventRow.kind == EventKind.SLOT_NONE_LEFT)).all())

    late = await listed(world, settled, remand_expires=date(2026, 11, 20))
    address = f"/hearings/{late}/book"
    page = await clerk.get(address, params=asked(settled))
    assert "Tell staff that none is left" in page.text
    assert await world.db.read(told, SYSTEM_CONTEXT) == 0
    for _ in range(2):
        done = await clerk.submit(address, asked(settled) | {"none_left": "yes"})
        assert "Staff have been told" in (await clerk.get(done.headers["Location"])).text
    assert await world.db.read(told, SYSTEM_CONTEXT) == 1
