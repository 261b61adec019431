"""Staff in a browser and over HTTP: weeks, sickness foreseen before it is saved, files, warnings."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from court_link.domain.booking import PoolKind
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import OrganisationKind, Role
from court_link.domain.times import day_interval
from court_link.identity.organisations import Organisation
from court_link.importing import people_files
from court_link.scheduling import booking, rostering
from tests.api.apps import Browser, World, csrf_of
from tests.county import SYSTEM_CONTEXT, County, add_hearing
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)
DUTIES = "person number,date,from,to,kind\r\n"


def of(settled: County, kind: OrganisationKind) -> Organisation:
    id_ = {
        OrganisationKind.COURT: settled.court,
        OrganisationKind.FORCE: settled.force,
        OrganisationKind.CUSTODY: settled.custody,
    }[kind]
    return Organisation(id_, kind, f"Demo {kind.value}", "Demoshire")


@pytest.fixture
async def force(world: World, settled: County) -> Browser:
    account = await world.person(of(settled, OrganisationKind.FORCE), Role.ADMINISTRATOR)
    return await world.signed_in(account)


@pytest.fixture
async def custody(world: World, settled: County) -> Browser:
    account = await world.person(of(settled, OrganisationKind.CUSTODY), Role.CUSTODY_OFFICER)
    return await world.signed_in(account)


@pytest.fixture
async def clerk(world: World, settled: County) -> Browser:
    return await world.signed_in(
        await world.person(of(settled, OrganisationKind.COURT), Role.LISTING_OFFICER)
    )


@pytest.fixture
async def hearing(world: World, settled: County) -> UUID:
    """Booked at ten with a custody room and an officer."""
    hearing = await world.db.write(
        lambda s, c: add_hearing(s, c, settled, TEN, 30, title="R v Peppercorn"), SYSTEM_CONTEXT
    )
    needs = Needs(settled.courtroom, 30, (CustodyNeed(settled.cell, 15, 15),), (settled.officer,))
    await world.db.write(booking.book, settled.listing_officer, hearing, needs, TEN, rules=Rules())
    return hearing


@pytest.fixture
async def shift(world: World, settled: County, hearing: UUID) -> str:
    """The shift of two that the suite has all day."""
    found = await world.db.read(rostering.suites, SYSTEM_CONTEXT, day_interval(MONDAY.date()))
    (staffed,) = [each for each in found if each.suite.id == settled.suite]
    return str(staffed.shifts[0].id)


def hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's confirm form, but for its token."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text)
    return {name: value for name, value in found if name != "csrf_token"}


async def test_who_goes_sick_in_a_suite_is_foreseen_saved_and_flagged_everywhere(
    custody: Browser, clerk: Browser, settled: County, shift: str, hearing: UUID
) -> None:
    address = f"/staff/shifts/{shift}"
    assert "Staff fall short" not in (await clerk.get("/day")).text
    one = await custody.submit(address, {"version": "1", "staff": "2", "away": "1"})
    assert one.status_code == 303  # one is enough: nothing to show first
    effect = await custody.submit(address, {"version": "2", "staff": "2", "away": "2"})
    assert effect.status_code == 200
    assert "This leaves what is booked short" in effect.text
    assert "R v Peppercorn" in effect.text
    assert "Staff fall short" not in (await clerk.get("/day")).text  # nothing is saved yet
    saved = await custody.submit(address, hidden(effect))
    assert saved.status_code == 303
    for browser, page in ((custody, saved.headers["location"]), (custody, "/staff"), (clerk, "/day")):
        shown = (await browser.get(page)).text
        assert "Staff fall short of what is booked" in shown
        assert "0 detention officers on shift, 1 needed" in shown
        assert f"/hearings/{hearing}" in shown
    assert "Staff fall short" in (await custody.get(f"/custody/{settled.suite}")).text
    assert "R v Peppercorn" in (await clerk.get("/staff")).text


async def test_more_away_than_on_the_shift_is_an_error_that_keeps_what_was_typed(
    custody: Browser, shift: str
) -> None:
    page = await custody.submit(f"/staff/shifts/{shift}", {"version": "1", "staff": "2", "away": "7"})
    assert page.status_code == 422
    assert "No more can be away than are on the shift." in page.text
    assert 'value="7"' in page.text


async def test_shifts_are_added_over_midnight_and_removed_once_asked(
    custody: Browser, settled: County
) -> None:
    here = f"/staff/suites/{settled.suite}"
    typed = {"pool": "escorts", "day": "24/11/2026", "begins": "10pm", "ends": "6am", "staff": "3"}
    added = await custody.submit(here, typed, to=f"{here}/shifts")
    assert added.headers["location"] == f"{here}?day=2026-11-24&done=shift"
    page = await custody.get(added.headers["location"])
    assert "Prisoner custody officers" in page.text
    (change,) = re.findall(r'href="(/staff/shifts/[^"]*)"', page.text)
    wrong = await custody.submit(here, {**typed, "begins": "ten"}, to=f"{here}/shifts")
    assert (wrong.status_code, 'value="ten"' in wrong.text) == (422, True)
    asked = await custody.get(f"{change}/remove")
    assert "Nothing that is booked needs it." in asked.text
    gone = await custody.submit(f"{change}/remove", hidden(asked))
    assert "Shift removed" in (await custody.get(gone.headers["location"])).text


async def test_an_officer_s_leave_is_foreseen_without_the_matter_and_shown_in_their_week(
    force: Browser, clerk: Browser, settled: County, hearing: UUID
) -> None:
    here = f"/staff/people/{settled.officer}"
    form = f"{here}/duties/new"
    typed = {"version": "1", "kind": "sick", "day": "23/11/2026", "until": "25/11/2026"}
    effect = await force.submit(form, typed)
    assert "is off sick on Monday 23 November and is booked for a hearing at 10am" in effect.text
    assert "Peppercorn" not in effect.text  # a force's administrator reads no matters
    saved = await force.submit(form, hidden(effect))
    week = await force.get(saved.headers["location"])
    assert week.text.count("Off sick") >= 3
    staff = (await force.get("/staff")).text
    assert "PC 1187 Demo" in staff
    assert "Off sick" in staff
    day = (await clerk.get("/day")).text
    assert "PC 1187 Demo is not available and is booked for" in day
    assert "sick" not in day.casefold()
    (duty,) = set(re.findall(rf'href="({here}/duties/[0-9a-f-]+)"', week.text))
    shown = await force.get(duty)
    assert all(each in shown.text for each in ('value="23/11/2026"', 'value="25/11/2026"'))
    asked = await force.get(f"{duty}/remove")
    assert "Off sick, Monday 23 November to Wednesday 25 November." in asked.text
    await force.submit(f"{duty}/remove", hidden(asked))
    assert "is not available" not in (await clerk.get("/day")).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "shift"}, "A shift needs its times"),
        ({"kind": "shift", "begins": "7am"}, "Enter both times"),
        ({"kind": "leave", "until": "20/11/2026"}, "must not be before the first"),
        ({"kind": "leave", "until": "20/01/2027"}, "at most 35 days"),
        ({"kind": "leave", "until": "25/11/2026", "begins": "7am", "ends": "9am"}, "Leave the times empty"),
        ({"kind": "shift", "day": "28/03/2027", "begins": "1:30am", "ends": "9am"}, "go forward"),
        ({"kind": "shift", "day": "25/10/2026", "begins": "1:30am", "ends": "9am"}, "happens twice"),
        ({"day": "yesterday"}, "Enter a day"),
        ({"kind": "shift", "begins": f"7{' ' * 100_000}x", "ends": "9am"}, "Enter a time"),  # and at once
    ],
)
async def test_a_stretch_that_cannot_be_meant_is_an_error_beside_its_field(
    force: Browser, settled: County, typed: dict[str, str], said: str
) -> None:
    page = await force.submit(
        f"/staff/people/{settled.officer}/duties/new", {"version": "1", "day": "23/11/2026", **typed}
    )
    assert page.status_code == 422
    assert said in page.text
    assert "There is a problem" in page.text


async def test_the_hour_that_happens_twice_can_be_told_apart(force: Browser, settled: County) -> None:
    form = f"/staff/people/{settled.officer}/duties/new"
    typed = {"version": "1", "kind": "shift", "day": "25/10/2026", "begins": "1:30am GMT", "ends": "9am"}
    saved = await force.submit(form, typed)
    assert "1:30am GMT to 9am" in (await force.get(saved.headers["location"])).text


async def test_where_somebody_is_based_and_what_they_speak_is_kept(force: Browser, settled: County) -> None:
    here = f"/staff/people/{settled.officer}"
    saved = await force.submit(here, {"version": "1", "languages": "polish, Welsh"})
    assert saved.headers["location"] == f"{here}?done=kept"
    assert "Polish, Welsh" in (await force.get(here)).text
    wrong = await force.submit(here, {"version": "2", "languages": "C3PO"})
    assert (wrong.status_code, 'value="C3PO"' in wrong.text) == (422, True)
    assert (await force.submit(here, {"version": "1", "languages": ""})).status_code == 409


async def send(browser: Browser, content: str, name: str = "shifts.csv") -> httpx.Response:
    token = csrf_of(await browser.get("/staff/import"))
    return await browser.post(
        "/staff/import", {"csrf_token": token}, files={"file": (name, content.encode(), "text/csv")}
    )


async def test_a_file_is_looked_at_confirmed_and_found_in_the_history(force: Browser) -> None:
    sent = await send(force, DUTIES + "1187,23/11/2026,07:00,15:00,shift\r\n2043,23/11/2026,,,leave\r\n")
    address = sent.headers["location"]
    preview = await force.get(address)
    assert "Check this file" in preview.text
    assert "PC 2043 Sample: leave" in preview.text
    assert "7am to 3pm" not in (await force.get("/staff")).text
    await force.submit(address, to=f"{address}/confirm")
    assert "File imported" in (await force.get(address)).text
    assert "7am to 3pm" in (await force.get("/staff?week=2026-11-23")).text
    assert "shifts.csv" in (await force.get("/staff/import")).text
    assert "shifts.csv" not in (await force.get("/imports")).text


async def test_a_refused_file_names_each_line_and_markup_never_reaches_the_page(force: Browser) -> None:
    sent = await send(force, DUTIES + "9,yesterday,,,<script>alert(1)</script>\r\n", "<img src=x>.csv")
    page = await force.get(sent.headers["location"])
    assert "This file cannot be imported" in page.text
    assert "Line 2, date" in page.text
    assert "<script>alert" not in page.text
    assert "<img src=x>" not in page.text
    assert (await force.post("/staff/import", {"csrf_token": csrf_of(page)})).status_code in {403, 422}
    template = await force.get("/staff/import/template/duties")
    assert (template.headers["content-type"], template.content[:3]) == (
        "text/csv; charset=utf-8",
        b"\xef\xbb\xbf",
    )


async def test_a_machine_keeps_the_rota_with_etags(world: World, settled: County, hearing: UUID) -> None:
    machine = await world.machine(of(settled, OrganisationKind.FORCE), Role.ADMINISTRATOR)
    here = f"/api/staff/people/{settled.officer}"
    sick = {"kind": "sick", "starts_at": "2026-11-23T00:00:00Z", "ends_at": "2026-11-24T00:00:00Z"}
    read = await machine.get(here)
    tag = read.headers["etag"]
    foreseen = await machine.post(f"{here}/duties?check=true", json=sick)
    assert [each["why"] for each in foreseen.json()["absent"]] == ["is off sick"]
    assert foreseen.json()["absent"][0]["hearing"]["id"] is None
    assert foreseen.json()["duties"] == []
    made = await machine.post(f"{here}/duties", json=sick, headers={"If-Match": tag})
    assert (made.status_code, len(made.json()["absent"])) == (201, 1)
    stale = await machine.post(f"{here}/duties", json=sick, headers={"If-Match": tag})
    assert stale.status_code == 412
    duty = f"{here}/duties/{made.json()['duties'][0]['id']}"
    changed = await machine.put(
        duty, json=sick | {"kind": "leave"}, headers={"If-Match": made.headers["etag"]}
    )
    assert [each["kind"] for each in changed.json()["duties"]] == ["leave"]
    assert (await machine.delete(duty)).json()["duties"] == []
    wrong = await machine.post(f"{here}/duties", json=sick | {"ends_at": "2027-11-24T00:00:00Z"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "until")
    found = (await machine.get("/api/staff/people", params={"text": "1187", "limit": 1})).json()
    assert [each["number"] for each in found["items"]] == ["1187"]


async def test_a_machine_counts_shifts_and_hears_what_falls_short(
    world: World, settled: County, shift: str
) -> None:
    machine = await world.machine(of(settled, OrganisationKind.CUSTODY), Role.CUSTODY_OFFICER)
    address = f"/api/staff/shifts/{shift}"
    tag = (await machine.get(address)).headers["etag"]
    away: dict[str, Any] = {"staff": 2, "away": 2}
    foreseen = await machine.put(f"{address}?check=true", json=away)
    assert foreseen.json()["short"][0]["needed"] == 1
    assert (await machine.get("/api/staff/gaps")).json() == {"short": [], "absent": []}
    saved = await machine.put(address, json=away, headers={"If-Match": tag})
    assert (saved.json()["here"], len(saved.json()["short"])) == (0, 1)
    assert (await machine.put(address, json=away, headers={"If-Match": tag})).status_code == 412
    court = await world.machine(of(settled, OrganisationKind.COURT), Role.LEGAL_ADVISER)
    (short,) = (await court.get("/api/staff/gaps")).json()["short"]
    assert (short["pool"], short["hearings"][0]["title"]) == (PoolKind.CUSTODY_STAFF, "R v Peppercorn")
    assert (await machine.delete(address)).json()["short"][0]["on_shift"] == 0
    assert (await machine.get(address)).status_code == 404


async def test_a_duty_and_a_shift_sent_twice_are_made_once(world: World, settled: County) -> None:
    force = await world.machine(of(settled, OrganisationKind.FORCE), Role.ADMINISTRATOR)
    custody = await world.machine(of(settled, OrganisationKind.CUSTODY), Role.CUSTODY_OFFICER)
    times = {"starts_at": "2026-11-25T07:00:00Z", "ends_at": "2026-11-25T15:00:00Z"}
    rota = f"/api/staff/people/{settled.officer}/duties"
    suite = f"/api/staff/suites/{settled.suite}/shifts"
    shift = times | {"pool": "escorts", "staff": 2}
    for machine, address, body in ((force, rota, times | {"kind": "shift"}), (custody, suite, shift)):
        key = {"Idempotency-Key": "once"}
        first, again = [await machine.post(address, json=body, headers=key) for _ in range(2)]
        assert first.status_code == again.status_code == 201, first.text
        assert (first.json(), first.headers["etag"]) == (again.json(), again.headers["etag"])
        assert (
            await machine.post(address, json=body | {"starts_at": "2026-11-25T08:00:00Z"}, headers=key)
        ).status_code == 422
        foreign = custody if machine is force else force
        assert (await foreign.post(address, json=body, headers=key)).status_code in (403, 404)
    days = {"first": "2026-11-25", "last": "2026-11-25"}
    kept = (await force.get(f"/api/staff/people/{settled.officer}", params=days)).json()
    assert len(kept["duties"]) == 1
    (on,) = (await custody.get("/api/staff/suites", params=days)).json()["items"]
    assert len(on["shifts"]) == 1


async def test_a_machine_sends_confirms_and_downloads_files(world: World, settled: County) -> None:
    machine = await world.machine(of(settled, OrganisationKind.FORCE), Role.ADMINISTRATOR)
    content = (DUTIES + "1187,24/11/2026,,,rest day\r\n").encode()
    checked = await machine.post("/api/staff/imports?check=true", content=content)
    assert (checked.status_code, checked.json()["added"]) == (201, 1)
    assert (await machine.get("/api/staff/imports")).json()["items"] == []
    sent = (await machine.post("/api/staff/imports?file_name=a.csv", content=content)).json()
    assert (sent["state"], sent["days"]) == ("staged", ["2026-11-24", "2026-11-24"])
    done = await machine.post(f"/api/staff/imports/{sent['id']}/confirm")
    assert done.json()["state"] == "done"
    assert (await machine.post(f"/api/staff/imports/{sent['id']}/cancel")).status_code == 409
    again = await machine.get("/api/staff/duties.csv", params={"first": "2026-11-23", "last": "2026-11-29"})
    assert "1187,24/11/2026,,,rest day" in again.text
    refused = await machine.post("/api/staff/imports", content=b"nothing of the kind")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "Line 1")
    assert "PC 2043 Sample" in (await machine.get("/api/staff/people.csv")).text


async def test_a_file_of_somebody_who_keeps_no_rota_is_not_even_read(
    world: World, settled: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(content: bytes) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(people_files, "read", read)
    machine = await world.machine(of(settled, OrganisationKind.FORCE), Role.OFFICER)
    assert (await machine.post("/api/staff/imports", content=b"number,date")).status_code == 403
