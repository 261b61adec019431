"""Each role's page, and the demonstration's doorway, as a browser gets them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from court_link.demo import people
from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import EventKind
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import Part, Role
from court_link.identity.organisations import Organisation
from court_link.importing import reading
from court_link.media import joining
from court_link.scheduling import booking
from court_link.store import feed, links
from tests.api.apps import MONDAY, Browser, World, started
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.media.scene import participant

TEN = MONDAY + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Court:
    """A county with one hearing booked at ten, in a running application."""

    def __init__(self, world: World, county: County, hearing: UUID) -> None:
        self.world, self.county, self.hearing = world, county, hearing

    async def person(self, organisation: UUID, role: Role, person_id: UUID | None = None) -> Browser:
        belongs = cast(Organisation, SimpleNamespace(id=organisation))
        return await self.world.signed_in(await self.world.person(belongs, role, person_id=person_id))

    async def officer(self) -> Browser:
        return await self.person(self.county.force, Role.OFFICER, self.county.officer)

    async def custody(self) -> Browser:
        return await self.person(self.county.custody, Role.CUSTODY_OFFICER)

    async def bench(self) -> Browser:
        return await self.person(self.county.court, Role.BENCH)

    async def link(self, part: Part) -> Any:
        every = await self.world.db.read(links.of_hearing, SYSTEM_CONTEXT, self.hearing)
        return next(each for each in every if each.part is part)

    async def reads(self) -> int:
        await self.world.db.sealed(0, 5)
        every = await self.world.db.read(feed.after, SYSTEM_CONTEXT, 0)
        return sum(event.kind is EventKind.HEARING_READ for event in every)


@pytest.fixture
async def court(world: World) -> Court:
    db = world.db
    county = await County.settle(db)
    await db.write(
        add_shift, SYSTEM_CONTEXT, county.suite, MONDAY - 60 * MINUTE, MONDAY + timedelta(hours=12)
    )
    hearing = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN)
    needs = Needs(
        courtroom_id=county.courtroom,
        minutes=20,
        custody=(CustodyNeed(county.cell),),
        attending=(county.officer,),
    )
    await db.write(booking.book, county.listing_officer, hearing, needs, TEN, rules=Rules())
    return Court(world, county, hearing)


async def test_the_officers_join_button_comes_alive_with_the_lobby(world: World, court: Court) -> None:
    officer = await court.officer()
    link = await court.link(Part.OFFICER)
    early = (await officer.get("/evidence")).text
    assert "You are needed today at 10am" in early
    assert "Stay on the beat. The lobby opens at 9:30am." in early
    assert f'id="join-{link.id}"' not in early
    assert re.search(r"<button[^>]*disabled[^>]*>Join from 9:30am", early)
    assert 'data-changes-in="300"' in early  # an expected start moves by five minutes
    assert f'data-live-topics="person:{court.county.officer}"' in early
    world.clock.set(TEN - 30 * MINUTE)
    alive = (await officer.get("/evidence")).text
    assert re.search(rf'id="join-{link.id}"[^>]*href="/room/{link.id}"', alive)


async def test_the_officers_calendar_says_nothing_of_the_case(court: Court) -> None:
    officer = await court.officer()
    link = await court.link(Part.OFFICER)
    file = await officer.get(f"/evidence/{link.id}/calendar.ics")
    assert file.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = file.text.split("\r\n")
    assert {"SUMMARY:Court by video", "DTSTART:20261123T100000Z", "DTEND:20261123T102000Z"} <= set(lines)
    assert "LOCATION:Courtroom 1\\, Demo Court House" in lines
    assert "Example" not in file.text
    assert max(len(line.encode()) for line in lines) <= 75
    defendant = await court.link(Part.DEFENDANT)
    assert (await officer.get(f"/evidence/{defendant.id}/calendar.ics")).status_code == 404


async def test_the_custody_board_leads_to_the_room_and_out_of_it(world: World, court: Court) -> None:
    custody = await court.custody()
    link = await court.link(Part.DEFENDANT)
    board = f"/custody/{court.county.suite}"
    assert (await custody.get("/custody")).headers["location"] == board
    world.clock.set(TEN - 10 * MINUTE)
    page = (await custody.get(board)).text
    assert "Consultation" in page
    assert f'href="/room/{link.id}"' in page
    assert "2 detention officers on shift until 9pm" in page
    await world.db.write(joining.arrive, participant(link))
    asked = await custody.get(f"{board}/disconnect/{link.id}")
    assert "Disconnect Video room 1?" in asked.text
    done = await custody.submit(f"{board}/disconnect/{link.id}")
    assert (done.status_code, done.headers["location"]) == (303, board)
    assert (await court.link(Part.DEFENDANT)).credential_version == link.credential_version + 1
    officers = await court.link(Part.OFFICER)
    assert (await custody.get(f"{board}/disconnect/{officers.id}")).status_code == 404


async def test_the_bench_runs_its_list_from_one_page(world: World, court: Court) -> None:
    bench = await court.bench()
    assert "Start" not in (await bench.get("/bench")).text
    world.clock.set(TEN)
    run = f"/hearings/{court.hearing}/run"
    for act, then in (("start", "Pause"), ("pause", "Resume"), ("resume", "Pause")):
        done = await bench.submit("/bench", {"back": "/bench"}, to=f"{run}/{act}")
        assert (done.status_code, done.headers["location"]) == (303, "/bench")
        page = (await bench.get("/bench")).text
        assert then in page
        assert f'href="/hearings/{court.hearing}/end"' in page
    assert "R v Example" in (await bench.get(f"/bench?room={court.county.courtroom}")).text
    assert "R v Example" not in (await bench.get(f"/bench?room={court.county.second_courtroom}")).text


async def test_the_lobby_is_named_on_the_bench_list(world: World, court: Court) -> None:
    world.clock.set(TEN)
    await world.db.write(joining.arrive, participant(await court.link(Part.OFFICER)))
    page = (await (await court.bench()).get("/bench")).text
    assert re.search(r"In the lobby:</strong> PC 1187 Demo", page)


async def test_a_reading_is_noted_once_however_often_the_page_looks_again(court: Court) -> None:
    bench = await court.bench()
    for _ in range(3):
        await bench.get("/bench")
    assert await court.reads() == 1


async def test_days_are_json_too(court: Court) -> None:
    day = (await (await court.officer()).get("/api/evidence")).json()
    assert (day["today"][0]["matter"]["courtroom"], day["today"][0]["turn"]) == ("Courtroom 1", "later")
    custody = await court.custody()
    [suite] = (await custody.get("/api/custody")).json()
    board = (await custody.get(f"/api/custody/{suite['id']}")).json()
    assert [room["name"] for room in board["rooms"]] == ["Video room 1", "Video room 2"]
    listed = (await (await court.bench()).get("/api/bench")).json()
    assert listed["courtrooms"][0]["sittings"][0]["matter"]["title"] == "R v Example"


@pytest.mark.parametrize("path", ["/accessibility", "/privacy"])
async def test_statements_are_for_everybody(world: World, path: str) -> None:
    assert (await world.browser().get(path)).status_code == 200


@pytest.fixture
async def demonstration(sqlite_store: str) -> AsyncIterator[World]:
    async with started(sqlite_store, mode="demo", extra_origins=("http://officer.localhost:8000",)) as world:
        await world.db.write(people.found, Context(SYSTEM), world.wall.now())
        yield world


async def test_the_doorway_has_a_door_of_its_own_origin_for_each_role(demonstration: World) -> None:
    page = (await demonstration.browser().get("/")).text
    assert 'href="http://officer.localhost:8000/enter/officer"' in page
    assert 'href="/enter/bench"' in page  # its origin is not one that this service answers to
    for name in ("Marjoram Fettle", "Hester Goldcrest", "Linden Gossamer"):
        assert name in page


async def test_a_door_signs_in_as_its_person(demonstration: World) -> None:
    browser = demonstration.browser()
    page = await browser.get("/enter/officer")
    assert "Continue as Sergeant Quill Marchpane" in page.text
    done = await browser.post("/enter/officer")
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert (await browser.get("/")).headers["location"] == "/evidence"
    assert (await browser.get("/enter/officer")).headers["location"] == "/"


async def test_one_browser_can_go_from_door_to_door(demonstration: World) -> None:
    browser = demonstration.browser()
    await browser.post("/enter/officer")
    before = browser.client.cookies["court-link"]
    assert (await browser.submit("/enter/custody")).status_code == 303
    assert (await browser.get("/")).headers["location"] == "/custody"
    browser.client.cookies.clear()
    browser.client.cookies.set("court-link", before, domain="127.0.0.1")
    assert "Choose who to be" in (await browser.get("/")).text  # the first sign-in has ended


async def test_doors_are_shut_to_other_machines_and_to_other_sites(demonstration: World) -> None:
    far = demonstration.browser("192.0.2.7")
    for answer in (await far.get("/enter/officer"), await far.post("/enter/officer")):
        assert answer.status_code == 404
    assert (await far.get("/")).headers["location"] == "/sign-in"
    near = demonstration.browser()
    forged = await near.post("/enter/officer", headers={"Origin": "http://elsewhere.example"})
    assert forged.status_code == 403
    assert (await near.get("/enter/nobody")).status_code == 404


async def test_there_are_no_doors_outside_the_demonstration(world: World) -> None:
    browser = world.browser()
    for answer in (
        await browser.get("/enter/officer"),
        await browser.post("/enter/officer"),
        await browser.get("/enter/sample-list.json"),
    ):
        assert answer.status_code == 404
    assert (await browser.get("/")).headers["location"] == "/sign-in"


async def test_the_sample_list_can_be_imported(demonstration: World) -> None:
    file = await demonstration.browser().get("/enter/sample-list.json")
    assert "attachment" in file.headers["content-disposition"]
    what = reading.read_bytes(file.content)
    assert not what.refused
    rooms = json.loads(file.content)["courtLists"][0]["courtHouse"]["courtRoom"]
    assert len(rooms[0]["session"][0]["sittings"]) == 8


async def test_the_publics_door_hands_over_a_reference_that_can_be_followed(demonstration: World) -> None:
    db, browser = demonstration.db, demonstration.browser()
    assert (await browser.post("/enter/public")).status_code == 404  # nothing is booked yet
    county = await County.settle(db)
    hearing = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN)
    needs = Needs(courtroom_id=county.courtroom, minutes=20)
    await db.write(booking.book, county.listing_officer, hearing, needs, TEN, rules=Rules())
    page = await browser.post("/enter/public")
    [reference] = re.findall(r'name="reference" value="([^"]+)"', page.text)
    assert (await browser.post("/follow", {"reference": reference})).headers["location"] == "/follow/hearing"
    assert "Courtroom 1" in (await browser.get("/follow/hearing")).text
    assert "R v Example" in (await browser.get("/")).text


async def test_a_reading_wakes_no_other_page(world: World, court: Court) -> None:
    topic = f"hearing:{court.hearing}"
    await world.db.sealed(0, 5)
    seq = (await world.db.read(feed.after, SYSTEM_CONTEXT, 0))[-1].seq
    await (await court.bench()).get("/bench")
    world.clock.set(TEN)
    await world.db.write(joining.arrive, participant(await court.link(Part.OFFICER)))
    await world.db.sealed(seq + 2, 5)
    since = await world.app.state.fanout.since(seq)
    heard = [event.kind for event, topics in since if topic in topics]
    assert EventKind.HEARING_READ in {event.kind for event, _ in since}
    assert heard == [EventKind.LINK_ARRIVED]


async def test_a_forces_administrator_is_offered_nothing_that_only_a_court_plans(court: Court) -> None:
    force = await court.person(court.county.force, Role.ADMINISTRATOR)
    own = await court.person(court.county.court, Role.ADMINISTRATOR)
    theirs, ours = (await force.get("/people")).text, (await own.get("/people")).text
    for href in ("/practice", "/sittings"):
        assert f'href="{href}"' in ours
        assert f'href="{href}"' not in theirs
        assert (await force.get(href)).status_code == 403
        assert (await own.get(href)).status_code == 200
