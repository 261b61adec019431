"""The media worker's process: one event loop, one UDP port, one control address."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
import uvloop

from court_link.media.embedded.control import Control
from court_link.media.embedded.forwarder import Forwarder
from court_link.media.embedded.recorder import Recorder
from court_link.media.engine import EventKind
from court_link.settings import Settings

BEAT = 0.5  # seconds between two signs to the supervisor that the event loop turns
MOST_REQUESTS = 256  # of the control at once, followers of events included

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Where the worker listens and what it calls itself.

    `advertised_addresses` are the IP addresses that participants can reach, put into every answer; loopback
    is for a demonstration on one machine. Port 0 takes any free one. `capacity` counts participants.
    `recordings` is the folder that its recordings are written to, and no other worker's; without one nothing
    is recorded.
    """

    control_host: str
    control_port: int
    control_key: str
    udp_host: str
    udp_port: int
    advertised_addresses: tuple[str, ...]
    node: str
    capacity: int
    recordings: str = ""

    def __post_init__(self) -> None:
        if not self.control_key:
            raise ValueError("the control key must not be empty")
        if not self.advertised_addresses:
            raise ValueError("name at least one address at which participants reach this worker")
        for address in self.advertised_addresses:
            socket.getaddrinfo(address, 0, flags=socket.AI_NUMERICHOST)


def of_machine(settings: Settings) -> tuple[WorkerSettings, ...]:
    """The workers of this machine, each on the next ports and with the next number."""
    first = urlsplit(settings.media_control_url)
    control, udp = first.port or 8010, settings.media_udp_port
    return tuple(
        WorkerSettings(
            control_host=first.hostname or "127.0.0.1",
            control_port=control + number,
            control_key=settings.media_control_key.get_secret_value(),
            udp_host=settings.media_udp_host,
            udp_port=udp + number if udp else 0,
            advertised_addresses=settings.media_addresses,
            node=f"{settings.media_node}-{number + 1}",
            capacity=settings.media_capacity,
            recordings=str(settings.recordings / f"{settings.media_node}-{number + 1}"),
        )
        for number in range(settings.own_workers)
    )


class _Server(uvicorn.Server):
    """A server that leaves signals to the worker."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: WorkerSettings, line: socket.socket | None = None) -> None:
    """Carry media until Ctrl-C or SIGTERM. Raises `OSError` when a port is taken.

    `line` leads to the supervisor: the worker sends a beat along it, and ends when it closes.
    """
    uvloop.run(_serve(settings, line))


async def _serve(settings: WorkerSettings, line: socket.socket | None) -> None:
    control = socket.create_server((settings.control_host, settings.control_port))
    url = f"http://{settings.control_host}:{control.getsockname()[1]}"
    forwarder = Forwarder(
        settings.udp_host,
        settings.udp_port,
        addresses=settings.advertised_addresses,
        node=settings.node,
        capacity=settings.capacity,
        url=url,
    )
    recorder = _recorder(settings.recordings, forwarder) if settings.recordings else None
    config = uvicorn.Config(
        Control(forwarder, settings.control_key, recorder).app,
        log_config=None,
        access_log=False,
        lifespan="off",
        limit_concurrency=MOST_REQUESTS,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)

    def stop() -> None:
        server.should_exit = True
        forwarder.events.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    if line is not None:
        _beat(line, stop)
    gc.collect()
    gc.freeze()  # what stands now stands for good
    log.info("media worker %s: UDP port %d, control at %s", settings.node, forwarder.port.number, url)
    try:
        await server.serve(sockets=[control])
    finally:
        await forwarder.stop()
        if recorder is not None:
            recorder.close()


def _recorder(folder: str, forwarder: Forwarder) -> Recorder:
    def say(room: str, recording: str, state: str, reason: str) -> None:
        forwarder.events.say(EventKind.RECORDING, room, "", id=recording, state=state, reason=reason)

    recorder = Recorder(Path(folder), say)
    forwarder.recorder = recorder.tap
    return recorder


def _beat(line: socket.socket, stop: Callable[[], None]) -> None:
    """Tell the supervisor that all is well, again and again; stop when it has gone."""
    loop = asyncio.get_running_loop()
    line.setblocking(False)

    def closed() -> None:
        loop.remove_reader(line)
        stop()

    def beat() -> None:
        with suppress(OSError):  # full: the supervisor is slow; broken: the reader says so too
            line.send(b".")
        loop.call_later(BEAT, beat)

    loop.add_reader(line, closed)
    beat()
