"""The application in a test: started on a store of its own, asked through a browser or a machine."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from court_link.app import create_app
from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Actor, ActorKind, Context
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity import organisations, people, sessions
from court_link.identity.organisations import Organisation
from court_link.identity.people import Account, Details
from court_link.media.fake import FakeEngine
from court_link.settings import Settings
from court_link.store import Db

ORIGIN = "http://127.0.0.1:8000"
PASSWORD = "purple teapot gravel"
#: Court time of every test: a Monday morning.
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

_CSRF = re.compile(r'name="csrf_token" value="([^"]*)"')


def csrf_of(page: httpx.Response) -> str:
    """The synchroniser token of a page's forms."""
    found = _CSRF.search(page.text)
    assert found, page.text[:2000]
    return found[1]


@dataclass
class Browser:
    """A browser with its cookies. It sends its Origin, and `submit` sends the token of a page's form."""

    client: httpx.AsyncClient

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(path, **more)

    async def post(self, path: str, data: Mapping[str, Any] | None = None, **more: Any) -> httpx.Response:
        headers = {"Origin": ORIGIN, **more.pop("headers", {})}
        return await self.client.post(path, data=data, headers=headers, **more)

    async def submit(
        self, form: str, data: Mapping[str, Any] | None = None, *, to: str = ""
    ) -> httpx.Response:
        """Open the page `form` and send its form to `to` (itself, when left out)."""
        token = csrf_of(await self.get(form))
        return await self.post(to or form, {"csrf_token": token, **(data or {})})

    async def sign_in(self, email: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        return await self.post("/sign-in", {"email": email, "password": password, **more})


@dataclass
class World:
    """A started application and what is in it. `wall` is its real time, `clock` its court time."""

    app: FastAPI
    clock: SetClock
    wall: SetClock
    engine: FakeEngine
    clients: list[httpx.AsyncClient] = field(default_factory=list)
    password_hash: str = ""

    @property
    def db(self) -> Db:
        db: Db = self.app.state.db
        return db

    @property
    def settings(self) -> Settings:
        settings: Settings = self.app.state.settings
        return settings

    def client(self, address: str = "127.0.0.1", **more: Any) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 50000))
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, **more)
        self.clients.append(client)
        return client

    def browser(self, address: str = "127.0.0.1") -> Browser:
        return Browser(self.client(address))

    async def organisation(
        self, kind: OrganisationKind, name: str, area: str = "Hertfordshire"
    ) -> Organisation:
        return await self.db.write(organisations.create, Context(SYSTEM), kind, name, area)

    async def person(
        self,
        organisation: Organisation,
        *roles: Role,
        email: str = "",
        name: str = "",
        person_id: UUID | None = None,
    ) -> Account:
        """Somebody with a password, PASSWORD."""
        founder = Actor(
            ActorKind.SYSTEM, organisation_id=organisation.id, roles=frozenset({Role.ADMINISTRATOR})
        )
        details = Details(
            name or "Quill Marchpane",
            email or f"{roles[0].value}.{str(organisation.id)[-8:]}@example.com",
            frozenset(roles),
            person_id,
        )
        invited = await self.db.write(people.add, Context(founder), details, self.wall.now())
        from court_link.identity import invitations

        if not self.password_hash:
            self.password_hash = await self.app.state.gate.hasher.hash(PASSWORD)
        await self.db.write(
            invitations.redeem, Context(SYSTEM), invited.secret, self.password_hash, self.wall.now()
        )
        return invited.account

    async def signed_in(self, account: Account) -> Browser:
        """A browser in which this person is signed in (without the password's slow check)."""
        new = await self.db.write(
            sessions.open_for, Context(SYSTEM), account.id, self.wall.now(), self.settings
        )
        browser = self.browser()
        browser.client.cookies.set("court-link", new.token, domain="127.0.0.1")
        return browser

    async def machine(self, organisation: Organisation, *roles: Role) -> httpx.AsyncClient:
        """A client that sends an API token with these roles."""
        from court_link.identity import tokens

        founder = Actor(
            ActorKind.SYSTEM, organisation_id=organisation.id, roles=frozenset({Role.ADMINISTRATOR})
        )
        made = await self.db.write(
            tokens.create, Context(founder), "Test machine", frozenset(roles), 30, self.wall.now()
        )
        return self.client(headers={"Authorization": f"Bearer {made.secret}"})


@asynccontextmanager
async def started(database_url: str, **settings: Any) -> AsyncIterator[World]:
    """The application, running on a migrated store."""
    with tempfile.TemporaryDirectory() as directory:
        chosen = Settings(
            **{
                "mode": "test",
                "database_url": database_url,
                "secret_key": "a key of the tests, long enough for any of them",
                "data_dir": Path(directory),
                **settings,
            }
        )
        clock, wall, engine = SetClock(MONDAY), SetClock(datetime.now(UTC)), FakeEngine()
        app = create_app(chosen, clock=clock, engine=engine)
        app.state.wall = wall
        async with app.router.lifespan_context(app):
            world = World(app, clock, wall, engine)
            try:
                yield world
            finally:
                for client in world.clients:
                    await client.aclose()
