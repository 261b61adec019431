"""The forwarder in this process, with real transports: guards, hostile datagrams, roaming."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import time
from collections.abc import AsyncIterator

import pytest
from aioice import stun
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from court_link.media.embedded import room as room_module
from court_link.media.embedded import rtcp
from court_link.media.embedded.forwarder import Forwarder
from court_link.media.embedded.offer import MOST_SSRCS
from court_link.media.embedded.room import Room
from court_link.media.embedded.routes import MOST_ADDRESSES
from court_link.media.embedded.rtp import HEADER
from court_link.media.engine import DesiredLink, DesiredRoom, EngineEvent, EventKind, Kind, NotAdmitted, Seat
from tests.media.peer import AUDIO, VIDEO, Peer
from tests.media.rig import BOTH, everyone_sees_everyone
from tests.media.table import Table, heard, within


def in_two_places() -> DesiredRoom:
    """a in the hearing, b and c in consultation; everyone's seats name everyone."""
    everyone = everyone_sees_everyone("room", 1, "a", "b", "c").links
    places = {"a": "hearing", "b": "consultation:1", "c": "consultation:1"}
    return DesiredRoom(
        "room",
        1,
        tuple(DesiredLink(link.link, places[link.link], BOTH, True, link.seats) for link in everyone),
    )


async def leak(table: Table) -> int:
    """How many packets of a consultation reach the hearing."""
    table.forwarder.apply(in_two_places())
    for link in "abc":
        await table.join(link, seats=2)
    await table.talk("b")
    await within(lambda: heard(table.peers["c"], "b") >= 10, "c hearing b")
    return heard(table.peers["a"], "b")


async def test_a_consultation_reaches_nobody_outside(table: Table) -> None:
    assert await leak(table) == 0


async def test_without_the_guard_the_leak_would_be_seen(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_module, "may_receive", lambda source, receiver, kind: True)
    assert await leak(table) > 0


def owned(forwarder: Forwarder) -> int:
    """Forwarding objects: sessions, and the names and addresses that lead to them."""
    return len(forwarder.sessions) + len(forwarder.routes.by_name) + len(forwarder.routes.by_address)


async def test_who_is_not_admitted_owns_no_forwarding_object(table: Table) -> None:
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a"))
    with pytest.raises(NotAdmitted):
        await table.join("stranger")
    assert owned(table.forwarder) == 0


async def test_without_admission_the_stranger_would_be_seen(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Room, "admits", lambda room, link: True)
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a"))
    await table.join("stranger")
    assert owned(table.forwarder) > 0


async def test_every_table_is_empty_when_all_have_left(table: Table) -> None:
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    for link in ("a", "b", "a"):
        if link in table.peers:
            table.peers.pop(link).vanish()
        await table.join(link)
    table.forwarder.apply(everyone_sees_everyone("room", 2))
    assert owned(table.forwarder) == 0


async def test_removal_is_felt_by_the_very_next_packet(table: Table) -> None:
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    await table.join("a")
    await table.join("b")
    await table.talk("b")
    await within(lambda: heard(table.peers["a"], "b") == 20, "a hearing b")
    table.forwarder.apply(everyone_sees_everyone("room", 2, "a"))
    await table.talk("b", start=10)
    assert heard(table.peers["a"], "b") == 20


async def test_a_closing_browser_is_noticed_by_its_goodbye(table: Table) -> None:
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a"))
    peer = await table.join("a")
    await peer.close()
    table.peers.clear()
    await within(lambda: not table.forwarder.sessions, "the session ending")


async def test_nothing_goes_to_an_address_that_has_not_shown_the_password(forwarder: Forwarder) -> None:
    forwarder.apply(everyone_sees_everyone("room", 1, "a"))
    peer = Peer()
    session = forwarder.negotiate("room", "a", peer.offer(1))
    link = forwarder.sessions[session.id]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.setblocking(False)
        for password in ("wrong", peer.password):
            request = stun.Message(
                stun.Method.BINDING,
                stun.Class.REQUEST,
                attributes={"USERNAME": f"{link.credentials[0].ufrag}:x", "USE-CANDIDATE": None},
            )
            request.add_message_integrity(password.encode())
            stranger.sendto(bytes(request), ("127.0.0.1", forwarder.port.number))
        stranger.sendto(b"\x16\xfe\xff" + bytes(60), ("127.0.0.1", forwarder.port.number))
        stranger.sendto(b"\x80\x60" + bytes(60), ("127.0.0.1", forwarder.port.number))
        await peer.connect(session.answer)  # by then all of the above has been looked at
        with pytest.raises(BlockingIOError):
            stranger.recv(2048)
    assert len(link.addresses) == 1
    peer.vanish()


