"""What strangers and bad participants can do to a hearing: nothing to others, and nothing towards a third."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from aioice import stun

from court_link.media.embedded import ice
from court_link.media.embedded import room as room_module
from court_link.media.embedded.dtls import ffi
from court_link.media.embedded.forwarder import Forwarder
from court_link.media.embedded.guard import Allowance
from court_link.media.embedded.port import Port, readable_address
from court_link.media.engine import DesiredLink, DesiredRoom, Kind, Seat
from tests.media.peer import AUDIO, MID, VIDEO, Peer, seat_ssrcs
from tests.media.rig import BOTH, everyone_sees_everyone
from tests.media.table import Table, heard, within

CHECKS = 10_000
FLOOD = 200  # malformed datagrams for each packet of sound: with 50 of those a second, 10,000 a second
SOUNDS = 150  # of each participant: three seconds


class Sent:
    """Where everything went that left the port."""

    def __init__(self, port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
        self.to: set[tuple[str, int]] = set()
        self._send = port.send
        monkeypatch.setattr(port, "send", self._note)

    def _note(self, slot: int, length: int, address: int) -> None:
        self.to.add(readable_address(ffi.buffer(ffi.cast("char *", address), 16)[:]))
        self._send(slot, length, address)


class Parsed:
    """How many checks were really parsed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._read = ice.read
        monkeypatch.setattr(ice, "read", self._note)

    def _note(self, datagram: bytes) -> ice.Check | None:
        self.count += 1
        return self._read(datagram)


@contextlib.contextmanager
def bystanders(count: int) -> Iterator[list[socket.socket]]:
    """Sockets of people who have nothing to do with it."""
    with contextlib.ExitStack() as stack:
        made = []
        for number in range(count):
            each = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            each.bind((f"127.0.0.{2 + number % 200}", 0))
            each.setblocking(False)
            made.append(each)
        yield made


def received(sockets: list[socket.socket]) -> int:
    """How many datagrams wait there."""
    count = 0
    for each in sockets:
        with contextlib.suppress(BlockingIOError):
            while True:
                each.recv(2048)
                count += 1
    return count


def candidates(rng: random.Random, victims: list[socket.socket], own: int) -> list[str]:
    """A hundred candidates of every kind, the addresses of bystanders among them."""
    inner = ["127.0.0.1", "0.0.0.0", "255.255.255.255", "169.254.169.254", "10.0.0.1", "224.0.0.251"]
    outer = ["::1", "fe80::1", "ff02::fb", "64:ff9b::7f00:1", "::ffff:127.0.0.1", "192.0.2.1", "a.local"]
    lines = []
    for number, victim in enumerate(victims):
        address, port = victim.getsockname()
        if number % 3 == 0:
            address, port = rng.choice([*inner, *outer]), rng.choice([0, 1, 53, 80, own, 65_535, 99_999])
        kind = rng.choice(["host", "srflx", "prflx", "relay"])
        related = f" raddr {address} rport {port}" if kind != "host" else ""
        transport = rng.choice(["udp", "UDP", "tcp", "tls"])
        tcp = " tcptype passive" if transport == "tcp" else ""
        at = f"{rng.getrandbits(31)} {address} {port}"
        lines.append(f"a=candidate:{number} 1 {transport} {at} typ {kind}{related}{tcp}")
    return lines


def check(ufrag: str, password: str | None) -> bytes:
    """A connectivity check, signed or not."""
    attributes: dict[str, Any] = {"USERNAME": f"{ufrag}:x", "PRIORITY": 1, "USE-CANDIDATE": None}
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
    if password is not None:
        request.add_message_integrity(password.encode())
    return bytes(request)


