"""Join credentials and join sessions, both derived from the server's key, so that nothing secret is stored.

A *credential* is HMAC-SHA256(key, link, version). It can be sent again and printed again, because it is
computed, and it is revoked by raising the link's version. It travels in a URL's fragment, which no server,
log or mail scanner sees, and is redeemed by POST.

A *join token* is HMAC-SHA256(key, link, version, device): the same device that redeems the same credential
any number of times, at the same moment even, holds one join session. The device's secret is a random value
that its browser keeps; another device cannot compute the token, nor be given it.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

from court_link.domain.errors import FieldError, Invalid, NotFound

#: A join token begins so: it is told from an API token without a look into the database.
TOKEN_PREFIX = "clj_"
DEVICE_LENGTHS = range(22, 129)  # at least 128 bits in base64


class BadCredential(NotFound):
    """This link does not work. It may have been replaced by a newer one. Ask the court for a new link."""


class BadDevice(Invalid):
    """This browser did not say which device it is. Reload the page and try again."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a credential says once its seal is found true; whether the version still stands is the store's."""

    link_id: UUID
    version: int


class Keys:
    """Seals with one server key, a different derived key for each purpose."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def credential(self, link_id: UUID, version: int) -> str:
        """The text after `/join#`."""
        body = link_id.bytes + version.to_bytes(4, "big")
        return _text(body + self._seal(b"credential", body))

    def read(self, credential: str) -> Redeemed:
        """What a credential stands for. Raises BadCredential for anything that this key did not seal."""
        try:
            raw = urlsafe_b64decode(credential + "=" * (-len(credential) % 4))
        except ValueError:
            raise BadCredential from None
        body, seal = raw[:20], raw[20:]
        # Base64 has spare bits: only the one text that was issued is taken.
        if not hmac.compare_digest(seal, self._seal(b"credential", body)) or _text(raw) != credential:
            raise BadCredential
        return Redeemed(UUID(bytes=body[:16]), int.from_bytes(body[16:], "big"))

    def token(self, link_id: UUID, version: int, device: str) -> str:
        """The bearer of the one join session of this device, link and version. Raises BadDevice."""
        if len(device) not in DEVICE_LENGTHS or not device.isascii():
            raise BadDevice(errors=[FieldError("device", (BadDevice.__doc__ or "").strip())])
        body = link_id.bytes + version.to_bytes(4, "big") + device.encode()
        return TOKEN_PREFIX + _text(self._seal(b"token", body))

    def _seal(self, purpose: bytes, body: bytes) -> bytes:
        key = hmac.digest(self._secret, b"court-link join " + purpose, "sha256")
        return hmac.digest(key, body, "sha256")


def digest(secret: str) -> str:
    """What is stored of a token or a device's secret; both have too many random bits to need a salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
