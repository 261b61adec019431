"""What a new list would change: each matter created, updated or left, and what is no longer listed.

Pure. Two things a list cannot do by saying less: it never lifts a restriction, an age or a withheld existence
(a person of the court does that), and a public list, which has no panel or sequence, does not erase one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from court_link.domain import wording
from court_link.domain.hearing import FINISHED, HearingState
from court_link.importing import identity
from court_link.importing.matters import Matter


class Change(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class KnownMatter:
    """A matter that an earlier list made, as the store has it now."""

    hearing_id: UUID
    state: HearingState
    matter: Matter
    no_longer_listed: bool
    booked: str | None  # when and where, in words
    list_key: str


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one listed matter. `hearing_id` is None for a new one; `matter` is what is stored."""

    change: Change
    matter: Matter
    hearing_id: UUID | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """A matter that is not in the new list, and what to say if it is booked."""

    hearing_id: UUID
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One step for each listed matter, in the order given, and the matters gone."""

    steps: tuple[Step, ...]
    gone: tuple[Gone, ...]

    def count(self, change: Change) -> int:
        return sum(step.change is change for step in self.steps)

    @property
    def warnings(self) -> Iterator[str]:
        for step in self.steps:
            yield from step.warnings
        for gone in self.gone:
            yield from gone.warnings


def compare(known: Sequence[KnownMatter], listed: Sequence[Matter]) -> Comparison:
    """Compares one sheet (a court house's day) with what is known of it."""
    by_id: Mapping[UUID, KnownMatter] = {each.hearing_id: each for each in known}
    matched = identity.match({each.hearing_id: each.matter for each in known}, listed)
    steps = tuple(
        step_for(by_id[matched[index]], matter) if index in matched else Step(Change.CREATED, matter, None)
        for index, matter in enumerate(listed)
    )
    left = by_id.keys() - matched.values()
    gone = tuple(_gone(each) for each in known if each.hearing_id in left and _can_go(each))
    return Comparison(steps, gone)


def step_for(known: KnownMatter, listed: Matter) -> Step:
    """What a list's entry does to the matter it was matched with."""
    merged = _merged(known.matter, listed)
    if not known.no_longer_listed and _same(known.matter, merged):
        return Step(Change.UNCHANGED, merged, known.hearing_id)
    if known.state in FINISHED:
        warning = (
            f"{_named(listed)} is {known.state.value}, so the change that the list makes to it was left out."
        )
        return Step(Change.UNCHANGED, known.matter, known.hearing_id, (warning,))
    return Step(Change.UPDATED, merged, known.hearing_id, tuple(_disagreements(known, merged)))


def _disagreements(known: KnownMatter, listed: Matter) -> Iterator[str]:
    moved = (known.matter.starts_at, known.matter.room.casefold()) != (
        listed.starts_at,
        listed.room.casefold(),
    )
    if known.booked and moved:
        yield (
            f"{_named(listed)} is booked {known.booked}, and the list now says "
            f"{wording.moment(listed.starts_at)} in {listed.room}. The booking stands."
        )


def _gone(known: KnownMatter) -> Gone:
    if known.booked is None:
        return Gone(known.hearing_id)
    return Gone(
        known.hearing_id,
        (f"{_named(known.matter)} is booked {known.booked}, and is no longer listed. The booking stands.",),
    )


def _can_go(known: KnownMatter) -> bool:
    return not known.no_longer_listed and known.state not in FINISHED


def _same(one: Matter, other: Matter) -> bool:
    return (
        identity.details(one) == identity.details(other)
        and set(one.parties) == set(other.parties)
        and (one.family, one.minutes, one.in_custody) == (other.family, other.minutes, other.in_custody)
        and set(one.helps) == set(other.helps)
    )


def _merged(known: Matter, listed: Matter) -> Matter:
    children = {party.name for party in known.parties if party.under_18}
    return replace(
        listed,
        panel=listed.panel or known.panel,
        sequence=listed.sequence or known.sequence,
        youth=listed.youth or known.youth,
        family=listed.family or known.family,
        minutes=known.minutes if listed.minutes is None else listed.minutes,
        in_custody=known.in_custody if listed.in_custody is None else listed.in_custody,
        helps=tuple(dict.fromkeys((*known.helps, *listed.helps))),
        withheld=listed.withheld or known.withheld,
        restrictions=listed.restrictions or known.restrictions,
        parties=tuple(
            replace(party, under_18=party.under_18 or party.name in children) for party in listed.parties
        ),
    )


def _named(matter: Matter) -> str:
    """A matter without a personal name, since warnings are kept."""
    about = " and ".join(matter.references) or matter.hearing_type
    return f"{about} at {wording.clock(matter.starts_at)} in {matter.room}"
