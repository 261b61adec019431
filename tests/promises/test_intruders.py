"""What somebody would try who does not belong here, on top of what each part's own tests refuse."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from court_link import logs
from court_link.api import live as live_pages
from court_link.api.spreadsheet import csv_response
from court_link.domain.context import SYSTEM, Context
from court_link.domain.hearing import HearingState, Visibility
from court_link.domain.ids import new_reference
from court_link.domain.link import JOIN_AFTER
from court_link.domain.roles import OrganisationKind, Part, Role
from court_link.identity import people, sessions
from court_link.identity.organisations import Organisation
from court_link.media import joining
from court_link.media.credentials import BadCredential, Keys
from court_link.scheduling import following
from court_link.store import Db, Session
from court_link.store.tables import Hearing
from tests.api.apps import ORIGIN, World, started
from tests.api.matrix import LINES, Line, Open
from tests.api.test_authorisation_matrix import browser_of, filled, placeholders
from tests.media import test_signalling
from tests.media.rig import free_port
from tests.media.scene import DEVICE, ENDS, Scene, participant, set_scene
from tests.media.test_rooms import until
from tests.media.test_signalling import Door

#: The service on a real server, with the engine in memory.
door = test_signalling.door


@pytest.fixture
async def world(sqlite_store: str) -> AsyncIterator[World]:
    async with started(sqlite_store) as running:
        yield running


@pytest.fixture
async def scene(world: World) -> Scene:
    return await set_scene(world.db)


def court_of(scene: Scene) -> Organisation:
    return Organisation(scene.court, OrganisationKind.COURT, "", "")


def keys_of(world: World) -> Keys:
    return Keys(world.settings.secret_key.get_secret_value())


async def alter(db: Db, scene: Scene, **facts: Any) -> None:
    """Set columns of the scene's hearing."""

    def run(session: Session, ctx: Context) -> None:
        hearing = session.get_one(Hearing, scene.hearing)
        for name, value in facts.items():
            setattr(hearing, name, value)

    await db.write(run, Context(SYSTEM))


class Reading:
    """One request over ASGI, read as it is answered; what is sent is counted as it is taken."""

    def __init__(
        self, world: World, method: str, path: str, query: str = "", headers: dict[str, Any] | None = None
    ) -> None:
        self.world, self.status, self.body, self.taken = world, 0, b"", 0
        self.headers: dict[str, str] = {}
        given = {key.lower(): value for key, value in (headers or {}).items()}
        self._scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [
                (key.encode(), value if isinstance(value, bytes) else value.encode())
                for key, value in given.items()
            ],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
        }
        self.chunk = b""

    async def _receive(self) -> dict[str, Any]:
        if not self.chunk:
            await asyncio.get_running_loop().create_future()
        self.taken += len(self.chunk)
        return {"type": "http.request", "body": self.chunk, "more_body": True}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {key.decode(): value.decode() for key, value in message["headers"]}
        else:
            self.body += message.get("body", b"")

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[asyncio.Task[None]]:
        """Runs for as long as the block does, or until it is answered."""
        task = asyncio.create_task(self.world.app(self._scope, self._receive, self._send))

        async def answered() -> bool:
            return bool(self.body) or task.done()

        await until(answered, 10)
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def something_happens(world: World, scene: Scene) -> None:
    label = f"Ada Example {uuid4()}"
    await world.db.write(joining.issue, scene.clerk, scene.hearing, Part.WITNESS, label)


async def _signed_out(world: World, account: people.Account, token: str) -> None:
    now = world.wall.now()
    known = await world.db.read(sessions.recognise, Context(SYSTEM), token, now, world.settings)
    assert known
    await world.db.write(sessions.end, Context(SYSTEM), known.id, now)


async def _disabled(world: World, account: people.Account, token: str) -> None:
    def run(session: Session, ctx: Context) -> None:
        from court_link.store.tables import User

        session.get_one(User, account.id).active = False

    await world.db.write(run, Context(SYSTEM))


