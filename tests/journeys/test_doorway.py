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
    await custody.page.get_by_role("button", name=re.compile("^Connect this room")).click()
    await joins_with_a_test_picture(custody, "lobby")
    bench = await opens(stranger, "Bench")
    waiting = bench.page.get_by_role("listitem").filter(has_text="In the lobby:")
    await waiting.get_by_role("button", name=re.compile("^Open the hearing")).click()
    await joins_with_a_test_picture(bench, "hearing")
    for act in ("Confirm identity", "Let in"):
        for _ in range(2):
            await bench.page.get_by_role("button", name=re.compile(f"^{act}")).first.click()
