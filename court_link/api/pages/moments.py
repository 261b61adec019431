"""Moments typed as a day and a time on the London clock, the two hours a year that bite included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from court_link.api.pages.typed import Typed
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.times import LocalTimeRepeated, from_london


def moment_of(typed: Typed, name: str, day: date, at: time) -> datetime | None:
    """The moment typed under `name` on a day; what is wrong with it is noted, and None answered.

    A time that the clocks skip is refused. One that they repeat is refused until the field `<name>_which`
    says 0 (the first, British Summer Time) or 1 (the second, Greenwich Mean Time).
    """
    clock = typed.clock(name, at)
    which = typed.text(f"{name}_which")
    try:
        return from_london(day, clock, fold=int(which) if which in {"0", "1"} else None, field=name)
    except Invalid as refused:
        typed.errors.extend(refused.errors)
        return None


def repeated(errors: Iterable[FieldError]) -> frozenset[str]:
    """The fields whose time happens twice: the form asks beside them which one is meant."""
    return frozenset(each.field for each in errors if each.message == LocalTimeRepeated.__doc__)