async def _another_role(world: World, account: people.Account, token: str) -> None:
    """A role that shows no hearings, in the same sign-in."""

    def run(session: Session, ctx: Context) -> None:
        from court_link.store.tables import User

        session.get_one(User, account.id).roles = [Role.ADMINISTRATOR.value]

    await world.db.write(run, Context(SYSTEM))


async def _idle(world: World, account: people.Account, token: str) -> None:
    world.wall.set(world.wall.now() + timedelta(minutes=world.settings.session_idle_minutes))


async def stream_after(
    world: World, scene: Scene, happening: Callable[..., Awaitable[None]]
) -> tuple[bytes, bool]:
    """What a live page is told once its reader has lost their right, and whether it has ended."""
    account = await world.person(court_of(scene), Role.LISTING_OFFICER)
    new = await world.db.write(
        sessions.open_for, Context(SYSTEM), account.id, world.wall.now(), world.settings
    )
    cookie = {"Cookie": f"court-link={new.token}"}
    reading = Reading(world, "GET", "/live", f"topics=hearing:{scene.hearing}", cookie)
    async with reading.begun() as task:
        assert reading.status == 200
        await something_happens(world, scene)

        async def told() -> bool:
            return reading.body.count(b"data:") >= 1

        await until(told, 10)
        await happening(world, account, new.token)
        before = len(reading.body)
        await something_happens(world, scene)

        async def over() -> bool:
            return task.done() or b"data:" in reading.body[before:]

        await until(over, 10)
        return reading.body[before:], task.done()


@pytest.mark.parametrize("happening", [_signed_out, _disabled, _another_role, _idle])
async def test_a_live_page_is_told_nothing_once_its_reader_may_not_see_it(world, scene, happening):
    assert await stream_after(world, scene, happening) == (b"", True)


async def test_positive_control_a_live_page_that_is_not_asked_again_goes_on(world, scene, monkeypatch):
    async def as_at_the_beginning(_: Any) -> Any:
        return scene.clerk.actor

    monkeypatch.setattr(live_pages, "recognise_again", as_at_the_beginning)
    said, _ = await stream_after(world, scene, _signed_out)
    assert b"link.issued" in said


@pytest.mark.parametrize("cursor", [b"\xb2", b"9" * 5000, b"-1", b"1e9"])
async def test_a_cursor_that_is_none_is_not_taken(world, scene, cursor):
    account = await world.person(court_of(scene), Role.LISTING_OFFICER)
    new = await world.db.write(
        sessions.open_for, Context(SYSTEM), account.id, world.wall.now(), world.settings
    )
    headers = {"Cookie": f"court-link={new.token}", "Last-Event-ID": cursor}
    reading = Reading(world, "GET", "/live", f"topics=hearing:{scene.hearing}", headers)
    async with reading.begun():
        assert reading.status == 200


@pytest.mark.parametrize("path", ["/imports", "/api/imports", "/api/imports/check"])
async def test_nothing_is_read_of_a_file_before_it_is_known_who_sends_it(world, path):
    kind = "multipart/form-data; boundary=x" if path == "/imports" else "application/json"
    reading = Reading(world, "POST", path, headers={"Origin": ORIGIN, "Content-Type": kind})
    reading.chunk = b"x" * 65536
    async with reading.begun() as task:
        await asyncio.wait_for(task, 10)
    assert (reading.status, reading.taken) == ((303 if path == "/imports" else 401), 0)


@pytest.mark.parametrize(
    "hello",
    [b"\x00\xff", '{"type":"hello","token":"clj_\\ud800"}', '{"type":"hello","token":"clj_\\u0000"}', b""],
)
async def test_a_first_message_that_is_none_closes_the_socket_and_raises_nothing(door: Door, hello, caplog):
    async with door.socket(door.scene.officer) as opened:
        await opened.send(hello)
        async with asyncio.timeout(60):
            await opened.wait_closed()
    assert opened.close_code in {4400, 4401}
    assert [entry for entry in caplog.records if entry.levelname == "ERROR"] == []


