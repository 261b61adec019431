"""How long every page takes to answer, on the demonstration's month.

    python -m benchmarks.pages [--json] [--quick]

The service runs in processes of its own over SQLite, as `make run` starts it, and is asked over loopback by
one reader at a time, signed in as who opens the page (the addresses of `tests.journeys.test_accessible`). Of
each address the median is taken; the promise is 200 ms on this machine, for every one of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from court_link.demo import seeding
from court_link.store import Db
from tests.journeys import county
from tests.journeys.service import Service, service
from tests.journeys.test_accessible import PAGES, busy_day, samples_of

#: Milliseconds within which every page is promised.
PROMISE = 200.0


async def month(db: Db, running: Service) -> None:
    """The demonstration's whole month, with one at least of everything that a page can show."""
    await seeding.seed(running.settings.database_url, running.clock, datetime.now(UTC))
    await busy_day(db, running)


def addresses(samples: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Who opens what."""
    for who, pages in PAGES.values():
        for page in pages:
            yield who, page.format(**samples)


async def measured(folder: Path, times: int) -> dict[str, float]:
    """The median of each address, in milliseconds."""
    found: dict[str, float] = {}
    async with service(folder, month, mode="demo") as running:
        async with county.store(running) as db:
            samples = await db.read(samples_of, county.CONTEXT)
        asked = list(addresses(samples))
        cookies = {who: await county.sign_in(running, who) for who in {who for who, _ in asked} if who}
        for who, address in asked:
            sent = {"court-link": cookies[who]} if who else {}
            async with httpx.AsyncClient(base_url=running.url, cookies=sent, trust_env=False) as client:
                await _took(client, address)  # once to warm templates and caches up
                found[address] = statistics.median([await _took(client, address) for _ in range(times)])
    return found


async def _took(client: httpx.AsyncClient, address: str) -> float:
    started = time.perf_counter()
    answer = await client.get(address)
    if answer.is_error:
        raise SystemExit(f"{address} answered {answer.status_code}")
    return (time.perf_counter() - started) * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.pages", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="ask each page three times")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="court-link-benchmark-") as folder:
        found = asyncio.run(measured(Path(folder), 3 if chosen.quick else 15))
    slowest = sorted(found.items(), key=lambda each: -each[1])
    figures = {
        "pages": len(found),
        "median_ms": round(statistics.median(found.values()), 1),
        "slowest_ms": round(slowest[0][1], 1),
        "over_promise": sum(took > PROMISE for took in found.values()),
    }
    if chosen.json:
        print(json.dumps(figures))
        return
    print(f"{'ms at the median':>16}  page (the ten slowest of {len(found)})")
    for address, took in slowest[:10]:
        print(f"{took:16.1f}  {address}")
    print(f"{figures['median_ms']:16.1f}  median of all; {figures['over_promise']} over {PROMISE:.0f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
