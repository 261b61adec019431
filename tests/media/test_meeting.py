"""Three browsers meet: the bench, a defendant in custody and an officer, through real processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from court_link.domain.context import SYSTEM, Context
from court_link.domain.link import Link
from court_link.domain.roles import Role
from court_link.scheduling import running
from tests.media import rig
from tests.media.house import House, house, sign_in
from tests.media.rig import chromium, until
from tests.media.scene import Scene, direct, set_scene

FIGURES = """async () => {
  const room = await import(document.querySelector('script[src*="js/room.js"]').src);
  const found = await room.figures();
  const inbound = found ? [...found.values()].filter(one => one.type === 'inbound-rtp') : [];
  const of = kind => inbound.filter(one => one.kind === kind);
  return {
    frames: of('video').map(one => one.framesDecoded || 0).filter(Boolean),
    energy: of('audio').map(one => one.totalAudioEnergy || 0).filter(e => e > 1e-9),
    packets: inbound.reduce((sum, one) => sum + one.packetsReceived, 0),
    sound: Object.fromEntries(of('audio').map(one => [one.id, one.packetsReceived])),
  };
}"""


@dataclass
class Person:
    """One browser with a device of its own."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    async def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.page.evaluate(FIGURES)
        return found

    async def meets(self, others: int, frames: int = 40) -> bool:
        """Whether so many others are each seen for so many frames, and heard."""
        seen = await self.figures()
        full = [count for count in seen["frames"] if count >= frames]
        return len(full) >= others and len(seen["energy"]) >= others

    async def stage(self) -> str:
        return str(
            await self.page.evaluate(
                "() => document.querySelector('[data-stage]:not([hidden])').dataset.stage"
            )
        )

    async def in_stage(self, name: str, within: float = 15) -> None:
        async def there() -> bool:
            return await self.stage() == name

        await until(there, within, f"the stage {name}")

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()


@dataclass
class Meeting:
    """The scene, its house and worker, and the people who have come."""

    browser: Browser
    house: House
    scene: Scene
    worker: rig.Worker
    people: list[Person] = field(default_factory=list)

    async def person(self, cookie: str = "") -> Person:
        context: BrowserContext = await self.browser.new_context(viewport={"width": 1280, "height": 900})
        if cookie:
            await context.add_cookies([{"name": "court-link", "value": cookie, "url": self.house.url}])
        await context.grant_permissions(["camera", "microphone"])
        person = Person(await context.new_page())
        person.page.on("pageerror", lambda error: person.wrong.append(str(error)))
        person.page.set_default_timeout(60_000)
        self.people.append(person)
        return person

    async def comes(self, link: Link) -> Person:
        """Somebody opens their link, tries their kit and joins."""
        person = await self.person()
        await person.page.goto(
            f"{self.house.url}/join#{self.house.keys.credential(link.id, link.credential_version)}"
        )
        await person.in_stage("kit")
        await person.press("Join")
        await person.in_stage("lobby")
        return person

    async def bench(self) -> Person:
        """The bench signs in and joins."""
        async with self.house.store() as db:
            cookie = await sign_in(db, self.house.settings, self.scene.court, Role.BENCH, "Bench Demo")
        person = await self.person(cookie)
        await person.page.goto(f"{self.house.url}/room/{self.scene.bench_link.id}")
        await person.in_stage("kit")
        await person.press("Join")
        return person

    async def forwarding(self) -> dict[str, str | None]:
        """The links that the worker knows of in the room, with their sessions."""
        engine = self.worker.engine()
        room = await engine.snapshot(str(self.scene.hearing))
        await engine.aclose()
        return {link.link: link.session for link in room.links}


@pytest.fixture
async def meeting(migrated_sqlite: Callable[[], str]) -> AsyncIterator[Meeting]:
    async with AsyncExitStack() as ends:
        worker = ends.enter_context(rig.worker())
        running = ends.enter_context(house(migrated_sqlite(), worker))
        browser = await ends.enter_async_context(chromium())
        async with running.store() as db:
            scene = await set_scene(db, datetime.now(UTC) + timedelta(minutes=5))
            for link in (scene.defendant, scene.officer):
                await db.write(direct, Context(SYSTEM), link)
        meeting = Meeting(browser, running, scene, worker)
        yield meeting
        assert [wrong for person in meeting.people for wrong in person.wrong] == []


