"""What a rota changes: its sessions beside those that an earlier file made. Pure: values in, steps out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from court_link.domain import wording
from court_link.domain.times import Interval
from court_link.domain.wording import plural
from court_link.importing.rota import Venue


class Change(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    GONE = "gone"
    KEPT = "kept"  # the rota says otherwise, and it stays for what is booked in it
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Session:
    """One session, from the rota or from the store; `id` is None for one that is not stored."""

    key: str
    courtroom_id: UUID
    room: str
    during: Interval
    business_type: str
    panel: str
    id: UUID | None = None
    version: int = 0
    against_rota: bool = False

    @property
    def facts(self) -> tuple[UUID, Interval, str, str]:
        """What a rota says of it."""
        return self.courtroom_id, self.during, self.business_type, self.panel

    @property
    def said(self) -> str:
        """ "REM, ADULT, 10am to 1pm, 23 November 2026"."""
        when = f"{wording.span(self.during)}, {wording.day(self.during.start)}"
        return ", ".join(filter(None, (self.business_type, self.panel, when)))


@dataclass(frozen=True, slots=True)
class Step:
    """One session of the difference: as it was, and as the rota has it."""

    change: Change
    before: Session | None
    after: Session | None

    @property
    def session(self) -> Session:
        found = self.after or self.before
        if found is None:
            raise ValueError("a step is of a session")
        return found


@dataclass(frozen=True, slots=True)
class Difference:
    """All that applying a rota does. `unmatched` is (venue, its sessions), of which none is imported."""

    steps: tuple[Step, ...]
    unmatched: tuple[tuple[Venue, int], ...] = ()
    beside: int = 0  # new ones at the same time as a session made by hand, which stays

    def of(self, change: Change) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.change is change)

    def count(self, change: Change) -> int:
        return len(self.of(change))

    @property
    def fingerprint(self) -> str:
        """Tells one difference from another: what a person confirms is what they were shown."""
        told = hashlib.sha256()
        for step in self.steps:
            line = (step.change.value, step.session.key, _plain(step.before), _plain(step.after))
            told.update(repr(line).encode())
        return told.hexdigest()

    def warnings(self) -> tuple[str, ...]:
        found = [
            f"{venue.label} is not one of your courtrooms: its {plural(count, 'session')}"
            f" {'is' if count == 1 else 'are'} not imported."
            for venue, count in self.unmatched
        ]
        if self.beside:
            found.append(
                f"{plural(self.beside, 'session')} of the rota"
                f" {'stands' if self.beside == 1 else 'stand'} beside one made by hand at the same time."
            )
        return tuple(found)


def compare(
    listed: Iterable[Session],
    known: Iterable[Session],
    every_key: frozenset[str],
    booked: Mapping[UUID, Sequence[Interval]],
    by_hand: Mapping[UUID, Sequence[Interval]],
) -> tuple[tuple[Step, ...], int]:
    """Steps in the order of the sessions, and how many new ones stand beside sessions made by hand.

    `listed` are the rota's sessions whose courtrooms are known, `known` those stored from it, `every_key` all
    that it has, matched or not; `booked` and `by_hand` are what stands in each courtroom.
    """
    stored, steps = {each.key: each for each in known}, []
    for after in listed:
        before = stored.pop(after.key, None)
        if before is None:
            steps.append(Step(Change.ADDED, None, after))
        elif before.facts == after.facts and not before.against_rota:
            steps.append(Step(Change.UNCHANGED, before, after))
        elif _left_out(before, after, booked):
            steps.append(Step(Change.KEPT, before, after))
        else:
            steps.append(Step(Change.CHANGED, before, after))
    for before in stored.values():
        if before.key not in every_key:
            stands = _left_out(before, None, booked)
            steps.append(Step(Change.KEPT if stands else Change.GONE, before, None))
    steps.sort(key=lambda step: (step.session.during, step.session.room, step.session.key))
    beside = sum(
        any(step.session.during.overlaps(other) for other in by_hand.get(step.session.courtroom_id, ()))
        for step in steps
        if step.change in {Change.ADDED, Change.CHANGED}
    )
    return tuple(steps), beside


def unmatched(venues: Iterable[Venue], matched: Iterable[Venue]) -> tuple[tuple[Venue, int], ...]:
    """The venues of a rota's sessions that are no courtroom of the court, with how many sessions each has."""
    counts = Counter(venues)
    for venue in matched:
        del counts[venue]
    return tuple(sorted(counts.items(), key=lambda each: each[0].label))


def _left_out(before: Session, after: Session | None, booked: Mapping[UUID, Sequence[Interval]]) -> bool:
    """Whether a booking in the session as it was would stand outside it as it is to be."""
    inside = [slot for slot in booked.get(before.courtroom_id, ()) if slot.overlaps(before.during)]
    if after is None or after.courtroom_id != before.courtroom_id:
        return bool(inside)
    return not all(after.during.contains(slot) for slot in inside)


def _plain(session: Session | None) -> tuple[str, ...]:
    return tuple(map(str, (session.facts, session.version))) if session else ()
