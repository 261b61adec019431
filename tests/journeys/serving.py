"""`court-link serve` with a court time that a journey can move: `python -m tests.journeys.serving FILE`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from court_link import logs
from court_link.app import create_app
from court_link.serving import server
from court_link.settings import Settings


class MovableClock:
    """Court time is real time and as many seconds more as the file says, in every process that reads it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self._file.read_text("ascii")))

    def set(self, now: datetime) -> None:
        """From now on it goes on from `now`."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str((now - datetime.now(UTC)).total_seconds()), "ascii")
        fresh.replace(self._file)  # whole or not at all, for who reads it meanwhile

    def move(self, by: timedelta) -> None:
        self.set(self.now() + by)


def main() -> None:
    settings = Settings()
    logs.configure(settings)
    server(create_app(settings, clock=MovableClock(Path(sys.argv[1]))), settings).run()


if __name__ == "__main__":
    main()