async def test_three_browsers_meet_pause_survive_a_restart_and_end(meeting: Meeting):
    defendant = await meeting.comes(meeting.scene.defendant)
    officer = await meeting.comes(meeting.scene.officer)
    bench = await meeting.bench()
    async with meeting.house.store() as db:
        await db.write(running.open_lobby, Context(SYSTEM), meeting.scene.hearing)
    await bench.page.reload()
    await bench.in_stage("hearing")
    await bench.press("Start the hearing")

    # Waiting is a state with no media objects at all; the bench, admitted, is the positive control.
    async def only_the_bench() -> bool:
        return {link for link, session in (await meeting.forwarding()).items() if session} == {
            str(meeting.scene.bench_link.id)
        }

    await until(only_the_bench, 10, "the bench's session")
    assert set(await meeting.forwarding()) == {str(meeting.scene.bench_link.id)}
    for waiting in (defendant, officer):
        assert await waiting.stage() == "lobby"
        assert (await waiting.figures())["packets"] == 0

    for label in ("Defendant", "PC 1187 Demo"):
        await bench.press(f"Confirm identity {label}")
        await bench.press(f"Let in {label}")
    await bench.press("Call PC 1187 Demo")
    three = (bench, defendant, officer)
    for person in three:
        await person.in_stage("hearing")
    for person in three:
        await until(partial(person.meets, 2), 30, "seeing and hearing the two others")

    # The application is killed and started again: sound and picture go on, the page comes back by itself.
    before = await officer.figures()
    await asyncio.to_thread(meeting.house.restart)
    after = await officer.figures()
    assert sum(after["frames"]) > sum(before["frames"])
    await until(lambda: _reconnected(bench), 10, "signalling after the restart")

    await bench.press("Pause")
    for person in three:
        await until(partial(_silent, person), 5, "silence")
        assert await person.stage() == "hearing"
    await bench.press("Resume")
    frames = [sum((await person.figures())["frames"]) for person in three]
    for person, had in zip(three, frames, strict=True):
        await until(partial(_more, person, had + 10), 15, "pictures after the pause")

    await bench.press("End the hearing")
    await bench.page.get_by_label("Dealt with").check()
    await bench.page.get_by_role("dialog").get_by_role("button", name="End the hearing").click()
    for person in three:
        await person.in_stage("over")
    assert await meeting.forwarding() == {}


async def test_removal_and_a_lost_media_server(meeting: Meeting):
    scene = meeting.scene
    async with meeting.house.store() as db:
        await db.write(running.open_lobby, Context(SYSTEM), scene.hearing)
    defendant, officer = await meeting.comes(scene.defendant), await meeting.comes(scene.officer)
    bench = await meeting.bench()
    await bench.in_stage("hearing")
    await bench.press("Start the hearing")
    for label in ("Defendant", "PC 1187 Demo"):
        await bench.press(f"Confirm identity {label}")
        await bench.press(f"Let in {label}")
    await bench.press("Call PC 1187 Demo")
    for person in (bench, defendant, officer):
        await until(partial(person.meets, 2, frames=5), 30, "meeting")

    # The media server is killed: a banner, and everybody back with the same admissions once there is another.
    meeting.worker.process.kill()
    meeting.worker.process.wait()
    await until(lambda: _says(bench, "media"), 10, "the banner")
    again = meeting.worker.settings
    with rig.worker(control_port=again.control_port):
        back = time.monotonic()
        # What the pages had counted before says nothing: sound must arrive anew.
        for person in (bench, defendant, officer):
            await until(partial(_hears, person, 2), 20, "hearing each other again")
            await until(partial(person.meets, 2, frames=5), 15, "meeting again")
        print(f"back after {time.monotonic() - back:.1f} s")
        await until(lambda: _says_no_more(bench, "media"), 10, "the end of the banner")
        assert {await person.stage() for person in (bench, defendant, officer)} == {"hearing"}

        # Removal asks first, then stops media at every receiver, and the link lets nobody in any more.
        await bench.press("Remove PC 1187 Demo")
        removal = bench.page.get_by_role("dialog")
        await until(partial(_hears, defendant, 2), 10, "both others")
        await removal.get_by_role("button", name="Remove").click()
        await until(lambda: _hears(defendant, 1), 3, "silence of the removed")
        await officer.in_stage("over")
        assert (await officer.figures())["packets"] == 0
        await officer.page.goto(
            f"{meeting.house.url}/join#{meeting.house.keys.credential(scene.officer.id, 1)}"
        )
        await officer.in_stage("refused")


async def _says(person: Person, banner: str) -> bool:
    return not await person.page.evaluate(
        'name => document.querySelector(`[data-banner="${name}"]`).hidden', banner
    )


async def _says_no_more(person: Person, banner: str) -> bool:
    return not await _says(person, banner)


async def _heard(person: Person) -> int:
    """From how many others sound arrives within a third of a second."""
    before = (await person.figures())["sound"]
    await asyncio.sleep(0.3)
    after = (await person.figures())["sound"]
    return sum(packets > before.get(line, 0) for line, packets in after.items())


async def _hears(person: Person, others: int) -> bool:
    return await _heard(person) == others


async def _reconnected(person: Person) -> bool:
    return bool(
        await person.page.evaluate("() => document.querySelector('[data-banner=\"signalling\"]').hidden")
    )


async def _silent(person: Person) -> bool:
    """Nothing at all arrives for half a second."""
    before = (await person.figures())["packets"]
    await asyncio.sleep(0.5)
    return bool((await person.figures())["packets"] == before)


async def _more(person: Person, frames: int) -> bool:
    return bool(sum((await person.figures())["frames"]) >= frames)
