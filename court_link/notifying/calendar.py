"""One appointment as an iCalendar file (RFC 5545), in words that say nothing of a case to an onlooker."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from court_link.domain.times import Interval

MEDIA_TYPE = "text/calendar; charset=utf-8"
_SUMMARY = "Court by video"
_DESCRIPTION = "Sign in to Court Link to join. The lobby opens 30 minutes before."
#: Octets of a line before it is folded (RFC 5545, 3.1).
_LINE = 75


def appointment(uid: UUID, slot: Interval, where: str, version: int, made_at: datetime) -> str:
    """The file. The same `uid` with a higher `version` replaces what a calendar holds already."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Court Link//Court Link//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{uid}@court-link",
        f"SEQUENCE:{version}",
        f"DTSTAMP:{_utc(made_at)}",
        f"DTSTART:{_utc(slot.start)}",
        f"DTEND:{_utc(slot.end)}",
        f"SUMMARY:{_SUMMARY}",
        f"DESCRIPTION:{_DESCRIPTION}",
        f"LOCATION:{_text(where)}",
        "CLASS:PRIVATE",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_SUMMARY}",
        "TRIGGER:-PT30M",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    """A TEXT value (RFC 5545, 3.3.11)."""
    escaped = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return " ".join(escaped.split())


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets, never within a character."""
    pieces: list[str] = []
    piece = ""
    for symbol in line:
        if len((piece + symbol).encode()) > _LINE - (1 if pieces else 0):
            pieces.append(piece)
            piece = ""
        piece += symbol
    return "\r\n ".join([*pieces, piece])
