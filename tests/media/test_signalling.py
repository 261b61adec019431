"""The hearing's WebSocket and its media addresses, over HTTP, on a real server with the engine in memory."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from court_link.app import create_app
from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.link import Link
from court_link.domain.roles import Part, Role
from court_link.domain.rooms import WITNESSES
from court_link.media import granting, joining, kit
from court_link.media.credentials import Keys
from court_link.media.fake import FakeEngine
from court_link.media.kit import Trouble
from court_link.scheduling import running
from court_link.settings import Settings
from court_link.store import Db, links
from tests.media.house import sign_in
from tests.media.scene import DEVICE, OTHER_DEVICE, Scene, direct, participant, set_scene
from tests.media.test_rooms import OFFER, until
from tests.stores import MONDAY

SECRET = "a secret for tests alone, of more than 32 characters"


class Door:
    """A running application, and the ways into it."""

    def __init__(self, settings: Settings, db: Db, engine: FakeEngine, scene: Scene) -> None:
        self.settings, self.db, self.engine, self.scene = settings, db, engine, scene
        self.url = url = settings.public_url
        self.keys = Keys(SECRET)
        self.http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)

    async def join(self, link: Link, device: str = DEVICE) -> str:
        """The join token of a redeemed credential."""
        body = {"credential": self.keys.credential(link.id, link.credential_version), "device": device}
        answer = await self.http.post("/api/join", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def socket(self, link: Link, origin: str = "") -> Any:
        address = f"{self.url.replace('http', 'ws')}/api/links/{link.id}/signalling"
        return connect(address, origin=origin or self.url, proxy=None)  # type: ignore[arg-type]

    @asynccontextmanager
    async def page(self, link: Link, token: str) -> AsyncIterator[Page]:
        async with self.socket(link) as opened:
            await opened.send(json.dumps({"type": "hello", "token": token}))
            yield Page(opened)

    async def admit(self, link: Link) -> str:
        """Through the lobby into the hearing, and called if they give evidence; the join token."""
        token = await self.join(link)
        await self.db.write(joining.arrive, participant(link))
        await self.db.write(direct, Context(SYSTEM), link)
        await self.db.write(joining.identify, self.scene.clerk, link.id)
        await self.db.write(joining.admit, self.scene.clerk, link.id)
        if link.part in WITNESSES:
            await self.db.write(granting.call, self.scene.clerk, link.id)
        return token


class Page:
    """One page's socket: what it is told, and what it asks."""

    def __init__(self, opened: ClientConnection) -> None:
        self.opened = opened
        self.last: dict[str, Any] = {}  # of the states, whatever was waited for

    async def told(self, kind: str, **facts: Any) -> dict[str, Any]:
        """The next message of a kind in which these facts of `you` hold, within five seconds."""
        async with asyncio.timeout(60):
            while True:
                message: dict[str, Any] = json.loads(await self.opened.recv())
                if message["type"] == "ping":
                    await self.opened.send('{"type":"pong"}')
                about = message.get("you", {})
                self.last = message if message["type"] == "state" else self.last
                if message["type"] == kind and all(about.get(name) == value for name, value in facts.items()):
                    return message

    async def ask(self, **message: Any) -> dict[str, Any]:
        """The answer to a request."""
        await self.opened.send(json.dumps({**message, "id": 7}))
        async with asyncio.timeout(60):
            while True:
                answer: dict[str, Any] = json.loads(await self.opened.recv())
                self.last = answer if answer["type"] == "state" else self.last
                if answer.get("id") == 7:
                    return answer

    async def sees(self, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The state in which this holds, told already or next."""
        while not holds(self.last):
            await self.told("state")
        return self.last

    async def closed(self) -> int:
        """The code with which the service closed the socket."""
        async with asyncio.timeout(60):
            await self.opened.wait_closed()
        assert self.opened.close_code
        return self.opened.close_code


@pytest.fixture
async def door(sqlite_store: str) -> AsyncIterator[Door]:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    engine = FakeEngine()
    settings = Settings(mode="test", database_url=sqlite_store, secret_key=SecretStr(SECRET), public_url=url)
    app = create_app(settings, clock=SetClock(MONDAY), engine=engine)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve(sockets=[listener]))

    async def started() -> bool:
        return server.started

    await until(started, 20)
    scene = await set_scene(app.state.db)
    door = Door(settings, app.state.db, engine, scene)
    yield door
    await door.http.aclose()
    server.should_exit = True
    await serving


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1", "null", None])
async def test_a_socket_from_another_origin_is_refused(door: Door, origin: str | None):
    address = f"{door.url.replace('http', 'ws')}/api/links/{door.scene.officer.id}/signalling"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address, origin=origin, proxy=None):  # type: ignore[arg-type]
            """Never open."""
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "first",
    [
        "",
        "not json",
        "[]",
        '{"type":"hello"}',
        '{"type":"hello","token":"clj_forged"}',
        "x" * 9000,
        "[" * 8000,
    ],
)
async def test_a_socket_that_does_not_say_who_it_is_is_closed(door: Door, first: str):
    async with door.socket(door.scene.officer) as opened:
        await opened.send(first)
        assert await Page(opened).closed() in (4400, 4401)


async def test_a_token_opens_its_own_links_socket_alone(door: Door):
    token = await door.join(door.scene.officer)
    async with door.page(door.scene.defendant, token) as page:
        assert await page.closed() == 4401


async def test_who_waits_is_told_nothing_of_who_is_inside(door: Door):
    await door.db.write(running.start, door.scene.clerk, door.scene.hearing)
    await door.admit(door.scene.defendant)
    token = await door.join(door.scene.officer)
    async with door.page(door.scene.officer, token) as page:
        state = await page.told("state", admission="waiting")
        assert state["seats"] == []
        assert "people" not in state
        assert not state["media"]["negotiate"]
        assert "Defendant" not in json.dumps({**state, "hearing": None})


async def test_a_page_is_told_when_it_is_let_in_and_who_sits_where(door: Door):
    await door.db.write(running.start, door.scene.clerk, door.scene.hearing)
    token = await door.join(door.scene.officer)
    async with door.page(door.scene.officer, token) as page:
        await page.told("state", admission="waiting")
        await door.admit(door.scene.officer)
        state = await page.told("state", inside=True)
        assert state["media"]["negotiate"]
        await door.admit(door.scene.defendant)
        while not any(state["seats"]):
            state = await page.told("state")
        assert [seat["label"] for seat in state["seats"] if seat] == ["Defendant"]
        assert "people" not in state  # which those who run the hearing alone are told


async def test_the_bench_runs_the_hearing_from_its_socket(door: Door):
    scene = door.scene
    await door.db.write(running.open_lobby, scene.clerk, scene.hearing)
    joined = await door.db.write(joining.sign_in, scene.bench, scene.bench_link.id, door.keys, DEVICE)
    assert joined.token
    await door.join(scene.officer)
    await door.db.write(joining.arrive, participant(scene.officer))
    await door.db.write(direct, Context(SYSTEM), scene.officer)
    async with door.page(scene.bench_link, joined.token) as bench:
        state = await bench.told("state", moderates=True)
        acts = {each["link"]: each["acts"] for each in state["people"]}
        assert acts[str(scene.officer.id)] == ["identify", "refuse"]
        assert acts[str(scene.bench_link.id)] == []
        officer = str(scene.officer.id)
        assert (await bench.ask(type="start"))["type"] == "done"
        refused = await bench.ask(type="admit", link=officer)
        assert refused["type"] == "refused"
        assert refused["message"] == "Confirm who this person is before you let them in."
        assert (await bench.ask(type="identify", link=officer))["type"] == "done"
        assert (await bench.ask(type="admit", link=officer))["type"] == "done"
        assert (await bench.ask(type="end", outcome="effective", cause="concluded"))["type"] == "refused"
        assert (await bench.ask(type="end", outcome="dealt_with", cause="concluded"))["type"] == "done"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "start"},
        {"type": "end", "outcome": "dealt_with", "cause": "concluded"},
        {"type": "admit", "link": "own"},
        {"type": "admit", "link": "nonsense"},
        {"type": "resolve", "problem": "nonsense"},
        {"type": "problem", "kind": "nonsense"},
        {"type": "no such thing"},
        {},
    ],
)
async def test_a_participants_socket_gives_no_power_over_the_hearing(door: Door, message: dict[str, str]):
    await door.db.write(running.open_lobby, door.scene.clerk, door.scene.hearing)
    token = await door.join(door.scene.officer)
    asked = {name: str(door.scene.officer.id) if value == "own" else value for name, value in message.items()}
    async with door.page(door.scene.officer, token) as page:
        await page.told("state")
        assert (await page.ask(**asked))["type"] == "refused"


async def test_a_problem_reported_from_a_page_reaches_the_bench(door: Door):
    scene = door.scene
    await door.db.write(running.start, scene.clerk, scene.hearing)
    bench = await door.db.write(joining.sign_in, scene.bench, scene.bench_link.id, door.keys, DEVICE)
    assert bench.token
    token = await door.join(scene.officer)
    async with (
        door.page(scene.bench_link, bench.token) as running_it,
        door.page(scene.officer, token) as page,
    ):
        await page.told("state")
        assert (await page.ask(type="problem", kind="no_sound"))["type"] == "done"
        state = await running_it.told("state")
        while not state["problems"]:
            state = await running_it.told("state")
        assert state["problems"][0]["words"] == "PC 1187 Demo cannot hear, or cannot be heard"


async def test_a_removed_persons_socket_and_media_end_at_once(door: Door):
    await door.db.write(running.start, door.scene.clerk, door.scene.hearing)
    token = await door.admit(door.scene.officer)
    bearer = {"Authorization": f"Bearer {token}"}
    async with door.page(door.scene.officer, token) as page:
        await page.told("state", inside=True)
        await door.db.write(joining.remove, door.scene.clerk, door.scene.officer.id)
        assert await page.closed() == 4401
    answer = await door.http.post(
        f"/api/media/{door.scene.officer.id}",
        content=OFFER.format("a" * 16),
        headers={**bearer, "Content-Type": "application/sdp"},
    )
    assert answer.status_code == 401


async def test_a_newer_page_of_the_same_link_takes_over(door: Door):
    token = await door.join(door.scene.officer)
    async with door.page(door.scene.officer, token) as older:
        await older.told("state")
        async with door.page(door.scene.officer, token) as newer:
            await newer.told("state")
            assert await older.closed() == 4409


async def test_pages_hear_that_the_media_server_is_lost(door: Door):
    token = await door.join(door.scene.officer)
    async with door.page(door.scene.officer, token) as page:
        assert (await page.told("state"))["media"]["ready"]
        await door.engine.fail()
        async with asyncio.timeout(60):
            while (await page.told("state"))["media"]["ready"]:
                """Told of something else first."""


async def test_whip_is_an_ordinary_participant(door: Door):
    scene = door.scene
    await door.db.write(running.start, scene.clerk, scene.hearing)
    token = await door.join(scene.officer)
    await door.db.write(joining.arrive, participant(scene.officer))
    url, offer = f"/api/media/{scene.officer.id}", OFFER.format("a" * 16)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}

    async def post(**changes: Any) -> httpx.Response:
        return await door.http.post(**{"url": url, "content": offer, "headers": headers, **changes})

    assert (await post()).status_code == 403  # in the lobby
    await door.admit(scene.officer)
    made = await post()
    assert made.status_code == 201, made.text
    assert made.headers["Content-Type"].startswith("application/sdp")
    assert made.headers["ETag"]
    where = made.headers["Location"]

    bare = {"Content-Type": "application/sdp"}
    assert (await post(headers=bare)).status_code == 401
    assert (await post(headers={**headers, "Content-Type": "text/plain"})).status_code == 415
    assert (await post(content="v=0")).status_code == 422
    assert (await post(content=b"\xff\xfe")).status_code == 422
    assert (await post(content="v=0" + " " * 200_000)).status_code == 413
    assert (await post(url=f"/api/media/{scene.defendant.id}")).status_code == 404

    fragment = {
        **headers,
        "Content-Type": "application/trickle-ice-sdpfrag",
        "If-Match": made.headers["ETag"],
    }
    same = await door.http.patch(where, content=f"a=ice-ufrag:{'a' * 16}\r\n", headers=fragment)
    assert same.status_code == 204
    fresh = await door.http.patch(where, content="a=ice-ufrag:other\r\na=ice-pwd:x\r\n", headers=fragment)
    assert fresh.status_code == 200
    stale = await door.http.patch(where, content="a=ice-ufrag:third\r\na=ice-pwd:x\r\n", headers=fragment)
    assert stale.status_code in {409, 412}
    assert (await door.http.delete(where, headers=headers)).status_code == 200
    assert (await door.http.delete(where, headers=headers)).status_code == 404


async def test_a_second_device_is_refused_over_http(door: Door):
    await door.join(door.scene.officer)
    body = {
        "credential": door.keys.credential(door.scene.officer.id, 1),
        "device": OTHER_DEVICE,
    }
    answer = await door.http.post("/api/join", json=body)
    assert answer.status_code == 409
    assert "another device" in answer.json()["detail"]
    assert (await door.http.post("/api/join", json={**body, "credential": "forged"})).status_code == 404
    assert (await door.http.post("/api/join", json={**body, "device": "short"})).status_code == 422


async def test_a_hundred_parallel_posts_of_a_credential_make_one_join_session(door: Door):
    tokens = await asyncio.gather(*(door.join(door.scene.officer) for _ in range(100)))
    assert len(set(tokens)) == 1


async def test_a_live_page_hears_what_happens_and_what_it_missed(door: Door):
    scene = door.scene
    cookie = await sign_in(door.db, door.settings, scene.court, Role.LEGAL_ADVISER, "Clerk Demo")
    door.http.cookies.set("court-link", cookie)
    topics = {"topics": f"hearing:{scene.hearing}"}

    async def first(headers: dict[str, str]) -> tuple[str, dict[str, Any]]:
        """The id and data of the first event of a stream."""
        async with (
            asyncio.timeout(60),
            door.http.stream("GET", "/live", params=topics, headers=headers) as stream,
        ):
            assert stream.status_code == 200
            said = ""
            async for line in stream.aiter_lines():
                if line.startswith("retry"):
                    # From here on the stream misses nothing.
                    await door.db.write(kit.report, participant(scene.officer), Trouble.ECHO)
                if line.startswith("id:"):
                    said = line.removeprefix("id: ")
                if line.startswith("data:"):
                    return said, json.loads(line.removeprefix("data: "))
            raise AssertionError("the stream ended")

    seen, told = await first({})
    assert told == {"kind": "problem.reported", "hearing": str(scene.hearing)}
    await door.db.write(running.open_lobby, scene.clerk, scene.hearing)
    later, told = await first({"Last-Event-ID": seen})
    assert int(later) > int(seen)
    assert told["kind"] == "hearing.lobby_opened"


async def in_private(door: Door) -> tuple[Link, dict[str, str]]:
    """An advocate's link, and the tokens by which the advocate and the defendant wait, both known."""
    scene = door.scene
    await door.db.write(running.open_lobby, scene.clerk, scene.hearing)
    advocate = await door.db.write(joining.issue, scene.clerk, scene.hearing, Part.ADVOCATE, "An advocate")
    tokens = {}
    for name, link in (("advocate", advocate), ("defendant", scene.defendant)):
        tokens[name] = await door.join(link)
        await door.db.write(joining.arrive, participant(link))
        await door.db.write(joining.identify, scene.clerk, link.id)
    return advocate, tokens


async def test_an_advocate_consults_and_leaves_from_their_page(door: Door):
    advocate, tokens = await in_private(door)
    defendant = door.scene.defendant
    async with (
        door.page(advocate, tokens["advocate"]) as page,
        door.page(defendant, tokens["defendant"]) as client,
    ):
        state = await page.told("state", place="lobby")
        assert [each["link"] for each in state["you"]["consult"]["may"]] == [str(defendant.id)]
        await client.told("state", place="lobby")
        assert (await page.ask(type="consult", links=[str(defendant.id)]))["type"] == "done"
        state = await client.told("state", place="consultation")
        assert [each["label"] for each in state["consultation"]["with"]] == ["An advocate"]
        assert state["media"]["negotiate"]
        assert state["media"]["send"] == ["audio", "video"]
        assert state["you"]["words"] == (
            "You are in a private consultation with An advocate. Nobody else can hear or see you."
        )
        assert (await page.ask(type="leave-consultation"))["type"] == "done"
        state = await client.told("state", place="lobby")
        assert (state["consultation"], state["media"]["negotiate"], state["seats"]) == (None, False, [])
        assert not state["you"]["settled"]  # its device has to stop sending first
        assert (await client.ask(type="settled", move=state["you"]["move"]))["type"] == "done"
        await client.sees(lambda state: state["you"]["settled"])


async def test_the_bench_calls_mutes_and_recalls_from_its_page(door: Door):
    scene = door.scene
    advocate, _ = await in_private(door)
    await door.db.write(running.start, scene.clerk, scene.hearing)
    joined = await door.db.write(joining.sign_in, scene.bench, scene.bench_link.id, door.keys, DEVICE)
    assert joined.token
    token = await door.admit(scene.defendant)
    await door.admit(advocate)
    defendant = str(scene.defendant.id)
    async with door.page(scene.bench_link, joined.token) as bench, door.page(scene.defendant, token) as page:
        await bench.told("state", moderates=True)
        await page.told("state", inside=True)
        assert (await bench.ask(type="mute", link=defendant))["type"] == "done"
        state = await page.told("state", withdrawn=["Muted by the court"])
        assert state["media"]["send"] == ["video"]
        assert (await page.ask(type="unmute", link=defendant))["type"] == "refused"
        assert (await bench.ask(type="consult", links=[defendant, str(advocate.id)]))["type"] == "done"
        await page.told("state", place="consultation")
        (room,) = (await bench.sees(lambda state: state["consultations"]))["consultations"]
        assert room["people"] == ["Defendant", "An advocate"]
        assert (await bench.ask(type="recall", consultation=room["id"]))["type"] == "done"
        state = await page.sees(lambda state: state["consultation"]["recalled"])
        assert state["consultation"]["closes_words"] == (
            "The court has called you back. This consultation ends at 9:02am."
        )


@pytest.mark.parametrize(
    "message",
    [
        {"type": "consult", "links": ["{own}"]},
        {"type": "consult", "links": "{own}"},
        {"type": "consult", "links": ["nonsense"]},
        {"type": "consult", "links": [7]},
        {"type": "consult"},
        {"type": "leave-consultation"},
        {"type": "recall", "consultation": "{own}"},
        {"type": "recall"},
        {"type": "call", "link": "{own}"},
        {"type": "allow-screen", "link": "{own}"},
        {"type": "unmute", "link": "{own}"},
        {"type": "mute-all"},
        {"type": "whisper", "to": "{own}"},
        {"type": "whisper", "to": {}},
        {"type": "agree", "client": "{own}", "agrees": True},
        {"type": "agree", "client": "{own}", "agrees": "yes"},
        {"type": "exhibit-permit", "exhibit": "{own}", "links": ["{own}"]},
        {"type": "exhibit-hide", "exhibit": "{own}"},
        {"type": "share", "on": True},
        {"type": "share", "on": 1},
        {"type": "settled", "move": "1"},
        {"type": ["settled"]},
    ],
)
async def test_an_officers_page_has_no_say_over_rooms(door: Door, message: dict[str, Any]):
    await door.db.write(running.open_lobby, door.scene.clerk, door.scene.hearing)
    token = await door.join(door.scene.officer)
    asked = json.loads(json.dumps(message).replace("{own}", str(door.scene.officer.id)))
    async with door.page(door.scene.officer, token) as page:
        await page.told("state")
        answer = await page.ask(**asked)
        assert answer["type"] == "refused"
        assert answer["message"].endswith(".")


async def test_rooms_are_run_over_http_as_from_a_page(door: Door):
    scene = door.scene
    advocate, tokens = await in_private(door)
    theirs = {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}
    called = await door.http.post(
        f"/api/hearings/{scene.hearing}/consultations",
        json={"links": [str(scene.defendant.id)]},
        headers=theirs["advocate"],
    )
    assert called.status_code == 201, called.text
    room = called.json()["id"]
    refused = await door.http.post(f"/api/consultations/{room}/recall", headers=theirs["advocate"])
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    left = await door.http.post(f"/api/consultations/{room}/leave", headers=theirs["advocate"])
    assert (left.status_code, left.json()["place"]) == (200, "lobby")
    again = await door.http.post(f"/api/consultations/{room}/leave", headers=theirs["advocate"])
    assert again.status_code == 404
    move = {"move": (await door.db.read(links.get, Context(SYSTEM), advocate.id)).moves}
    assert (await door.http.post("/api/join/settled", json=move, headers=theirs["advocate"])).is_success


async def test_a_document_is_offered_shown_and_read_over_http(door: Door):
    scene = door.scene
    await door.db.write(running.start, scene.clerk, scene.hearing)
    bench = await door.db.write(joining.sign_in, scene.bench, scene.bench_link.id, door.keys, DEVICE)
    court = {"Authorization": f"Bearer {bench.token}"}
    officer = {"Authorization": f"Bearer {await door.admit(scene.officer)}"}
    defendant = {"Authorization": f"Bearer {await door.admit(scene.defendant)}"}
    where = f"/api/hearings/{scene.hearing}/exhibits"
    png = b"\x89PNG\r\n\x1a\nmade up"

    async def offer(title: str, body: bytes) -> httpx.Response:
        headers = {**officer, "Content-Type": "image/png", "Slug": quote(title)}
        return await door.http.post(where, content=body, headers=headers)

    assert (await offer("A photograph", b"<svg>")).json()["errors"][0]["field"] == "file"
    assert (await offer("", png)).status_code == 422
    made = await offer("A photograph at Café Example", png)
    assert made.status_code == 201, made.text
    address, mark = made.headers["Location"], made.headers["ETag"]
    content = f"{address}/content"
    assert (await door.http.get(content, headers=defendant)).status_code == 404
    to = {"links": [str(scene.defendant.id)]}
    assert (await door.http.post(f"{address}/permit", json=to, headers=officer)).status_code == 403
    shown = await door.http.post(f"{address}/permit", json=to, headers={**court, "If-Match": mark})
    assert shown.json()["shown_to"] == to["links"]
    stale = await door.http.post(f"{address}/hide", headers={**court, "If-Match": mark})
    assert stale.status_code == 412
    read = await door.http.get(content, headers=defendant)
    assert (read.status_code, read.content, read.headers["content-type"]) == (200, png, "image/png")
    assert "no-store" in read.headers["cache-control"]
    assert [each["title"] for each in (await door.http.get(where, headers=defendant)).json()] == [
        "A photograph at Café Example"
    ]
    assert (await door.http.delete(address, headers=officer)).status_code == 204
    assert (await door.http.get(content, headers=court)).status_code == 404
    await door.http.put("/api/join/sharing", json={"on": True}, headers=court)
    assert [each["live"] for each in (await door.http.get(where, headers=court)).json()] == [True]


async def test_measures_and_ties_are_said_over_http_and_nobody_overwrites_anothers(door: Door):
    scene = door.scene
    await door.db.write(running.start, scene.clerk, scene.hearing)
    bench = await door.db.write(joining.sign_in, scene.bench, scene.bench_link.id, door.keys, DEVICE)
    court = {"Authorization": f"Bearer {bench.token}"}
    where = f"/api/hearings/{scene.hearing}/screens"
    measure = {
        "source": str(scene.officer.id),
        "receiver": str(scene.defendant.id),
        "picture": True,
        "sound": False,
        "ordered_by": "District Judge Example",
    }
    empty = await door.http.get(where, headers=court)
    assert empty.json() == {"screens": []}
    mark = {**court, "If-Match": empty.headers["ETag"]}
    said = await door.http.put(where, json={"screens": [measure]}, headers=mark)
    assert said.json() == {"screens": [measure]}
    assert (await door.http.put(where, json={"screens": []}, headers=mark)).status_code == 412
    unnamed = {"screens": [{**measure, "ordered_by": ""}]}
    assert (await door.http.put(where, json=unnamed, headers=court)).status_code == 422
    interpreter = await door.db.write(
        joining.issue, scene.clerk, scene.hearing, Part.INTERPRETER, "An interpreter"
    )
    tied = await door.http.put(
        f"/api/links/{interpreter.id}/ties", json={"for": [str(scene.officer.id)]}, headers=court
    )
    assert tied.json() == [{"link": str(interpreter.id), "for": [str(scene.officer.id)], "agrees": []}]
    ties = await door.http.get(f"/api/hearings/{scene.hearing}/ties", headers=court)
    assert ties.json() == tied.json()
