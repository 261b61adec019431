"""PostgreSQL's sealer: one thread in every process, one of them sealing.

The one that seals holds an advisory lock for as long as its connection lives, so a process that dies gives
it up at once and no clock decides. It looks for unsealed events every few hundredths of a second: a NOTIFY
in each booking would put all their commits behind one lock. What it seals it announces by NOTIFY, which
wakes the tailers of every process.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, text

from court_link.store.sealer import newest, seal
from court_link.store.tide import Tide

CHANNEL = "court_link_sealed"
_LOCK = 0x434C5345414C  # "CLSEAL"
#: Seconds between looks of the one that seals, between tries of the others, and after a lost connection.
LOOK, TRY, RECONNECT = 0.03, 0.25, 0.5

log = logging.getLogger(__name__)


class Sealing(threading.Thread):
    """Seals when it holds the lock, and raises the tide whoever seals. Owns its engine."""

    def __init__(self, engine: Engine, tide: Tide) -> None:
        super().__init__(name="store-sealer", daemon=True)
        self._engine = engine
        self._tide = tide
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End within a moment; what is unsealed is the next sealer's."""
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._engine.connect() as connection:
                    self._serve(connection)
            except Exception as error:  # noqa: BLE001 - the feed must not end while the process lives
                log.warning("the sealer begins again: %s", type(error).__name__)
                self._stopping.wait(RECONNECT)
        self._engine.dispose()

    def _serve(self, connection: Connection) -> None:
        connection.execute(text(f"LISTEN {CHANNEL}"))
        connection.commit()
        self._tide.rise(newest(connection))  # what was announced before this connection listened
        connection.commit()
        holding = False
        while not self._stopping.is_set():
            holding = holding or _take(connection)
            while holding and _seal(connection):
                pass
            _listen(connection, self._tide, LOOK if holding else TRY)


def _take(connection: Connection) -> bool:
    taken = connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}).scalar()
    connection.commit()
    return bool(taken)


def _seal(connection: Connection) -> bool:
    """Seal what waits and announce it; False when nothing did."""
    with connection.begin():
        seq = seal(connection)
        if seq:
            connection.execute(
                text("SELECT pg_notify(:channel, :seq)"), {"channel": CHANNEL, "seq": str(seq)}
            )
    return bool(seq)


def _listen(connection: Connection, tide: Tide, seconds: float) -> None:
    """Hear announcements for `seconds`. The connection must be outside a transaction."""
    raw: Any = connection.connection.driver_connection
    try:
        raw.autocommit = True
        for notice in raw.notifies(timeout=seconds):
            tide.rise(int(notice.payload))
        raw.autocommit = False
    except psycopg.Error:
        connection.invalidate()
        raise