async def test_hostile_datagrams_change_nothing(table: Table, rng: random.Random) -> None:
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    a, b = await table.join("a"), await table.join("b")
    short_priority = struct.pack("!HHI12s", 1, 8, stun.COOKIE, bytes(12)) + b"\0\x24\0\2\0\1\0\0"
    for round_ in range(400):
        a.send_raw(short_priority)
        a.send_raw(bytes([rng.randrange(256)]) + rng.randbytes(rng.randrange(1, 1500)))
        a.send_raw(bytes([rng.choice([0, 1, 22, 63, 128, 144, 191])]) + rng.randbytes(rng.randrange(200)))
        # Authentic garbage: a participant with good keys and bad intentions. Some of it libsrtp itself
        # will not encrypt.
        head = bytes([0x80 | rng.randrange(64), rng.choice([AUDIO, VIDEO, 97, 5])])
        with contextlib.suppress(AssertionError):
            a.send(head + rng.randbytes(rng.randrange(18, 300)))
        head = bytes([0x80 | rng.randrange(32), rng.randrange(200, 208), 0, 1])
        with contextlib.suppress(AssertionError):
            a.send_rtcp(head + rng.randbytes(4 * rng.randrange(1, 40)))
        if round_ % 20 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    assert table.forwarder.faults == 0
    link = table.forwarder.sessions[table.sessions["a"]]
    assert len(link._streams) <= MOST_SSRCS
    assert len(link.addresses) <= MOST_ADDRESSES
    b.packets.clear()
    await table.talk("a", start=50_000)
    await within(lambda: heard(b, "a") >= 10, "b hearing a as before")


async def test_streams_beyond_the_limit_are_not_carried(table: Table) -> None:
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a"))
    peer = await table.join("a")
    for ssrc in range(1, 60):
        peer.send(HEADER.pack(0x80, AUDIO, 1, 1, ssrc) + b"sound")
    await asyncio.sleep(0.1)
    assert len(table.forwarder.sessions[table.sessions["a"]]._streams) == MOST_SSRCS


async def test_a_car_changes_network_and_keeps_its_session_and_its_keys(table: Table) -> None:
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    a, b = await table.join("a"), await table.join("b")
    await table.talk("a")
    await table.talk("b")
    a.roam()
    fragment = "a=ice-ufrag:another\r\na=ice-pwd:anotherpasswordofsomelength\r\n"
    session = table.forwarder.restart(table.sessions["a"], "*", fragment)
    credentials = [
        line.split(":", 1)[1]
        for line in session.answer.splitlines()
        if line.startswith("a=ice-") and ":" in line
    ]
    await a.check(*credentials)
    a.packets.clear()
    b.packets.clear()
    await table.talk("a", start=10)
    await table.talk("b", start=10)
    await within(lambda: heard(b, "a") == 20, "b hearing a from the new address")
    await within(lambda: heard(a, "b") == 20, "a hearing b at the new address")
    assert table.sessions["a"] in table.forwarder.sessions


async def test_a_second_seat_line_for_the_same_source_gets_its_own_stream(table: Table) -> None:
    twice = (Seat(0, "b"), Seat(1, "b"))
    table.forwarder.apply(
        DesiredRoom("room", 1, (DesiredLink("a", "h", BOTH, True, twice), DesiredLink("b", "h", BOTH)))
    )
    a = await table.join("a", seats=2)
    await table.join("b")
    await table.talk("b")
    await within(lambda: len(a.received) == 4, "four streams")


