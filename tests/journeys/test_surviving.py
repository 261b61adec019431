"""A hearing outlives the service that runs it: real browsers, a real restart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from court_link.domain.link import Link
from court_link.domain.roles import Part
from court_link.scheduling.running import start
from court_link.store import Db, links
from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import Service, service
from tests.journeys.visiting import PHONE, Visitor, Watch
from tests.media.rig import until


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The service with a hearing that has just started, and directions for its officer and its defendant."""

    async def seed(db: Db, running: Service) -> None:
        await county.settle_a_day(db, running)
        clerk = await county.as_(db, "clerk")
        await db.write(county.direct, clerk)
        hearing = await db.read(county.about_to_begin, clerk)
        await db.write(start, clerk, hearing)
        (running.folder / "hearing").write_text(str(hearing))

    async with service(tmp_path_factory.mktemp("surviving"), seed, mode="demo") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def by_part(court: Service) -> Mapping[Part, Link]:
    """The links of the hearing that is in session."""
    async with county.store(court) as db:
        clerk = await county.as_(db, "clerk")
        of_hearing = await db.read(links.of_hearing, clerk, UUID((court.folder / "hearing").read_text()))
    return {link.part: link for link in of_hearing}


async def test_media_goes_on_while_the_service_restarts(
    visit: Visit, court: Service, watch: Watch, by_part: Mapping[Part, Link]
) -> None:
    # What a page without its service says of it.
    watch.expected = (
        "net::ERR_CONNECTION_REFUSED",
        "net::ERR_EMPTY_RESPONSE",
        "net::ERR_INCOMPLETE_CHUNKED",
        "WebSocket connection to",
        "net::ERR_CONNECTION_RESET",
    )
    bench = await county.signed_in(court, await visit(), "bench")
    custody = await county.signed_in(court, await visit(), "custody")
    officer = await county.signed_in(court, await visit(PHONE), "officer")
    everybody: tuple[Visitor, ...] = (bench, custody, officer)
    for visitor, part in zip(everybody, (Part.BENCH, Part.DEFENDANT, Part.OFFICER), strict=True):
        await visitor.joins(by_part[part].id)
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


async def test_whoever_roams_keeps_their_place_and_another_device_waits_in_the_lobby(
    visit: Visit, court: Service, watch: Watch, by_part: Mapping[Part, Link]
) -> None:
    watch.expected = ("404 (Not Found)",)
    officer_link = by_part[Part.OFFICER]
    bench = await county.signed_in(court, await visit(), "bench")
    officer = await county.signed_in(court, await visit(PHONE), "officer")
    await bench.joins(by_part[Part.BENCH].id)
    await bench.is_at("hearing")
    await officer.joins(officer_link.id)
    for act in ("Confirm identity", "Let in", "Call"):
        await bench.presses(f"{act} {officer_link.label}")
    for visitor in (bench, officer):
        await visitor.meets(1)

    # Another network: a new path for the same session.
    async with officer.page.expect_response(lambda answer: answer.request.method == "PATCH") as restarted:
        await officer.page.evaluate("() => { dispatchEvent(new Event('online')); }")
    assert (await restarted.value).status == 200
    await officer.sees_more()
    await bench.sees_more()
    assert (await officer.figures()).connections == 1

    # No path for that session any more: a second one takes over, and nobody is admitted again.
    await officer.page.route("**/api/media/**", no_more_restarts)
    await officer.page.evaluate("() => { dispatchEvent(new Event('online')); }")

    async def two() -> bool:
        return (await officer.figures()).connections == 2

    await until(two, 30, "a second session")
    await officer.sees_more()
    await bench.sees_more()
    await officer.is_at("hearing")

    # The same person at another device waits to be known, with an alert; the first is out, and not doubled.
    device = await county.signed_in(court, await visit(PHONE), "officer")
    await device.joins(officer_link.id)
    await device.is_at("lobby")
    await officer.is_at("over")
    await bench.reads(f"{officer_link.label} has a link that was tried on a second device")
    for act in ("Confirm identity", "Let in", "Call"):
        await bench.presses(f"{act} {officer_link.label}")
    await device.meets(1)
    await bench.sees_more()
    assert (await bench.receives_now())[0] == 1


async def no_more_restarts(route: Route) -> None:
    """The media server knows the session no more."""
    if route.request.method == "PATCH":
        await route.fulfill(status=404, json={})
    else:
        await route.continue_()
