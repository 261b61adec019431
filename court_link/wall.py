"""Real time, as a clock: what court time is, too, outside the demonstration and tests."""

from __future__ import annotations

from datetime import UTC, datetime


class WallClock:
    """Tells the time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)
