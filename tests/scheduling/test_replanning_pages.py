"""Changing a hearing step by step in a browser: a short form, what it will change, then the change."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from court_link.domain.hearing import HearingState, Outcome
from court_link.domain.places import PersonKind
from court_link.domain.roles import OrganisationKind, Part, Role
from court_link.identity.organisations import Organisation
from court_link.scheduling.replanning import Length, Split
from tests.api.apps import Browser, World
from tests.county import SYSTEM_CONTEXT, County, add_shift
from tests.scheduling.replanning import DAY, TEN, Court


@pytest.fixture
async def court(world: World, settled: County) -> Court:
    later = (TEN + timedelta(hours=13), TEN + timedelta(days=4))
    await world.db.write(add_shift, SYSTEM_CONTEXT, settled.suite, *later)
    return Court(world.db, settled)


@pytest.fixture
async def clerk(world: World, settled: County) -> Browser:
    organisation = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    return await world.signed_in(await world.person(organisation, Role.LISTING_OFFICER))


def said(page: httpx.Response) -> str:
    """A page's words, without its marks."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page.text)))


async def changed(clerk: Browser, hearing: UUID, verb: str, **typed: str) -> httpx.Response:
    """Fill in the form, see what it will change, and make the change."""
    address = f"/hearings/{hearing}/change/{verb}"
    form = await clerk.get(address)
    version = re.search(r'name="version" value="(\d+)"', form.text)
    assert version
    values = {"version": version[1], **typed}
    check = await clerk.get(address, params=values)
    assert check.status_code == 200, said(check)
    assert "Check what will change" in check.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', check.text))
    assert {name: html.unescape(hidden[name]) for name in values} == values
    token = hidden.pop("csrf_token")
    return await clerk.post(address, {"csrf_token": token, **values})


async def test_the_hearing_page_offers_what_can_be_changed_and_no_more(court: Court, clerk: Browser) -> None:
    hearing = await court.booked()
    verbs = ("time", "length", "people", "swap", "days")
    page = await clerk.get(f"/hearings/{hearing}")
    assert all(f"/hearings/{hearing}/change/{verb}" in page.text for verb in verbs)
    await court.change(hearing, state=HearingState.IN_SESSION)
    page = await clerk.get(f"/hearings/{hearing}")
    offered = [verb for verb in verbs if f"/hearings/{hearing}/change/{verb}" in page.text]
    assert offered == ["length", "people"]
    await court.change(hearing, state=HearingState.ENDED, outcome=Outcome.DEALT_WITH)
    page = await clerk.get(f"/hearings/{hearing}")
    assert "/change/" not in page.text
    assert "List it again" not in page.text


async def test_a_booking_is_moved_after_its_effects_were_shown(court: Court, clerk: Browser) -> None:
    hearing = await court.booked()
    check = await clerk.get(
        f"/hearings/{hearing}/change/time", params={"day": "23/11/2026", "at": "11am", "days": "this"}
    )
    assert "PC 1187 Demo : now 11am to 11:30am, was 10am to 10:30am" in said(check)
    assert "11am to 11:30am, Monday 23 November 2026, Courtroom 1" in said(check)
    assert (await court.standing(hearing))[0].slot.start == TEN
    done = await changed(clerk, hearing, "time", day="23/11/2026", at="11am", days="this")
    assert done.headers["Location"] == f"/hearings/{hearing}?done=time"
    page = await clerk.get(done.headers["Location"])
    assert "Booking moved" in page.text
    assert "Was 10am to 10:30am, Monday 23 November." in page.text
    assert (await court.standing(hearing))[0].slot.start == TEN + timedelta(hours=1)


