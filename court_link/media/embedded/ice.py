"""ICE-lite (RFC 8445, 2.5): answer authenticated connectivity checks, send none, ignore remote candidates.

The worker has a reachable address, so there is nothing to gather and nothing that a client could aim at an
inner host: media goes only to an address from which a check with the right password came.
"""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass

from aioice import stun

SMALLEST = 20
LARGEST = 548
MOST_ATTRIBUTES = 16
COOKIE = b"\x21\x12\xa4\x42"
USERNAME = 0x0006


@dataclass(frozen=True, slots=True)
class Credentials:
    """One ICE name and password of the worker; long names let one port serve everybody (RFC 8839, 5.4)."""

    ufrag: str
    password: str

    @classmethod
    def fresh(cls) -> Credentials:
        return cls(secrets.token_hex(8), secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class Check:
    """A connectivity check whose sender has not yet shown the password."""

    message: stun.Message
    nominates: bool

    def proves(self, credentials: Credentials) -> bool:
        """Whether the sender knows the password."""
        return self.message.check_message_integrity(credentials.password.encode())

    def answer(self, credentials: Credentials, address: tuple[str, int]) -> bytes:
        """The success response: the sender's own address, signed."""
        response = stun.Message(
            stun.Method.BINDING,
            stun.Class.RESPONSE,
            transaction_id=self.message.transaction_id,
            attributes={"XOR-MAPPED-ADDRESS": address},
        )
        response.add_message_integrity(credentials.password.encode())
        return bytes(response)


def named(packet: memoryview, length: int) -> bytes | None:
    """Whom a connectivity check is for: the worker's name in it (RFC 8445, 7.2.2), and nothing else is read.

    None for whatever is not a well-formed request as far as that.
    """
    if (
        not SMALLEST <= length <= LARGEST
        or packet[0]
        or packet[1] != stun.Method.BINDING
        or packet[2] << 8 | packet[3] != length - SMALLEST
        or packet[4:8] != COOKIE
    ):
        return None
    at = SMALLEST
    for _ in range(MOST_ATTRIBUTES):
        if at + 4 > length:
            return None
        kind, size = packet[at] << 8 | packet[at + 1], packet[at + 2] << 8 | packet[at + 3]
        at += 4
        if kind == USERNAME:
            name, separator, _ = bytes(packet[at : at + size]).partition(b":")
            return name if separator and at + size <= length else None
        at += (size + 3) & ~3
    return None


def read(datagram: bytes) -> Check | None:
    """The check in a datagram, or None for anything else, malformed included."""
    if not SMALLEST <= len(datagram) <= LARGEST:
        return None
    try:
        message = stun.parse_message(datagram)
    except (ValueError, struct.error):  # a short PRIORITY raises struct.error
        return None
    if message.message_method != stun.Method.BINDING or message.message_class != stun.Class.REQUEST:
        return None
    if "MESSAGE-INTEGRITY" not in message.attributes:
        return None
    return Check(message, "USE-CANDIDATE" in message.attributes)
