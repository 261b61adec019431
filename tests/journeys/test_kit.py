"""Trying the kit before the hearing: through the worker and back, a verdict, and what staff see of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from court_link.domain.roles import Role
from court_link.media import kit
from court_link.media.credentials import Keys
from court_link.store import Db, links
from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import MORNING, Service, service
from tests.journeys.visiting import PHONE
from tests.media.house import sign_in
from tests.media.rig import until
from tests.media.scene import Scene, set_scene

_RETURNED = """() => {
  const video = document.querySelector('[data-kit="returned"]');
  return video.videoWidth > 0 && video.getVideoPlaybackQuality().totalVideoFrames > 20;
}"""


SCENES: list[Scene] = []


async def seed(db: Db, running: Service) -> None:
    """One hearing, a day from now: whoever has a link can try their kit already."""
    SCENES.append(await set_scene(db, MORNING + timedelta(days=1)))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    async with service(tmp_path_factory.mktemp("kit"), seed) as running:
        yield running


async def test_the_day_before_an_officer_tests_kit_and_connection_and_the_court_sees_the_verdict(
    visit: Visit, court: Service
) -> None:
    scene = SCENES[-1]
    own = scene.officer
    async with county.store(court) as db:
        cookie = await sign_in(db, court.settings, scene.court, Role.LEGAL_ADVISER, "Legal adviser Demo")
    keys = Keys(court.settings.secret_key.get_secret_value())
    officer = await visit(PHONE)
    await officer.goes(f"/join#{keys.credential(own.id, own.credential_version)}")
    await officer.is_at("kit")
    await officer.presses("Test the connection")

    async def comes_back() -> bool:
        return bool(await officer.page.evaluate(_RETURNED))

    await until(comes_back, 45, "one's own picture coming back")
    result = officer.page.locator('[data-kit="result"]')
    await expect(result).to_be_visible(timeout=60_000)
    await expect(result).to_be_focused()
    assert await officer.faults_of_page() == []
    async with county.store(court) as db:
        stored = (await db.read(links.get, scene.clerk, own.id)).kit_check
    assert stored
    figures = stored["figures"]
    assert figures["connected"]
    assert figures["sound"]
    assert figures["up"] > 20_000
    assert figures["frames"] > 0
    # A busy machine may make a poor connection; the page says what was found, whatever that is.
    title = kit.result(stored).title
    await expect(result.locator("h3")).to_have_text(title)

    # The test's session is over, and joining makes no other until somebody lets them in.
    made_before = (await officer.figures()).connections
    await officer.presses("Join")
    await officer.is_at("lobby")
    assert (await officer.figures()).connections == made_before

    staff = await visit()
    await staff.page.context.add_cookies([{"name": "court-link", "value": cookie, "url": court.url}])
    await staff.goes(f"/hearings/{own.hearing_id}")
    await staff.reads(f"Kit tried: {title.lower()}")
