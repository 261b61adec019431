"""The whole house in processes of its own: the application on a free port, and a media worker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import httpx
from pydantic import SecretStr

from court_link.domain.context import SYSTEM, Context
from court_link.domain.roles import Role
from court_link.identity import sessions
from court_link.media.credentials import Keys
from court_link.settings import Settings
from court_link.store import Db, Session, open_db
from court_link.store.tables import User
from court_link.wall import WallClock
from tests.media.rig import KEY, Worker, free_port

SECRET = "a secret for tests alone, of more than 32 characters"
SERVE = (
    "import uvicorn; from court_link.app import create_app; from court_link.settings import Settings; "
    "s = Settings(); uvicorn.run(create_app(s), host=s.host, port=s.port, log_level='warning')"
)


@dataclass
class House:
    """A running application. `restart` ends its process and starts another on the same port and store."""

    settings: Settings
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return self.settings.public_url

    @property
    def keys(self) -> Keys:
        return Keys(SECRET)

    def restart(self) -> None:
        """Kill the application outright; start it again."""
        self.process.kill()
        self.process.wait()
        self.process = start(self.settings)

    def store(self) -> _Store:
        return _Store(self.settings)


class _Store:
    """The same store, opened beside the application for as long as the block runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __aenter__(self) -> Db:
        self._db = await open_db(self._settings.database_url, WallClock())
        return self._db

    async def __aexit__(self, *_: object) -> None:
        await self._db.close()


def start(settings: Settings) -> subprocess.Popen[bytes]:
    """The application's process, once it answers."""
    given = {
        "MODE": "test",
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": SECRET,
        "HOST": settings.host,
        "PORT": str(settings.port),
        "PUBLIC_URL": settings.public_url,
        "MEDIA_CONTROL_URL": settings.media_control_url,
        "MEDIA_CONTROL_KEY": KEY,
    }
    environment = {**os.environ, **{f"COURT_LINK_{name}": value for name, value in given.items()}}
    process = subprocess.Popen([sys.executable, "-c", SERVE], env=environment)
    deadline = time.monotonic() + 120
    while True:
        try:
            if httpx.get(f"{settings.public_url}/healthz", trust_env=False).is_success:
                return process
        except httpx.TransportError:
            pass
        assert process.poll() is None, "the application ended at once"
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise TimeoutError("the application did not start")
        time.sleep(0.05)


@contextmanager
def house(database_url: str, worker: Worker) -> Iterator[House]:
    """The application over a migrated store, with this worker for its media."""
    port = free_port()
    settings = Settings(
        mode="test",
        database_url=database_url,
        secret_key=SecretStr(SECRET),
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        media_control_url=worker.url,
        media_control_key=SecretStr(KEY),
    )
    running = House(settings, start(settings))
    try:
        yield running
    finally:
        running.process.terminate()
        try:
            running.process.wait(10)
        except subprocess.TimeoutExpired:
            running.process.kill()
            running.process.wait()


async def sign_in(db: Db, settings: Settings, organisation: UUID, role: Role, name: str) -> str:
    """The cookie's value of a made-up person, signed in."""

    def opened(session: Session, ctx: Context) -> str:
        account = User(
            organisation_id=organisation,
            email=f"{role}@court-link.example",
            name=name,
            roles=[role.value],
            created_at=ctx.now,
        )
        session.add(account)
        session.flush()
        return sessions.open_for(session, ctx, account.id, datetime.now(UTC), settings).token

    return await db.write(opened, Context(SYSTEM))
