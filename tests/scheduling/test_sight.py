"""What custody staff of a suite are told of a hearing, and what stays with its court."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.organisations import Organisation
from tests.api.apps import World
from tests.county import County

PRIVATE = ("Wilma Witness", "heard in her kitchen", "PC 1187", "41XX0000126", "Vic Complainant", "a secret")


@pytest.fixture
def court(settled: County) -> Organisation:
    return Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")


@pytest.fixture
async def clerk(world: World, court: Organisation) -> httpx.AsyncClient:
    return await world.machine(court, Role.LISTING_OFFICER)


@pytest.fixture
def suite(settled: County) -> Organisation:
    return Organisation(settled.custody, OrganisationKind.CUSTODY, "Demo custody", "Demoshire")


@pytest.fixture
async def custody(world: World, suite: Organisation) -> httpx.AsyncClient:
    return await world.machine(suite, Role.CUSTODY_OFFICER)


async def said(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture
async def hearing(clerk: httpx.AsyncClient, settled: County) -> str:
    """Booked with a custody room and an officer; a witness has a link; both remote people have directions."""
    parties = [
        {"role": "DEFENDANT", "name": "Alex Example"},
        {"role": "COMPLAINANT", "name": "Vic Complainant"},
    ]
    matter = {
        "title": "R v Example",
        "hearing_type": "Bail",
        "day": "2026-11-23",
        "urns": ["41XX0000126"],
        "parties": parties,
    }
    address = f"/api/hearings/{(await said(await clerk.post('/api/hearings', json=matter)))['id']}"
    needs = {
        "courtroom_id": str(settled.courtroom),
        "minutes": 20,
        "custody": [{"room_id": str(settled.cell)}],
        "attending": [str(settled.officer)],
        "others": 1,
    }
    wanted = {"starts_at": "2026-11-23T10:30:00Z", "needs": needs}
    await said(await clerk.post(f"{address}/bookings", json=wanted))
    witness = {"part": "witness", "label": "Wilma Witness"}
    await said(await clerk.post(f"{address}/links", json=witness))
    for link in await said(await clerk.get(f"{address}/links")):
        if link["part"] in {"defendant", "witness"}:
            words = {"defendant": "a secret", "witness": "heard in her kitchen"}[link["part"]]
            direction = {"link_id": link["id"], "medium": "video", "force": "permit", "maker": "DJ Example"}
            await said(await clerk.post(f"{address}/directions", json=direction | {"representations": words}))
    return address


async def test_custody_staff_are_told_the_facts_and_what_is_their_own(
    custody: httpx.AsyncClient, hearing: str, settled: County
) -> None:
    told = await said(await custody.get(hearing))
    assert (told["title"], told["state"], told["urns"]) == ("R v Example", "booked", [])
    assert [party["name"] for party in told["parties"]] == ["Alex Example"]
    needs = told["booking"]["needs"]
    assert needs["courtroom_id"] == str(settled.courtroom)
    assert [need["room_id"] for need in needs["custody"]] == [str(settled.cell)]
    assert (needs["attending"], needs["others"]) == ([], 0)
    assert (await said(await custody.get(f"/api/bookings/{told['booking']['id']}")))["needs"] == needs
    (listed,) = (await said(await custody.get("/api/hearings")))["items"]
    assert listed["booking"]["needs"] == needs
    (link,) = await said(await custody.get(f"{hearing}/links"))
    assert link["part"] == "defendant"
    (direction,) = await said(await custody.get(f"{hearing}/directions"))
    assert (direction["link_id"], direction["representations"]) == (link["id"], "")


async def test_the_page_tells_custody_staff_no_more(world: World, suite: Organisation, hearing: str) -> None:
    browser = await world.signed_in(await world.person(suite, Role.CUSTODY_OFFICER))
    page = await browser.get(hearing.removeprefix("/api"))
    assert page.status_code == 200
    assert "Defendant, Video room 1" in page.text
    assert "Permits video" in page.text
    assert [words for words in (*PRIVATE, "What happened") if words in page.text] == []


async def test_its_own_court_is_told_everything(
    world: World, clerk: httpx.AsyncClient, court: Organisation, hearing: str
) -> None:
    told = await said(await clerk.get(hearing))
    assert (len(told["parties"]), told["urns"]) == (2, ["41XX0000126"])
    assert (len(told["booking"]["needs"]["attending"]), told["booking"]["needs"]["others"]) == (1, 1)
    parts = {link["part"] for link in await said(await clerk.get(f"{hearing}/links"))}
    assert parts == {"bench", "defendant", "officer", "witness"}
    directions = await said(await clerk.get(f"{hearing}/directions"))
    assert {each["representations"] for each in directions} == {"a secret", "heard in her kitchen"}
    browser = await world.signed_in(await world.person(court, Role.LEGAL_ADVISER))
    assert "What happened" in (await browser.get(hearing.removeprefix("/api"))).text
