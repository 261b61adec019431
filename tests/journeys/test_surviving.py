"""A hearing outlives the service that runs it: real browsers, a real restart."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from court_link.domain.roles import Part
from court_link.store import Db, links
from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import Service, service
from tests.journeys.visiting import PHONE, Visitor, Watch


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The service with a hearing about to begin, and directions for its officer and its defendant."""

    async def seed(db: Db, running: Service) -> None:
        await county.settle_a_day(db, running)
        await db.write(county.direct, await county.as_(db, "clerk"))

    async with service(tmp_path_factory.mktemp("surviving"), seed, mode="demo") as running:
        yield running


async def test_media_goes_on_while_the_service_restarts(visit: Visit, court: Service, watch: Watch) -> None:
    # What a page without its service says of it.
    watch.expected = (
        "net::ERR_CONNECTION_REFUSED",
        "net::ERR_EMPTY_RESPONSE",
        "net::ERR_INCOMPLETE_CHUNKED",
        "WebSocket connection to",
        "net::ERR_CONNECTION_RESET",
    )
    async with county.store(court) as db:
        clerk = await county.as_(db, "clerk")
        of_hearing = await db.read(links.of_hearing, clerk, await db.read(county.about_to_begin, clerk))
    by_part = {link.part: link for link in of_hearing}
    bench = await county.signed_in(court, await visit(), "bench")
    custody = await county.signed_in(court, await visit(), "custody")
    officer = await county.signed_in(court, await visit(PHONE), "officer")
    everybody: tuple[Visitor, ...] = (bench, custody, officer)
    for visitor, part in zip(everybody, (Part.BENCH, Part.DEFENDANT, Part.OFFICER), strict=True):
        await visitor.joins(by_part[part].id)
    await bench.presses("Start the hearing")
    for link in (by_part[Part.DEFENDANT], by_part[Part.OFFICER]):
        await bench.presses(f"Confirm identity {link.label}")
        await bench.presses(f"Let in {link.label}")
    await bench.presses(f"Call {by_part[Part.OFFICER].label}")
    for visitor in everybody:
        await visitor.meets(2)

    await court.end_api()
    for visitor in everybody:
        await visitor.sees_more(40)
        await expect(visitor.page.locator('[data-banner="signalling"]')).to_be_visible()
    await court.start_api()
    for visitor in everybody:
        await expect(visitor.page.locator('[data-banner="signalling"]')).to_be_hidden(timeout=60_000)
        await visitor.sees_more(20)
        assert (await visitor.figures()).connections == 1, "the same connection, all the time"

    await bench.presses("Pause")
    for visitor in everybody:
        await visitor.gets_nothing()
    await bench.presses("Resume")
    for visitor in everybody:
        await visitor.sees_more(20)
