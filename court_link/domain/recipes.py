"""What each type of hearing usually takes: minutes, time around it, who takes part. Requirements as data.

The types are those of the Crown Court as published, and the magistrates' own with one county's medians
(`hearing-types.json` and `hearing-recipes.toml` in `court_link/data`; of a name that both know, the
magistrates' stands). All figures are assumptions: a court's own come before them (`scheduling.practice`).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from uuid import UUID

from court_link.domain.places import PersonKind
from court_link.domain.requirements import Needs, Place
from court_link.domain.roles import Part

#: Consecutive interpreting says everything twice: an estimate grows by half. An assumption of this service.
CONSECUTIVE_FACTOR = 1.5

#: Who must take part when a defendant is under 18, in person or by link.
YOUTH_PARTS = (Part.APPROPRIATE_ADULT, Part.YOUTH_OFFENDING_TEAM)

#: The part that each kind of bookable person takes by a link of their own. A named judge sits with the bench.
PART_OF: Mapping[PersonKind, Part] = {
    PersonKind.OFFICER: Part.OFFICER,
    PersonKind.ADVOCATE: Part.ADVOCATE,
    PersonKind.PROSECUTOR: Part.PROSECUTOR,
    PersonKind.INTERPRETER: Part.INTERPRETER,
    PersonKind.PROBATION: Part.PROBATION,
    PersonKind.YOUTH_OFFENDING_TEAM: Part.YOUTH_OFFENDING_TEAM,
    PersonKind.APPROPRIATE_ADULT: Part.APPROPRIATE_ADULT,
}

#: What each part is called in the middle of a sentence.
NAMES: Mapping[Part, str] = {part: part.value.replace("_", " ") for part in Part}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One type of hearing. `minutes` is None where somebody must estimate: a trial has no usual length.

    Times are in minutes and stand around the hearing in the custody room. `parts` are those expected besides
    the bench and the defendant. `first` is the first appearance after charge. `business` are the business
    types whose sessions hear it; none is any.
    """

    name: str
    welsh: str = ""
    minutes: int | None = None
    consultation: int = 15
    afterwards: int = 0
    turnaround: int = 10
    parts: tuple[Part, ...] = ()
    trial: bool = False
    first: bool = False
    business: tuple[str, ...] = ()


def recipe(hearing_type: str) -> Recipe:
    """The recipe of a hearing type, by its code or name in any case; a plain one for a type nobody knows."""
    name = hearing_type.strip()
    known = _every().get(name.casefold())
    return known or Recipe(name, trial=_sounds_like_a_trial(name), parts=_ADVOCATES)


def usual_minutes(hearing_type: str) -> int | None:
    """The service's own estimate for a type, or None where somebody must make one."""
    return recipe(hearing_type).minutes


def types() -> tuple[Recipe, ...]:
    """Every type that has a recipe, each name once, the magistrates' first."""
    by_name: dict[str, Recipe] = {}
    for made in _every().values():
        by_name.setdefault(made.name, made)
    return tuple(by_name.values())


def lengthened(minutes: int) -> int:
    """An estimate when an interpreter works consecutively, rounded up to five minutes."""
    return -(-int(minutes * CONSECUTIVE_FACTOR) // 5) * 5


def taking_part(needs: Needs, places: Mapping[UUID, Place]) -> frozenset[Part]:
    """The parts that somebody takes: by a custody room, by name, or by a link for nobody named yet."""
    kinds = [places[each].person for each in needs.attending if each in places]
    people = {part for kind, part in PART_OF.items() if kind in kinds}
    return frozenset({Part.BENCH, *needs.parts, *people, *([Part.DEFENDANT] if needs.custody else [])})


_ADVOCATES = (Part.ADVOCATE, Part.PROSECUTOR)
_CROWN = ("CRC", "VTR")
#: Hearings about a trial that are none: "Pre-Trial Review", "Plea & Trial Preparation".
_ABOUT_A_TRIAL = re.compile(r"pre-?trial|trial (preparation|review|readiness)|for trial", re.IGNORECASE)


def _sounds_like_a_trial(name: str) -> bool:
    return bool(re.search(r"\btrial\b", name, re.IGNORECASE)) and not _ABOUT_A_TRIAL.search(name)


@cache
def _every() -> Mapping[str, Recipe]:
    """By code, name and other names in lower case."""
    folder = resources.files("court_link") / "data"
    found: dict[str, Recipe] = {}
    for row in tomllib.loads((folder / "hearing-recipes.toml").read_text("utf-8"))["type"]:
        others = row.pop("also", [])
        business = tuple(row.pop("business", ()))
        made = Recipe(**row | {"parts": tuple(map(Part, row["parts"])), "business": business})
        for name in (made.name, *others):
            found[name.casefold()] = made
    for row in json.loads((folder / "hearing-types.json").read_text("utf-8"))["hearingTypes"]:
        # The exhibit rows repeat a code, or carry a Welsh name that is not of the hearing.
        welsh = "" if "exhibitHearingCode" in row else row["welshHearingDescription"]
        made = _crown(row["hearingDescription"], welsh, row["defaultDurationMin"])
        found.setdefault(row["hearingDescription"].casefold(), made)
        found.setdefault(row["hearingCode"].casefold(), made)
    return found


def _crown(name: str, welsh: str, minutes: int) -> Recipe:
    """A Crown Court type as published; 0 minutes is none, and its trials are those without."""
    parts = (*_ADVOCATES, Part.PROBATION) if "sentence" in name.casefold() else _ADVOCATES
    return Recipe(name, welsh, minutes or None, parts=parts, trial=not minutes, business=_CROWN)
