"""Damaged bytes for every parser of the media worker, and for a worker that carries a hearing meanwhile.

    python -m tests.promises.fuzz [--seconds 60] [--seed 1]

A parser may refuse in its own way; it may never raise anything else. In the worker nothing at all is raised.
The seed is printed: given again, it makes the same damage.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import re
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aioice import stun

from court_link.media.embedded import answer, ice, offer, rtcp, rtp
from court_link.media.embedded.feedback import Feedback
from court_link.media.embedded.forwarder import Forwarder
from court_link.media.embedded.port import SLOT
from court_link.media.engine import OfferRefused
from tests.media.peer import AUDIO, RTX, VIDEO
from tests.media.rig import everyone_sees_everyone
from tests.media.table import Table, heard

OFFERS = Path(__file__).parents[1] / "media" / "embedded" / "offers"
LOCAL = answer.Local("abcdefgh12345678", "p" * 32, ":".join(["AB"] * 32), ("192.0.2.7",), 4000)
CREDENTIALS = ice.Credentials("abcdefgh12345678", "p" * 32)
AT_ONCE = 25  # datagrams before the worker has its turn


class Broken(AssertionError):
    """A parser raised what it must not, or the worker did."""


def damaged(rng: random.Random, data: bytes) -> bytes:
    """The bytes with a few things wrong: one changed, some lost, doubled or put in, a length that lies."""
    made = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(made) + 1)
        what = rng.randrange(6)
        if what == 0 and made:
            made[at % len(made)] = rng.randrange(256)
        elif what == 1:
            del made[at:]
        elif what == 2:
            made[at:at] = made[at : at + rng.randrange(1, 40)]
        elif what == 3:
            made[at:at] = rng.randbytes(rng.randrange(1, 40))
        elif what == 4:
            made[at : at + 2] = rng.choice([b"\0\0", b"\xff\xff", b"\0\1", b"\x7f\xff", b"\x80\0"])
        else:
            del made[at : at + rng.randrange(1, 12)]
    return bytes(made[:1500])


def damaged_text(rng: random.Random, text: str) -> str:
    """An offer with lines lost, doubled, moved, cut or with other numbers in them."""
    lines = text.splitlines(keepends=True)
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(len(lines))
        what = rng.randrange(5)
        if what == 0 and len(lines) > 1:
            del lines[at]
        elif what == 1:
            lines.insert(rng.randrange(len(lines)), lines[at])
        elif what == 2:
            cut = rng.randrange(len(lines[at]) + 1)
            lines[at] = (
                lines[at][:cut] + chr(rng.choice([0, 9, 10, 0xA0, 0x661, 0x2028, 0x1F600])) + lines[at][cut:]
            )
        elif what == 3:
            lines[at] = re.sub(r"\d+", lambda _: str(rng.randrange(1 << rng.randrange(1, 80))), lines[at])
        else:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    return "".join(lines)


def checks() -> list[bytes]:
    """Connectivity checks, for the right name and password, and other STUN."""
    made = []
    for attributes in (
        {"USERNAME": f"{CREDENTIALS.ufrag}:x", "PRIORITY": 1, "ICE-CONTROLLING": 1, "USE-CANDIDATE": None},
        {"USERNAME": f"{CREDENTIALS.ufrag}:x"},
        {"SOFTWARE": "x" * 100, "XOR-MAPPED-ADDRESS": ("192.0.2.1", 9), "USERNAME": "a:b"},
        {"ERROR-CODE": (401, "who"), "REALM": "r", "MAPPED-ADDRESS": ("2001:db8::1", 9)},
    ):
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=dict[str, Any](attributes))
        message.add_message_integrity(CREDENTIALS.password.encode())
        made.append(bytes(message))
    short = struct.pack("!HHI12s", 1, 8, stun.COOKIE, bytes(12)) + b"\0\x24\0\2\0\1\0\0"
    return [*made, short]


def reports() -> list[bytes]:
    """RTCP of every kind that is read, and some that is not."""
    feedback = Feedback()
    for number in range(40):
        feedback.arrived(number * 3, 1000.0 + number * 0.02)
    block = rtcp.Report(1, 2, 3, 4, 5, 6, 7)
    singles = [
        rtcp.sender_report(1, rtcp.ntp(1e9), 5, 6, 7),
        rtcp.receiver_report(1, [block] * 3),
        rtcp.nack(1, 2, [1, 2, 3, 900, 65_535]),
        rtcp.keyframe_request(1, 2),
        struct.pack("!BBHIIIBBBB", 0x80 | rtcp.FIR, rtcp.PSFB, 4, 1, 0, 2, 1, 0, 0, 0),
        rtcp.bandwidth_limit(1, 1_000_000, [1, 2, 3]),
        feedback.packet(1, 2) or b"",
        struct.pack("!BBHI", 0x81, rtcp.BYE, 1, 1),
    ]
    return [*singles, b"".join(singles), singles[0] + singles[1]]


def packets() -> list[bytes]:
    """RTP with either form of extensions, padding and contributing sources."""
    one = b"\xbe\xde\0\2" + b"\x10\x94\x31\0\7\x400\0"
    two = b"\x10\0\0\2" + b"\1\1\x94\3\2\0\7\0"
    made = []
    for mark in (AUDIO, VIDEO, 0x80 | VIDEO, RTX):
        for flags, extension in ((0x80, b""), (0x90, one), (0x90, two), (0xB2, bytes(8))):
            body = b"\x90\x80\x81\x01\x10\0\x9d\x01\x2a" + bytes(20) + b"\x02"
            made.append(rtp.HEADER.pack(flags, mark, 7, 9000, 1234) + extension + body)
    stap = b"\x78\0\x04\x67\x42\0\x1f\0\x03\x68\xce\x38"
    return [*made, rtp.HEADER.pack(0x80, VIDEO, 8, 9, 1234) + stap]


def read_check(rng: random.Random, data: bytes) -> None:
    view = memoryview(bytearray(max(SLOT, len(data))))
    view[: len(data)] = data
    name = ice.named(view, len(data))
    check = ice.read(data)
    if check is not None and name == CREDENTIALS.ufrag.encode() and check.proves(CREDENTIALS):
        check.answer(CREDENTIALS, ("192.0.2.1", 9))


def read_offer(rng: random.Random, text: str) -> None:
    with contextlib.suppress(OfferRefused):
        offer.credentials(text)
    with contextlib.suppress(OfferRefused):
        read = offer.read(text)
        uplinks = frozenset(line.mid for line in read.lines if line.sends)
        seats = {line.mid: answer.Outgoing("seat", 1, 2) for line in read.lines if line.receives}
        answer.write(read, LOCAL, uplinks, seats, 1)


def read_report(rng: random.Random, data: bytes) -> None:
    list(rtcp.read(data))


def read_packet(rng: random.Random, data: bytes) -> None:
    view = memoryview(bytearray(SLOT))
    view[: len(data)] = data
    start = rtp.payload_start(view, len(data))
    if 12 <= start <= len(data):
        rtp.extensions(view, start)
    for at in (start, 12, rng.randrange(len(data) + 1)):
        rtp.starts_keyframe(view, at, len(data))
        rtp.starts_h264_keyframe(view, at, len(data))
    rtp.vp8_start(data[12:])


TEXTS = [path.read_bytes().decode() for path in sorted(OFFERS.glob("*.sdp"))]
CHECKS, REPORTS, PACKETS = checks(), reports(), packets()

#: Every parser: its name, what makes its input, what reads it.
PARSERS: list[tuple[str, Callable[[random.Random], Any], Callable[[random.Random, Any], None]]] = [
    ("checks", lambda rng: damaged(rng, rng.choice(CHECKS)), read_check),
    ("offers", lambda rng: damaged_text(rng, rng.choice(TEXTS)), read_offer),
    ("reports", lambda rng: damaged(rng, rng.choice(REPORTS)), read_report),
    ("packets", lambda rng: damaged(rng, rng.choice(PACKETS)), read_packet),
]


def parse(rng: random.Random) -> Iterator[str]:
    """One damaged input for each parser; their names."""
    for name, make, read in PARSERS:
        data = make(rng)
        try:
            read(rng, data)
        except Exception as error:
            raise Broken(f"{name} raised {error!r} on {data!r}") from error
        yield name


class Hearing:
    """A worker in this process with three participants; one of them is hostile, and so are strangers."""

    def __init__(self, forwarder: Forwarder, rng: random.Random) -> None:
        self.table, self.rng = Table(forwarder), rng
        self.said = 0

    async def begin(self) -> None:
        self.table.forwarder.apply(everyone_sees_everyone("room", 1, "a", "b", "c"))
        for link in "abc":
            await self.table.join(link, seats=2)
        self.stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.stranger.bind(("127.0.0.1", 0))

    async def attack(self) -> int:
        """Some datagrams of every kind, from outside and from inside, while the others speak; how many."""
        self.said += 1
        for link in "ab":
            self.table.peers[link].sound(self.said, self.said * 960, body=link.encode())
        forwarder, rng, bad = self.table.forwarder, self.rng, self.table.peers["c"]
        hello = b"\x16\xfe\xfd" + bytes(8) + struct.pack("!H", 40) + b"\1\0\0\x1c" + bytes(36)
        data = b"\x17\xfe\xfd\0\1" + bytes(6) + struct.pack("!H", 30) + bytes(30)
        plain = [*CHECKS, *REPORTS, *PACKETS, hello, data, bytes(1)]
        for _ in range(AT_ONCE):
            sent = damaged(rng, rng.choice(plain))
            self.stranger.sendto(sent, ("127.0.0.1", forwarder.port.number))
            bad.send_raw(damaged(rng, rng.choice(plain)) or b"\0")
            with contextlib.suppress(AssertionError):  # libsrtp itself refuses some
                inside = damaged(rng, rng.choice(PACKETS))
                bad.send(b"\x80" + inside[1:] if rng.random() < 0.5 else inside)
            with contextlib.suppress(AssertionError):
                inside = damaged(rng, rng.choice(REPORTS))
                bad.send_rtcp(inside[:1] + bytes([rng.randrange(200, 208)]) + inside[2:])
        await asyncio.sleep(0)
        if forwarder.faults:
            raise Broken("the worker's loop saw an exception: see its log")
        return 4 * AT_ONCE

    async def end(self) -> None:
        """The two others still hear each other, once they speak."""
        for link, other in ("ab", "ba"):
            self.table.peers[link].packets.clear()
            for _ in range(300):
                await self.table.talk(other, start=self.said + 1)
                self.said += 10
                if heard(self.table.peers[link], other):
                    break
            else:
                raise Broken(f"{link} does not hear {other} any more")
        if self.table.forwarder.faults:
            raise Broken("the worker's loop saw an exception: see its log")

    def leave(self) -> None:
        self.stranger.close()
        for peer in self.table.peers.values():
            peer.vanish()


async def _by_hand(seconds: float, seed: int) -> None:
    rng = random.Random(seed)
    forwarder = Forwarder("127.0.0.1", 0, addresses=("127.0.0.1",), node="fuzz", capacity=20, url="")
    hearing = Hearing(forwarder, rng)
    await hearing.begin()
    inputs = datagrams = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for _ in range(20):
            inputs += sum(1 for _ in parse(rng))
        datagrams += await hearing.attack()
    await hearing.end()
    hearing.leave()
    await forwarder.stop()
    print(f"{inputs:,} damaged inputs and {datagrams:,} damaged datagrams in {seconds:.0f} s, nothing raised")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.promises.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}", flush=True)
    try:
        asyncio.run(_by_hand(wanted.seconds, wanted.seed))
    except Broken as broken:
        sys.exit(f"{broken}\nseed {wanted.seed}")


if __name__ == "__main__":
    main()
