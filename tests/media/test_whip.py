"""WHIP (RFC 9725) and WHEP, by the book and with clients that nobody here wrote: FFmpeg and Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from court_link.domain.context import SYSTEM, Context
from court_link.domain.link import Link
from court_link.media import granting, joining
from court_link.media.credentials import Keys
from court_link.media.turn import password
from court_link.scheduling import running
from court_link.store import Db
from tests.api.apps import World, started
from tests.media import rig
from tests.media.encoder import encoder
from tests.media.house import house
from tests.media.scene import DEVICE, Scene, direct, participant, set_scene
from tests.media.test_rooms import OFFER

TURN_SECRET = "a secret that the relays share with the service"
RELAYS = ("turn:relay.example:3478?transport=udp", "turns:relay.example:443?transport=tcp")
SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"


def trickle(ufrag: str) -> str:
    return f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:secret-of-22-characters\r\n"


async def let_in(db: Db, scene: Scene, link: Link) -> None:
    """Through the lobby into the hearing that runs."""
    await db.write(joining.arrive, participant(link))
    await db.write(direct, Context(SYSTEM), link)
    await db.write(joining.identify, scene.clerk, link.id)
    await db.write(joining.admit, scene.clerk, link.id)


@dataclass
class Client:
    """A client of WHIP in the hearing; `resource` is its link's address."""

    world: World
    scene: Scene
    http: httpx.AsyncClient
    resource: str
    token: str

    async def ask(self, method: str, path: str = "", **headers: str) -> httpx.Response:
        return await self.http.request(method, path or self.resource, headers=headers)

    async def offer(self, content: str | bytes = "", **headers: str) -> httpx.Response:
        given = {"Content-Type": SDP, **headers}
        return await self.http.post(self.resource, content=content or OFFER.format("a" * 16), headers=given)

    async def patch(self, path: str, fragment: str, **headers: str) -> httpx.Response:
        given = {"Content-Type": FRAGMENT, **{name.replace("_", "-"): text for name, text in headers.items()}}
        return await self.http.patch(path, content=fragment, headers=given)


@pytest.fixture
async def client(migrated_sqlite: Callable[[], str]) -> AsyncIterator[Client]:
    relays = {"turn_urls": RELAYS, "turn_secret": TURN_SECRET}
    async with started(migrated_sqlite(), **relays) as world:
        scene = await set_scene(world.db)
        await world.db.write(running.start, scene.clerk, scene.hearing)
        link = scene.defendant
        credential = Keys(world.settings.secret_key.get_secret_value()).credential(
            link.id, link.credential_version
        )
        http = world.client()
        joined = await http.post("/api/join", json={"credential": credential, "device": DEVICE})
        http.headers["Authorization"] = f"Bearer {joined.json()['token']}"
        await let_in(world.db, scene, link)
        yield Client(world, scene, http, f"/api/media/{link.id}", joined.json()["token"])


async def test_an_offer_makes_a_session_with_its_address_tag_and_relays(client: Client):
    made = await client.offer()
    assert made.status_code == 201
    assert made.headers["Content-Type"].startswith(SDP)
    assert made.headers["Location"].startswith(f"{client.resource}/")
    assert made.headers["ETag"].startswith('"')
    assert made.headers["Accept-Patch"] == FRAGMENT
    links = made.headers.get_list("Link")
    assert [link.partition(">")[0] for link in links] == [f"<{url}" for url in RELAYS]
    for link in links:
        facts = dict(fact.strip().split("=", 1) for fact in link.split(";")[1:])
        username = facts["username"].strip('"')
        assert facts["rel"] == '"ice-server"'
        assert facts["credential"] == f'"{password(TURN_SECRET, username)}"'
        assert facts["credential-type"] == '"password"'
        assert username.endswith(str(client.scene.defendant.id))


