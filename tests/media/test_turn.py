"""Relays: who may use them, for how long, to reach what; with a real coturn, a real worker and Chromium."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from aioice import stun
from pydantic import SecretStr, ValidationError

from court_link.domain.context import SYSTEM, Context
from court_link.media import joining
from court_link.media.engine import Session
from court_link.media.turn import LASTS_S, RENEWED_S, Relays
from court_link.scheduling import running
from court_link.settings import Settings
from tests.media import rig
from tests.media.house import house
from tests.media.peer import Peer
from tests.media.relay import HOST, SECRET, Relay, credentials, relay
from tests.media.scene import direct, set_scene

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
#: Whatever the page asks for, it gets these relays and no other path.
RELAYED = """servers => {
  const Direct = RTCPeerConnection;
  window.RTCPeerConnection = class extends Direct {
    constructor(given) { super({ ...given, iceServers: servers, iceTransportPolicy: "relay" }); }
  };
}"""
PATHS = """async () => {
  const reports = [...(await connection.getStats()).values()];
  const pairs = reports.filter(one => one.type === "candidate-pair" && one.state === "succeeded");
  return pairs.filter(one => one.nominated).map(pair => reports.find(one => one.id === pair.localCandidateId))
    .map(one => `${one.candidateType} ${one.relayProtocol}`);
}"""


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


@pytest.fixture(scope="module")
def worker() -> Iterator[rig.Worker]:
    with rig.worker() as running:
        yield running


def test_a_credential_lasts_five_minutes_at_most_and_is_renewed_in_half_of_that():
    relays, link = Relays(("turn:relay.example",), SECRET), uuid4()
    told = [relays.servers(link, NOW + timedelta(seconds=s))[0] for s in range(600)]
    for second, server in enumerate(told):
        left = server.expires_at - (NOW + timedelta(seconds=second)).timestamp()
        assert LASTS_S - RENEWED_S < left <= LASTS_S
    assert len({server.username for server in told}) == 600 // RENEWED_S
    assert {server.username.partition(":")[2] for server in told} == {str(link)}


def test_a_credential_is_of_one_link_and_one_secret():
    mine, other = uuid4(), uuid4()
    ours, theirs = Relays(("turn:relay.example",), SECRET), Relays(("turn:relay.example",), SECRET + "x")
    made = [relays.servers(link, NOW)[0] for relays in (ours, theirs) for link in (mine, other)]
    assert len({server.credential for server in made}) == 4
    assert Relays((), "").servers(mine, NOW) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"turn_urls": ("stun:relay.example",), "turn_secret": SecretStr(SECRET)},
        {"turn_urls": ("turn:relay.example:99999",), "turn_secret": SecretStr(SECRET)},
        {"turn_urls": ("turn:relay.example?transport=sctp",), "turn_secret": SecretStr(SECRET)},
        {"turn_urls": ('turn:relay.example>; rel="x',), "turn_secret": SecretStr(SECRET)},
        {"turn_urls": ("turn:relay.example",)},
        {"turn_secret": SecretStr("password")},
        {
            "mode": "production",
            "secret_key": SecretStr("k" * 40),
            "media_control_key": SecretStr("c" * 40),
            "turn_urls": ("turn:relay.example",),
            "turn_secret": SecretStr("too short"),
        },
    ],
)
def test_settings_of_relays_are_checked_at_the_start(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        Settings(**{"mode": "test", **wrong})
    sound = (
        "turn:relay.example",
        "turns:[2001:db8::1]:443?transport=tcp",
        "turn:192.0.2.1:3478?transport=udp",
    )
    assert Settings(mode="test", turn_urls=sound, turn_secret=SecretStr(SECRET)).turn_urls == sound


async def test_the_relay_takes_our_credentials_and_refuses_wrong_and_expired_ones(coturn: Relay):
    (await coturn.allocate(*credentials("good"))).transport.close()
    name, _ = credentials("good")
    for username, credential in ((name, "wrong"), credentials("late", lasts=-5), ("good", "no expiry")):
        with pytest.raises(stun.TransactionFailed) as refused:
            await coturn.allocate(username, credential)
        assert refused.value.response.attributes["ERROR-CODE"][0] == 401


async def test_nobody_but_the_worker_is_reached_through_the_relay(coturn: Relay):
    allocation = await coturn.allocate(*credentials("curious"))
    for peer in ("127.0.0.2", "10.0.0.1", "169.254.169.254", "192.168.1.1", "8.8.8.8", "224.0.0.251"):
        with pytest.raises(stun.TransactionFailed) as refused:
            await allocation.bind(peer, 80)
        assert refused.value.response.attributes["ERROR-CODE"][0] == 403, peer
    await allocation.bind(HOST, 80)  # the positive control: the worker's address
    allocation.transport.close()


async def negotiated(worker: rig.Worker, room: str) -> Session:
    """The answer to somebody's offer, in a room of two."""
    engine, peer = worker.engine(), Peer()
    await engine.apply(rig.everyone_sees_everyone(room, 1, "one", "two"))
    session = await engine.negotiate(room, "one", peer.offer())
    peer.vanish()
    await engine.aclose()
    return session


