"""A person's rota: stretches on shift, on leave, on a rest day, off sick. As people write it, London time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache

from court_link.domain import wording
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.places import DutyKind, PersonKind
from court_link.domain.roles import OrganisationKind
from court_link.domain.times import Interval, day_interval, from_london, london_day

#: The longest stretch that is kept as one, so that a look at some days need not go back for ever.
LONGEST = timedelta(days=35)
#: The longest that anybody is on one shift.
LONGEST_SHIFT = timedelta(hours=24)

#: The kinds of people that some organisations alone have; every other kind any organisation may have.
EMPLOYED_BY: dict[PersonKind, frozenset[OrganisationKind]] = {
    PersonKind.OFFICER: frozenset({OrganisationKind.FORCE, OrganisationKind.CUSTODY}),
    PersonKind.ADVOCATE: frozenset({OrganisationKind.DEFENCE}),
    PersonKind.PROSECUTOR: frozenset({OrganisationKind.PROSECUTION}),
    PersonKind.JUDICIARY: frozenset({OrganisationKind.COURT}),
}
#: A language as people write it: "Polish", "British Sign Language (BSL)", "Kurdish-Sorani".
_LANGUAGE = re.compile(r"[^\W\d_]+(?:[ -]\(?[^\W\d_]+\)?)*")
MOST_LANGUAGES = 20


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of a rota. Raises Invalid when it is longer than anybody's."""

    kind: DutyKind
    during: Interval

    def __post_init__(self) -> None:
        if self.during.end - self.during.start > LONGEST:
            said = f"A stretch is at most {LONGEST.days} days. Enter a longer one in parts."
            raise Invalid(errors=[FieldError("until", said)])
        if not self.kind.away and self.during.end - self.during.start > LONGEST_SHIFT:
            raise Invalid(errors=[FieldError("ends", "A shift is at most 24 hours long.")])


@lru_cache(maxsize=1024)
def whole_days(first: date, last: date) -> Interval:
    """From the beginning of one London day to the end of another. Raises Invalid when it is before."""
    if last < first:
        raise Invalid(errors=[FieldError("until", "The last day must not be before the first.")])
    return Interval(day_interval(first).start, day_interval(last).end)


# A rota has the same few shifts of the same few days again and again.
@lru_cache(maxsize=8192)
def on_the_clock(
    day: date, begins: time, ends: time, begins_fold: int | None = None, ends_fold: int | None = None
) -> Interval:
    """From one London time to another; one that ends no later than it begins runs over midnight.

    Raises LocalTimeMissing and LocalTimeRepeated, naming `begins` or `ends`; a fold (0 summer time, 1 winter
    time) says which moment a time means that the autumn change repeats.
    """
    start = from_london(day, begins, fold=begins_fold, field="begins")
    # In the repeated hour the wall may stand earlier when the shift ends than when it began.
    same_day = ends > begins or (begins_fold, ends_fold) == (0, 1)
    last = day if same_day else day + timedelta(days=1)
    return Interval(start, from_london(last, ends, fold=ends_fold, field="ends"))


def said(during: Interval) -> str:
    """ "Monday 23 November", with a later last day named too; "10pm to 6am, Monday 23 November"."""
    first, last = london_day(during.start), london_day(during.end - timedelta(microseconds=1))
    if during == whole_days(first, last):
        day = wording.short_day(first)
        return day if first == last else f"{day} to {wording.short_day(last)}"
    times = f"{wording.clock(during.start)} to {wording.clock(during.end)}"
    return f"{times}, {wording.short_day(first)}"


def may_employ(organisation: OrganisationKind, kind: PersonKind) -> bool:
    """Whether an organisation of this kind has people of that kind."""
    return organisation in EMPLOYED_BY.get(kind, frozenset(OrganisationKind))


def languages(given: Iterable[str]) -> tuple[str, ...]:
    """Languages by name, each once whatever its capitals, in order. Raises Invalid for what is none."""
    known: dict[str, str] = {}
    for each in filter(None, (" ".join(each.split()) for each in given)):
        if len(each) > 40 or not _LANGUAGE.fullmatch(each):
            said = f"Enter languages by name, like Polish, Welsh. Not {each[:40]}."
            raise Invalid(errors=[FieldError("languages", said)])
        known.setdefault(each.casefold(), each[:1].upper() + each[1:])
    if len(known) > MOST_LANGUAGES:
        raise Invalid(errors=[FieldError("languages", f"A person has at most {MOST_LANGUAGES} languages.")])
    return tuple(known[name] for name in sorted(known))
