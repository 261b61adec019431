"""Every operation, by every role, on one's own and on a stranger's: `matrix.LINES` says who may.

The routes come from the application itself and from its OpenAPI description; one that has no line fails.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi.routing import APIWebSocketRoute, iter_route_contexts
from starlette.routing import Mount

from court_link.app import create_app
from court_link.domain.context import SYSTEM, Context
from court_link.domain.roles import ROLES_OF, OrganisationKind, Role
from court_link.identity import sessions
from court_link.identity.organisations import Organisation
from court_link.settings import Settings
from tests.api import scenes
from tests.api.apps import ORIGIN, World, started
from tests.api.matrix import LINES, Line, Open
from tests.api.scenes import Scene

SAFE = {"GET", "HEAD"}


def routes() -> Iterator[str]:
    """`METHOD /path` of everything that the application answers; `WS` for WebSockets."""
    app = create_app(Settings(mode="test"))
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Mount):
            assert route.path == "/static"  # files for everybody
        elif isinstance(route, APIWebSocketRoute):
            yield f"WS {context.path}"
        else:
            for method in context.methods or set():
                if method != "HEAD":
                    yield f"{method} {context.path}"
    for path, operations in app.openapi()["paths"].items():
        yield from (f"{method.upper()} {path}" for method in operations)


def test_every_route_has_its_line_and_every_line_its_route():
    found = set(routes())
    assert found - set(LINES) == set(), "add these routes to tests/api/matrix.py"
    assert set(LINES) - found == set(), "these lines are of no route"


@dataclass
class Asking:
    """One application with both counties, and a signed-in browser of each role in the first."""

    world: World
    own: Scene
    foreign: Scene
    browsers: dict[Role, tuple[OrganisationKind, httpx.AsyncClient]]
    nobody: httpx.AsyncClient

    async def fill(
        self, scene: Scene, kind: OrganisationKind, route: str, line: Line, asker: UUID | None = None
    ) -> dict[str, str]:
        wanted = {name: line.named.get(name, name) for name in placeholders(route, line) - set(line.path)}
        organisation_id = scene.organisations[kind]
        made = await scenes.make(self.world.db, scene, organisation_id, set(wanted.values()), asker)
        return {**{name: str(made[maker]) for name, maker in wanted.items()}, **line.path}

    async def ask(
        self, client: httpx.AsyncClient, route: str, line: Line, things: dict[str, str], path: dict[str, str]
    ) -> httpx.Response:
        method, template = route.split(" ", 1)
        address = re.sub(r"{(\w+)}", lambda name: path.get(name[1], "x"), template)
        query = filled(line.query, things)
        if line.stream:
            return await first_of_stream(self.world, client, address, query)
        body = (
            {"json": filled(line.json, things)}
            if line.json is not None
            else {"data": filled(line.form, things)}
        )
        return await client.request(method, address, params=query, **body)


def placeholders(route: str, line: Line) -> set[str]:
    return set(re.findall(r"{(\w+)}", f"{route} {line.json} {line.form} {line.query}"))


def filled(value: Any, things: dict[str, str]) -> Any:
    """`value` with `{name}` replaced in every text."""
    match value:
        case str():
            return re.sub(r"{(\w+)}", lambda name: things[name[1]], value)
        case dict():
            return {key: filled(each, things) for key, each in value.items()}
        case list():
            return [filled(each, things) for each in value]
        case _:
            return value


async def first_of_stream(
    world: World, client: httpx.AsyncClient, address: str, query: dict[str, str]
) -> httpx.Response:
    """The beginning of an answer that may never end; then the reader goes."""
    request = client.build_request("GET", address, params=query)
    begun: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    body = b""

    async def receive() -> dict[str, Any]:
        await asyncio.get_running_loop().create_future()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal body
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body += message.get("body", b"")
            if not begun.done():
                begun.set_result(start)

    start: dict[str, Any] = {}
    scope = {
        "type": "http",
        "method": "GET",
        "path": request.url.path,
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "app": world.app,
    }
    task = asyncio.create_task(world.app(scope, receive, send))
    async with asyncio.timeout(60):
        await begun
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return httpx.Response(start["status"], content=body)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(migrated_sqlite: Callable[[], str]) -> AsyncIterator[Asking]:
    async with started(migrated_sqlite()) as world:
        own = await world.db.write(scenes.create, Context(SYSTEM), "Ownshire")
        foreign = await world.db.write(scenes.create, Context(SYSTEM), "Strangeshire")
        browsers = {}
        for role in Role:
            kind = next(kind for kind in OrganisationKind if role in ROLES_OF[kind])
            account = await world.person(Organisation(own.organisations[kind], kind, "", ""), role)
            browsers[role] = (kind, await browser_of(world, account.id))
        nobody = world.client(headers={"Origin": ORIGIN})
        yield Asking(world, own, foreign, browsers, nobody)


async def browser_of(world: World, account_id: Any) -> httpx.AsyncClient:
    """A signed-in client that sends its Origin and its token with everything."""
    new = await world.db.write(
        sessions.open_for, Context(SYSTEM), account_id, world.wall.now(), world.settings
    )
    known = await world.db.read(
        sessions.recognise, Context(SYSTEM), new.token, world.wall.now(), world.settings
    )
    assert known
    headers = {"Origin": ORIGIN, "X-CSRF-Token": known.csrf, "Cookie": f"court-link={new.token}"}
    return world.client(headers=headers)


async def again(asking: Asking, role: Role) -> httpx.AsyncClient:
    """A fresh browser of this role: the last request may have signed it out."""
    kind, client = asking.browsers[role]
    if (await client.get("/api/me")).status_code == 401:
        account = await asking.world.person(
            Organisation(asking.own.organisations[kind], kind, "", ""), role, email=f"{uuid4()}@example.com"
        )
        client = await browser_of(asking.world, account.id)
        asking.browsers[role] = (kind, client)
    return client


HTTP = {route: line for route, line in LINES.items() if not route.startswith("WS ")}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("route", HTTP)
async def test_a_stranger_to_the_service_is_asked_to_sign_in(asking, route):
    line = HTTP[route]
    things = await asking.fill(asking.own, OrganisationKind.COURT, route, line)
    answer = await asking.ask(asking.nobody, route, line, things, things)
    if line.who is Open.PUBLIC:
        assert answer.status_code not in {401, 403}
        assert answer.headers.get("location", "").startswith("/sign-in") is (route == "POST /sign-out")
    elif " /api/" in route or line.who is Open.PARTICIPANTS:
        assert answer.status_code == 401
    elif line.stream:
        assert answer.status_code == 303
    else:
        assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("route", [route for route, line in HTTP.items() if line.who is not Open.PUBLIC])
async def test_each_role_does_what_its_line_says_to_its_own_and_nothing_to_a_strangers(asking, route):
    line = HTTP[route]
    method = route.split(" ", 1)[0]
    shared: dict[OrganisationKind, tuple[dict[str, str], dict[str, str]]] = {}
    for role in Role:
        kind, _ = asking.browsers[role]
        client = await again(asking, role)
        if kind not in shared or method not in SAFE or line.mine:
            asker = UUID((await client.get("/api/me")).json()["id"]) if line.mine else None
            shared[kind] = (
                await asking.fill(asking.own, kind, route, line, asker),
                await asking.fill(asking.foreign, kind, route, line),
            )
        own, foreign = shared[kind]
        absent = {name: str(uuid4()) for name in foreign} | dict(line.path)

        def said(answer: httpx.Response, whose: str, role: Role = role) -> str:
            return f"{route} by {role.value} on {whose}: {answer.status_code} {answer.text[-1500:]}"

        answer = await asking.ask(client, route, line, own, own)
        if line.who is Open.PARTICIPANTS:  # a sign-in is no join session
            assert answer.status_code == 401, said(answer, "their own")
            continue
        assert isinstance(line.who, frozenset)
        if role in line.who:
            assert answer.status_code < 500, said(answer, "their own")
            assert answer.status_code not in {400, 401, 403, 404, 405, 415}, said(answer, "their own")
            assert (answer.status_code == 422) is line.wrong, said(answer, "their own")
        else:
            assert answer.status_code in {403, 404}, said(answer, "their own")
        names_a_thing = bool(placeholders(route, line) - set(line.path) - {scenes.FRESH})
        if not names_a_thing or not line.scoped:
            continue
        client = await again(asking, role)
        strange = await asking.ask(client, route, line, foreign, foreign)
        none = await asking.ask(client, route, line, {**foreign, **(absent if line.query else {})}, absent)
        assert strange.status_code in ({404} if role in line.who else {403, 404}), said(
            strange, "a stranger's"
        )
        assert (strange.status_code, strange.content) == (none.status_code, none.content), said(
            none, "nothing"
        )


def test_positive_control_a_route_without_its_line_is_noticed():
    found = set(routes())
    missing = dict(LINES)
    missing.pop("GET /api/users/{user_id}")
    assert found - set(missing) >= {"GET /api/users/{user_id}"}