async def test_odd_messages_of_a_page_are_refused_and_raise_nothing(door: Door, caplog):
    token = await door.join(door.scene.officer)
    async with door.page(door.scene.officer, token) as page:
        await page.told("state")
        for message in ({"type": "end", "outcome": [], "cause": {}}, {"type": "end", "outcome": {"a": 1}}):
            assert (await page.ask(**message))["type"] == "refused"
        await page.opened.send('{"type": "nothing", "id": "\\ud800"}')
        await page.told("refused")
        await page.opened.send(b"\x00")
        assert await page.closed() == 4400
    assert [entry for entry in caplog.records if entry.levelname == "ERROR"] == []


async def test_a_link_tells_nobody_the_hearings_name_an_hour_after_it(world, scene):
    keys, link = keys_of(world), scene.officer
    redeemed = keys.read(keys.credential(link.id, link.credential_version))
    joined = await world.db.write(joining.redeem, Context(SYSTEM), redeemed, keys, DEVICE)
    bearer = {"Authorization": f"Bearer {joined.token}"}
    client = world.client(headers=bearer)
    assert (await client.get("/api/join")).json()["hearing"]["title"] == "R v Example"

    late = ENDS + timedelta(minutes=50)  # it ran over, and the hour counts from its real end
    await alter(world.db, scene, state=HearingState.ENDED, ended_at=late)
    world.clock.set(late + JOIN_AFTER - timedelta(seconds=1))
    assert (await client.get("/api/join")).status_code == 200
    world.clock.set(late + JOIN_AFTER)
    assert (await client.get("/api/join")).status_code == 401
    with pytest.raises(BadCredential):
        await world.db.write(joining.redeem, Context(SYSTEM), redeemed, keys, DEVICE)


async def test_a_hearing_that_runs_keeps_its_links_however_late_it_is(world, scene):
    keys, link = keys_of(world), scene.officer
    await alter(world.db, scene, state=HearingState.IN_SESSION)
    world.clock.set(ENDS + timedelta(hours=5))
    redeemed = keys.read(keys.credential(link.id, link.credential_version))
    assert (await world.db.write(joining.redeem, Context(SYSTEM), redeemed, keys, DEVICE)).token


#: Routes about one hearing or one link that are not for officers, each with a body that would be taken.
NOT_FOR_OFFICERS = {
    route: line
    for route, line in LINES.items()
    if isinstance(line.who, frozenset)
    and Role.OFFICER not in line.who
    and not line.stream
    and {"hearing_id", "link_id"} & placeholders(route, line)
}


async def asked(client: httpx.AsyncClient, scene: Scene, route: str, line: Line) -> httpx.Response:
    """One request of the matrix about the scene's own hearing."""
    method, template = route.split(" ", 1)
    things = {name: str(uuid4()) for name in placeholders(route, line)} | dict(line.path)
    things |= {"hearing_id": str(scene.hearing), "link_id": str(scene.bench_link.id)}
    address = re.sub(r"{(\w+)}", lambda name: things[name[1]], template)
    body = (
        {"json": filled(line.json, things)} if line.json is not None else {"data": filled(line.form, things)}
    )
    return await client.request(method, address, params=filled(line.query, things), **body)


async def test_an_officer_who_takes_part_in_a_hearing_has_their_own_page_of_it_and_no_other(world, scene):
    assert len(NOT_FOR_OFFICERS) > 30
    force = Organisation(scene.force, OrganisationKind.FORCE, "", "")
    account = await world.person(force, Role.OFFICER, person_id=scene.officer_person)
    client = await browser_of(world, account.id)
    assert (await client.get("/evidence")).status_code == 200
    for route, line in NOT_FOR_OFFICERS.items():
        answer = await asked(client, scene, route, line)
        assert answer.status_code in {403, 404}, f"{route}: {answer.status_code}"
        assert "R v Example" not in answer.text, route


