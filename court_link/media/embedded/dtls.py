"""DTLS-SRTP (RFC 5764) with aiortc's transport, over a port that it does not own.

aiortc does the handshake and derives the keys; from then on the worker uses the SRTP sessions directly.
Private attributes of aiortc and pylibsrtp are used here and nowhere else; `tests/media/embedded/test_seam.py`
fails when an upgrade changes them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from pylibsrtp import Policy, Session, _binding

from court_link.media.embedded.offer import Fingerprint

srtp: Any = _binding.lib
ffi: Any = _binding.ffi

REPLAY_WINDOW = 128
WAITING = 32  # handshake datagrams that may wait to be read


class Pipe:
    """What `RTCDtlsTransport` needs of an ICE transport: datagrams in, datagrams out."""

    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out = send
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)

    def deliver(self, datagram: bytes) -> None:
        """A DTLS record from the peer; dropped when too many wait."""
        if not self._waiting.full():
            self._waiting.put_nowait(datagram)

    def close(self) -> None:
        """Nothing more will come."""
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def _recv(self) -> bytes:
        datagram = await self._waiting.get()
        if datagram is None:
            raise ConnectionError
        return datagram

    async def _send(self, data: bytes) -> None:
        self._out(data)


class Handshake(RTCDtlsTransport):
    """aiortc's transport as the passive end, with a replay window that fits media."""

    def __init__(self, pipe: Pipe, certificate: RTCCertificate) -> None:
        super().__init__(pipe, [certificate])  # type: ignore[arg-type]
        self._set_role("server")

    async def keys(self, fingerprints: tuple[Fingerprint, ...]) -> tuple[Any, Any]:
        """Complete the handshake; libsrtp's contexts for receiving and for sending.

        Raises `ConnectionError` when the peer is not the one of the offer or goes away.
        """
        await self.start(
            RTCDtlsParameters([RTCDtlsFingerprint(item.algorithm, item.value) for item in fingerprints])
        )
        if self.state != "connected":
            raise ConnectionError(f"DTLS ended as {self.state}")
        return self._rx_srtp._srtp[0], self._tx_srtp._srtp[0]

    def _setup_srtp(self) -> None:
        super()._setup_srtp()
        if self._ssl is None:
            return
        chosen = self._ssl.get_selected_srtp_profile()
        profile = next((item for item in self._srtp_profiles if item.openssl_profile == chosen), None)
        if profile is None:
            return
        material = self._ssl.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        for index, direction in enumerate((Policy.SSRC_ANY_INBOUND, Policy.SSRC_ANY_OUTBOUND)):
            policy = Policy(
                key=profile.get_key_and_salt(material, index),
                ssrc_type=direction,
                srtp_profile=profile.libsrtp_profile,
            )
            policy.window_size = REPLAY_WINDOW
            # Outgoing packets are sent again when asked for; incoming ones never count twice.
            policy.allow_repeat_tx = direction == Policy.SSRC_ANY_OUTBOUND
            session = Session(policy)
            if index == 0:
                self._rx_srtp = session
            else:
                self._tx_srtp = session
