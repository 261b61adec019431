"""Hard dates: the day by which a person in custody must be before the court. Nothing later is ever offered.

Three rules, each with its own source; the law changes, so they are said here and nowhere else. Two of them
are days of the calendar and are asked of `limit`. The third, the first available sitting, depends on what is
free: the search finds it, and `first_sitting_only` says whether it binds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from court_link.domain import wording


class HardRule(StrEnum):
    """Which rule makes a date hard."""

    FIRST_SITTING = "first_sitting"
    REMAND = "remand"
    CUSTODY_LIMIT = "custody_limit"


#: Where each rule stands.
SOURCES = {
    HardRule.FIRST_SITTING: "Police and Criminal Evidence Act 1984 section 46",
    HardRule.REMAND: "Magistrates' Courts Act 1980 sections 128 and 128A",
    HardRule.CUSTODY_LIMIT: "Prosecution of Offences Act 1985 section 22",
}
FIRST_SITTING = (
    "A person charged and detained appears no later than the first available sitting"
    f" ({SOURCES[HardRule.FIRST_SITTING]})."
)


class Dated(Protocol):
    """The facts of a hearing that hard dates follow from."""

    @property
    def detained(self) -> bool: ...

    @property
    def remand_expires(self) -> date | None: ...

    @property
    def custody_limit(self) -> date | None: ...

    @property
    def group_day(self) -> int: ...


@dataclass(frozen=True, slots=True)
class HardDate:
    """The last day on which a hearing may be heard, by which rule, and the sentence that staff read."""

    day: date
    rule: HardRule
    sentence: str

    @property
    def refusal(self) -> str:
        """Why a later time cannot be had, as the end of a sentence about it."""
        return f"is after {_SAID[self.rule]} on {wording.short_day(self.day)} ({SOURCES[self.rule]})"


_SAID = {
    HardRule.REMAND: "the remand in custody expires",
    HardRule.CUSTODY_LIMIT: "the custody time limit runs out",
}


def limit(of: Dated, today: date) -> HardDate | None:
    """The earliest hard date of a hearing, or None when it has none. One that has passed is answered too.

    The day itself is still in time: a remand is to it, and a limit expires at its end. A custody time limit
    runs to the start of the trial, so only the first of the days of one hearing is bound by it.
    """
    dates = [(of.remand_expires, HardRule.REMAND)]
    if of.group_day <= 1:
        dates.append((of.custody_limit, HardRule.CUSTODY_LIMIT))
    bound = [(day, rule) for day, rule in dates if day is not None]
    if not bound:
        return None
    day, rule = min(bound, key=lambda each: each[0])
    if day < today:
        sentence = f"This hearing is out of time: {_SAID[rule]} on {wording.day(day)}"
    else:
        sentence = f"This hearing must be on or before {wording.day(day)}, when {_SAID[rule]}"
    return HardDate(day, rule, f"{sentence} ({SOURCES[rule]}).")


def first_sitting_only(of: Dated, *, asked: bool = False) -> bool:
    """Whether only the first available sitting will do: a defendant is charged and detained.

    `asked` is what was said of the needs; it can add to what is known of the hearing and never take away.
    """
    return of.detained or asked


def none_left(of: Dated, today: date, *, asked: bool = False) -> str:
    """What staff are told when no sitting is left for a hearing with a hard date; "" when it has none."""
    bound = limit(of, today)
    if first_sitting_only(of, asked=asked):
        return "No sitting is left for this hearing. Tell the custody officer, who must tell the court."
    if bound is None:
        return ""
    when = "in time" if bound.day < today else f"by {wording.short_day(bound.day)}"
    return f"No sitting is left for this hearing {when}, when {_SAID[bound.rule]}. Tell the court today."
