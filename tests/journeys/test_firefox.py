"""The officer in Firefox, the bench in Chromium: the hearing's real page in both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from court_link.domain.link import Link
from court_link.domain.roles import Part
from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import Service, service
from tests.media.firefox import Tab, firefox, reachable_address
from tests.media.rig import free_port, until

_STAGE = "() => document.querySelector('[data-stage]:not([hidden])')?.dataset.stage"
_FIGURES = """async () => {
  const { figures } = await import(document.querySelector('script[src*="js/room.js"]').src);
  const reports = [...(await figures())?.values() ?? []].filter((each) => each.type === "inbound-rtp");
  const most = (name) => Math.max(0, ...reports.map((each) => each[name] ?? 0));
  return { frames: most("framesDecoded"), energy: most("totalAudioEnergy") };
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The service with a hearing about to begin, its worker where Firefox can reach it."""
    folder = tmp_path_factory.mktemp("firefox")
    with reachable_address() as address:
        async with service(folder, county.settle_a_day, mode="demo", media=address) as running:
            yield running


async def link_of(court: Service, part: Part) -> Link:
    """The link of a part in the hearing about to begin, its remote people directed."""
    async with county.store(court) as db:
        found = await db.write(county.direct, await county.as_(db, "clerk"))
    return next(link for link in found if link.part is part)


async def test_an_officer_in_firefox_and_the_bench_in_chromium_see_and_hear_each_other(
    visit: Visit, court: Service, tmp_path: Path
) -> None:
    own, bench_link = await link_of(court, Part.OFFICER), await link_of(court, Part.BENCH)
    bench = await county.signed_in(court, await visit(), "bench")
    await bench.joins(bench_link.id)
    await bench.is_at("hearing")
    await bench.presses("Start the hearing")
    async with firefox(tmp_path, free_port(), f"{court.url}/sign-in") as officer:
        cookie = f"court-link={await county.sign_in(court, 'officer')}; path=/"
        await officer.evaluate("cookie => { document.cookie = cookie; }", cookie)
        await officer.evaluate("where => { setTimeout(() => location.assign(where)); }", f"/room/{own.id}")
        await comes_to(officer, "kit")
        await officer.evaluate("() => document.querySelector('[data-stage=kit] [type=submit]').click()")
        await comes_to(officer, "lobby")
        await bench.presses(f"Confirm identity {own.label}")
        await bench.presses(f"Let in {own.label}")
        await bench.presses(f"Call {own.label}")
        await comes_to(officer, "hearing")
        await bench.meets(1)

        async def sees_and_hears() -> bool:
            figures: dict[str, Any] = await officer.evaluate(_FIGURES)
            return bool(figures["frames"] >= 40 and figures["energy"] > 1e-5)

        await until(sees_and_hears, 45, "the officer seeing and hearing the bench")
        await bench.presses(f"Remove {own.label}")
        await bench.page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
        await comes_to(officer, "over")


async def comes_to(tab: Tab, stage: str) -> None:
    async def there() -> bool:
        return bool(await tab.evaluate(_STAGE) == stage)

    await until(there, 45, f"the stage {stage}")
