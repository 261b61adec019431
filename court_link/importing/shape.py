"""Reading a tree of JSON by name and kind; what does not fit is a fault at its path, and reading goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from court_link.domain.errors import Invalid
from court_link.domain.times import from_london
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

    def items(self, name: str, *, required: bool = False) -> Iterator[tuple[Path, Any]]:
        """What stands in the array under `name`, each with its path."""
        for index, item in enumerate(self._get(name, list, required) or []):
            yield (*self.path, name, index), item

    def children(self, name: str, *, required: bool = False) -> Iterator[Node]:
        """The objects of the array under `name`."""
        for path, item in self.items(name, required=required):
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

    def texts(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        """The texts of the array under `name`, without the empty ones."""
        found = []
        for path, item in self.items(name, required=required):
            if isinstance(item, str):
                found.append(tidy(item))
            else:
                self.faults.add(path, "This must be text.")
        return tuple(filter(None, found))

    def choice(self, name: str, among: Sequence[str], *, required: bool = False) -> str:
        """The text under `name`, when it is one of these; empty when it is missing."""
        value = self.text(name, required=required)
        if value and value not in among:
            self.faults.add((*self.path, name), f"This must be one of: {', '.join(among)}.")
            return ""
        return value

    def flag(self, name: str) -> bool:
        return bool(self._get(name, bool, required=False))

    def whole(self, name: str, *, required: bool = False) -> int | None:
        """The whole number under `name`; JSON writes 20 and 20.0 alike."""
        value = self.value.get(name)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        number: int | None = self._get(name, int, required)
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

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A calendar day such as `1990-01-31`."""
        return self._day(name, "%Y-%m-%d", "1990-01-31", required)

    def written_day(self, name: str, *, required: bool = False) -> date | None:
        """A calendar day as people write it, such as `31/01/1990`."""
        return self._day(name, "%d/%m/%Y", "31/01/1990", required)

    def clock(self, name: str, *, required: bool = False) -> time | None:
        """A time of day with no offset, such as `10:30` or `10:30:00`."""
        text = self._get(name, str, required)
        if text is None:
            return None
        try:
            if len(text) not in {5, 8} or not (text.isascii() and text.replace(":", "").isdigit()):
                raise ValueError(text)
            return time.fromisoformat(text)
        except ValueError:
            self.faults.add((*self.path, name), "This must be a real time of day, such as 10:30.")
            return None

    def london(self, name: str, day: date | None, clock: time | None) -> datetime | None:
        """The instant of a London wall clock, which was read from `name`.

        A time that the clocks skip, or show twice, on that day is a fault: the file does not say which.
        """
        if day is None or clock is None:
            return None
        try:
            return from_london(day, clock)
        except Invalid as error:
            self.faults.add((*self.path, name), error.message)
            return None

    def _day(self, name: str, form: str, example: str, required: bool) -> date | None:
        text = self._get(name, str, required)
        if text is None:
            return None
        try:
            if len(text) != 10 or not text.isascii():
                raise ValueError(text)
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.faults.add((*self.path, name), f"This must be a real date, such as {example}.")
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
