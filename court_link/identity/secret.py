"""Random secrets that are shown once, and the digests that are kept of them."""

from __future__ import annotations

import hashlib
import secrets

#: An API token begins so: leak scanners know it, and other bearers cost no look into the database.
API_TOKEN_PREFIX = "clt_"


def new_secret(prefix: str = "") -> str:
    """256 random bits as URL-safe text."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a secret. It has 256 random bits, so a fast hash without salt is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
