"""Special measures and other help with taking part, as data of a hearing: screens, an intermediary.

The measures are those of the Youth Justice and Criminal Evidence Act 1999, ss.23 to 30; the presence of an
interpreter is not one of them, and courts write it down beside them. A list names a measure, a person of the
court says for whom. They are told to the hearing's own court alone, and to the public never.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

#: How many a hearing may have, and how long the name of whom one is for.
MOST, LONGEST_NAME = 20, 200


class Help(StrEnum):
    """What is arranged for somebody, with its section of the Act."""

    SCREENS = "screens"  # s.23: the witness and the accused do not see each other
    LIVE_LINK = "live_link"  # s.24
    IN_PRIVATE = "in_private"  # s.25
    NO_WIGS = "no_wigs"  # s.26
    RECORDED = "recorded"  # ss.27 and 28
    INTERMEDIARY = "intermediary"  # s.29
    AIDS = "aids"  # s.30
    INTERPRETER = "interpreter"


#: What each is called on pages.
NAMES: Mapping[Help, str] = {
    Help.SCREENS: "Screens",
    Help.LIVE_LINK: "Evidence by live link",
    Help.IN_PRIVATE: "Evidence in private",
    Help.NO_WIGS: "Wigs and gowns removed",
    Help.RECORDED: "Recorded evidence",
    Help.INTERMEDIARY: "Intermediary",
    Help.AIDS: "Aids to communication",
    Help.INTERPRETER: "Interpreter present",
}

#: What of a free note names a measure. That people attend by video is told by the list's channels.
_NOTED: Mapping[Help, re.Pattern[str]] = {
    Help.SCREENS: re.compile(r"\bscreens\b(?! (off|shot))|\bscreened from\b", re.IGNORECASE),
    Help.LIVE_LINK: re.compile(r"\bevidence (by|via|over) (live[- ]?|video ?)link\b", re.IGNORECASE),
    Help.RECORDED: re.compile(r"\b(section|s\.?) ?(27|28)\b|\bABE\b"),
    Help.INTERMEDIARY: re.compile(r"\bintermediary\b", re.IGNORECASE),
    Help.INTERPRETER: re.compile(r"\binterpreter\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing arranged, and for whom; `whom` is empty while a list has only named it. Personal."""

    help: Help
    whom: str = ""

    @property
    def words(self) -> str:
        """ "Screens for Alex Example"."""
        return f"{NAMES[self.help]} for {self.whom}" if self.whom else NAMES[self.help]


def documents(measures: Iterable[Measure]) -> list[dict[str, str]]:
    """As JSON; `read` is its inverse."""
    return [{"help": each.help.value, "whom": each.whom} for each in measures]


def read(documents: Iterable[Mapping[str, str]]) -> tuple[Measure, ...]:
    return tuple(Measure(Help(each["help"]), each["whom"]) for each in documents)


def typed(line: str) -> Measure | None:
    """ "Screens: Alex Example", or a measure alone; None when the words before the colon are none."""
    words, _, whom = (part.strip() for part in line.partition(":"))
    known = {name.casefold(): each for each, name in NAMES.items()} | {each.value: each for each in Help}
    found = known.get(words.casefold())
    return Measure(found, whom) if found else None


def named_in(note: str) -> tuple[Help, ...]:
    """What a list's free note names; of whom it says that, nothing is kept."""
    return tuple(each for each, pattern in _NOTED.items() if pattern.search(note))


def with_named(standing: Sequence[Measure], named: Iterable[Help]) -> tuple[Measure, ...]:
    """What stands, and what a list names that is not there for anybody yet: a list never takes one away."""
    known = {each.help for each in standing}
    return (*standing, *(Measure(each) for each in dict.fromkeys(named) if each not in known))