async def test_sixteen_links_a_screen_and_observers_are_one_room(table: Table) -> None:
    """Everybody hears everybody, sees the one screen, and some only watch: without another negotiation."""
    links = [f"l{number:02}" for number in range(16)]
    watchers = ["o00", "o01"]
    everything = BOTH | {Kind.SCREEN}
    desired = []
    for link in [*links, *watchers]:
        others = [other for other in links if other != link][:15]
        seats = tuple(Seat(index, other) for index, other in enumerate(others))
        publish = everything if link in links else frozenset[Kind]()
        desired.append(DesiredLink(link, "hearing", publish, True, seats, screen="l00"))
    table.forwarder.apply(DesiredRoom("room", 1, tuple(desired)))
    for link in links:
        await table.join(link, seats=15, screen=True)
    for link in watchers:
        await table.join(link, seats=15, screen=True, publish=False)
    for peer in table.peers.values():
        peer.received.clear()
    lines: dict[str, int] = {}
    for number in range(2000):
        for link in links:
            table.peers[link].sound(number, number * 960, body=link.encode())
            table.peers[link].picture(number, number * 3000, keyframe=True, body=link.encode())
        table.peers["l00"].screen(number, number * 3000, keyframe=True, body=b"shared")
        await asyncio.sleep(0.01)
        lines = {link: len(peer.received) for link, peer in table.peers.items()}
        if set(lines.values()) == {31}:
            break
    # Fifteen others with sound and picture, and the screen, which who shares it sees too.
    assert set(lines.values()) == {31}
    assert len(table.forwarder.sessions) == 18


async def test_an_aiortc_peer_connection_is_an_ordinary_participant(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    b = await table.join("b")
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver(AudioStreamTrack(), direction="sendonly")
    connection.addTransceiver(VideoStreamTrack(), direction="sendonly")
    await connection.setLocalDescription(await connection.createOffer())
    session = table.forwarder.negotiate("room", "a", connection.localDescription.sdp)
    await connection.setRemoteDescription(RTCSessionDescription(session.answer, "answer"))
    await within(lambda: len(b.received) == 2 and min(b.received.values()) > 10, "b hearing and seeing it")
    await connection.close()


async def test_who_speaks_loudest_is_told_once(table: Table) -> None:
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    a, b = await table.join("a"), await table.join("b")
    events = table.forwarder.events.follow(None)
    speaking = asyncio.create_task(_first_speaker(events))
    for i in range(150):
        a.sound(i, i * 960, level=90)
        b.sound(i, i * 960, level=20)
        await asyncio.sleep(0.01)
        if speaking.done():
            break
    event = await asyncio.wait_for(speaking, 5)
    assert (event.link, event.data["place"]) == ("b", "hearing")
    assert event.data["level"] > 40


async def _first_speaker(events: AsyncIterator[EngineEvent | None]) -> EngineEvent:
    async for event in events:
        if event is not None and event.kind is EventKind.SPEAKER:
            return event
    raise AssertionError("nobody spoke")


async def test_receivers_are_told_the_time_by_the_workers_clock(table: Table) -> None:
    """A participant's clock may be wrong by hours; its sound and picture still go together."""
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    a, b = await table.join("a"), await table.join("b")
    wrong_by = 7200.0
    began = time.time()
    for i in range(130):
        now = time.time()
        picture, sound = round((now - began) * 90_000), round((now - began) * 48_000)
        a.picture(i, picture, keyframe=True)
        a.sound(i, sound)
        if i % 20 == 0:
            at = rtcp.ntp(now - wrong_by)
            a.send_rtcp(rtcp.sender_report(a.video_ssrc, at, picture, i, i))
            a.send_rtcp(rtcp.sender_report(a.audio_ssrc, at, sound, i, i))
        await asyncio.sleep(0.01)
    await within(lambda: len(_clocks(b)) == 2, "b being told both clocks")
    moments = []
    for ssrc, (ntp, timestamp) in _clocks(b).items():
        told = ntp / (1 << 32) - rtcp.NTP_EPOCH
        assert abs(told - time.time()) < 5, "the worker's clock, not the participant's"
        packet = next(p for p in reversed(b.packets) if HEADER.unpack_from(p)[4] == ssrc)
        _, mark, _, shown, _ = HEADER.unpack_from(packet)
        clock = 48_000 if mark & 0x7F == AUDIO else 90_000
        behind = ((timestamp - shown + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
        moments.append(told - behind / clock)
    assert moments[0] == pytest.approx(moments[1], abs=0.1)


def _clocks(peer: Peer) -> dict[int, tuple[int, int]]:
    told = [item for report in peer.reports for item in rtcp.read(report)]
    return {item.ssrc: (item.ntp, item.timestamp) for item in told if isinstance(item, rtcp.SenderReport)}
