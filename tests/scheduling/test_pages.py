"""The day, one hearing, finding a time, listing and vacating, as court staff use them in a browser."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.organisations import Organisation
from tests.api.apps import Browser, World
from tests.county import SYSTEM_CONTEXT, County, add_hearing
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)


@pytest.fixture
async def clerk(world: World, settled: County) -> Browser:
    court = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    return await world.signed_in(await world.person(court, Role.LISTING_OFFICER))


@pytest.fixture
async def hearing(world: World, settled: County) -> UUID:
    return await world.db.write(
        lambda s, c: add_hearing(s, c, settled, TEN, 30, title="R v Peppercorn"), SYSTEM_CONTEXT
    )


def needs(settled: County, **more: str) -> dict[str, str]:
    return {
        "day": "23/11/2026",
        "courtroom_id": str(settled.courtroom),
        "minutes": "30",
        "custody": str(settled.cell),
        "attending": str(settled.officer),
        **more,
    }


async def hold(clerk: Browser, settled: County, hearing: UUID) -> httpx.Response:
    address = f"/hearings/{hearing}/book"
    return await clerk.submit(address, needs(settled, starts_at=TEN.isoformat()))


async def test_the_day_shows_what_is_listed_and_leads_to_finding_a_time(
    clerk: Browser, hearing: UUID
) -> None:
    page = await clerk.get("/day")
    assert "Monday 23 November 2026 (today)" in page.text
    assert "Courtroom 1" in page.text
    assert "R v Peppercorn" in page.text
    assert f"/hearings/{hearing}/book" in page.text
    assert "R v Peppercorn" not in (await clerk.get("/day?date=2026-11-24")).text
    assert "R v Peppercorn" in (await clerk.get("/day?q=pepper")).text
    assert "No hearings match" in (await clerk.get("/day?q=mustard")).text
    wrong = await clerk.get("/day?date=yesterday")
    assert wrong.status_code == 422
    assert "yesterday" in wrong.text


async def test_a_time_is_found_held_and_confirmed(clerk: Browser, settled: County, hearing: UUID) -> None:
    page = await clerk.get(f"/hearings/{hearing}/book")
    assert TEN.isoformat() in page.text
    held = await hold(clerk, settled, hearing)
    assert held.status_code == 303
    confirm = await clerk.get(held.headers["Location"])
    assert "Confirm this booking" in confirm.text
    assert 'data-ends-in="600"' in confirm.text
    assert "9:45am to 10:40am" in confirm.text
    done = await clerk.submit(held.headers["Location"], to=f"{held.headers['Location']}/confirm")
    assert done.headers["Location"] == f"/hearings/{hearing}?done=booked"
    shown = await clerk.get(done.headers["Location"])
    assert "Hearing booked" in shown.text
    assert "10am to 10:30am, Monday 23 November 2026" in shown.text
    assert "PC 1187 Demo" in shown.text
    assert "No live-link direction for" in shown.text


async def test_a_hold_that_ran_out_says_so_and_offers_to_find_again(
    world: World, clerk: Browser, settled: County, hearing: UUID
) -> None:
    held = await hold(clerk, settled, hearing)
    world.clock.set(MONDAY + timedelta(minutes=10))
    page = await clerk.get(held.headers["Location"])
    assert "no longer on hold" in page.text
    assert f"/hearings/{hearing}/book" in page.text


async def test_a_time_taken_meanwhile_is_refused_with_the_reason_and_keeps_what_was_typed(
    world: World, clerk: Browser, settled: County, hearing: UUID
) -> None:
    other = await world.db.write(
        lambda s, c: add_hearing(s, c, settled, TEN, title="R v Quicker"), SYSTEM_CONTEXT
    )
    await hold(clerk, settled, other)
    refused = await hold(clerk, settled, hearing)
    assert refused.status_code == 409
    assert "provisionally booked for R v Quicker until 10:30am" in refused.text
    assert "Times that cannot be had" in refused.text
    assert re.search(rf'<option value="{settled.officer}" selected', refused.text)


async def test_bad_needs_are_named_and_kept(clerk: Browser, hearing: UUID) -> None:
    page = await clerk.get(f"/hearings/{hearing}/book?day=32/13/2026&minutes=soon&courtroom_id=")
    assert page.status_code == 422
    for said in ("Enter a day, like 23/11/2026.", "Choose a courtroom.", "Enter a number of minutes."):
        assert said in page.text
    assert 'value="soon"' in page.text
    assert 'value="32/13/2026"' in page.text


async def test_a_booking_is_moved_by_choosing_another_time(
    clerk: Browser, settled: County, hearing: UUID
) -> None:
    held = await hold(clerk, settled, hearing)
    await clerk.submit(held.headers["Location"], to=f"{held.headers['Location']}/confirm")
    page = await clerk.get(f"/hearings/{hearing}/book")
    replacing = re.search(r'name="replacing" value="([^"]+)"', page.text)
    assert replacing
    later = (TEN + timedelta(hours=2)).isoformat()
    typed = needs(settled, starts_at=later, replacing=replacing[1])
    check = await clerk.submit(f"/hearings/{hearing}/book", typed)
    assert "now midday to 12:30pm, was 10am to 10:30am" in check.text
    assert 'name="sure" value="yes"' in check.text
    moved = await clerk.submit(f"/hearings/{hearing}/book", {**typed, "sure": "yes"})
    assert moved.headers["Location"] == f"/hearings/{hearing}?done=moved"
    assert "midday to 12:30pm" in (await clerk.get(moved.headers["Location"])).text


async def test_releasing_and_vacating_ask_first_and_say_what_happened(
    clerk: Browser, settled: County, hearing: UUID
) -> None:
    held = await hold(clerk, settled, hearing)
    await clerk.submit(held.headers["Location"], to=f"{held.headers['Location']}/confirm")
    page = await clerk.get(f"/hearings/{hearing}/release")
    hidden = dict(re.findall(r'name="(booking|version)" value="([^"]+)"', page.text))
    released = await clerk.submit(f"/hearings/{hearing}/release", hidden)
    assert released.headers["Location"] == f"/hearings/{hearing}?done=released"
    page = await clerk.get(f"/hearings/{hearing}/vacate")
    version = dict(re.findall(r'name="(version)" value="([^"]+)"', page.text))
    unsaid = await clerk.submit(f"/hearings/{hearing}/vacate", version | {"words": "Kept as typed"})
    assert unsaid.status_code == 422
    assert "Choose why it is vacated." in unsaid.text
    assert "Kept as typed" in unsaid.text
    said = version | {"reason": "defence_not_ready", "words": "Papers came late"}
    vacated = await clerk.submit(f"/hearings/{hearing}/vacate", said)
    shown = await clerk.get(vacated.headers["Location"])
    assert "Hearing vacated" in shown.text
    assert "The defence is not ready. Papers came late" in shown.text


async def test_a_stale_form_changes_nothing(clerk: Browser, hearing: UUID) -> None:
    stale = {"version": "99", "reason": "resolved"}
    assert (await clerk.submit(f"/hearings/{hearing}/vacate", stale)).status_code == 409


async def test_a_matter_is_listed_by_hand_and_changed(clerk: Browser, settled: County) -> None:
    typed = {
        "title": "R v Newcomer",
        "hearing_type": "Trial",
        "day": "24/11/2026",
        "at": "2.15pm",
        "courtroom_id": str(settled.courtroom),
        "urns": "41XX0000126\n41XX0000226",
        "parties": "Defendant: Alex Newcomer\nInterested party: Court Watch",
        "restrictions": "yes",
        "visibility": "private",
    }
    refused = await clerk.submit("/hearings/new", typed)
    assert refused.status_code == 422
    assert "a trial has no usual length" in refused.text
    assert "Alex Newcomer" in refused.text
    listed = await clerk.submit("/hearings/new", typed | {"minutes": "120"})
    address = listed.headers["Location"].partition("?")[0]
    shown = (await clerk.get(address)).text
    for said in ("2:15pm, Tuesday 24 November", "2 hours", "41XX0000226", "interested party", "private"):
        assert said in shown
    edit = (await clerk.get(f"{address}/edit")).text
    assert "Interested party: Court Watch" in edit
    changed = typed | {"minutes": "90", "version": "1", "title": "R v Newcomer and another"}
    done = await clerk.submit(f"{address}/edit", changed)
    assert done.headers["Location"] == f"{address}?done=changed"
    assert "R v Newcomer and another" in (await clerk.get(address)).text


async def test_a_direction_is_recorded_and_rescinded_on_pages(
    clerk: Browser, settled: County, hearing: UUID
) -> None:
    held = await hold(clerk, settled, hearing)
    await clerk.submit(held.headers["Location"], to=f"{held.headers['Location']}/confirm")
    form = f"/hearings/{hearing}/directions/new"
    links = re.findall(r'name="link_id" type="radio" value="([^"]+)"', (await clerk.get(form)).text)
    said = {"link_id": links[0], "medium": "video", "force": "permit", "maker": "District Judge Example"}
    refused = await clerk.submit(form, said)
    assert refused.status_code == 422
    assert "District Judge Example" in refused.text
    recorded = await clerk.submit(form, said | {"representations": "None made."})
    shown = await clerk.get(recorded.headers["Location"])
    assert "Permits video" in shown.text
    rescind = re.search(rf"/hearings/{hearing}/directions/[^/]+/rescind", shown.text)
    assert rescind
    done = await clerk.submit(rescind[0])
    assert "Rescinded" in (await clerk.get(done.headers["Location"])).text


async def test_another_court_finds_none_of_these_pages(world: World, hearing: UUID, settled: County) -> None:
    elsewhere = await world.organisation(OrganisationKind.COURT, "Elsewhere Magistrates", "Elsewhere")
    stranger = await world.signed_in(await world.person(elsewhere, Role.LISTING_OFFICER))
    for page in ("", "/book", "/vacate", "/edit", "/release", "/directions/new"):
        foreign = await stranger.get(f"/hearings/{hearing}{page}")
        none = await stranger.get(f"/hearings/{settled.cell}{page}")
        assert foreign.status_code == none.status_code == 404, page
    assert "R v Peppercorn" not in (await stranger.get("/day")).text
