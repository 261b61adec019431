"""A network that gets worse: one network namespace joined to this one by a wire that loses, delays and stops.

The wire is two TUN devices and a thread between them, so it works where the kernel has no netem; both vanish
with this process, whatever ends it. Of the namespace only the name stays behind after a kill, and the next
run removes it.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import os
import random
import select
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

#: Here, as the namespace's addresses reach it (RFC 2544 keeps these for benchmarks).
SERVICE = "198.18.0.1"
#: The namespace's addresses, one of each network that it roams between.
ADDRESSES = ("198.18.1.2", "198.19.1.2")
_PREFIX = "court-link-"
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_MTU = 1500
_NAMED = Path("/run/netns")


class NotRoot(SystemExit):
    """What is missing, in a sentence."""


@dataclass(frozen=True)
class Weather:
    """What the wire does to packets, either way: `loss` of 0 to 1, `delay` in seconds, `rate` in bit/s.

    A packet that would wait longer than `queue` seconds for the rate is dropped, as a router does.
    """

    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    rate: float | None = None
    cut: bool = False
    queue: float = 0.3


FAIR = Weather()


class Wire:
    """The namespace and its wire; `weather` may be changed at any moment."""

    def __init__(self, seed: int) -> None:
        self.namespace = f"{_PREFIX}{os.getpid()}"
        self.weather = FAIR
        self._chance = random.Random(seed)
        self._address = 0
        self._ends = [_tun(f"clh{os.getpid()}"[:15]), _tun(f"clc{os.getpid()}"[:15])]
        self._free = [0.0, 0.0]
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def up(self) -> None:
        """Make the namespace, address both ends, and carry."""
        here, there = f"clh{os.getpid()}"[:15], f"clc{os.getpid()}"[:15]
        _ip("netns", "add", self.namespace)
        _ip("link", "set", there, "netns", self.namespace)
        _ip("-n", self.namespace, "link", "set", "lo", "up")
        _ip("-n", self.namespace, "addr", "add", f"{ADDRESSES[0]}/32", "dev", there)
        _ip("-n", self.namespace, "link", "set", there, "up")
        _ip("-n", self.namespace, "route", "add", "default", "dev", there)
        _ip("addr", "add", f"{SERVICE}/32", "dev", here)
        _ip("link", "set", here, "up")
        for address in ADDRESSES:
            _ip("route", "add", f"{address}/32", "dev", here)
        self._thread.start()

    def roam(self) -> None:
        """The namespace leaves its network for the other, whose address it gets at once."""
        old, self._address = ADDRESSES[self._address], 1 - self._address
        there = f"clc{os.getpid()}"[:15]
        _ip("-n", self.namespace, "addr", "add", f"{ADDRESSES[self._address]}/32", "dev", there)
        _ip("-n", self.namespace, "addr", "del", f"{old}/32", "dev", there)

    def down(self) -> None:
        """End the wire and remove the namespace."""
        os.write(self._stopped, b"x")
        if self._thread.is_alive():
            self._thread.join()
        for end in (*self._ends, self._stop, self._stopped):
            os.close(end)
        with suppress(subprocess.CalledProcessError):
            _ip("netns", "del", self.namespace)

    def _carry(self) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        count = itertools.count()
        while True:
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                _, _, to, packet = heapq.heappop(waiting)
                with suppress(OSError):  # the other end is being addressed, or full
                    os.write(self._ends[to], packet)
            patience = max(0.0, waiting[0][0] - now) if waiting else None
            ready, _, _ = select.select([*self._ends, self._stop], [], [], patience)
            if self._stop in ready:
                return
            for end in ready:
                came_from = self._ends.index(end)
                with suppress(OSError):
                    packet = os.read(end, _MTU + 100)
                    due = self._due(came_from, len(packet))
                    if due is not None:
                        heapq.heappush(waiting, (due, next(count), 1 - came_from, packet))

    def _due(self, way: int, size: int) -> float | None:
        """When a packet of so many bytes arrives; None when it never does."""
        weather, now = self.weather, time.monotonic()
        if weather.cut or self._chance.random() < weather.loss:
            return None
        if weather.rate is not None:
            begins = max(now, self._free[way])
            if begins - now > weather.queue:
                return None
            now = self._free[way] = begins + size * 8 / weather.rate
        return now + weather.delay + self._chance.random() * weather.jitter


@contextmanager
def wired(seed: int) -> Iterator[Wire]:
    """A wire to a fresh namespace, removed at the end. Raises NotRoot where that cannot be."""
    if os.geteuid() != 0:
        raise NotRoot("Network namespaces need root: run this benchmark as root.")
    if shutil.which("ip", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
        raise NotRoot("Network namespaces need the command ip, of the package iproute2.")
    if not Path("/dev/net/tun").exists():
        raise NotRoot("This machine has no /dev/net/tun, of which the wire is made.")
    _remove_left()
    wire = Wire(seed)
    try:
        wire.up()
        yield wire
    finally:
        wire.down()


def _remove_left() -> None:
    """Remove namespaces of runs that were killed."""
    for left in _NAMED.glob(f"{_PREFIX}*") if _NAMED.exists() else ():
        pid = left.name.removeprefix(_PREFIX)
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", left.name)


def _tun(name: str) -> int:
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return end


def _ip(*words: str) -> None:
    path = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    subprocess.run(["ip", *words], check=True, env=path, capture_output=True)
