"""How long a hearing is silent when a media worker or the service itself is killed, over many kills.

    python -m benchmarks.survival [--json] [--runs 50] [--case worker-killed|worker-hung|service-killed]

Processes as an operator runs them: `court-link media` with its supervisor, `court-link`'s application on
SQLite. Three participants in one hearing keep to the page's own rules (`tests/media/attendee.py`): WebSocket,
offer, ICE, DTLS, SRTP, the same waits before they try again; every packet of sound names its room.

`audio_back_ms` is from the kill until everybody has heard sound again (worker), or the longest gap in the
sound of anybody (service). `banner_ms` is until the last page says that the video service is away,
`signalling_ms` until the last page has heard from the service again, its start included. A re-admission or a
packet of another room is counted over all runs, and there must be none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from court_link.media.embedded.supervisor import STEADY
from court_link.store.migrate import upgrade
from tests.media.attendee import Attendee, attending
from tests.media.court import Court, court

WITHIN = 60.0  # seconds after which a run has failed
CASES = ("worker-killed", "worker-hung", "service-killed")


async def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("a hearing did not come back")
        await asyncio.sleep(0.01)


async def _worker(running: Court, people: list[Attendee], number: int) -> dict[str, float]:
    before = {each.epochs[-1] for each in people}
    banners = [len(each.banners) for each in people]
    hang = number == signal.SIGSTOP
    began = time.monotonic()
    os.kill(running.worker(0), number)
    await _until(lambda: all(each.epochs[-1] not in before and each.back_at > began for each in people))
    shown = [
        each.banners[known] for each, known in zip(people, banners, strict=True) if len(each.banners) > known
    ]
    found = {"audio_back": max(each.back_at for each in people) - began}
    if len(shown) == len(people) or hang:
        found["banner"] = max(shown) - began
    return found


async def _service(running: Court, people: list[Attendee]) -> dict[str, float]:
    for each in people:
        each.longest_gap = 0.0
    began = time.monotonic()
    running.kill_service(0)
    await asyncio.to_thread(running.serve, 0)
    up = time.monotonic()
    await _until(lambda: all(each.signalled_at > began for each in people))
    back = max(each.signalled_at for each in people)
    await asyncio.sleep(1)
    return {
        "audio_back": max(each.longest_gap for each in people),
        "signalling": back - began,
        "signalling_after_start": max(0.0, back - up),
    }


async def measured(case: str, runs: int) -> dict[str, Any]:
    """One case, so many times."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/court.sqlite3"
        upgrade(url)
        with court(url, Path(folder)) as running:
            return await _measured(case, runs, running)


async def _measured(case: str, runs: int, running: Court) -> dict[str, Any]:
    db = await running.open()
    scene = await running.hearing(db)
    people = await running.everybody(db, scene)
    await db.close()
    times: dict[str, list[float]] = {}
    heard = 0
    async with attending(*people):
        await _until(lambda: all(each.hears for each in people))
        for _ in range(runs):
            await asyncio.sleep(STEADY + 1)
            match case:
                case "worker-killed":
                    found = await _worker(running, people, signal.SIGKILL)
                case "worker-hung":
                    found = await _worker(running, people, signal.SIGSTOP)
                case _:
                    found = await _service(running, people)
            await _until(lambda: all(each.hears for each in people))
            heard += len(people)
            for name, seconds in found.items():
                times.setdefault(name, []).append(seconds)
    connections = [each.connections for each in people]
    return {
        "case": case,
        "runs": runs,
        **{
            f"{name}_ms_p{percent}": round(1000 * _percentile(sorted(values), percent))
            for name, values in times.items()
            for percent in (50, 95, 100)
        },
        "banners_seen": len(times.get("banner", [])),
        "tones_heard": heard,
        "connections": max(connections),
        "readmissions": sum(len(each.admissions) - 1 for each in people),
        "wrong_rooms": sum(each.strangers for each in people),
    }


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--case", choices=CASES)
    given = parser.parse_args()
    found = [asyncio.run(measured(case, given.runs)) for case in ([given.case] if given.case else CASES)]
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for each in found:
        print(f"{each['case']}, {each['runs']} times")
        for name, value in each.items():
            if name not in {"case", "runs"}:
                print(f"  {name.replace('_', ' '):32}{value:>8}")


if __name__ == "__main__":
    main()