async def test_what_cannot_be_done_says_why_and_leads_back_to_what_was_typed(
    court: Court, clerk: Browser
) -> None:
    hearing = await court.booked()
    await court.alone("R v Next", TEN + timedelta(minutes=30))
    refused = await clerk.get(f"/hearings/{hearing}/change/length", params={"minutes": "45"})
    assert refused.status_code == 200  # to have asked is no conflict
    assert "This cannot be done" in refused.text
    assert "R v Next" in refused.text
    assert "Make this change" not in refused.text
    back = re.search(r'href="([^"]*again=yes)"', refused.text)
    assert back
    form = await clerk.get(html.unescape(back[1]))
    assert 'value="45"' in form.text
    posted = await clerk.submit(
        f"/hearings/{hearing}/change/length", {"minutes": "45"}, to=f"/hearings/{hearing}/change/length"
    )
    assert posted.status_code == 409
    assert "R v Next" in posted.text


async def test_errors_name_their_fields_and_keep_what_was_typed(court: Court, clerk: Browser) -> None:
    hearing = await court.booked()
    wrong = {
        "time": ({"day": "32/13/2026", "at": "noonish", "days": "this"}, ["#day", "#at"]),
        "length": ({"minutes": "long"}, ["#minutes"]),
        "people": ({"out": "", "into": ""}, ["#out"]),
        "swap": ({"other": ""}, ["#other"]),
        "days": ({"at": "10am", "minutes": "60", "count": "", "starts": "soon"}, ["#starts"]),
    }
    for verb, (typed, fields) in wrong.items():
        page = await clerk.get(f"/hearings/{hearing}/change/{verb}", params=typed)
        assert page.status_code == 422, verb
        assert all(f'<a href="{field}">' in page.text for field in fields), verb
        assert all(value in page.text for value in typed.values()), verb
    empty = {"at": "", "minutes": "", "count": "", "starts": ""}
    page = await clerk.get(f"/hearings/{hearing}/change/days", params=empty)
    assert all(f'<a href="#{field}">' in page.text for field in ("at", "minutes", "count"))
    assert (await clerk.get(f"/hearings/{hearing}/change/everything")).status_code == 404


async def test_another_officer_and_another_advocate_are_chosen_from_lists(
    court: Court, clerk: Browser
) -> None:
    hearing, county = await court.booked(), court.county
    first = await court.person("Ms First", PersonKind.ADVOCATE)
    second = await court.person("Ms Second", PersonKind.ADVOCATE)
    await court.link(hearing, Part.ADVOCATE, "Ms First", person_id=first)
    form = await clerk.get(f"/hearings/{hearing}/change/people")
    assert all(f'value="{each}"' in form.text for each in (county.officer, county.cell, first, second))
    await changed(clerk, hearing, "people", out=str(county.officer), into=str(county.second_officer))
    assert (await court.standing(hearing))[0].needs.attending == (county.second_officer,)
    await changed(clerk, hearing, "people", out=str(first), into=str(second))
    page = await clerk.get(f"/hearings/{hearing}")
    assert "Ms Second" in page.text


async def test_two_hearings_of_the_day_are_swapped(court: Court, clerk: Browser) -> None:
    here, there = await court.booked("R v Here"), await court.alone("R v There", TEN + timedelta(hours=1))
    elsewhere = await court.alone("R v Tomorrow", TEN + DAY)
    form = await clerk.get(f"/hearings/{here}/change/swap")
    assert f'value="{there}"' in form.text
    assert str(elsewhere) not in form.text
    assert "11am to 11:30am, Courtroom 1, Demo Court House. First appearance" in said(form)
    await changed(clerk, here, "swap", other=str(there))
    assert [each.slot.start for each in await court.standing(there, here)] == [
        TEN,
        TEN + timedelta(hours=1),
    ]
    alone = await clerk.get(f"/hearings/{elsewhere}/change/swap")
    assert "No other hearing of your court is booked" in alone.text


