"""TURN credentials: a relay for those whose network lets nothing else through (RFC 8656).

They are made as coturn's `use-auth-secret` expects: the name is `<expiry>:<link>`, the password the HMAC-SHA1
of the name under a secret that both sides share. So nothing is stored, nothing is looked up, and who holds
the secret can make them; SHA-1 is what that convention fixes, and HMAC does not rest on collisions.

A credential lasts at most five minutes. It is the same for half of that time, so that a page is told anew
only when there is something new; it is told for as long as its link is let in, and never again afterwards.
What a relay may reach is the media worker alone (`docs/turn.md`), which drops whatever comes of a session
that has ended: a removed person's allocation carries nothing from that moment on.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LASTS_S = 300
RENEWED_S = 150


@dataclass(frozen=True, slots=True)
class IceServer:
    """One entry of a browser's `iceServers`: addresses that take the same name and password until then.

    `expires_at` is in whole POSIX seconds.
    """

    urls: tuple[str, ...]
    username: str
    credential: str
    expires_at: int

    def document(self) -> dict[str, object]:
        """As `RTCIceServer` has it, and until when."""
        return {
            "urls": list(self.urls),
            "username": self.username,
            "credential": self.credential,
            "expires_at": self.expires_at,
        }

    def headers(self) -> list[str]:
        """A `Link` for each address (RFC 9725, 4.6)."""
        return [
            f'<{url}>; rel="ice-server"; username="{self.username}"; credential="{self.credential}"; '
            'credential-type="password"'
            for url in self.urls
        ]


@dataclass(frozen=True, slots=True)
class Relays:
    """The relays there are; without addresses there is none, and nobody is told of any."""

    urls: tuple[str, ...]
    secret: str

    def servers(self, link_id: UUID, now: datetime) -> tuple[IceServer, ...]:
        """What this link may use, asked at `now` by the wall's clock, which the relay reads too."""
        if not self.urls:
            return ()
        expires_at = int(now.timestamp()) // RENEWED_S * RENEWED_S + LASTS_S
        username = f"{expires_at}:{link_id}"
        return (IceServer(self.urls, username, password(self.secret, username), expires_at),)


def password(secret: str, username: str) -> str:
    """What the relay will reckon for this name."""
    return b64encode(hmac.digest(secret.encode(), username.encode(), "sha1")).decode()
