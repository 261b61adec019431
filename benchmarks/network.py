"""How long a hearing is silent when a car's network changes, stops or gets worse.

    python -m benchmarks.network [--json] [--quick] [--runs N] [--case NAME]

A whole service: application, worker, and an officer's page in a headless Chromium within a network namespace
of its own, as in a car. The other participant sends a tone and listens. Needs root, iproute2 and Chromium;
ends by itself and leaves nothing behind.

`audio_back_ms` runs from the moment when packets can pass again (in the cases that only make the network
worse: from that moment) to the later of two: the first packet of the car's sound at the other, and the first
of the other's sound in the page. `tones_heard` counts the runs after which both decode sound, not only
packets. `readmissions` counts how often somebody had to be let in again, and `wrong_rooms` the looks at which
the car's link was not where it belongs, or its sound at one who sits in another room.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import httpx
from playwright.async_api import Page
from pydantic import SecretStr
from sqlmodel import col, func, select

from benchmarks.wires import FAIR, SERVICE, Weather, Wire, wired
from court_link.domain.context import SYSTEM, Context
from court_link.domain.events import EventKind
from court_link.domain.link import Link
from court_link.media import granting, joining
from court_link.media.embedded.client import EmbeddedEngine
from court_link.scheduling import running
from court_link.settings import Settings
from court_link.store import Db, Session
from court_link.store.tables import EventRow
from tests.media import house, rig
from tests.media.peer import AUDIO, Peer
from tests.media.scene import DEVICE, Scene, direct, participant, set_scene

WITHIN_S = 60.0  # a run whose sound is not back by then has failed
CALM_S = 3.0  # between two runs
LOUD = 0.01  # of full scale: quieter is not a tone

#: The page's connections, whatever it makes of them.
WATCHED = """(() => {
  const Direct = RTCPeerConnection;
  window.connections = [];
  window.RTCPeerConnection = class extends Direct {
    constructor(given) { super(given); connections.push(this); }
  };
})()"""
HEARD = """async () => {
  const heard = { packets: 0, energy: 0 };
  for (const one of connections.filter(each => each.connectionState !== "closed")) {
    for (const report of (await one.getStats()).values()) {
      if (report.type !== "inbound-rtp" || report.kind !== "audio") continue;
      heard.packets += report.packetsReceived;
      heard.energy += report.totalAudioEnergy ?? 0;
    }
  }
  return heard;
}"""
STAGE = "() => document.querySelector('[data-stage]:not([hidden])')?.dataset.stage ?? ''"


@dataclass(frozen=True)
class Case:
    """What happens to the network: `weather` for `lasts` seconds, or a move to another network."""

    name: str
    weather: Weather = FAIR
    lasts: float = 0.0
    roams: bool = False
    runs: int = 5


CASES = (
    Case("address change", roams=True, runs=10),
    Case("cut of 5 s", Weather(cut=True), 5, runs=10),
    Case("cut of 25 s", Weather(cut=True), 25),
    Case("cut of 84 s", Weather(cut=True), 84, runs=3),
    Case("cut of 5 s and address change", Weather(cut=True), 5, roams=True),
    Case("20% loss", Weather(loss=0.2), 15),
    Case("500 ms round trip", Weather(delay=0.25, jitter=0.03), 15),
    Case("200 kbit/s", Weather(rate=200_000), 15),
)


class Listener(Peer):
    """The other participant: sends a tone, and keeps when sound came and what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.times: deque[float] = deque(maxlen=5000)  # when each packet of sound came, monotonic seconds
        self.bodies: list[bytes] = []

    def _receive(self, slot: int, length: int, address: bytes, at: float) -> None:
        before = sum(self.received.values())
        super()._receive(slot, length, address, at)
        if sum(self.received.values()) > before and self.packets[-1][1] & 0x7F == AUDIO:
            packet = self.packets[-1]
            start = 12 + (4 + 4 * int.from_bytes(packet[14:16], "big") if packet[0] & 0x10 else 0)
            self.times.append(time.monotonic())
            self.bodies = [*self.bodies[-150:], packet[start:]]

    async def sing(self) -> None:
        """Send a tone in real time, until cancelled."""
        bodies, began = _tone(), time.monotonic()
        number = 0
        while True:
            self.sound(number, number * 960, body=bodies[number % len(bodies)])
            number += 1
            await asyncio.sleep(max(0.0, began + number * 0.02 - time.monotonic()))

    def hears_sound(self) -> bool:
        """Whether the last seconds, decoded, are more than silence."""
        decoder = av.CodecContext.create("opus", "r")
        loudest = 0.0
        for body in self.bodies:
            with suppress(av.FFmpegError):
                for frame in decoder.decode(av.Packet(body)):
                    samples = memoryview(bytes(frame.planes[0])).cast("f")
                    loudest = max(loudest, *(abs(sample) for sample in samples))
        return loudest > LOUD


