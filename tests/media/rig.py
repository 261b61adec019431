"""What the media tests and benchmarks meet with: a real worker process and real browsers."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import http.server
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
from playwright.async_api import Browser, async_playwright

from court_link.media.embedded.client import EmbeddedEngine
from court_link.media.embedded.worker import WorkerSettings
from court_link.media.engine import DesiredLink, DesiredRoom, Kind, Seat

KEY = "a key for tests alone"
BOTH = frozenset({Kind.AUDIO, Kind.VIDEO})
START = (
    "import json, sys; from court_link.media.embedded.worker import WorkerSettings, run; "
    "run(WorkerSettings(**json.loads(sys.argv[1])))"
)
CHROMIUM = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGE = Path(__file__).with_name("participant.js")


def free_port() -> int:
    """A TCP port of the loopback that is free, and that nobody else is given meanwhile.

    Each test process counts through ports of its own, below those that the system gives to connections.
    """
    own = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    while True:
        port = 12_000 + own * 5_000 + next(_PORTS) % 5_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


_PORTS = itertools.count(os.getpid() * 7)
#: A busy machine gets so many times as long: figures are for benchmarks, not for tests.
PATIENCE = 4


async def until(condition: Callable[[], Awaitable[Any]], within: float, what: str) -> Any:
    """The condition's first true answer; fails loudly after `within` seconds of a quiet machine."""
    deadline = time.monotonic() + within * PATIENCE
    while True:
        answer = await condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what} did not happen within {within} s"
        await asyncio.sleep(0.05)


@dataclasses.dataclass
class Worker:
    """A running worker process."""

    process: subprocess.Popen[bytes]
    settings: WorkerSettings

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.control_port}"

    def engine(self) -> EmbeddedEngine:
        return EmbeddedEngine(self.url, KEY)


@contextmanager
def worker(**changes: Any) -> Iterator[Worker]:
    """A worker in a process of its own, ended by SIGTERM, which must be clean."""
    fields: dict[str, Any] = {
        "control_host": "127.0.0.1",
        "control_port": free_port(),
        "control_key": KEY,
        "udp_host": "127.0.0.1",
        "udp_port": 0,
        "advertised_addresses": ("127.0.0.1",),
        "node": "test-1",
        "capacity": 40,
    } | changes
    process = subprocess.Popen([sys.executable, "-c", START, json.dumps(fields)])
    running = Worker(process, WorkerSettings(**fields))
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                if httpx.get(f"{running.url}/healthz", trust_env=False).is_success:
                    break
            except httpx.TransportError:
                pass
            assert process.poll() is None, "the worker ended at once"
            assert time.monotonic() < deadline, "the worker did not start"
            time.sleep(0.05)
        yield running
        if process.poll() is None:
            process.terminate()
            assert process.wait(10) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless Chromium with a fake camera and microphone."""
    path = os.environ.get("COURT_LINK_CHROMIUM", "/usr/bin/chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        try:
            yield browser
        finally:
            await browser.close()


@contextmanager
def site() -> Iterator[str]:
    """An empty page on the loopback, because cameras need an origin; its address."""

    class Empty(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = b"<!doctype html><title>Participant</title><script>" + PAGE.read_bytes() + b"</script>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Evaluates(Protocol):
    """A page of any browser, as Playwright's has it."""

    async def evaluate(self, expression: str, arg: Any = None, /) -> Any: ...


@dataclasses.dataclass
class Participant:
    """One browser page as one link of a room."""

    page: Evaluates
    link: str
    session: str = ""

    async def join(self, engine: EmbeddedEngine, room: str, seats: int, publish: bool = True) -> None:
        offer = await self.page.evaluate("([seats, publish]) => offer(seats, publish)", [seats, publish])
        session = await engine.negotiate(room, self.link, offer)
        self.session = session.id
        await self.page.evaluate("answer => accept(answer)", session.answer)

    async def seats(self) -> list[dict[str, float]]:
        """Per seat: frames decoded, sound energy, packets of both."""
        found: list[dict[str, float]] = await self.page.evaluate("() => seats()")
        return found

    async def sees(self, frames: int, *indexes: int) -> bool:
        """Whether each of these seats has shown so many frames and sounded."""
        seats = await self.seats()
        return all(seats[i]["frames"] >= frames and seats[i]["energy"] > 1e-5 for i in indexes)


def everyone_sees_everyone(room: str, version: int, *links: str, place: str = "hearing") -> DesiredRoom:
    """A room in which each link has every other in its seats, in order."""
    return DesiredRoom(
        room,
        version,
        tuple(
            DesiredLink(
                link,
                place,
                BOTH,
                True,
                tuple(Seat(i, other) for i, other in enumerate(o for o in links if o != link)),
            )
            for link in links
        ),
    )
