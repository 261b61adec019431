"""Court lists on pages and over the API: checked before anything changes, confirmed, looked back at."""

import asyncio
import json
from uuid import UUID

import pytest

from court_link.domain.roles import OrganisationKind, Role
from court_link.importing import runs
from tests.api.apps import Browser, World, csrf_of, started
from tests.importing import made
from tests.importing.conftest import SYSTEM_CTX
from tests.importing.other_lists import adult, adult_case


@pytest.fixture
async def world(sqlite_store: str):
    async with started(sqlite_store) as running:
        yield running


@pytest.fixture
async def house(world: World):
    return await world.organisation(OrganisationKind.COURT, "Exampleton court", "Exampleshire")


@pytest.fixture
async def clerk(world: World, house) -> Browser:
    return await world.signed_in(await world.person(house, Role.LISTING_OFFICER))


async def send(browser: Browser, content: bytes, name: str = "list.json", **typed: str):
    token = csrf_of(await browser.get("/imports"))
    return await browser.post(
        "/imports", {"csrf_token": token, **typed}, files={"file": (name, content, "application/json")}
    )


async def done(world: World, address: str) -> runs.Run:
    run_id = UUID(address.rpartition("/")[2])
    async with asyncio.timeout(60):
        while True:
            run = await world.db.read(runs.one, SYSTEM_CTX, run_id)
            if run.state.value not in {"staging", "applying"}:
                return run
            await world.db.sealed(10**9, 0.05)


async def test_a_list_is_looked_at_confirmed_and_found_in_the_history(world, clerk):
    sent = await send(clerk, made.STANDARD.read_bytes(), "preston.json")
    assert sent.status_code == 303
    address = sent.headers["location"]
    await done(world, address)
    preview = await clerk.get(address)
    assert "Check this list" in preview.text
    assert "Prosecuting Authority Name v Surname A" in preview.text
    assert "PRESTON is not one of your court houses" in preview.text
    confirmed = await clerk.submit(address, to=f"{address}/confirm")
    assert confirmed.status_code == 303
    run = await done(world, address)
    assert run.report.created == 5
    assert "List imported" in (await clerk.get(address)).text
    assert "preston.json" in (await clerk.get("/imports")).text


async def test_a_refused_list_shows_every_fault_with_its_path(world, clerk):
    address = (await send(clerk, made.INVALID.read_bytes())).headers["location"]
    await done(world, address)
    page = await clerk.get(address)
    assert "This list cannot be imported" in page.text
    assert "case[0].party[1].offence[0].offenceWording" in page.text
    assert "Import this list" not in page.text


async def test_markup_in_a_file_never_reaches_a_page_as_markup(world, clerk):
    content = made.published({"<script>alert(1)</script>": 1} | json.loads(made.STANDARD.read_bytes()))
    address = (await send(clerk, content, "<img src=x>.json")).headers["location"]
    await done(world, address)
    page = await clerk.get(address)
    assert "<script>alert" not in page.text
    assert "<img src=x>" not in page.text


async def test_no_file_is_an_error_beside_the_field(clerk):
    token = csrf_of(await clerk.get("/imports"))
    page = await clerk.post("/imports", {"csrf_token": token}, files={"file": ("", b"")})
    assert page.status_code == 422
    assert "Select a court list" in page.text


async def test_a_list_that_is_not_confirmed_can_be_let_go(world, clerk):
    address = (await send(clerk, made.STANDARD.read_bytes())).headers["location"]
    await done(world, address)
    await clerk.submit(address, to=f"{address}/cancel")
    assert "Import cancelled" in (await clerk.get(address)).text


