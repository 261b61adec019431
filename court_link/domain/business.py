"""What a hearing is, as rotas divide a court's work: which business types may do it, before which panel.

A courtroom may be kept for some business types, and a session is planned for a panel. A youth court sits for
people under 18 alone, and a family court for family matters alone (Children and Young Persons Act 1933 s.45;
Magistrates' Courts Act 1980 ss.65 to 68). An adult court may hear somebody under 18, as on a Saturday
morning or when they are charged with an adult (1933 Act s.46), and never a family matter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from court_link.domain.recipes import recipe
from court_link.domain.sittings import business_types

#: What any room may be used for, and a matter by link in a session kept for those.
_ALWAYS = frozenset({"GEN", "VLT"})


class Panel(StrEnum):
    """Before whom a matter is heard, as rotas and lists write it."""

    ADULT = "ADULT"
    YOUTH = "YOUTH"
    FAMILY = "FAMILY"


class Listed(Protocol):
    """The facts of a hearing that say what it is."""

    @property
    def hearing_type(self) -> str: ...

    @property
    def panel(self) -> str: ...

    @property
    def youth(self) -> bool: ...

    @property
    def family(self) -> bool: ...


#: What a session of each panel hears; one of a panel of a court's own hears everything.
_TAKES: Mapping[str, frozenset[Panel]] = {
    Panel.ADULT: frozenset({Panel.ADULT, Panel.YOUTH}),
    Panel.YOUTH: frozenset({Panel.YOUTH}),
    Panel.FAMILY: frozenset({Panel.FAMILY}),
}
_CALLED: Mapping[str, str] = {Panel.ADULT: "an adult", Panel.YOUTH: "a youth", Panel.FAMILY: "a family"}


@dataclass(frozen=True, slots=True)
class Business:
    """What is to be heard. `codes` are the business types that may do it; none is any (an unknown type)."""

    panel: Panel = Panel.ADULT
    codes: frozenset[str] = frozenset()

    def kept_from(self, restricted_to: Collection[str]) -> bool:
        """Whether a courtroom kept for these business types is not for it."""
        return bool(restricted_to and self.codes) and self.codes.isdisjoint(restricted_to)

    def barred_by(self, panel: str) -> str:
        """Why a session of this panel is not for it, in words; empty when it is."""
        takes = _TAKES.get(panel)
        return "" if takes is None or self.panel in takes else f"sits as {_CALLED[panel]} court"


def business_of(matter: Listed) -> Business:
    """What a listed matter is: by its type, and by what its list and its court say of it."""
    panel = matter.panel.upper()
    if matter.family or panel == Panel.FAMILY:
        return Business(Panel.FAMILY, _ALWAYS)
    codes = recipe(matter.hearing_type).business
    before = Panel.YOUTH if matter.youth or panel == Panel.YOUTH else Panel.ADULT
    return Business(before, frozenset(codes) | _ALWAYS if codes else frozenset())


def named(codes: Collection[str]) -> str:
    """Business types in words: "Virtual Court and Video Link Timed"."""
    known = business_types()
    return " and ".join(known[each].name if each in known else each for each in codes)
