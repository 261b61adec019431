"""Places as administrators keep them and bookers see them, on pages and over the API."""

import pytest

from court_link.domain.context import SYSTEM, Context
from court_link.domain.roles import OrganisationKind, Role
from court_link.importing import register
from court_link.importing.names import house_words, room_words
from court_link.importing.register import County
from tests.api.apps import World, started


@pytest.fixture
async def world(sqlite_store: str):
    async with started(sqlite_store) as running:
        yield running


@pytest.fixture
async def county(world: World):
    """Hertfordshire, and who owns what in it."""
    kinds = (OrganisationKind.COURT, OrganisationKind.CUSTODY, OrganisationKind.FORCE)
    owners = {kind: await world.organisation(kind, f"Example {kind.value}") for kind in kinds}
    ids = County(*(owners[kind].id for kind in kinds))
    await world.db.write(register.load_hertfordshire, Context(SYSTEM), ids)
    await world.db.write(register.load_holidays, Context(SYSTEM))
    return owners


async def place(machine, name: str) -> dict:
    found = (await machine.get("/api/places", params={"q": name, "closed": "true"})).json()["items"]
    assert len(found) == 1, found
    whole: dict = (await machine.get(f"/api/places/{found[0]['id']}")).json()
    return whole


async def test_hertfordshire_has_its_real_courtrooms_and_hides_what_has_closed(world, county):
    machine = await world.machine(county[OrganisationKind.COURT], Role.ADMINISTRATOR)
    open_now = {site["name"]: site for site in (await machine.get("/api/places")).json()["items"]}
    rooms = {name: len(site["rooms"]) for name, site in open_now.items() if site["kind"] == "court_house"}
    assert rooms == {
        "Hatfield Magistrates’ Court": 1,
        "St Albans Magistrates’ Court": 5,
        "Stevenage Magistrates’ Court": 4,
        "St Albans Crown Court": 2,
    }
    assert len(open_now["Hatfield custody suite"]["rooms"]) == 3
    assert not open_now["Hatfield custody suite"]["mine"]
    everything = (await machine.get("/api/places?closed=true")).json()["items"]
    assert {site["name"] for site in everything if site["closed"]} == {
        "Watford Magistrates’ Court",
        "Hertford Magistrates’ Court",
    }


def test_the_register_has_each_room_once():
    houses = register.court_houses()
    assert len(houses) == 170
    for house in houses.values():
        assert len({code for code, _ in house.rooms}) == len(house.rooms)
    assert register.find("PRESTON") == houses["B04KO00"]
    assert register.find("Nowhere in particular") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("PRESTON", "Preston Magistrates’ Court", True),
        ("St. Albans Magistrates' Court", "St Albans", True),
        ("St Albans Crown Court", "St Albans Magistrates' Court", False),
    ],
)
def test_court_houses_are_known_by_what_tells_them_apart(one, other, same):
    assert (house_words(one) == house_words(other)) is same


def test_rooms_are_known_by_their_number():
    assert room_words("Courtroom 01") == room_words("Court 1") == room_words("1")
    assert room_words("Courtroom 10") != room_words("Courtroom 1")


async def test_a_change_needs_the_version_that_was_read(world, county):
    machine = await world.machine(county[OrganisationKind.CUSTODY], Role.ADMINISTRATOR)
    suite = await place(machine, "Hatfield custody")
    address = f"/api/places/{suite['id']}"
    fresh = {"If-Match": (await machine.get(address)).headers["etag"]}
    added = await machine.post(f"{address}/rooms", json={"name": "Video room 4"}, headers=fresh)
    assert added.status_code == 201
    assert [room["name"] for room in added.json()["rooms"]][-1] == "Video room 4"
    stale = await machine.put(address, json={"name": "Renamed"}, headers=fresh)
    assert stale.status_code == 412
    renamed = await machine.put(
        address, json={"name": "Renamed"}, headers={"If-Match": added.headers["etag"]}
    )
    assert renamed.json()["name"] == "Renamed"


async def test_hours_and_rooms_are_checked(world, county):
    machine = await world.machine(county[OrganisationKind.COURT], Role.ADMINISTRATOR)
    address = f"/api/places/{(await place(machine, 'Stevenage Mag'))['id']}"
    overlapping = [{"weekday": 0, "opens": 540, "closes": 720}, {"weekday": 0, "opens": 700, "closes": 800}]
    assert (await machine.put(f"{address}/hours", json=overlapping)).status_code == 422
    backwards = [{"weekday": 0, "opens": 720, "closes": 540}]
    assert (await machine.put(f"{address}/hours", json=backwards)).status_code == 422
    twice = await machine.post(f"{address}/rooms", json={"name": "courtroom 01"})
    assert twice.json()["errors"] == [{"field": "room", "message": "A room of this name is here already"}]
    shift = {"day": "2026-11-24", "begins": "07:00", "ends": "19:00", "staff": 3}
    assert (await machine.post(f"{address}/shifts", json=shift)).status_code == 422  # it is no custody suite