def _tone() -> list[bytes]:
    """Two seconds of a tone, each packet 20 ms of Opus."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48000, "stereo", "s16"
    bodies: list[bytes] = []
    with av.open("sine=frequency=440:sample_rate=48000:duration=2", format="lavfi") as tone:
        for frame in tone.decode(audio=0):
            bodies += [bytes(packet) for packet in encoder.encode(frame)]
    return bodies


@dataclass
class Run:
    """One time that a case was tried; `back_ms` is None when sound did not come back in time."""

    back_ms: float | None
    tone: bool
    readmissions: int
    wrong_rooms: int


@dataclass
class Hearing:
    """The hearing, its car in the namespace, and who listens."""

    wire: Wire
    page: Page
    db: Db
    engine: EmbeddedEngine
    scene: Scene
    car: Link
    listener: Listener
    elsewhere: Listener

    async def tried(self, case: Case) -> Run:
        """Let the case happen once, then wait until sound is back both ways."""
        before = await self.db.read(_admissions, Context(SYSTEM), self.car.id)
        self.wire.weather = case.weather
        if case.weather.cut:
            await asyncio.sleep(case.lasts)
            self.wire.weather = FAIR
        if case.roams:
            await asyncio.to_thread(self.wire.roam)
        back = await self._back(time.monotonic())
        wrong = await self._astray()
        if not case.weather.cut:
            await asyncio.sleep(case.lasts)
        tone = await self._both_hear()
        self.wire.weather = FAIR
        wrong += await self._astray()
        after = await self.db.read(_admissions, Context(SYSTEM), self.car.id)
        return Run(back, tone, after - before, wrong)

    async def _back(self, since: float) -> float | None:
        """Milliseconds until both hear packets again."""
        heard = (await self.page.evaluate(HEARD))["packets"]
        there: float | None = None
        while time.monotonic() < since + WITHIN_S:
            if there is None and (await self.page.evaluate(HEARD))["packets"] > heard:
                there = time.monotonic()
            if there is not None and self.listener.times and self.listener.times[-1] > since:
                return (max(there, self._first_heard(since)) - since) * 1000
            await asyncio.sleep(0.02)
        return None

    def _first_heard(self, since: float) -> float:
        return next(at for at in self.listener.times if at > since)

    async def _both_hear(self) -> bool:
        """Whether what is decoded at both ends in the next seconds is sound."""
        self.listener.bodies.clear()
        before = (await self.page.evaluate(HEARD))["energy"]
        await asyncio.sleep(CALM_S)
        return self.listener.hears_sound() and (await self.page.evaluate(HEARD))["energy"] > before + 1e-4

    async def _astray(self) -> int:
        """How much of the car is where it does not belong."""
        room = await self.engine.snapshot(str(self.scene.hearing))
        places = {state.link: state.place for state in room.links}
        return int(places.get(str(self.car.id)) != "hearing") + int(sum(self.elsewhere.received.values()) > 0)


def _admissions(session: Session, ctx: Context, link_id: Any) -> int:
    """How often a link has been let in."""
    of_link = (col(EventRow.kind) == EventKind.LINK_ADMITTED) & (col(EventRow.subject_id) == link_id)
    return session.exec(select(func.count()).select_from(EventRow).where(of_link)).one()


@asynccontextmanager
async def held(wire: Wire, folder: Path) -> AsyncIterator[Hearing]:
    """A hearing in which the car and the listener hear each other."""
    async with AsyncExitStack() as ends:
        worker = ends.enter_context(
            rig.worker(udp_host="0.0.0.0", advertised_addresses=(SERVICE, "127.0.0.1"))
        )
        port = rig.free_port()
        settings = Settings(
            mode="test",
            database_url=f"sqlite:///{folder}/court.sqlite3",
            secret_key=SecretStr(house.SECRET),
            host="0.0.0.0",
            port=port,
            public_url=f"http://{SERVICE}:{port}",
            media_control_url=worker.url,
            media_control_key=SecretStr(rig.KEY),
        )
        service = await asyncio.to_thread(house.start, settings)
        ends.callback(service.wait)
        ends.callback(service.terminate)
        own = house.House(settings, service)
        db = await ends.enter_async_context(own.store())
        engine = worker.engine()
        ends.push_async_callback(engine.aclose)
        scene = await set_scene(db, datetime.now(UTC) + timedelta(minutes=5))
        await db.write(running.start, scene.clerk, scene.hearing)
        os.environ |= {"COURT_LINK_CHROMIUM": str(_in(wire, folder)), "COURT_LINK_ORIGIN": own.url}
        browser = await ends.enter_async_context(rig.chromium())
        context = await browser.new_context(permissions=["camera", "microphone"])
        page = await context.new_page()
        await page.add_init_script(WATCHED)
        car = scene.officer
        await page.goto(f"{own.url}/join#{own.keys.credential(car.id, car.credential_version)}")
        await rig.until(lambda: _at(page, "kit"), 30, "the stage where kit is tried")
        await page.get_by_role("button", name="Join", exact=True).click()
        await rig.until(lambda: _at(page, "lobby"), 30, "the lobby")
        await _let_in(db, scene, car)
        await db.write(granting.call, scene.clerk, car.id)
        listener = await _listens(own, db, scene)
        elsewhere = Listener()
        await engine.apply(rig.everyone_sees_everyone("elsewhere", 1, "somebody", "else"))
        await elsewhere.connect((await engine.negotiate("elsewhere", "somebody", elsewhere.offer(2))).answer)
        singing = asyncio.create_task(listener.sing())
        ends.callback(singing.cancel)
        for one in (listener, elsewhere):
            ends.callback(one.vanish)
        hearing = Hearing(wire, page, db, engine, scene, car, listener, elsewhere)

        async def both() -> bool:
            return bool(listener.times and (await page.evaluate(HEARD))["packets"])

        await rig.until(both, 30, "sound between the two")
        yield hearing


async def _at(page: Page, stage: str) -> bool:
    return bool(await page.evaluate(STAGE) == stage)


async def _let_in(db: Db, scene: Scene, link: Link) -> None:
    await db.write(joining.arrive, participant(link))
    await db.write(direct, Context(SYSTEM), link)
    await db.write(joining.identify, scene.clerk, link.id)
    await db.write(joining.admit, scene.clerk, link.id)


async def _listens(own: house.House, db: Db, scene: Scene) -> Listener:
    """The custody room's link, joined as any client of WHIP would."""
    listener, link = Listener(), scene.defendant
    credential = own.keys.credential(link.id, link.credential_version)
    async with httpx.AsyncClient(base_url=own.url, trust_env=False, timeout=30) as http:
        joined = await http.post("/api/join", json={"credential": credential, "device": DEVICE})
        await _let_in(db, scene, link)
        headers = {
            "Authorization": f"Bearer {joined.json()['token']}",
            "Content-Type": "application/sdp",
        }
        made = await http.post(f"/api/media/{link.id}", content=listener.offer(2), headers=headers)
        made.raise_for_status()
    await listener.connect(made.text)
    return listener


