"""Reading a tree of JSON by name and kind; what does not fit is a fault at its path, and reading goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from court_link.importing.faults import Faults, Path
from court_link.importing.text import LONGEST, tidy

_KINDS: dict[type, str] = {
    dict: "an object",
    list: "an array",
    str: "text",
    bool: "true or false",
    int: "a whole number",
}


@dataclass(frozen=True, slots=True)
class Node:
    """An object of the file, its path, and where faults are put."""

    value: dict[str, Any]
    path: Path
    faults: Faults

    def __contains__(self, name: str) -> bool:
        return name in self.value

    def child(self, name: str, *, required: bool = False) -> Node:
        """The object under `name`; an empty one when it is missing or of another kind."""
        return Node(self._get(name, dict, required) or {}, (*self.path, name), self.faults)

    def children(self, name: str, *, required: bool = False) -> Iterator[Node]:
        """The objects of the array under `name`."""
        for index, item in enumerate(self._get(name, list, required) or []):
            path = (*self.path, name, index)
            if isinstance(item, dict):
                yield Node(item, path, self.faults)
            else:
                self.faults.add(path, "This must be an object.")

    def text(self, name: str, *, required: bool = False, longest: int = LONGEST) -> str:
        """The text under `name`, tidied; empty when it is missing or of another kind."""
        value = self._get(name, str, required) or ""
        if len(value) > longest:
            self.faults.add((*self.path, name), f"This text is longer than {longest:,} characters.")
            return ""
        return tidy(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of the array under `name`, without the empty ones."""
        found = []
        for index, item in enumerate(self._get(name, list, required=False) or []):
            if isinstance(item, str):
                found.append(tidy(item))
            else:
                self.faults.add((*self.path, name, index), "This must be text.")
        return tuple(filter(None, found))

    def flag(self, name: str) -> bool:
        return bool(self._get(name, bool, required=False))

    def whole(self, name: str) -> int | None:
        """The whole number under `name`; JSON writes 20 and 20.0 alike."""
        value = self.value.get(name)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        number: int | None = self._get(name, int, required=False)
        return number

    def moment(self, name: str, *, required: bool = False, blank: bool = False) -> datetime | None:
        """A UTC instant such as `2026-11-23T10:00:00.123Z`."""
        text = self._get(name, str, required)
        if text is None or (blank and not text):
            return None
        try:
            return _instant(text)
        except ValueError:
            self.faults.add(
                (*self.path, name), "This must be a real UTC date and time, such as 2026-11-23T10:00:00Z."
            )
            return None

    def day(self, name: str) -> date | None:
        """A calendar day such as `1990-01-31`."""
        text = self._get(name, str, required=False)
        if text is None:
            return None
        try:
            if len(text) != 10 or "W" in text:  # Python reads week dates too
                raise ValueError(text)
            return date.fromisoformat(text)
        except ValueError:
            self.faults.add((*self.path, name), "This must be a real date, such as 1990-01-31.")
            return None

    def _get(self, name: str, kind: type, required: bool) -> Any:
        if name not in self.value:
            if required:
                self.faults.add((*self.path, name), "This is missing.")
            return None
        value = self.value[name]
        # bool is an int in Python, and not in JSON.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.faults.add((*self.path, name), f"This must be {_KINDS[kind]}.")
            return None
        return value


def _instant(text: str) -> datetime:
    whole, dot, fraction = text.removesuffix("Z").partition(".")
    if not text.endswith("Z") or len(whole) != 19 or not text.isascii():
        raise ValueError(text)
    if dot and not (fraction.isdigit() and len(fraction) <= 9):
        raise ValueError(text)
    return datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