async def test_a_hundred_hostile_candidates_draw_nothing_to_where_they_point(
    forwarder: Forwarder, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(forwarder.port, monkeypatch)
    forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    peer = Peer()
    with bystanders(100) as victims:
        hostile = "\r\n".join(candidates(rng, victims, forwarder.port.number)) + "\r\n"
        offer = peer.offer(1).replace("a=setup:actpass\r\n", "a=setup:actpass\r\n" + hostile, 1)
        session = forwarder.negotiate("room", "a", offer)
        forwarder.restart(
            session.id, "*", f"a=ice-ufrag:{peer.ufrag}\r\na=ice-pwd:{peer.password}\r\n{hostile}"
        )
        await peer.connect(session.answer)
        for i in range(20):
            peer.sound(i, i * 960)
            await asyncio.sleep(0.01)
        assert sent.to == {("127.0.0.1", peer.port)}
        assert received(victims) == 0
    peer.vanish()


async def test_ten_thousand_unauthenticated_checks_draw_nothing(
    forwarder: Forwarder, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(forwarder.port, monkeypatch)
    forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    peer = Peer()
    session = forwarder.negotiate("room", "a", peer.offer(1))
    link = forwarder.sessions[session.id]
    name, password = link.credentials[0].ufrag, link.credentials[0].password
    kinds = [
        check(name, "wrong"),
        check(name, None),
        check(name[:-1] + "_", password),
        check("", password),
        check(name, peer.password),
        check(f"{name}{name}", password),
    ]
    asked = 0

    def count(address: bytes) -> bool:
        nonlocal asked
        asked += 1
        return True

    monkeypatch.setattr(forwarder.routes.allowance, "has", lambda address, now: count(address))
    at = ("127.0.0.1", forwarder.port.number)
    with bystanders(50) as strangers:
        for number in range(CHECKS):
            rng.choice(strangers).sendto(rng.choice(kinds), at)
            if number % 25 == 24:
                await asyncio.sleep(0)
                forwarder.routes.tick()  # so that every one is looked into, and fails by itself
        await peer.connect(session.answer)  # by then all of the above has been looked at
        assert asked > CHECKS / 4, "those who knew the name were looked into"
        assert sent.to == {("127.0.0.1", peer.port)}
        assert received(strangers) == 0
        assert list(link.addresses) == [
            key for key, its in forwarder.routes.by_address.items() if its is link
        ]

        # The control: one who knows the password is answered.
        forwarder.routes.tick()
        strangers[0].sendto(check(name, password), at)

        await within(lambda: received(strangers[:1]), "the answer")
    peer.vanish()


async def test_a_network_that_guesses_is_heard_no_more_but_those_who_know_are(
    forwarder: Forwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody guesses a password from the same house, as fast as they can, while two others join."""
    parsed = Parsed(monkeypatch)
    forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    first, second = Peer(), Peer()
    sessions = [
        forwarder.negotiate("room", link, peer.offer(1)) for link, peer in (("a", first), ("b", second))
    ]
    await first.connect(sessions[0].answer)
    before = parsed.count
    name = forwarder.sessions[sessions[0].id].credentials[0].ufrag
    guess, strange = check(name, "a guess"), check("somebody", "else")
    with bystanders(2) as guessers:
        for number in range(2000):
            for guesser in guessers:
                guesser.sendto(guess if number % 2 else strange, ("127.0.0.1", forwarder.port.number))
            if number % 25 == 24:
                await asyncio.sleep(0.001)
        assert parsed.count - before < 1000, "most were not even parsed"
        # The address that is known is answered whatever its network has done.
        first.addresses.clear()
        await first.check(*_credentials(sessions[0].answer))
        assert first.addresses
    await second.connect(sessions[1].answer)  # as soon as the network has an attempt again
    first.vanish()
    second.vanish()


def _credentials(answer: str) -> list[str]:
    lines = answer.splitlines()
    return [
        next(line.split(":", 1)[1] for line in lines if line.startswith(f"a=ice-{name}:"))
        for name in ("ufrag", "pwd")
    ]


def test_the_table_of_networks_never_grows_beyond_its_bound() -> None:
    allowance = Allowance(rate=1.0, burst=2.0, most=100)

    def address(number: int) -> bytes:
        return bytes(4) + number.to_bytes(4, "big") + bytes(8)

    for number in range(10_000):
        allowance.spend(address(number << 8), 0.0)
    assert len(allowance) == 100
    mine, neighbour, elsewhere = address(9_999 << 8), address(9_999 << 8 | 7), address(1)
    assert allowance.has(neighbour, 0.0)
    allowance.spend(mine, 0.0)
    assert not allowance.has(neighbour, 0.5)
    assert allowance.has(elsewhere, 0.5)
    assert allowance.has(mine, 1.0), "a token comes back"
    six = struct.pack("!HHI16sI", 10, 1, 0, bytes.fromhex("20010db8000000010000000000000001"), 0)
    allowance.spend(six, 0.0)
    allowance.spend(six, 0.0)
    assert not allowance.has(six[:16] + bytes(7) + b"\x09" + six[24:], 0.0), "one /64"
    mapped = struct.pack("!HHI16sI", 10, 1, 0, bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 1]), 0)
    allowance.spend(mapped, 0.0)
    allowance.spend(mapped, 0.0)
    assert not allowance.has(struct.pack("!HH4s8x", 2, 1, bytes([192, 0, 2, 9])), 0.0), (
        "one /24, however named"
    )


async def test_nobody_takes_over_the_address_of_somebody_who_is_there(table: Table) -> None:
    """A check of one participant that seems to come from another's address moves nothing."""
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b"))
    a, b = await table.join("a"), await table.join("b")
    thief = table.forwarder.sessions[table.sessions["a"]]
    (address,) = table.forwarder.sessions[table.sessions["b"]].addresses
    datagram = check(thief.credentials[0].ufrag, thief.credentials[0].password)
    table.forwarder.port.views[0][: len(datagram)] = datagram
    table.forwarder.routes.check(0, len(datagram), address, 0.0)
    assert address not in thief.addresses
    await table.talk("b")
    await within(lambda: heard(a, "b") >= 20, "a hearing b as before")
    assert b.port


async def spoofed(table: Table) -> tuple[Peer, Peer, list[int]]:
    """A participant who may speak, and not be seen, tries to be another, and to be seen; a third looks on."""
    links = [
        DesiredLink("a", "hearing", frozenset({Kind.AUDIO}), True, (Seat(0, "b"), Seat(1, "c"))),
        DesiredLink("b", "hearing", BOTH, True, (Seat(0, "a"), Seat(1, "c"))),
        DesiredLink("c", "hearing", BOTH, True, (Seat(0, "a"), Seat(1, "b"))),
    ]
    table.forwarder.apply(DesiredRoom("room", 1, tuple(links)))
    a, b, c = [await table.join(link, seats=2) for link in "abc"]
    for i in range(40):
        for ssrc in (
            b.audio_ssrc,
            b.video_ssrc,
            c.audio_ssrc,
            *seat_ssrcs(b.answer),
            *seat_ssrcs(c.answer),
            1,
        ):
            for mark in (AUDIO, 0x80 | VIDEO, 97, 0):
                for mid in (b"", b"0", b"1", b"2", b"9"):
                    said = bytes([MID << 4 | len(mid) - 1]) + mid if mid else b""
                    a.send(a._packet(mark, i, i * 960, ssrc, said, b"\x10\x00a spoofs"))
        a.picture(i, i * 3000, keyframe=True, body=b"a is seen")
        await asyncio.sleep(0)
    captured = a._packet(AUDIO, 99, 0, a.audio_ssrc, b"", b"a elsewhere")
    with bystanders(1) as others:  # plain, and from where nobody is
        others[0].sendto(captured, ("127.0.0.1", table.forwarder.port.number))
        others[0].sendto(a.plain(captured) or captured, ("127.0.0.1", table.forwarder.port.number))
    await table.talk("b")
    await within(lambda: heard(c, "b") >= 20, "c hearing b")
    return b, c, seat_ssrcs(c.answer)


def from_seat(peer: Peer, *ssrcs: int) -> list[bytes]:
    return [packet for packet in peer.packets if int.from_bytes(packet[8:12], "big") in ssrcs]


async def test_nobody_can_speak_as_another_or_be_seen_by_naming_other_streams(table: Table) -> None:
    b, c, (sound_a, picture_a, sound_b, picture_b) = await spoofed(table)
    for packet in from_seat(c, sound_b, picture_b):
        assert packet.endswith(b"b"), "the seat of b carries b alone"
    assert not from_seat(c, picture_a), "who may not be seen is not seen"
    assert all(packet[1] & 0x7F == AUDIO for packet in from_seat(c, sound_a))
    assert heard(c, "elsewhere") == heard(b, "elsewhere") == 0
    assert table.forwarder.faults == 0


async def test_without_the_guard_who_may_not_be_seen_would_be(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_module, "may_receive", lambda source, receiver, kind: True)
    _, c, (_, picture_a, _, _) = await spoofed(table)
    assert from_seat(c, picture_a)


def malformed(rng: random.Random, name: str) -> list[bytes]:
    """Datagrams that begin as STUN and are none, of every kind that breaks a careless parser."""
    good = check(name, "wrong")
    short_priority = struct.pack("!HHI12s", 1, 8, stun.COOKIE, bytes(12)) + b"\0\x24\0\2\0\1\0\0"
    kinds = [good[:cut] for cut in range(1, len(good), 3)] + [short_priority]
    for _ in range(100):
        damaged = bytearray(good)
        for _ in range(rng.randrange(1, 6)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        damaged[0] &= 3
        kinds.append(bytes(damaged))
        body = rng.randbytes(rng.randrange(0, 500) & ~3)
        kinds.append(struct.pack("!HHI12s", 1, len(body), stun.COOKIE, rng.randbytes(12)) + body)
    return kinds


async def flooded(table: Table, flood: list[bytes]) -> tuple[int, int]:
    """Sounds sent and received by three, each after its share of the flood: (expected, heard)."""
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b", "c"))
    for link in "abc":
        await table.join(link, seats=2)
    got = 0
    with bystanders(20) as strangers:
        for number in range(SOUNDS):
            for share in range(FLOOD):
                stranger = strangers[share % len(strangers)]
                stranger.sendto(
                    flood[(number + share) % len(flood)], ("127.0.0.1", table.forwarder.port.number)
                )
                if share % (FLOOD // 4) == 0:
                    await asyncio.sleep(0)
            for link in "abc":
                table.peers[link].sound(number, number * 960, body=f"{link}{number:04}".encode())
            wanted = [(peer, f"{link}{number:04}") for peer in table.peers.values() for link in "abc"]
            arrived = 0
            for _ in range(200):  # a second at most for what is lost
                arrived = sum(heard(peer, word) for peer, word in wanted)
                if arrived == len(wanted) - len(table.peers):  # nobody hears themselves
                    break
                await asyncio.sleep(0.005)
            got += arrived
        assert received(strangers) == 0
    return 6 * SOUNDS, got


async def test_a_flood_of_malformed_checks_costs_a_hearing_less_than_a_hundredth_of_its_sound(
    table: Table, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = Parsed(monkeypatch)
    expected, got = await flooded(table, malformed(rng, "somebody"))
    assert got > 0.99 * expected
    assert table.forwarder.faults == 0
    # All that is really parsed is what the three ask for themselves.
    assert parsed.count < 1000 < FLOOD * SOUNDS


async def test_a_receiver_that_does_not_read_harms_nobody(table: Table) -> None:
    """One participant's device takes nothing in and asks for everything again, all the time."""
    table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b", "c"))
    for link in "abc":
        await table.join(link, seats=2)
    slow = table.peers["c"]
    asyncio.get_running_loop().remove_reader(slow.socket)
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    wanted = struct.pack("!BBHII", 0x81, 205, 2 + 50, 1, seat_ssrcs(slow.answer)[1]) + b"\0\0\xff\xff" * 50
    for number in range(SOUNDS):
        slow.send_rtcp(wanted)
        for link in "ab":
            table.peers[link].sound(number, number * 960, body=f"{link}{number:04}".encode())
            table.peers[link].picture(number, number * 3000, keyframe=True, body=bytes(1000))
        for hearer, source in ("ab", "ba"):
            await within(partial(heard, table.peers[hearer], f"{source}{number:04}"), f"{hearer} hearing")
    asyncio.get_running_loop().add_reader(slow.socket, slow.poll)
    assert table.forwarder.port.dropped == 0
