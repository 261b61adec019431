"""Browsers meet through a real worker process: three Chromium pages, and Firefox with Chromium."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser

from court_link.media.embedded.client import EmbeddedEngine
from court_link.media.engine import DesiredLink, DesiredRoom, NotAdmitted, Seat
from tests.media.firefox import firefox, reachable_address
from tests.media.rig import (
    BOTH,
    Participant,
    chromium,
    everyone_sees_everyone,
    free_port,
    site,
    until,
    worker,
)

FRAMES = 40
WITHIN = 30.0


@pytest.fixture
async def engine() -> AsyncIterator[EmbeddedEngine]:
    with worker() as running:
        made = running.engine()
        yield made
        await made.aclose()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


async def enter(browser: Browser, url: str, link: str) -> Participant:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url)
    return Participant(page, link)


async def test_three_browsers_see_and_hear_each_other(engine: EmbeddedEngine, browser: Browser) -> None:
    with site() as url:
        await engine.apply(everyone_sees_everyone("room", 1, "a", "b", "c"))
        people = [await enter(browser, url, link) for link in "abc"]
        for person in people:
            await person.join(engine, "room", seats=2)
        for person in people:
            await until(partial(person.sees, FRAMES, 0, 1), WITHIN, f"{person.link} seeing the others")


async def test_removal_stops_media_at_every_receiver_within_half_a_second(
    engine: EmbeddedEngine, browser: Browser
) -> None:
    with site() as url:
        await engine.apply(everyone_sees_everyone("room", 1, "a", "b"))
        people = [await enter(browser, url, link) for link in "ab"]
        for person in people:
            await person.join(engine, "room", seats=1)
        for person in people:
            await until(partial(person.sees, FRAMES, 0), WITHIN, f"{person.link} seeing the other")
        removed_at = time.monotonic()
        await engine.apply(everyone_sees_everyone("room", 2, "a"))
        before = [(await person.seats())[0] for person in people]
        assert time.monotonic() - removed_at < 0.5
        still = time.monotonic() + 1.0

        async def a_second_passed() -> bool:
            return time.monotonic() > still

        await until(a_second_passed, 2, "a second")
        after = [(await person.seats())[0] for person in people]
        for first, then in zip(before, after, strict=True):
            # What was in the browser's own hands when it was asked may still be counted.
            assert then["packets"] - first["packets"] <= 5
            assert then["soundPackets"] - first["soundPackets"] <= 5
        with pytest.raises(NotAdmitted):
            await people[1].join(engine, "room", seats=1)


async def test_a_seat_switches_to_another_and_goes_on(engine: EmbeddedEngine, browser: Browser) -> None:
    def watching(version: int, source: str | None) -> DesiredRoom:
        others = [DesiredLink(link, "hearing", BOTH) for link in "bc"]
        return DesiredRoom("room", version, (DesiredLink("a", "hearing", seats=(Seat(0, source),)), *others))

    with site() as url:
        await engine.apply(watching(1, "b"))
        watcher = await enter(browser, url, "a")
        await watcher.join(engine, "room", seats=1, publish=False)
        for link in "bc":
            await (await enter(browser, url, link)).join(engine, "room", seats=0)
        await until(partial(watcher.sees, FRAMES, 0), WITHIN, "the watcher seeing b")
        for version, source in ((2, "c"), (3, "b"), (4, "c")):
            shown = (await watcher.seats())[0]["frames"]
            await engine.apply(watching(version, source))
            wanted = int(shown) + 20
            await until(partial(watcher.sees, wanted, 0), WITHIN, f"the watcher seeing {source}")


async def test_a_browser_restarts_ice_and_keeps_its_seat(engine: EmbeddedEngine, browser: Browser) -> None:
    with site() as url:
        await engine.apply(everyone_sees_everyone("room", 1, "a", "b"))
        people = [await enter(browser, url, link) for link in "ab"]
        for person in people:
            await person.join(engine, "room", seats=1)
        await until(partial(people[1].sees, FRAMES, 0), WITHIN, "b seeing a")
        fragment = await people[0].page.evaluate("() => restart()")
        answer = await engine.restart(people[0].session, "*", fragment)
        await people[0].page.evaluate("answer => restarted(answer)", answer.answer)
        shown = [int((await person.seats())[0]["frames"]) + FRAMES for person in people]
        for person, wanted in zip(people, shown, strict=True):
            await until(partial(person.sees, wanted, 0), WITHIN, f"{person.link} seeing after the restart")
        assert {state.session for state in (await engine.snapshot("room")).links} == {
            person.session for person in people
        }


@pytest.fixture
def address() -> Iterator[str]:
    with reachable_address() as found:
        yield found


async def test_firefox_and_chromium_see_and_hear_each_other(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    with worker(udp_host=address, advertised_addresses=[address]) as running, site() as url:
        engine = running.engine()
        await engine.apply(everyone_sees_everyone("room", 1, "firefox", "chromium"))
        async with firefox(tmp_path, free_port(), url) as tab:
            people = [Participant(tab, "firefox"), await enter(browser, url, "chromium")]
            for person in people:
                await person.join(engine, "room", seats=1)
            for person in people:
                await until(partial(person.sees, FRAMES, 0), WITHIN, f"{person.link} seeing the other")
        await engine.aclose()
