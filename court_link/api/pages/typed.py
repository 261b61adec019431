"""What a person typed into a form, read as what it means, every fault gathered for the error summary."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from starlette.datastructures import FormData, QueryParams

from court_link.domain.errors import FieldError, Invalid

E = TypeVar("E", bound=StrEnum)

_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)


@dataclass(slots=True)
class Typed:
    """One form. Each reader answers the value, or the default after noting what is wrong with the field."""

    form: FormData | QueryParams
    errors: list[FieldError] = field(default_factory=list)

    def text(self, name: str) -> str:
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def ticked(self, name: str) -> bool:
        return bool(self.text(name))

    def lines(self, name: str) -> list[str]:
        return [line.strip() for line in self.text(name).splitlines() if line.strip()]

    def day(self, name: str, default: date) -> date:
        """23/11/2026 as typed or picked, or 2026-11-23 as in our own addresses."""
        return day_of(self.text(name)) or self._wrong(name, "Enter a day, like 23/11/2026.", default)

    def clock(self, name: str, default: time) -> time:
        """10:15, 10.15am, 2pm."""
        text = self.text(name)
        if not text:
            return default
        return clock_of(text) or self._wrong(name, "Enter a time, like 10:15am or 14:15.", default)

    def whole(self, name: str, default: int, said: str) -> int:
        text = self.text(name)
        if not text:
            return default
        return int(text) if re.fullmatch(r"\d{1,6}", text) else self._wrong(name, said, default)

    def id(self, name: str) -> UUID | None:
        found = self.ids(name)
        return found[0] if found else None

    def ids(self, name: str) -> list[UUID]:
        """Every id chosen under a name, in order, each once; an empty choice is none."""
        given = [each for each in self.form.getlist(name) if isinstance(each, str) and each]
        try:
            return list(dict.fromkeys(UUID(each) for each in given))
        except ValueError:
            return self._wrong(name, "Choose one of these.", [])

    def moment(self, name: str) -> datetime | None:
        """A moment that a form of ours holds."""
        try:
            at = datetime.fromisoformat(self.text(name))
        except ValueError:
            return self._wrong(name, "Choose a time.", None)
        return at if at.tzinfo else self._wrong(name, "Choose a time.", None)

    def one_of(self, name: str, words: type[E], said: str, default: E) -> E:
        text = self.text(name)
        return words(text) if text in set(words) else self._wrong(name, said, default)

    def check(self) -> None:
        """Raises Invalid with everything that was wrong."""
        if self.errors:
            raise Invalid(errors=self.errors)

    def _wrong(self, name: str, message: str, default: T) -> T:
        self.errors.append(FieldError(name, message))
        return default


T = TypeVar("T")


def day_of(text: str) -> date | None:
    """A day as typed, or None when it is none."""
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    return None


def clock_of(text: str) -> time | None:
    """A wall-clock time as typed, or None when it is none."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return {"midday": time(12), "midnight": time(0)}.get(text.strip().lower())
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    return time(hour, minute) if hour < 24 and minute < 60 else None


def typed_day(when: date) -> str:
    """A day as the date field shows it."""
    return when.strftime("%d/%m/%Y")
