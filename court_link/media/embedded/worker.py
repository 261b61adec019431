"""The media worker's process: one event loop, one UDP port, one control address."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
import uvloop

from court_link.media.embedded.control import Control
from court_link.media.embedded.forwarder import Forwarder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Where the worker listens and what it calls itself.

    `advertised_addresses` are the IP addresses that participants can reach, put into every answer; loopback
    is for a demonstration on one machine. Port 0 takes any free one. `capacity` counts participants.
    """

    control_host: str
    control_port: int
    control_key: str
    udp_host: str
    udp_port: int
    advertised_addresses: tuple[str, ...]
    node: str
    capacity: int

    def __post_init__(self) -> None:
        if not self.control_key:
            raise ValueError("the control key must not be empty")
        if not self.advertised_addresses:
            raise ValueError("name at least one address at which participants reach this worker")
        for address in self.advertised_addresses:
            socket.getaddrinfo(address, 0, flags=socket.AI_NUMERICHOST)


class _Server(uvicorn.Server):
    """A server that leaves signals to the worker."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: WorkerSettings) -> None:
    """Carry media until Ctrl-C or SIGTERM. Raises `OSError` when a port is taken."""
    uvloop.run(_serve(settings))


async def _serve(settings: WorkerSettings) -> None:
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
    config = uvicorn.Config(
        Control(forwarder, settings.control_key).app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)

    def stop() -> None:
        server.should_exit = True
        forwarder.events.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    gc.collect()
    gc.freeze()  # what stands now stands for good
    log.info("media worker %s: UDP port %d, control at %s", settings.node, forwarder.port.number, url)
    try:
        await server.serve(sockets=[control])
    finally:
        await forwarder.stop()