@pytest.mark.parametrize("over", ["udp", "tcp", "tls"])
async def test_the_worker_is_reached_over_udp_tcp_and_tls(coturn: Relay, worker: rig.Worker, over: str):
    session = await negotiated(worker, f"room {over}")
    allocation = await coturn.allocate(*credentials(over), over=over)
    answered = await allocation.check(session.answer, port_of(session.answer), within=30)
    assert answered is not None
    assert answered.message_class == stun.Class.RESPONSE
    allocation.transport.close()


async def test_an_allocation_of_somebody_removed_carries_nothing(coturn: Relay, worker: rig.Worker):
    session = await negotiated(worker, "room removed")
    allocation = await coturn.allocate(*credentials("removed"))
    port = port_of(session.answer)
    assert await allocation.check(session.answer, port, within=30)
    engine = worker.engine()
    await engine.apply(rig.everyone_sees_everyone("room removed", 2, "two"))
    await engine.aclose()
    assert await allocation.check(session.answer, port, within=1) is None
    allocation.transport.close()


def port_of(answer: str) -> int:
    return int(next(line for line in answer.splitlines() if line.startswith("a=candidate:")).split()[5])


@pytest.mark.parametrize("over", [("udp", "tcp")])
async def test_a_hearing_is_carried_by_relays_alone(coturn: Relay, worker: rig.Worker, over: tuple[str, ...]):
    """One participant over UDP, the other over TCP, each of whom sees and hears the other."""
    room = "relayed"
    async with AsyncExitStack() as ends:
        address = ends.enter_context(rig.site())
        browser = await ends.enter_async_context(rig.chromium())
        engine = worker.engine()
        ends.push_async_callback(engine.aclose)
        await engine.apply(rig.everyone_sees_everyone(room, 1, *over))
        people = []
        for transport in over:
            page = await browser.new_page()
            await page.goto(address)
            name, credential = credentials(transport)
            url = f"turn:{HOST}:{coturn.port}?transport={transport}"
            await page.evaluate(RELAYED, [{"urls": [url], "username": name, "credential": credential}])
            person = rig.Participant(page, transport)
            await person.join(engine, room, 1)
            people.append(person)

        async def all_see() -> bool:
            return all(await asyncio.gather(*(person.sees(30, 0) for person in people)))

        await rig.until(all_see, 45, "everybody seen and heard through the relay")
        paths = [await person.page.evaluate(PATHS) for person in people]
        assert [set(path) for path in paths] == [{f"relay {transport}"} for transport in over]


#: The page's own relays, and no other path.
NO_OTHER_PATH = """(() => {
  const Direct = RTCPeerConnection;
  window.RTCPeerConnection = class extends Direct {
    constructor(given) {
      super({ ...given, iceTransportPolicy: "relay" });
      window.connection = this;
    }
    setConfiguration(given) { super.setConfiguration({ ...given, iceTransportPolicy: "relay" }); }
  };
})()"""
STAGE = "() => document.querySelector('[data-stage]:not([hidden])')?.dataset.stage ?? ''"


async def test_a_page_is_told_the_relays_once_let_in_and_comes_by_them(
    coturn: Relay, worker: rig.Worker, migrated_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COURT_LINK_TURN_URLS", json.dumps(coturn.urls[:2]))
    monkeypatch.setenv("COURT_LINK_TURN_SECRET", SECRET)
    with house(migrated_sqlite(), worker) as running_house:
        async with running_house.store() as db, rig.chromium() as browser:
            scene = await set_scene(db, datetime.now(UTC) + timedelta(minutes=5))
            await db.write(running.start, scene.clerk, scene.hearing)
            link = scene.defendant
            context = await browser.new_context(permissions=["camera", "microphone"])
            page = await context.new_page()
            await page.add_init_script(NO_OTHER_PATH)
            told: list[dict[str, Any]] = []

            def keep(frame: str | bytes) -> None:
                message = json.loads(frame)
                if message["type"] == "state":
                    told.append(message)

            page.on("websocket", lambda socket: socket.on("framereceived", keep))
            credential = running_house.keys.credential(link.id, link.credential_version)
            await page.goto(f"{running_house.url}/join#{credential}")

            async def at_kit() -> bool:
                return bool(await page.evaluate(STAGE) == "kit")

            await rig.until(at_kit, 30, "the stage where kit is tried")
            await page.get_by_role("button", name="Join", exact=True).click()

            async def waits() -> bool:
                return bool(told and told[-1]["you"]["admission"] == "waiting")

            await rig.until(waits, 30, "the lobby")
            assert [each for state in told for each in state["media"]["ice_servers"]] == []
            await db.write(direct, Context(SYSTEM), link)
            await db.write(joining.identify, scene.clerk, link.id)
            await db.write(joining.admit, scene.clerk, link.id)

            engine = worker.engine()

            async def sends() -> bool:
                room = await engine.snapshot(str(scene.hearing))
                states = [state for state in room.links if state.link == str(link.id)]
                return any(state.connected and len(state.publishing) == 2 for state in states)

            await rig.until(sends, 45, "sound and picture of the page")
            await engine.aclose()
            servers = told[-1]["media"]["ice_servers"]
            assert [server["urls"] for server in servers] == [list(coturn.urls[:2])]
            paths = set(await page.evaluate(PATHS))
            assert paths
            assert {path.split()[0] for path in paths} == {"relay"}
