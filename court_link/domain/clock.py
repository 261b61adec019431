"""Court time is injected, so that a journey can run a court day in a minute."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells court time. Leases, heartbeats, rate limits and tokens use real time instead."""

    def now(self) -> datetime:
        """An aware UTC datetime."""
        ...


class SetClock:
    """A clock that stands where it was set, for tests and simulations."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now