async def test_a_trial_is_split_over_sitting_days_and_its_days_lead_to_each_other(
    court: Court, clerk: Browser
) -> None:
    hearing = await court.alone("R v Trial", TEN + 4 * DAY, 60)  # a Friday
    typed = {"at": "10am", "minutes": "120", "count": "2", "starts": ""}
    check = await clerk.get(f"/hearings/{hearing}/change/days", params=typed)
    assert "Friday 27 November" in check.text
    assert "Monday 30 November" in check.text
    await changed(clerk, hearing, "days", **typed)
    page = await clerk.get(f"/hearings/{hearing}")
    assert "Day 1 of 2" in page.text
    assert "10am to midday, Monday 30 November" in said(page)
    vacating = await clerk.get(f"/hearings/{hearing}/vacate")
    assert "This is day 1 of 2." in vacating.text
    chosen = {"at": "10am", "minutes": "60", "count": "", "starts": "23/11/2026\n24/11/2026"}
    other = await court.alone("R v Other", TEN + timedelta(hours=2), 60)
    assert (await changed(clerk, other, "days", **chosen)).status_code == 303


async def test_a_stale_change_shows_what_it_is_now_beside_what_was_sent(court: Court, clerk: Browser) -> None:
    hearing = await court.booked()
    version = str((await court.row(hearing)).version)
    await court.make(hearing, Length(45))
    for page in (
        await clerk.get(f"/hearings/{hearing}/change/length", params={"minutes": "60", "version": version}),
        await clerk.submit(f"/hearings/{hearing}/change/length", {"minutes": "60", "version": version}),
    ):
        assert page.status_code == 409
        assert "Someone changed this after you opened it" in page.text
        assert "Now 10am to 10:45am, Monday 23 November 2026" in said(page)
        assert "You sent: minutes 60" in said(page)
        assert f'name="version" value="{int(version) + 1}"' in page.text


async def test_a_vacated_hearing_is_listed_again_and_its_times_are_looked_for(
    court: Court, clerk: Browser
) -> None:
    hearing = await court.booked()
    page = await clerk.get(f"/hearings/{hearing}/vacate")
    assert "no longer needed, was 10am to 10:30am" in page.text
    version = str((await court.row(hearing)).version)
    typed = {"reason": "defence_not_ready", "words": "", "version": version, "days": "this"}
    await clerk.submit(f"/hearings/{hearing}/vacate", typed)
    assert f"/hearings/{hearing}/relist" in (await clerk.get(f"/hearings/{hearing}")).text
    typed = {"day": "24/11/2026", "at": "10am", "minutes": "30", "courtroom_id": ""}
    typed["version"] = str((await court.row(hearing)).version)
    refused = await clerk.submit(f"/hearings/{hearing}/relist", typed)
    assert refused.status_code == 422
    assert '<a href="#remand-expires">' in refused.text
    assert 'value="24/11/2026"' in refused.text
    done = await clerk.submit(f"/hearings/{hearing}/relist", {**typed, "remand_expires": "25/11/2026"})
    assert done.status_code == 303
    times = await clerk.get(done.headers["Location"])
    assert (TEN + DAY).isoformat() in times.text
    assert f'<option value="{court.county.officer}" selected' in times.text
    new = done.headers["Location"].split("/")[2]
    assert "Listed again from" in (await clerk.get(f"/hearings/{new}")).text
    assert "Listed again for" in (await clerk.get(f"/hearings/{hearing}")).text


async def test_a_copy_is_listed(court: Court, clerk: Browser) -> None:
    hearing = await court.matter()
    typed = {"day": "24/11/2026", "at": "10am", "minutes": "15", "courtroom_id": ""}
    wrong = await clerk.submit(f"/hearings/{hearing}/clone", {**typed, "day": ""})
    assert wrong.status_code == 422
    done = await clerk.submit(f"/hearings/{hearing}/clone", typed)
    assert "Copy listed" in (await clerk.get(done.headers["Location"])).text


async def test_releasing_says_whom_it_affects(court: Court, clerk: Browser) -> None:
    hearing = await court.booked()
    page = await clerk.get(f"/hearings/{hearing}/release")
    assert "free again, was taken 10am to 10:30am" in page.text
    days = await court.alone("R v Trial", TEN + timedelta(hours=1))
    await court.make(days, Split((TEN + timedelta(hours=1), TEN + DAY)))
    assert "Monday 23 November" in (await clerk.get(f"/hearings/{days}/release")).text
