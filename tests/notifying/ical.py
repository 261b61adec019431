"""A reader of iCalendar (RFC 5545) for tests, which knows nothing of the writer."""

from __future__ import annotations

import re


def lines(text: str) -> list[str]:
    """The content lines, unfolded (3.1). Every one ends with CRLF."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return re.sub(r"\r\n[ \t]", "", text).split("\r\n")[:-1]


def events(text: str) -> list[dict[str, str]]:
    """The properties of each event, its alarms left out."""
    found: list[dict[str, str]] = []
    inside: list[str] = []
    for line in lines(text):
        name, _, value = line.partition(":")
        if name == "BEGIN":
            inside.append(value)
            if value == "VEVENT":
                found.append({})
        elif name == "END":
            assert inside.pop() == value
        elif inside[-1] == "VEVENT":
            assert name not in found[-1]
            found[-1][name] = _said(value)
    assert not inside
    return found


def properties(text: str) -> dict[str, str]:
    """The properties of the calendar itself."""
    before = [line for line in lines(text) if not line.startswith(("BEGIN:", "END:"))]
    return {name: _said(value) for name, _, value in (line.partition(":") for line in before)}


def _said(value: str) -> str:
    """A TEXT value as people read it (3.3.11)."""
    return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)
