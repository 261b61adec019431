"""A real relay for the tests: coturn, run as `deploy/turnserver` runs it, on the loopback."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aioice import stun, turn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from court_link.media.turn import password
from tests.media.rig import free_port

TURNSERVER = Path(__file__).parents[2] / "deploy" / "turnserver"
SECRET = "a secret that the relay and the service share"
HOST = "127.0.0.1"


@dataclass
class Relay:
    """A running relay. `port` is of UDP and TCP, `tls_port` of TLS."""

    process: subprocess.Popen[bytes]
    port: int
    tls_port: int
    certificate: Path

    @property
    def urls(self) -> tuple[str, ...]:
        return (
            f"turn:{HOST}:{self.port}?transport=udp",
            f"turn:{HOST}:{self.port}?transport=tcp",
            f"turns:{HOST}:{self.tls_port}?transport=tcp",
        )

    async def allocate(self, username: str, credential: str, over: str = "udp") -> Allocation:
        """An allocation by aioice's client over "udp", "tcp" or "tls". Raises stun.TransactionFailed."""
        trust: Any = False
        if over == "tls":
            trust = ssl.create_default_context(cafile=str(self.certificate))
        transport, allocation = await turn.create_turn_endpoint(
            Allocation,
            server_addr=(HOST, self.tls_port if over == "tls" else self.port),
            username=username,
            password=credential,
            ssl=trust,
            transport="udp" if over == "udp" else "tcp",
        )
        assert isinstance(allocation, Allocation)
        allocation.transport = transport
        return allocation


class Allocation(asyncio.DatagramProtocol):
    """What one client has on the relay; `heard` are the datagrams that came through it."""

    transport: Any

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.put_nowait(data)

    async def bind(self, host: str, port: int) -> None:
        """Ask the relay for a channel to this peer. Raises stun.TransactionFailed."""
        await self.transport._TurnTransport__inner_protocol.send_data(b"", (host, port))

    async def check(self, answer: str, port: int, within: float) -> stun.Message | None:
        """Send connectivity checks of a session through the relay until one is answered; None if none is."""
        named = dict(
            line[2:].split(":")
            for line in answer.splitlines()
            if line.startswith(("a=ice-ufrag", "a=ice-pwd"))
        )
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
            request.attributes |= {"USERNAME": f"{named['ice-ufrag']}:relayed", "PRIORITY": 1}
            request.attributes |= {"ICE-CONTROLLING": 1, "USE-CANDIDATE": None}
            request.add_message_integrity(named["ice-pwd"].encode())
            self.transport.sendto(bytes(request), (HOST, port))
            try:
                async with asyncio.timeout(0.2):
                    return stun.parse_message(await self.heard.get())
            except TimeoutError:
                continue
        return None


def credentials(link: object, lasts: float = 60) -> tuple[str, str]:
    """A name and its password, as the service makes them, that expire in so many seconds."""
    username = f"{int(time.time() + lasts)}:{link}"
    return username, password(SECRET, username)


@contextmanager
def relay(directory: Path) -> Iterator[Relay]:
    """A relay to the loopback alone, ended by SIGTERM."""
    certificate, key = self_signed(directory)
    (directory / "secret").write_text(SECRET)
    given = {
        "TMPDIR": str(directory),
        "TURN_SECRET_FILE": str(directory / "secret"),
        "TURN_PEERS": HOST,
        "TURN_REALM": "court-link.example",
        "TURN_LISTEN": HOST,
        "TURN_PORT": str(free_port()),
        "TURN_TLS_PORT": str(free_port()),
        "TURN_CERTIFICATE": str(certificate),
        "TURN_KEY": str(key),
    }
    with (directory / "turnserver.log").open("wb") as log:
        # Loopback peers are for a machine that is all there is; production never allows them.
        process = subprocess.Popen(
            [TURNSERVER, "--allow-loopback-peers"],
            env={**os.environ, **given},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        running = Relay(process, int(given["TURN_PORT"]), int(given["TURN_TLS_PORT"]), certificate)
        try:
            for port in (running.port, running.tls_port):
                _until_listening(process, port)
            yield running
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        assert process.poll() is None, "the relay ended at once"
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "the relay did not start"
            time.sleep(0.05)
        else:
            return


def self_signed(directory: Path) -> tuple[Path, Path]:
    """A certificate of the loopback's own, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.court-link.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = directory / "certificate.pem", directory / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private