async def test_a_join_session_is_no_sign_in(world, scene):
    """Whoever holds a link, even one let into the hearing, gets nothing from the court's own addresses."""
    keys, link = keys_of(world), scene.officer
    redeemed = keys.read(keys.credential(link.id, link.credential_version))
    joined = await world.db.write(joining.redeem, Context(SYSTEM), redeemed, keys, DEVICE)
    await world.db.write(joining.arrive, participant(link))
    client = world.client(headers={"Authorization": f"Bearer {joined.token}", "Origin": ORIGIN})
    for route, line in LINES.items():
        if route.startswith("WS ") or isinstance(line.who, Open) or line.stream:
            continue
        answer = await asked(client, scene, route, line)
        led = answer.headers.get("location", "").startswith("/sign-in")
        # The exhibits of a hearing are also its participants': who waits in the lobby is shown none of them.
        none = answer.status_code == 200 and answer.json() == []
        assert led or none or answer.status_code in {401, 403, 404}, f"{route}: {answer.status_code}"
        assert "R v Example" not in answer.text, route


NOT_SHOWN: dict[str, dict[str, Any]] = {
    "youth": {"youth": True},
    "family": {"family": True},
    "private": {"visibility": Visibility.PRIVATE},
    "withheld": {"visibility": Visibility.WITHHELD},
}


async def test_whatever_is_not_to_be_followed_has_the_very_answer_of_nothing(world, scene):
    key = following_key(world)
    clerk = await world.person(court_of(scene), Role.LISTING_OFFICER)
    actor = await world.db.read(_actor, Context(SYSTEM), clerk.id)
    reference = await world.db.write(following.issue, Context(actor), scene.hearing, key)

    async def said(typed: str, address: str) -> tuple[int, bytes, set[str]]:
        answer = await world.client(address).post("/api/following", json={"reference": typed})
        return answer.status_code, answer.content, set(answer.headers)

    assert (await said(reference, "192.0.2.1"))[0] == 200
    nothing = await said("7KDWR-X2M4T-9QHNB-CLP3V", "192.0.2.2")
    assert nothing[0] == 404
    usual = {"youth": False, "family": False, "visibility": Visibility.PUBLIC}
    for number, (why, facts) in enumerate(NOT_SHOWN.items()):
        await alter(world.db, scene, **usual | facts)
        assert await said(reference, f"192.0.2.{10 + number}") == nothing, why
    await alter(world.db, scene, **usual)
    assert (await said(reference, "192.0.2.1"))[0] == 200


def following_key(world: World) -> bytes:
    from court_link.api.following import key

    return key(world.settings)


def _actor(session: Session, ctx: Context, account_id: Any) -> Any:
    from court_link.store.tables import Organisation as OrganisationRow
    from court_link.store.tables import User

    account = session.get_one(User, account_id)
    return sessions.actor_of(session, account, session.get_one(OrganisationRow, account.organisation_id))


async def test_twenty_references_may_be_tried_from_one_address_however_many_come_at_once(world, scene):
    client = world.client("192.0.2.7")

    async def tried() -> int:
        answer = await client.post("/api/following", json={"reference": "7KDWR-X2M4T-9QHNB-CLP3V"})
        return int(answer.status_code)

    answers = await asyncio.gather(*(tried() for _ in range(60)))
    assert (answers.count(404), answers.count(429)) == (20, 40)


async def test_passwords_may_be_tried_from_one_address_forty_times_however_many_at_once(world):
    async def tried(number: int) -> int:
        browser = world.browser("192.0.2.8")
        return int((await browser.sign_in(f"{number}@example.com", "not the one")).status_code)

    answers = await asyncio.gather(*(tried(number) for number in range(60)))
    assert (answers.count(422), answers.count(429)) == (40, 20)