def _in(wire: Wire, folder: Path) -> Path:
    """A command that is Chromium inside the namespace, for pages that are not of the loopback."""
    command = folder / "chromium"
    browser = os.environ.get("COURT_LINK_CHROMIUM", "/usr/bin/chromium")
    command.write_text(
        f"#!/bin/sh\nPATH=$PATH:/usr/sbin:/sbin\nexec ip netns exec {wire.namespace} {browser} "
        f'--unsafely-treat-insecure-origin-as-secure="$COURT_LINK_ORIGIN" "$@"\n'
    )
    command.chmod(0o755)
    return command


def figures(case: Case, runs: Sequence[Run]) -> dict[str, Any]:
    """What is printed of a case. A run whose sound did not come back counts as the whole time waited."""
    back = sorted(run.back_ms if run.back_ms is not None else WITHIN_S * 1000 for run in runs)
    return {
        "case": case.name,
        "runs": len(runs),
        "audio_back_ms_p50": round(statistics.median(back)),
        "audio_back_ms_p95": round(back[min(len(back) - 1, int(0.95 * len(back)))]),
        "tones_heard": sum(run.tone for run in runs),
        "readmissions": sum(run.readmissions for run in runs),
        "wrong_rooms": sum(run.wrong_rooms for run in runs),
    }


async def measured(
    cases: Sequence[Case], runs: int | None, seed: int, say: Callable[[dict[str, Any]], None]
) -> list[dict[str, Any]]:
    """The figures of each case, in one hearing."""
    found = []
    with wired(seed) as wire, tempfile.TemporaryDirectory() as folder:
        async with held(wire, Path(folder)) as hearing:
            for case in cases:
                tried = []
                for _ in range(runs or case.runs):
                    await asyncio.sleep(CALM_S)
                    tried.append(await hearing.tried(case))
                found.append(figures(case, tried))
                say(found[-1])
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.network", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="each case once, for a first look")
    parser.add_argument("--runs", type=int, help="how often each case is tried")
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES], help="this alone")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    chosen = parser.parse_args(arguments)
    cases = [case for case in CASES if not chosen.case or case.name in chosen.case]
    print(f"seed: {chosen.seed}", file=sys.stderr)
    # The service that is started says on its standard output what it does; ours is for figures alone.
    printed = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(row: dict[str, Any]) -> None:
        if not chosen.json:
            print("  ".join(f"{name} {value}" for name, value in row.items()), file=printed)

    found = asyncio.run(measured(cases, 1 if chosen.quick else chosen.runs, chosen.seed, say))
    if chosen.json:
        print(json.dumps(found), file=printed)


if __name__ == "__main__":
    main()
