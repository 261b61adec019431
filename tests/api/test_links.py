"""Running a hearing and its links by the forms of its page."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import cast

import pytest

from court_link.domain.context import SYSTEM, Context
from court_link.domain.link import Admission
from court_link.domain.roles import Role
from court_link.identity.organisations import Organisation
from court_link.media import joining
from court_link.store import links
from tests.api.apps import Browser, World
from tests.media.scene import Scene, direct, participant, set_scene


@pytest.fixture
async def scene(world: World) -> Scene:
    return await set_scene(world.db)


@pytest.fixture
async def clerk(world: World, scene: Scene) -> Browser:
    return await signed_in(world, scene.court, Role.LEGAL_ADVISER)


async def signed_in(world: World, organisation: object, role: Role) -> Browser:
    account = await world.person(cast(Organisation, SimpleNamespace(id=organisation)), role)
    return await world.signed_in(account)


async def press(browser: Browser, page: str, action: str) -> None:
    """Press the button of a page's form that posts to this address; it must be there."""
    shown = await browser.get(page)
    assert shown.status_code == 200, shown.text
    assert f'action="{action}"' in shown.text, shown.text
    answer = await browser.submit(page, to=action)
    assert answer.status_code == 303, answer.text


async def admission(world: World, link_id: object) -> Admission:
    return (await world.db.read(links.get, Context(SYSTEM), link_id)).admission  # type: ignore[arg-type]


async def test_a_hearing_is_run_from_its_page(world: World, scene: Scene, clerk: Browser):
    page = f"/hearings/{scene.hearing}"
    await press(clerk, page, f"{page}/run/open-lobby")
    await world.db.write(joining.arrive, participant(scene.officer))
    await world.db.write(direct, Context(SYSTEM), scene.officer)
    await press(clerk, page, f"{page}/run/start")
    await press(clerk, page, f"/links/{scene.officer.id}/identify")
    await press(clerk, page, f"/links/{scene.officer.id}/admit")
    assert await admission(world, scene.officer.id) is Admission.ADMITTED
    await press(clerk, page, f"{page}/run/pause")
    await press(clerk, page, f"{page}/run/resume")
    # What cannot be undone is asked first, on a page of its own.
    assert f"/links/{scene.officer.id}/remove" in (await clerk.get(page)).text
    assert (
        "Remove PC 1187 Demo from the hearing?" in (await clerk.get(f"/links/{scene.officer.id}/remove")).text
    )
    assert (await clerk.submit(f"/links/{scene.officer.id}/remove")).status_code == 303
    assert await admission(world, scene.officer.id) is Admission.REMOVED

    wrong = await clerk.submit(f"{page}/end", {"cause": "party_absent"})
    assert wrong.status_code == 422
    assert "There is a problem" in wrong.text
    assert "Choose how the hearing ended" in wrong.text
    assert re.search(r'value="party_absent"[^>]*selected', wrong.text)  # what was chosen is kept
    assert (
        await clerk.submit(f"{page}/end", {"outcome": "adjourned", "cause": "concluded"})
    ).status_code == 303
    assert "Adjourned" in (await clerk.get(page)).text or "adjourned" in (await clerk.get(page)).text


async def test_a_link_is_made_shown_replaced_and_taken_away(world: World, scene: Scene, clerk: Browser):
    new = f"/hearings/{scene.hearing}/links/new"
    wrong = await clerk.submit(new, {"label": "A. Advocate"})
    assert wrong.status_code == 422
    assert "Choose which part they take" in wrong.text
    assert 'value="A. Advocate"' in wrong.text
    made = await clerk.submit(new, {"part": "advocate", "label": "A. Advocate"})
    assert made.status_code == 303
    page = made.headers["Location"]
    first = await clerk.get(page)
    assert (await clerk.submit(f"{page}/reissue")).headers["Location"] == page
    second = await clerk.get(page)
    assert address(first.text) != address(second.text)
    assert (await clerk.submit(f"{page}/revoke")).status_code == 303
    assert (await clerk.get(page)).status_code == 404


def address(page: str) -> str:
    """The link that a page shows."""
    found = re.search(r"http://127\.0\.0\.1:8000/join#[A-Za-z0-9_-]+", page)
    assert found
    return found[0]


@pytest.mark.parametrize(
    "path", ["/links/{officer}", "/links/{officer}/remove", "/hearings/{hearing}/links/new"]
)
async def test_other_courts_links_do_not_exist(world: World, scene: Scene, path: str):
    from court_link.domain.roles import OrganisationKind

    other = await world.organisation(OrganisationKind.COURT, "Another Magistrates' Court")
    stranger = await world.signed_in(await world.person(other, Role.LEGAL_ADVISER))
    answer = await stranger.get(path.format(officer=scene.officer.id, hearing=scene.hearing))
    assert answer.status_code == 404


async def test_custody_staff_see_who_takes_part_and_no_links(world: World, scene: Scene):
    custody = await signed_in(world, scene.custody, Role.CUSTODY_OFFICER)
    page = await custody.get(f"/hearings/{scene.hearing}")
    assert page.status_code == 200
    assert "Copy or print the link" not in page.text
    assert (await custody.get(f"/links/{scene.defendant.id}")).status_code == 403


async def test_the_hearings_own_page_says_nothing_to_strangers(world: World, scene: Scene):
    page = await world.browser().get(f"/room/{scene.officer.id}")
    assert page.status_code == 200
    assert "R v Example" not in page.text
    assert "PC 1187" not in page.text


async def test_live_topics_are_their_readers_own(world: World, scene: Scene):
    clerk = await signed_in(world, scene.court, Role.LEGAL_ADVISER)
    custody = await signed_in(world, scene.custody, Role.CUSTODY_OFFICER)
    for browser, topic, status in (
        (custody, f"court:{scene.court}", 404),
        (clerk, f"custody:{scene.court}", 404),
        (clerk, f"person:{scene.officer_person}", 404),
        (clerk, f"hearing:{scene.court}", 404),
        (clerk, "hearing:nonsense", 422),
        (clerk, "weather:today", 422),
        (clerk, "", 422),
        (world.browser(), f"hearing:{scene.hearing}", 303),
    ):
        answer = await browser.get(f"/live?topics={topic}")
        assert answer.status_code == status, (topic, answer.text)
