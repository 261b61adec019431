"""Appointments as an iCalendar file (RFC 5545), in words that say nothing of a case to an onlooker.

One file or a feed that a calendar asks for again: the same lines. An appointment keeps its UID, and a higher
`version` (SEQUENCE) replaces what a calendar holds of it already. Times are UTC, which needs no VTIMEZONE.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from court_link.domain.times import Interval

MEDIA_TYPE = "text/calendar; charset=utf-8"
#: How often a calendar is asked to come back (RFC 7986, 5.7); the older name is what many of them read.
_REFRESH = "PT15M"
_DESCRIPTION = "Sign in to Court Link to join. The lobby opens 30 minutes before."
#: Octets of a line before it is folded (RFC 5545, 3.1).
_LINE = 75


@dataclass(frozen=True, slots=True)
class Appointment:
    """One hearing in somebody's or some room's calendar. `changed_at` is when it was last changed.

    `remind` is for somebody's own: half an hour before, when the lobby opens.
    """

    uid: UUID
    slot: Interval
    where: str
    version: int
    changed_at: datetime
    summary: str = "Court by video"
    cancelled: bool = False
    remind: bool = False


def written(appointments: Iterable[Appointment], name: str = "") -> str:
    """The file; `name` is what a calendar calls a feed."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Court Link//Court Link//EN", "METHOD:PUBLISH"]
    if name:
        lines += [
            f"NAME:{_text(name)}",
            f"X-WR-CALNAME:{_text(name)}",
            f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH}",
            f"X-PUBLISHED-TTL:{_REFRESH}",
        ]
    for appointment in appointments:
        lines += _event(appointment)
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCALENDAR"))


def _event(of: Appointment) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{of.uid}@court-link"
    yield f"SEQUENCE:{of.version}"
    yield f"DTSTAMP:{_utc(of.changed_at)}"
    yield f"LAST-MODIFIED:{_utc(of.changed_at)}"
    yield f"DTSTART:{_utc(of.slot.start)}"
    yield f"DTEND:{_utc(of.slot.end)}"
    yield f"SUMMARY:{_text(of.summary)}"
    yield f"LOCATION:{_text(of.where)}"
    yield f"STATUS:{'CANCELLED' if of.cancelled else 'CONFIRMED'}"
    yield "CLASS:PRIVATE"
    if of.remind and not of.cancelled:
        yield f"DESCRIPTION:{_text(_DESCRIPTION)}"
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"DESCRIPTION:{_text(of.summary)}"
        yield "TRIGGER:-PT30M"
        yield "END:VALARM"
    yield "END:VEVENT"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    """A TEXT value (RFC 5545, 3.3.11); every control character and line break becomes a space."""
    plain = "".join(sign if sign.isprintable() else " " for sign in words)
    escaped = plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return " ".join(escaped.split())


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets, never within a character."""
    pieces: list[str] = []
    piece = ""
    room = _LINE
    for symbol in line:
        octets = len(symbol.encode())
        if octets > room:
            pieces.append(piece)
            piece, room = "", _LINE - 1
        piece += symbol
        room -= octets
    return "\r\n ".join([*pieces, piece])
