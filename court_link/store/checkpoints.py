"""Signed marks of how far the audit chain had come, kept in a file outside the database.

Whoever can rewrite the whole database can also rewrite the whole chain; they cannot then make it agree with
these lines, unless they have the server's secret as well. One JSON object a line, appended, never changed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from court_link.domain.events import canonical


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """At `at` (ISO 8601, UTC) the newest sealed event was `seq`, and its hash `hash`."""

    seq: int
    hash: str
    at: str


class CheckpointForged(Exception):
    """A line of the checkpoints' file does not carry this server's signature."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} of the checkpoints is not one that this server wrote")
        self.line = line


def append(file: Path, secret: str, point: Checkpoint) -> None:
    """Write one more line, durably."""
    line = canonical({**asdict(point), "signature": _signature(secret, point)}) + b"\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(file: Path, secret: str) -> list[Checkpoint]:
    """Every checkpoint, oldest first; none when there is no file. Raises CheckpointForged."""
    if not file.exists():
        return []
    points = []
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            said = json.loads(line)
            point = Checkpoint(int(said["seq"]), str(said["hash"]), str(said["at"]))
            signature = str(said["signature"])
        except (ValueError, KeyError, TypeError):
            raise CheckpointForged(number) from None
        if not hmac.compare_digest(signature.encode(), _signature(secret, point).encode()):
            raise CheckpointForged(number)
        points.append(point)
    return points


def _signature(secret: str, point: Checkpoint) -> str:
    key = hmac.digest(secret.encode(), b"court-link audit checkpoints", hashlib.sha256)
    return hmac.new(key, canonical(asdict(point)), hashlib.sha256).hexdigest()