async def test_a_machine_sends_confirms_and_follows_a_list(world, house):
    machine = await world.machine(house, Role.LISTING_OFFICER)
    checked = await machine.post("/api/imports/check", content=made.STANDARD.read_bytes())
    assert (checked.status_code, checked.json()["created"]) == (200, 5)
    sent = await machine.post("/api/imports?file_name=a.json", content=made.STANDARD.read_bytes())
    assert (sent.status_code, sent.json()["state"]) == (201, "staged")
    address = f"/api/imports/{sent.json()['id']}"
    assert (await machine.post(f"{address}/confirm")).status_code == 202
    await done(world, address)
    found = (await machine.get(address)).json()
    assert (found["state"], found["applied"], found["report"]["created"]) == ("done", 5, 5)
    assert [run["file_name"] for run in (await machine.get("/api/imports")).json()["items"]] == ["a.json"]
    assert (await machine.post(f"{address}/confirm")).status_code == 409
    assert (await machine.post(f"{address}/cancel")).status_code == 409


async def test_a_refused_list_is_a_problem_that_names_each_path(world, house):
    machine = await world.machine(house, Role.LISTING_OFFICER)
    for address in ("/api/imports", "/api/imports/check"):
        refused = await machine.post(address, content=made.INVALID.read_bytes())
        assert refused.status_code == 422
        assert len(refused.json()["errors"]) == 5
        assert refused.json()["errors"][0]["field"].startswith("$.courtLists[0]")


async def test_only_who_lists_may_import_and_another_courts_runs_are_not_there(world, house, clerk):
    usher = await world.signed_in(await world.person(house, Role.USHER))
    assert (await usher.get("/imports")).status_code == 403
    sent = await send(clerk, made.STANDARD.read_bytes())
    elsewhere = await world.organisation(OrganisationKind.COURT, "Sampleford court", "Sampleshire")
    stranger = await world.machine(elsewhere, Role.LISTING_OFFICER)
    assert (await stranger.get(f"/api{sent.headers['location']}")).status_code == 404
    assert (await stranger.get("/api/imports")).json()["items"] == []


async def test_a_run_that_the_service_left_is_taken_up_when_it_starts_again(sqlite_store):
    async with started(sqlite_store) as world:
        court = await world.organisation(OrganisationKind.COURT, "Exampleton court")
        machine = await world.machine(court, Role.LISTING_OFFICER)
        sent = (await machine.post("/api/imports", content=made.STANDARD.read_bytes())).json()
        await world.db.write(runs.begin, SYSTEM_CTX, UUID(sent["id"]))
    async with started(sqlite_store) as world:
        assert (await done(world, f"/{sent['id']}")).report.created == 5


async def test_the_page_says_which_lists_can_be_read(clerk):
    page = (await clerk.get("/imports")).text
    for name in ("adult court list", "Civil and family daily cause list", "Crown Court daily list"):
        assert name in page


async def test_whoever_sends_an_adult_court_list_may_say_its_day(world, clerk):
    content = made.published(adult(("10:00", [adult_case()])))
    printed = await done(world, (await send(clerk, content)).headers["location"])
    assert [day.isoformat() for day in printed.days] == ["2026-11-24"]
    assert any("does not say which day it is for" in warning for warning in printed.report.warnings)
    told = await done(world, (await send(clerk, content, day="25/11/2026")).headers["location"])
    assert [day.isoformat() for day in told.days] == ["2026-11-25"]
    assert told.report.warnings == printed.report.warnings[1:]
    wrong = await send(clerk, content, day="the 25th")
    assert wrong.status_code == 422
    assert "Enter a day, like 23/11/2026" in wrong.text
    assert 'value="the 25th"' in wrong.text


async def test_the_api_is_told_the_day_too(world, house):
    machine = await world.machine(house, Role.LISTING_OFFICER)
    content = made.published(adult(("10:00", [adult_case()])))
    for path in ("/api/imports/check", "/api/imports"):
        answer = await machine.post(path, params={"day": "2026-11-25"}, content=content)
        body = answer.json()
        assert answer.is_success, body
        assert (body.get("report") or body)["format"] == "magistrates_adult_court_list"
    refused = await machine.post("/api/imports/check", params={"day": "soon"}, content=content)
    assert refused.status_code == 422
