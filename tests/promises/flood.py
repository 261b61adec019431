"""What a flood of malformed connectivity checks costs a hearing in a real worker.

    python -m tests.promises.flood [--rate 10000] [--seconds 5]

Three participants speak, first alone and then under the flood; printed are the sounds that arrived and the
worker's processor time in each.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import time

from benchmarks.media import cpu_seconds
from tests.media.peer import AUDIO, Peer
from tests.media.rig import everyone_sees_everyone, worker
from tests.promises.fuzz import CHECKS, damaged

LINKS = "abc"
STEP = 0.02  # seconds between two sounds


async def measure(
    peers: list[Peer], rate: int, seconds: float, at: tuple[str, int], first: int
) -> tuple[int, int, int]:
    """Sounds expected and heard, and malformed datagrams sent, over so many seconds."""
    rng = random.Random(1)
    flood = [damaged(rng, rng.choice(CHECKS)) or b"\0" for _ in range(500)]
    for peer in peers:
        peer.received.clear()
    sent = 0
    sounds = round(seconds / STEP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        began = time.monotonic()
        for number in range(first, first + sounds):
            for peer in peers:
                peer.sound(number, number * 960)
            for _ in range(round(rate * STEP)):
                stranger.sendto(rng.choice(flood), at)
                sent += 1
            await asyncio.sleep(max(0.0, began + (number - first + 1) * STEP - time.monotonic()))
    await asyncio.sleep(0.5)
    heard = sum(count for peer in peers for (_, kind), count in peer.received.items() if kind == AUDIO)
    return sounds * len(peers) * (len(peers) - 1), heard, sent


async def run(rate: int, seconds: float) -> None:
    with worker() as running:
        engine = running.engine()
        await engine.apply(everyone_sees_everyone("room", 1, *LINKS))
        peers = []
        for link in LINKS:
            peer = Peer()
            session = await engine.negotiate("room", link, peer.offer(2))
            await peer.connect(session.answer)
            peers.append(peer)
        at = peers[0].server
        for round_, flood in enumerate((0, rate)):
            before, began = cpu_seconds(running.process.pid), time.monotonic()
            expected, heard, sent = await measure(peers, flood, seconds, at, round_ * 10_000)
            cpu, took = cpu_seconds(running.process.pid) - before, time.monotonic() - began
            print(
                f"{sent / took:8,.0f} malformed a second: {heard:,} of {expected:,} sounds, "
                f"{100 * cpu / took:.1f}% of a core"
            )
        await engine.close("room")
        for peer in peers:
            peer.vanish()
        await engine.aclose()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.promises.flood", description=__doc__)
    parser.add_argument("--rate", type=int, default=10_000, help="malformed datagrams a second (10,000)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each of the two rounds (5)")
    wanted = parser.parse_args()
    asyncio.run(run(wanted.rate, wanted.seconds))


if __name__ == "__main__":
    main()
