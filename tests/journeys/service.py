"""The service of a journey: API and media worker in processes of their own, on a store of their own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from court_link.settings import Settings
from court_link.store import Db, open_db
from court_link.store.migrate import upgrade
from tests.journeys.serving import MovableClock
from tests.media.rig import free_port, until

ROOT = Path(__file__).parents[2]
#: Monday morning in court, twenty to ten: journeys begin here.
MORNING = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
#: A line of a log that means a fault of ours.
_FAULT = re.compile(
    r"Traceback \(most recent|\[(error|critical) *\]|^[A-Za-z.]*(Error|Exception)\b", re.MULTILINE
)


@dataclass
class Process:
    """A process of the service with its log. `seen` is how much of the log has been looked at."""

    running: subprocess.Popen[bytes]
    log: Path
    seen: int = 0

    def faults(self) -> list[str]:
        """What the log says since it was last asked, when there is a fault in it."""
        fresh = self.log.read_text("utf-8")[self.seen :]
        self.seen += len(fresh)
        return [fresh[max(0, found.start() - 400) : found.end() + 1200] for found in _FAULT.finditer(fresh)][
            :3
        ]

    async def end(self) -> None:
        """Ends it as an operator would, which must be clean."""
        if self.running.poll() is None:
            self.running.terminate()
            try:
                status = await asyncio.to_thread(self.running.wait, 20)
                # uvicorn ends by the signal that it was sent, once it has put its house in order.
                assert status in {0, -signal.SIGTERM}, self.log.read_text("utf-8")[-2000:]
            finally:
                if self.running.poll() is None:
                    self.running.kill()
                    self.running.wait()


@dataclass
class Service:
    """A running service. `folder` holds its store, clock and logs."""

    folder: Path
    settings: Settings
    clock: MovableClock
    api: Process | None = None
    worker: Process | None = None
    past: list[Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.settings.public_url

    async def start(self) -> None:
        self.worker = self._run("media", [sys.executable, "-m", "court_link", "media"])
        await self._healthy(self.worker, self.settings.media_control_url)
        await self.start_api()

    async def start_api(self) -> None:
        command = [sys.executable, "-m", "tests.journeys.serving", str(self.folder / "ahead")]
        self.api = self._run("api", command)
        await self._healthy(self.api, self.url)

    async def end_api(self) -> None:
        assert self.api
        await self.api.end()
        self.past.append(self.api)
        self.api = None

    async def end(self) -> None:
        async with AsyncExitStack() as ends:
            for process in (self.worker, self.api):
                if process:
                    ends.push_async_callback(process.end)

    def faults(self) -> list[str]:
        """What went wrong in the service since it was last asked."""
        running = [process for process in (self.api, self.worker) if process]
        return [fault for process in (*self.past, *running) for fault in process.faults()]

    def _run(self, name: str, command: list[str]) -> Process:
        log = self.folder / f"{name}-{len(self.past)}.log"
        with log.open("wb") as out:
            running = subprocess.Popen(command, cwd=ROOT, env=self._environment(), stdout=out, stderr=out)
        return Process(running, log)

    def _environment(self) -> dict[str, str]:
        given = self.settings
        ours = {
            "MODE": given.mode,
            "DATABASE_URL": given.database_url,
            "DATA_DIR": str(given.data_dir),
            "SECRET_KEY": given.secret_key.get_secret_value(),
            "PORT": str(given.port),
            "PUBLIC_URL": given.public_url,
            "EXTRA_ORIGINS": json.dumps(given.extra_origins),
            "MEDIA_CONTROL_URL": given.media_control_url,
            "MEDIA_CONTROL_KEY": given.media_control_key.get_secret_value(),
            "MEDIA_UDP_HOST": given.media_udp_host,
            "MEDIA_ADDRESSES": json.dumps(given.media_addresses),
            "MEDIA_UDP_PORT": str(given.media_udp_port),
            "LOG_LEVEL": "info",
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("COURT_LINK_")}
        return others | {f"COURT_LINK_{name}": value for name, value in ours.items()}

    async def _healthy(self, process: Process, url: str) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:

            async def answers() -> bool:
                assert process.running.poll() is None, process.log.read_text("utf-8")[-4000:]
                try:
                    return (await client.get(f"{url}/healthz")).is_success
                except httpx.TransportError:
                    return False

            await until(answers, 60, f"the start of {url}")


Seed = Callable[[Db, Service], Awaitable[None]]


@asynccontextmanager
async def service(
    folder: Path,
    seed: Seed,
    *,
    mode: str = "test",
    at: datetime = MORNING,
    names: Iterable[str] = (),
    media: str = "127.0.0.1",
) -> AsyncIterator[Service]:
    """A service on a fresh store that `seed` has filled, running until the end of the block.

    Pages may also come from `NAME.localhost`, for each of `names`. `media` is the address at
    which the worker carries sound and picture.
    """
    port, control = free_port(), free_port()
    settings = Settings.model_validate(
        {
            "mode": mode,
            "database_url": f"sqlite:///{folder / 'court-link.sqlite3'}",
            "data_dir": folder,
            "secret_key": "a key of the journeys, long enough for any of them",
            "port": port,
            "public_url": f"http://127.0.0.1:{port}",
            "extra_origins": [f"http://{name}.localhost:{port}" for name in names],
            "media_control_url": f"http://127.0.0.1:{control}",
            "media_control_key": "another key of the journeys, as long as the first",
            "media_udp_host": media,
            "media_udp_port": 0,
            "media_addresses": [media],
        }
    )
    clock = MovableClock(folder / "ahead")
    clock.set(at)
    await asyncio.to_thread(upgrade, settings.database_url)
    started = Service(folder, settings, clock)
    db = await open_db(settings.database_url, clock)
    try:
        await seed(db, started)
    finally:
        await db.close()
    try:
        await started.start()
        yield started
    finally:
        await started.end()