async def test_addresses_name_their_methods_to_whoever_asks_by_another(client: Client):
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        answer = await client.ask(method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST"), method
    session = (await client.offer()).headers["Location"]
    for method in ("GET", "HEAD", "PUT", "POST"):
        answer = await client.ask(method, session)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, OPTIONS, PATCH"), method


async def test_options_say_what_is_taken_and_the_relays_to_those_inside_alone(client: Client):
    told = await client.ask("OPTIONS")
    assert (told.status_code, told.headers["Accept-Post"], told.headers["Allow"]) == (
        200,
        SDP,
        "OPTIONS, POST",
    )
    assert len(told.headers.get_list("Link")) == len(RELAYS)
    session = await client.ask("OPTIONS", f"{client.resource}/anything")
    assert (session.status_code, session.headers["Accept-Patch"]) == (200, FRAGMENT)
    stranger = await client.world.client().options(client.resource)
    assert stranger.status_code == 200
    assert "Link" not in stranger.headers
    assert "Access-Control-Allow-Origin" not in stranger.headers
    assert (await client.ask("OPTIONS", f"/api/media/{client.scene.officer.id}")).status_code == 404
    await client.world.db.write(joining.send_back, client.scene.clerk, client.scene.defendant.id)
    assert (await client.ask("OPTIONS")).status_code == 403
    await client.world.db.write(joining.remove, client.scene.clerk, client.scene.defendant.id)
    assert (await client.ask("OPTIONS")).status_code == 401


async def test_an_answer_is_only_given_in_a_kind_that_is_accepted(client: Client):
    for accept, status in {
        "*/*": 201,
        "application/*;q=0.2, text/html": 201,
        "application/sdp": 201,
        "application/sdp;q=x": 201,
        "text/html": 406,
        "application/sdp;q=0, */*": 406,
        "": 406,
    }.items():
        assert (await client.offer(Accept=accept)).status_code == status, accept


async def test_what_is_not_an_offer_is_refused_as_what_it_is(client: Client):
    wrong = await client.offer(**{"Content-Type": "application/json"})
    assert (wrong.status_code, wrong.headers["Accept-Post"]) == (415, SDP)
    for content in ("v=0", b"\xff\xfe"):
        assert (await client.offer(content)).status_code == 422
    assert (await client.offer("v=0" + " " * 200_000)).status_code == 413
    session = (await client.offer()).headers["Location"]
    wrong = await client.patch(session, trickle("other"), Content_Type=SDP, If_Match="*")
    assert (wrong.status_code, wrong.headers["Accept-Patch"]) == (415, FRAGMENT)
    assert (await client.patch(session, "", If_Match="*")).status_code == 422
    assert (await client.patch(session, trickle("x"), If_Match="*", Accept="text/html")).status_code == 406


async def test_candidates_and_restarts_need_the_right_tag(client: Client):
    made = await client.offer()
    session, tag = made.headers["Location"], made.headers["ETag"]
    assert (await client.patch(session, trickle("a" * 16))).status_code == 428
    for stale in ('"another"', f"W/{tag}", tag.strip('"'), f'{tag}, "another"', ""):
        assert (await client.patch(session, trickle("a" * 16), If_Match=stale)).status_code == 412, stale
    more = await client.patch(session, trickle("a" * 16), If_Match=tag)
    assert (more.status_code, more.content, more.headers["ETag"]) == (204, b"", tag)

    again = await client.patch(session, trickle("b" * 16), If_Match="*")
    assert again.status_code == 200
    assert again.headers["Content-Type"].startswith(FRAGMENT)
    assert again.headers["ETag"] != tag
    assert again.headers.get_list("Link")
    assert {"a=ice-ufrag", "a=ice-pwd"} <= {line.partition(":")[0] for line in again.text.splitlines()}
    # A candidate of the path that was left comes too late.
    assert (await client.patch(session, trickle("a" * 16), If_Match=tag)).status_code == 412
    fresh = again.headers["ETag"]
    assert (await client.patch(session, trickle("c" * 16), If_Match=fresh)).status_code == 200


async def test_a_session_ends_whatever_its_tag_and_is_then_gone(client: Client):
    session = (await client.offer()).headers["Location"]
    assert (await client.ask("DELETE", session, **{"If-Match": '"stale"'})).status_code == 200
    assert (await client.ask("DELETE", session)).status_code == 404
    assert (await client.patch(session, trickle("b" * 16), If_Match="*")).status_code == 404
    assert (await client.offer()).status_code == 201


async def test_a_full_or_lost_media_server_says_when_to_come_back(client: Client):
    await client.world.engine.fail()
    answer = await client.offer()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


#: A plain watcher, as any WHEP player is: one sound, one picture, nothing of our own pages.
WATCH = """async ([resource, token]) => {
  const watching = window.watching = new RTCPeerConnection();
  const lines = ["audio", "video"].map(kind => watching.addTransceiver(kind, { direction: "recvonly" }));
  await watching.setLocalDescription();
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" };
  const answer = await fetch(resource, { method: "POST", headers, body: watching.localDescription.sdp });
  if (answer.status !== 201) return `${answer.status} ${await answer.text()}`;
  window.session = answer.headers.get("Location");
  await watching.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  const player = document.createElement("video");
  player.srcObject = new MediaStream(lines.map(line => line.receiver.track));
  document.body.append(player);
  player.play().catch(() => {});
  return "";
}"""
SEEN = """async () => {
  const reports = [...(await watching.getStats()).values()];
  const of = kind => reports.find(one => one.type === "inbound-rtp" && one.kind === kind) ?? {};
  const codec = reports.find(one => one.id === of("video").codecId);
  return { frames: of("video").framesDecoded ?? 0, width: of("video").frameWidth ?? 0,
           codec: codec?.mimeType ?? "", energy: of("audio").totalAudioEnergy ?? 0 };
}"""


async def test_ffmpeg_sends_from_a_car_and_chromium_watches(migrated_sqlite: Callable[[], str]):
    """FFmpeg's WHIP muxer is the officer's link, a plain WHEP player the custody room's."""
    with rig.worker() as worker, house(migrated_sqlite(), worker) as running_house:
        async with running_house.store() as db, rig.chromium() as browser:
            scene = await set_scene(db, datetime.now(UTC) + timedelta(minutes=5))
            await db.write(running.start, scene.clerk, scene.hearing)
            tokens: dict[Link, str] = {}
            async with httpx.AsyncClient(base_url=running_house.url, trust_env=False, timeout=30) as http:
                for link in (scene.officer, scene.defendant):
                    body = {
                        "credential": running_house.keys.credential(link.id, link.credential_version),
                        "device": DEVICE,
                    }
                    tokens[link] = (await http.post("/api/join", json=body)).json()["token"]
                    await let_in(db, scene, link)
            await db.write(granting.call, scene.clerk, scene.officer.id)
            address = f"{running_house.url}/api/media/{scene.officer.id}"
            with encoder(address, tokens[scene.officer]) as car:
                page = await browser.new_page()
                await page.goto(f"{running_house.url}/join")
                resource = f"/api/media/{scene.defendant.id}"
                assert await page.evaluate(WATCH, [resource, tokens[scene.defendant]]) == ""
                seen: dict[str, Any] = {}

                async def shown() -> bool:
                    assert car.poll() is None, "FFmpeg ended"
                    seen.update(await page.evaluate(SEEN))
                    return bool(seen["frames"] >= 30 and seen["energy"] > 1e-4)

                await rig.until(shown, 60, "a picture and a tone from FFmpeg")
                assert (seen["codec"], seen["width"]) == ("video/H264", 320)
            engine = worker.engine()

            async def gone() -> bool:
                room = await engine.snapshot(str(scene.hearing))
                return {link.link: link.session for link in room.links}[str(scene.officer.id)] is None

            await rig.until(gone, 30, "the end of FFmpeg's session by its DELETE")
            await engine.aclose()
