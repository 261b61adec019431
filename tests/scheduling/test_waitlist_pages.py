"""The wait list as court staff use it on pages, and as machines do."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from court_link.api.pages import waitlist
from court_link.domain.requirements import Needs, Rules
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.organisations import Organisation
from court_link.scheduling import booking
from tests.api.apps import Browser, World
from tests.county import SYSTEM_CONTEXT, County, add_hearing
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)


@pytest.fixture
def court(settled: County) -> Organisation:
    return Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")


@pytest.fixture
async def clerk(world: World, court: Organisation) -> Browser:
    return await world.signed_in(await world.person(court, Role.LISTING_OFFICER))


@pytest.fixture
async def api(world: World, court: Organisation) -> httpx.AsyncClient:
    return await world.machine(court, Role.LISTING_OFFICER)


async def listed(world: World, county: County, title: str) -> UUID:
    return await world.db.write(lambda s, c: add_hearing(s, c, county, TEN, 30, title=title), SYSTEM_CONTEXT)


async def released(world: World, county: County) -> None:
    """A booking at ten is made and let go; the running application is told of it by itself."""
    hearing = await listed(world, county, "R v Gone")
    needs, clerk = Needs(county.courtroom, 30), county.listing_officer
    made = await world.db.write(booking.book, clerk, hearing, needs, TEN, rules=Rules())
    await world.db.write(booking.release, clerk, made.id)


async def on_offer(api: httpx.AsyncClient, hearing: UUID) -> dict[str, object]:
    async with asyncio.timeout(60):
        while True:
            found = (await api.get(f"/api/hearings/{hearing}/waiting")).json()
            if found["offer"]:
                return dict(found)
            await asyncio.sleep(0.02)


def typed(county: County, **more: str) -> dict[str, str]:
    usual = {"courtrooms": str(county.courtroom), "minutes": "30"}
    return usual | {"earliest": "23/11/2026", "latest": "27/11/2026"} | more


async def test_a_hearing_is_put_on_the_list_offered_a_time_and_booked(
    world: World, clerk: Browser, api: httpx.AsyncClient, settled: County
) -> None:
    hearing = await listed(world, settled, "R v Patient")
    form = (await clerk.get(f"/hearings/{hearing}/waiting")).text
    assert "Put on the wait list" in form
    assert 'value="23/11/2026"' in form
    joined = await clerk.submit(f"/hearings/{hearing}/waiting", typed(settled, urgent="yes"))
    assert joined.headers["Location"] == "/waitlist?done=joined"
    page = (await clerk.get("/waitlist")).text
    for said in ("R v Patient", "Marked urgent", "Courtroom 1, Demo Court House", "30 minutes"):
        assert said in page
    await released(world, settled)
    found = await on_offer(api, hearing)
    page = (await clerk.get("/waitlist")).text
    assert "On offer now" in page
    assert "10am to 10:30am" in page
    decline = (await clerk.get(f"/hearings/{hearing}/waiting/decline")).text
    assert "Decline this time?" in decline
    accepted = await clerk.submit(
        "/waitlist", {"version": str(found["version"])}, to=f"/hearings/{hearing}/waiting/accept"
    )
    assert accepted.headers["Location"] == f"/hearings/{hearing}?done=booked"
    assert "Nothing waits" in (await clerk.get("/waitlist")).text
    assert (await api.get(f"/api/hearings/{hearing}")).json()["state"] == "booked"


async def test_what_is_wrong_is_named_and_kept(world: World, clerk: Browser, settled: County) -> None:
    hearing = await listed(world, settled, "R v Patient")
    wrong = typed(settled, earliest="32/11/2026", minutes="soon", courtrooms="")
    refused = await clerk.submit(f"/hearings/{hearing}/waiting", wrong)
    assert refused.status_code == 422
    for said in ("Enter a day", "Enter a number of minutes.", "Choose the courtrooms", 'value="soon"'):
        assert said in refused.text


async def test_a_hearing_leaves_the_list_after_being_asked(
    world: World, clerk: Browser, settled: County
) -> None:
    hearing = await listed(world, settled, "R v Patient")
    await clerk.submit(f"/hearings/{hearing}/waiting", typed(settled))
    form = await clerk.get(f"/hearings/{hearing}/waiting/leave")
    version = re.search(r'name="version" value="(\d+)"', form.text)
    assert version
    stale = await clerk.submit(f"/hearings/{hearing}/waiting/leave", {"version": "99"})
    assert stale.status_code in {409, 412}
    left = await clerk.submit(f"/hearings/{hearing}/waiting/leave", {"version": version[1]})
    assert left.headers["Location"] == "/waitlist?done=left"
    assert "Nothing waits" in (await clerk.get("/waitlist")).text


async def test_machines_join_read_and_decline_with_versions(
    world: World, api: httpx.AsyncClient, settled: County
) -> None:
    hearings = [await listed(world, settled, f"R v {name}") for name in ("First", "Second")]
    wants = {
        "needs": {"courtroom_id": str(settled.courtroom), "minutes": 30},
        "courtrooms": [str(settled.courtroom)],
        "earliest": "2026-11-23",
        "latest": "2026-11-27",
    }
    first, second = (f"/api/hearings/{each}/waiting" for each in hearings)
    joined = await api.put(first, json=wants)
    assert (joined.status_code, joined.headers["ETag"]) == (200, '"1"')
    assert (await api.put(second, json={**wants, "urgent": True})).status_code == 200
    page = (await api.get("/api/waitlist?limit=1")).json()
    assert ([each["title"] for each in page["items"]], page["next"]) == (["R v Second"], 1)
    rest = (await api.get(f"/api/waitlist?limit=1&after={page['next']}")).json()
    assert ([each["title"] for each in rest["items"]], rest["next"]) == (["R v First"], None)
    stale = await api.put(first, json=wants, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    await released(world, settled)
    found = await on_offer(api, hearings[1])
    assert found["offer"]["state"] == "provisional"  # type: ignore[index]
    declined = await api.post(f"{second}/decline", headers={"If-Match": f'"{found["version"]}"'})
    assert declined.status_code == 204
    await on_offer(api, hearings[0])
    assert (await api.delete(first)).status_code == 204
    assert (await api.get(first)).status_code == 404


async def test_the_list_has_pages_and_a_search_and_reading_one_is_recorded_of_its_hearings_alone(
    world: World, clerk: Browser, settled: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waitlist, "PAGE", 2)
    for number in range(3):
        hearing = await listed(world, settled, f"R v Number{number}")
        await clerk.submit(f"/hearings/{hearing}/waiting", typed(settled))
    first, second = [(await clerk.get(f"/waitlist?page={page}")).text for page in (1, 2)]
    assert "3 hearings waiting, page 1 of 2" in first
    assert [f"R v Number{number}" in first for number in range(3)] == [True, True, False]
    assert [f"R v Number{number}" in second for number in range(3)] == [False, False, True]
    assert 'href="/waitlist?page=2"' in first
    found = (await clerk.get("/waitlist?q=number2")).text
    assert [f"R v Number{number}" in found for number in range(3)] == [False, False, True]
    assert "No hearing on the list matches" in (await clerk.get("/waitlist?q=mustard")).text
