"""The first five minutes: one stranger with one browser, three tabs of it in the same hearing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from court_link.demo import people
from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import Service, service
from tests.journeys.visiting import Visitor


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The demonstration, each of whose people has an origin of their own."""
    folder = tmp_path_factory.mktemp("doorway")
    names = [*people.BY_KEY, "public"]
    async with service(folder, county.settle_a_day, mode="demo", names=names) as running:
        yield running


async def test_one_stranger_holds_a_hearing_in_three_tabs(visit: Visit, court: Service) -> None:
    stranger = await visit()
    await stranger.goes("/")
    officer = await opens(stranger, "Police officer")
    await officer.page.get_by_role("button", name=re.compile("^Join")).first.click()
    await joins_with_a_test_picture(officer, "lobby")
    custody = await opens(stranger, "Custody staff")
    await custody.page.get_by_role("button", name=re.compile("^Connect this room")).first.click()
    await joins_with_a_test_picture(custody, "lobby")
    bench = await opens(stranger, "Bench")
    about_to_begin = bench.page.get_by_role("listitem").filter(has_text="In the lobby: ")
    await about_to_begin.get_by_role("button", name=re.compile("^Open the hearing")).click()
    await joins_with_a_test_picture(bench, "hearing")

    people_waiting = bench.page.locator('[data-list="waiting"] > li')
    await expect(people_waiting).to_have_count(2)
    for left in (1, 0):
        await people_waiting.first.get_by_role("button", name=re.compile("^Confirm identity")).click()
        await people_waiting.first.get_by_role("button", name=re.compile("^Let in")).click()
        await expect(people_waiting).to_have_count(left)
    public = await opens(stranger, "Public")
    await public.presses("Get a reference")
    await public.presses("Follow this hearing")
    stage = public.page.locator(".govuk-panel__title")
    await expect(stage).to_have_text("Starting soon")

    await bench.presses("Start the hearing")
    await expect(stage).to_have_text("In progress", timeout=60_000)
    await bench.page.get_by_role("button", name=re.compile("^Call ")).click()
    for person in (officer, custody, bench):
        await person.meets(2)


async def opens(stranger: Visitor, door: str) -> Visitor:
    """Another tab of the same browser, at the door's own origin, through it."""
    async with stranger.page.context.expect_page() as opened:
        await stranger.page.get_by_role("link", name=f"{door} (opens in a new tab)").click()
    page = await opened.value
    page.set_default_timeout(60_000)
    await page.wait_for_url(re.compile(r"^http://\w+\.localhost:"))
    return Visitor(page, stranger.url)


async def joins_with_a_test_picture(person: Visitor, stage: str) -> None:
    await person.is_at("kit")
    await person.presses("Use a test picture with a quiet tone instead")
    await person.presses("Join")
    await person.is_at(stage)
