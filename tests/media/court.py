"""A court with processes of its own: supervised media workers, and one process or more of the service."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from court_link.domain.context import SYSTEM, Context
from court_link.domain.link import Link
from court_link.domain.rooms import WITNESSES
from court_link.media import granting, joining
from court_link.media.credentials import Keys
from court_link.media.embedded.client import EmbeddedEngine
from court_link.scheduling import running
from court_link.store import Db, open_db
from court_link.wall import WallClock
from tests.media.attendee import Attendee
from tests.media.house import SECRET, SERVE
from tests.media.rig import KEY, free_port
from tests.media.scene import DEVICE, Scene, direct, participant, set_scene

STARTS_WITHIN = 120.0  # seconds, on a machine that does much else


@dataclass
class Court:
    """Processes over one store. `controls` are the addresses of the workers, `urls` those of the service."""

    database_url: str
    folder: Path
    controls: list[str]
    urls: list[str]
    environment: dict[str, str]
    media: subprocess.Popen[bytes]
    services: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def serve(self, number: int) -> None:
        """Start a process of the service; it answers when this returns."""
        url = self.urls[number]
        environment = self.environment | {"COURT_LINK_PORT": url.rpartition(":")[2]}
        process = subprocess.Popen([sys.executable, "-c", SERVE], env=environment, stdout=2)
        self.services[number : number + 1] = [process]
        answers(url, process)

    def kill_service(self, number: int) -> None:
        """As a machine would that lost its power."""
        self.services[number].kill()
        self.services[number].wait()

    def worker(self, number: int) -> int:
        """The process that listens on this worker's control port now; 0 for none."""
        port = int(self.controls[number].rpartition(":")[2])
        return next((pid for pid in children(self.media.pid) if port in listening(pid)), 0)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What an operator types: `court-link ...`, with the settings of this court."""
        command = [sys.executable, "-m", "court_link", *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    async def rooms(self, number: int) -> tuple[str, ...]:
        """The rooms that a worker holds. Raises EngineUnavailable."""
        engine = EmbeddedEngine(self.controls[number], KEY)
        try:
            return await engine.rooms()
        finally:
            await engine.aclose()

    async def open(self) -> Db:
        return await open_db(self.database_url, WallClock())

    async def hearing(self, db: Db) -> Scene:
        """A hearing that is in session."""
        scene = await set_scene(db, datetime.now(UTC) + timedelta(minutes=5))
        await db.write(running.start, scene.clerk, scene.hearing)
        return scene

    async def attendee(self, db: Db, scene: Scene, link: Link) -> Attendee:
        """Somebody who has been let in."""
        token = await let_in(db, scene, link)
        return Attendee(list(self.urls), self.urls[0], scene.hearing, link.id, token)

    async def everybody(self, db: Db, scene: Scene) -> list[Attendee]:
        """The bench, the defendant and the officer."""
        return [
            await self.attendee(db, scene, link)
            for link in (scene.bench_link, scene.defendant, scene.officer)
        ]


async def let_in(db: Db, scene: Scene, link: Link) -> str:
    """Let somebody into the hearing, and call them if they give evidence; answers their join token."""
    keys = Keys(SECRET)
    if link.id == scene.bench_link.id:
        joined = await db.write(joining.sign_in, scene.bench, link.id, keys, DEVICE)
    else:
        credential = keys.read(keys.credential(link.id, link.credential_version))
        joined = await db.write(joining.redeem, Context(SYSTEM), credential, keys, DEVICE)
        await db.write(joining.arrive, participant(link))
        await db.write(direct, Context(SYSTEM), link)
        await db.write(joining.identify, scene.clerk, link.id)
        await db.write(joining.admit, scene.clerk, link.id)
        if link.part in WITNESSES:
            await db.write(granting.call, scene.clerk, link.id)
    assert joined.token
    return joined.token


def children(pid: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def listening(pid: int) -> set[int]:
    """The TCP ports that a process listens on."""
    sockets = set()
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            target = str(entry.readlink())
            if target.startswith("socket:["):
                sockets.add(target[8:-1])
        lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    except OSError:  # it has ended meanwhile
        return set()
    fields = [line.split() for line in lines]
    return {int(each[1].rpartition(":")[2], 16) for each in fields if each[3] == "0A" and each[9] in sockets}


def answers(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process answers at its address."""
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            if httpx.get(f"{url}/healthz", trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        assert process.poll() is None, f"what should answer at {url} ended"
        assert time.monotonic() < deadline, f"nothing answers at {url}"
        time.sleep(0.05)


def free_run(count: int) -> int:
    """The first of so many TCP ports in a row that were free a moment ago."""
    while True:
        first = free_port()
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    probe = held.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return first


@contextmanager
def court(database_url: str, folder: Path, *, workers: int = 1, services: int = 1) -> Iterator[Court]:
    """Running for as long as the block does; every process of it ends with it."""
    first = free_run(workers + services)
    every = [f"http://127.0.0.1:{first + number}" for number in range(workers + services)]
    controls, urls = every[:workers], every[workers:]
    given = {
        "MODE": "test",
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "SECRET_KEY": SECRET,
        "HOST": "127.0.0.1",
        "PUBLIC_URL": urls[0],
        "EXTRA_ORIGINS": json.dumps(urls),
        "MEDIA_CONTROL_URL": controls[0],
        "MEDIA_CONTROL_KEY": KEY,
        "MEDIA_WORKERS": str(workers),
        "MEDIA_UDP_PORT": "0",
        "LOG_LEVEL": "warning",
    }
    environment = os.environ | {f"COURT_LINK_{name}": value for name, value in given.items()}
    media = subprocess.Popen([sys.executable, "-m", "court_link", "media"], env=environment)
    running = Court(database_url, folder, controls, urls, environment, media)
    try:
        for url in controls:
            answers(url, media)
        for number in range(services):
            running.serve(number)
        yield running
    finally:
        for pid in children(media.pid):
            os.kill(pid, signal.SIGCONT)
        for process in (*running.services, media):
            if process.poll() is None:
                process.terminate()
        for process in (*running.services, media):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