async def test_a_night_shift_runs_over_midnight_and_can_be_taken_away(world, county):
    machine = await world.machine(county[OrganisationKind.CUSTODY], Role.ADMINISTRATOR)
    address = f"/api/places/{(await place(machine, 'Hatfield custody'))['id']}"
    asked = {"day": "2026-11-24", "begins": "19:00", "ends": "07:00", "staff": 4}
    [shift] = (await machine.post(f"{address}/shifts", json=asked)).json()["shifts"]
    assert (shift["starts_at"], shift["ends_at"]) == ("2026-11-24T19:00:00Z", "2026-11-25T07:00:00Z")
    assert (await machine.delete(f"{address}/shifts/{shift['id']}")).json()["shifts"] == []
    assert (await machine.delete(f"{address}/shifts/{shift['id']}")).status_code == 404


async def test_others_places_are_seen_in_the_area_and_changed_by_their_own_alone(world, county):
    clerk = await world.machine(county[OrganisationKind.COURT], Role.LISTING_OFFICER)
    suite = await place(clerk, "Hatfield custody")
    address = f"/api/places/{suite['id']}"
    assert (await clerk.put(address, json={"name": "Ours now"})).status_code == 403
    admin = await world.machine(county[OrganisationKind.COURT], Role.ADMINISTRATOR)
    assert (await admin.put(address, json={"name": "Ours now"})).status_code == 403
    elsewhere = await world.organisation(OrganisationKind.COURT, "Far court", "Farshire")
    stranger = await world.machine(elsewhere, Role.ADMINISTRATOR)
    absent = await stranger.get("/api/places/00000000-0000-7000-8000-000000000000")
    foreign = await stranger.get(address)
    assert (foreign.status_code, foreign.content) == (404, absent.content)
    officer = await world.machine(county[OrganisationKind.FORCE], Role.OFFICER)
    assert (await officer.get("/api/places")).status_code == 403


async def test_an_administrator_keeps_a_suite_on_its_page(world, county):
    account = await world.person(county[OrganisationKind.CUSTODY], Role.ADMINISTRATOR)
    browser = await world.signed_in(account)
    machine = await world.machine(county[OrganisationKind.CUSTODY], Role.ADMINISTRATOR)
    suite = await place(machine, "Stevenage custody")
    page = f"/places/{suite['id']}"
    assert "Stevenage custody suite" in (await browser.get("/places?q=stevenage+custody")).text
    version = {"version": suite["version"]}
    sent = await browser.submit(page, {**version, "room": "Video room 9"}, to=f"{page}/rooms")
    assert sent.status_code == 303
    assert "Video room 9" in (await browser.get(page)).text
    stale = await browser.submit(page, {**version, "room": "Video room 10"}, to=f"{page}/rooms")
    assert stale.status_code == 409
    version = {"version": suite["version"] + 1}
    hours = {"hours_0": "9am to 1pm, 2pm to 5:30pm", "hours_1": "midnight to midnight", "hours_2": "whenever"}
    wrong = await browser.submit(page, {**version, **hours}, to=f"{page}/hours")
    assert wrong.status_code == 422
    assert "Enter Wednesday’s hours like" in wrong.text
    assert 'value="whenever"' in wrong.text
    assert (
        await browser.submit(page, {**version, **hours, "hours_2": ""}, to=f"{page}/hours")
    ).status_code == 303
    kept = await place(machine, "Stevenage custody")
    assert [(each["weekday"], each["opens"], each["closes"]) for each in kept["hours"]] == [
        (0, 540, 780),
        (0, 840, 1050),
        (1, 0, 1440),
    ]
    room_id = kept["rooms"][0]["id"]
    await browser.submit(page, {"version": kept["version"], "active": "no"}, to=f"{page}/rooms/{room_id}")
    kept = await place(machine, "Stevenage custody")
    assert [room["active"] for room in kept["rooms"]].count(False) == 1
    details = {"version": kept["version"], "name": "<b>", "link_streams": "6"}
    assert "Markup is not allowed in text." in (await browser.submit(page, details, to=page)).text


async def test_a_court_house_that_the_register_knows_is_added_with_its_rooms(world, county):
    account = await world.person(county[OrganisationKind.COURT], Role.ADMINISTRATOR)
    browser = await world.signed_in(account)
    added = await browser.submit("/places/new", {"name": "Preston", "kind": "court_house"})
    assert added.status_code == 303
    page = (await browser.get(added.headers["location"])).text
    assert "B04KO00" in page
    assert page.count("Courtroom 0") >= 5
    wrong = await browser.submit("/places/new", {"name": "", "kind": "court_house"})
    assert wrong.status_code == 422
    assert "Enter the name of the place" in wrong.text