#: What no database, calendar or clock can hold.
@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/audit", {"after": "9" * 26}),
        ("/api/audit", {"day": "9999-12-31"}),
        ("/audit", {"before": "9" * 26}),
        ("/api/hearings", {"day": "9999-12-31"}),
        ("/day", {"date": "0001-01-01"}),
        ("/report", {"last": "0001-01-01"}),
        ("/api/reports/capacity", {"last": "9999-12-31"}),
        ("/api/hearings", {"q": "\x00"}),
        ("/people", {"q": "\x00"}),
    ],
)
async def test_what_cannot_be_reckoned_with_is_refused_and_is_no_fault(odd, path, query):
    answer = await odd.get(path, params=query)
    assert answer.status_code in {200, 422}, answer.text[-600:]


@pytest.fixture
async def odd(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may read most, on each engine in turn."""
    async with started(database_url) as world:
        court = await world.organisation(OrganisationKind.COURT, "Example Court")
        account = await world.person(court, Role.LISTING_OFFICER, Role.ADMINISTRATOR)
        yield await browser_of(world, account.id)


async def test_a_text_that_a_database_cannot_hold_is_refused_on_each_engine(odd):
    matter = {"title": "R v \x00", "hearing_type": "First appearance", "day": "2026-11-24", "minutes": 10}
    answer = await odd.post("/api/hearings", json=matter)
    assert answer.status_code in {201, 422}, answer.text
    assert (await odd.post("/sign-in", data={"email": "\x00@b.c", "password": "x"})).status_code == 422


async def test_a_name_as_long_as_a_list_may_hold_is_read_back(world, scene):
    def named(session: Session, ctx: Context) -> None:
        from court_link.store import hearings

        hearings.name_parties(session, scene.hearing, [], [("R" * 500, "N" * 500, False)])

    await world.db.write(named, Context(SYSTEM))
    client = await world.machine(court_of(scene), Role.LISTING_OFFICER)
    assert (await client.get(f"/api/hearings/{scene.hearing}")).json()["parties"][0]["name"] == "N" * 500
    changed = await client.patch(f"/api/hearings/{scene.hearing}", json={"minutes": 25})
    assert changed.status_code == 422  # too long to be typed, and said so


#: What must not be found where others look: typed by people, kept in the store.
CANARIES = {
    "name": "Canaria Finchley",
    "urn": "41CANARYURN",
    "email": "canary.address@example.com",
    "password": "canary password of nobody",
    "search": "canary-search",
    "reference": "CNRYR-FRNCF-LLWNG-CNRY2",
    "credential": "canary-credential-text",
    "device": "canary-device-secret-of-a-tab",
    "token": "clj_canary-token",
    "file": "canary-file-name.json",
}


async def canaries_fly(url: str, cookie: str, csrf: str, reference: str) -> str:
    """Do with a running service what puts each of them into a request; the bodies of what it refused."""
    refused = []
    signed_in = {"Cookie": cookie, "X-CSRF-Token": csrf, "Origin": url}
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as client:

        async def ask(method: str, path: str, **more: Any) -> httpx.Response:
            answer = await client.request(method, path, headers=more.pop("headers", signed_in), **more)
            assert answer.status_code < 500
            if answer.status_code >= 400 and path.startswith("/api/"):
                refused.append(answer.text)
            return answer

        matter = {
            "title": f"R v {CANARIES['name']}",
            "hearing_type": "First appearance",
            "day": (datetime.now(UTC) + timedelta(days=3)).date().isoformat(),
            "minutes": 12,
            "urns": [CANARIES["urn"]],
            "parties": [{"name": CANARIES["name"]}],
        }
        made = await ask("POST", "/api/hearings", json=matter)
        assert made.status_code == 201
        hearing = made.json()["id"]
        assert CANARIES["name"] in (await ask("GET", f"/hearings/{hearing}")).text
        await ask("POST", "/api/hearings", json={**matter, "minutes": CANARIES["name"]})
        await ask("POST", "/api/hearings", json={**matter, "parties": [{"name": CANARIES["name"] * 50}]})
        await ask("GET", "/api/hearings", params={"q": CANARIES["search"], "limit": CANARIES["name"]})
        await ask("GET", "/day", params={"q": CANARIES["search"]})
        await ask("GET", f"/hearings/{CANARIES['name']}")
        await ask("GET", f"/api/hearings/{CANARIES['name']}")
        link = {"part": "witness", "label": CANARIES["name"]}
        await ask("POST", f"/api/hearings/{hearing}/links", json=link)
        await ask("POST", "/api/imports", params={"file_name": CANARIES["file"]}, content=b"{}")
        stranger = {"Origin": url}
        secret = {"credential": CANARIES["credential"], "device": CANARIES["device"]}
        await ask("POST", "/api/join", json=secret, headers=stranger)
        await ask("POST", "/api/following", json={"reference": CANARIES["reference"]}, headers=stranger)
        await ask("POST", "/api/following", json={"reference": reference}, headers=stranger)
        await ask("GET", "/api/join", headers={"Authorization": f"Bearer {CANARIES['token']}"})
        typed = {"email": CANARIES["email"], "password": CANARIES["password"]}
        assert CANARIES["password"] not in (await ask("POST", "/sign-in", data=typed, headers=stranger)).text
        metrics = await ask("GET", "/metrics", headers={})
        assert metrics.status_code == 200
        refused.append(metrics.text)
    return "\n".join(refused)


async def test_nothing_personal_and_nothing_secret_is_in_logs_figures_or_refusals(sqlite_store, tmp_path):
    async with started(sqlite_store) as world:  # whose store the service is then started on
        court = await world.organisation(OrganisationKind.COURT, "Example Court")
        account = await world.person(court, Role.LISTING_OFFICER, email=CANARIES["email"])
        now = world.wall.now()
        new = await world.db.write(sessions.open_for, Context(SYSTEM), account.id, now, world.settings)
        known = await world.db.read(sessions.recognise, Context(SYSTEM), new.token, now, world.settings)
        assert known
    url, written = f"http://127.0.0.1:{free_port()}", tmp_path / "log"
    given = {
        "MODE": "test",
        "DATABASE_URL": sqlite_store,
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": "canary-key-of-the-service-of-32-signs",
        "PORT": url.rpartition(":")[2],
        "PUBLIC_URL": url,
        "LOG_LEVEL": "debug",
    }
    environment = {**os.environ, **{f"COURT_LINK_{name}": value for name, value in given.items()}}
    with written.open("wb") as log:
        service = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "court_link", "serve", env=environment, stdout=log, stderr=log
        )

    async def ready() -> bool:
        assert service.returncode is None, written.read_text()
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
                return (await client.get(f"{url}/healthz")).is_success
        return False

    try:
        await until(ready, 60)
        cookie = f"court-link={new.token}"
        seen = await canaries_fly(url, cookie, known.csrf, new_reference())
    finally:
        service.terminate()
        await service.wait()
    said = written.read_text()
    assert "/api/hearings/{hearing_id}/links" in said  # it was logged at all
    assert "This must be a whole number" in seen  # and refused
    secrets = {"cookie": new.token, "csrf": known.csrf, "key": given["SECRET_KEY"]}
    for what, canary in {**CANARIES, **secrets}.items():
        assert canary.lower() not in said.lower(), f"{what} in the log"
        assert canary.lower() not in seen.lower(), f"{what} in a refusal or the figures"


def test_an_exceptions_message_is_not_logged():
    try:
        raise ValueError(CANARIES["name"])
    except ValueError:
        entry = logs.where_it_failed(None, "", {"exc_info": True})
    assert entry["error"] == "ValueError"
    assert CANARIES["name"] not in str(entry)


@pytest.mark.parametrize("sign", list("=+-@\t\r"))
def test_no_cell_of_a_csv_file_is_a_formula(sign):
    answer = csv_response("x.csv", ["site"], [{"site": f"{sign}HYPERLINK()"}])
    assert f"'{sign}HYPERLINK()" in bytes(answer.body).decode()
