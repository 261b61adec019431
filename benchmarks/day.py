"""An accelerated court day: hearings that open, fill, empty and end, through the broker and a real worker.

    python -m benchmarks.day [--json] [--hearings 500] [--at-once 6]

Every hearing is a whole one: three people with ICE, DTLS and SRTP join through the broker's own code
(`media/rooms.py`, on SQLite) with a media worker in a process of its own, hear each other, and leave; one of
them leaves early and comes back. Then the hearing is ended. A hearing is dropped when somebody in it did not
hear, or heard another room. After each tenth of the day the worker's resident memory, its open files and what
it still holds are read, and this process's own open files.

The slope is the least-squares line through the samples of the second half of the day: in the first, what is
bounded fills (the log of events among it). Bytes, and files, for each hearing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import structlog

from court_link.domain.context import SYSTEM, Context
from court_link.domain.hearing import Outcome
from court_link.domain.link import Link
from court_link.media import consulting, nodes
from court_link.media.embedded.client import EmbeddedEngine
from court_link.media.fleet import Fleet, Places
from court_link.media.rooms import Rooms
from court_link.scheduling import running
from court_link.store import Db, links, open_db
from court_link.store.migrate import upgrade
from court_link.wall import WallClock
from tests.media.court import let_in
from tests.media.peer import Peer
from tests.media.rig import KEY, Worker, worker
from tests.media.scene import Scene, participant, set_scene

WITHIN = 30.0  # seconds for somebody to be heard
HEARD = 5  # packets
SETTLED_AFTER = 0.5  # of the day


@dataclass
class Day:
    """What has happened so far."""

    held: int = 0
    dropped: int = 0
    strangers: int = 0
    joins: int = 0
    faults: list[str] = field(default_factory=list)
    samples: list[dict[str, int]] = field(default_factory=list)


@dataclass
class Court:
    """The broker with its store and its worker."""

    db: Db
    rooms: Rooms
    carrier: Worker

    async def join(self, scene: Scene, link: Link) -> Peer:
        """Somebody's sound and picture, from the offer to the first packet's path."""
        peer = Peer()
        session = await self.rooms.negotiate(scene.hearing, link.id, peer.offer(seats=3))
        await peer.connect(session.answer)
        return peer

    async def settle(self, link: Link) -> None:
        """What their page says once it has stopped sending where they were."""
        moved = await self.db.read(links.get, Context(SYSTEM), link.id)
        if moved.settled < moved.moves:
            await self.db.write(consulting.settle, participant(link), moved.moves)

    async def hearing(self, day: Day) -> None:
        """One hearing from its start to its end."""
        scene = await set_scene(self.db, datetime.now(UTC) + timedelta(minutes=5))
        await self.db.write(running.start, scene.clerk, scene.hearing)
        people = (scene.bench_link, scene.defendant, scene.officer)
        for link in people:
            await let_in(self.db, scene, link)
            await self.settle(link)
        async with contextlib.AsyncExitStack() as ends:

            async def comes(link: Link) -> Peer:
                peer = await self.join(scene, link)
                day.joins += 1
                ends.push_async_callback(peer.close)
                return peer

            peers = [await comes(link) for link in people]
            await self.talk(scene, peers, day)
            peers[2] = await comes(scene.officer)  # gone, and back
            await self.talk(scene, peers, day)
        await self.db.write(running.end, scene.clerk, scene.hearing, Outcome.DEALT_WITH)
        await self.rooms.push(scene.hearing)

    async def talk(self, scene: Scene, peers: Sequence[Peer], day: Day) -> None:
        """Everybody sends sound that names the room, until everybody has heard it."""
        mark, number = scene.hearing.bytes, 0
        known = [sum(peer.received.values()) for peer in peers]
        deadline = time.monotonic() + WITHIN
        while any(
            sum(peer.received.values()) < before + HEARD for peer, before in zip(peers, known, strict=True)
        ):
            if time.monotonic() > deadline:
                raise TimeoutError("somebody heard nothing")
            number += 1
            for peer in peers:
                peer.sound(number, 960 * number, body=mark)
            await asyncio.sleep(0.02)
        day.strangers += sum(mark not in packet for peer in peers for packet in peer.packets)


async def held(hearings: int, at_once: int) -> dict[str, Any]:
    """The whole day."""
    with tempfile.TemporaryDirectory() as folder, worker(capacity=1000) as carrier:
        url = f"sqlite:///{folder}/day.sqlite3"
        await asyncio.to_thread(upgrade, url)
        db = await open_db(url, WallClock())
        engine = Fleet([EmbeddedEngine(carrier.url, KEY)], Places(db))
        rooms = Rooms(db, engine, lambda _: None)
        listening = asyncio.create_task(rooms.run())
        try:
            court, day = Court(db, rooms, carrier), Day()
            await db.write(nodes.heard, Context(SYSTEM), await engine.nodes())
            began = time.monotonic()
            every = max(1, hearings // 10)
            left = iter(range(hearings))

            async def sit() -> None:
                for _ in left:
                    try:
                        await court.hearing(day)
                    except Exception as error:  # noqa: BLE001 - whatever it was, a hearing was lost
                        day.dropped += 1
                        day.faults.append(repr(error))
                    day.held += 1
                    if day.held % every == 0:
                        day.samples.append(await sampled(carrier, day.held))

            await asyncio.gather(*(sit() for _ in range(at_once)))
            return await report(day, carrier, time.monotonic() - began)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await engine.aclose()
            await db.close()


async def sampled(carrier: Worker, at: int) -> dict[str, int]:
    """The worker as it is now."""
    resident, files = of_process(carrier.process.pid)
    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"Authorization": f"Bearer {KEY}"}
        figures = (await http.get(f"{carrier.url}/metrics", headers=headers)).text
    gauges = dict(line.split() for line in figures.splitlines() if not line.startswith("#"))
    return {
        "hearings": at,
        "resident_bytes": resident,
        "worker_files": files,
        "broker_files": of_process(os.getpid())[1],
        "rooms": int(float(gauges["court_link_media_rooms"])),
        "sessions": int(float(gauges["court_link_media_sessions"])),
    }


def of_process(pid: int) -> tuple[int, int]:
    """A process's resident bytes and its open files."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in status if line.startswith("VmRSS"))
    return int(kilobytes) * 1024, sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def slope(samples: Sequence[dict[str, int]], name: str) -> float:
    """Growth for each hearing, of the samples after the caches have filled."""
    after = [each for each in samples if each["hearings"] >= SETTLED_AFTER * samples[-1]["hearings"]]
    xs, ys = [each["hearings"] for each in after], [each[name] for each in after]
    if len(after) < 2:
        return 0.0
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread


async def report(day: Day, carrier: Worker, seconds: float) -> dict[str, Any]:
    last = await sampled(carrier, day.held)
    return {
        "hearings": day.held,
        "dropped": day.dropped,
        "joins": day.joins,
        "strangers_heard": day.strangers,
        "seconds": round(seconds, 1),
        "resident_bytes_per_hearing": round(slope(day.samples, "resident_bytes")),
        "worker_files_per_hearing": round(slope(day.samples, "worker_files"), 4),
        "rooms_left": last["rooms"],
        "sessions_left": last["sessions"],
        "faults": day.faults[:5],
        "samples": day.samples,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--hearings", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=6)
    given = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    found = asyncio.run(held(given.hearings, given.at_once))
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        if name != "samples":
            print(f"{name.replace('_', ' '):32}{value!s:>12}")


if __name__ == "__main__":
    main()
