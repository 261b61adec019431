"""One browser for all journeys; a watch that fails a test on any fault of a page or of the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from pytest_asyncio import is_async_test

from tests.journeys import county
from tests.journeys.service import Service, service
from tests.journeys.visiting import DESK, Visitor, Watch, visitor
from tests.media.rig import chromium

HERE = Path(__file__).parent
expect.set_options(timeout=30_000)  # a busy machine is no fault of a page
#: Opens a browser for somebody: `await visit()`, `await visit(PHONE)`.
Visit = Callable[..., Awaitable[Visitor]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all journeys: the browser lives in it."""
    for item in items:
        if item.path.is_relative_to(HERE) and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The service with Hertfordshire's places and people, and no hearing yet."""
    folder: Path = tmp_path_factory.mktemp("court")
    async with service(folder, county.settle) as running:
        yield running


@pytest.fixture
def watch(court: Service) -> Watch:
    return Watch(court.url)


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, court: Service, watch: Watch) -> AsyncIterator[Visit]:
    async with AsyncExitStack() as ends:

        async def someone(width: int = DESK) -> Visitor:
            return await ends.enter_async_context(visitor(browser, court.url, watch, width))

        yield someone
    assert watch.unexpected() == []
    assert court.faults() == []
