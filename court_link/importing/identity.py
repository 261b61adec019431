"""Which listed matter of a new list is which matter already known.

Lists carry no hearing id; one URN may stand several times in a room, and an application may have no case. So
a matter has no key of its own to be found by. Instead, within one court house and one London day (the
*sheet*), the matters of the new list are matched with those known from the last one, by rounds of ever looser
likeness:

1. alike in everything;
2. the same references, parties and type (the time or the room changed);
3. the same references, time and room (the parties or the type changed);
4. the same references and parties;
5. the same references and room;
6. the same references;
7. any reference in common (a case was joined or taken out).

Each matter is matched once, in the first round that finds it a partner; within a round, ties go by time, room
and content, never by the order of the file. What is left in the new list is a new matter; what is left of the
old one is no longer listed. References are compared without case, spaces and order.

A matter keeps its identity when its time, room, type, parties or sequence change, and when the file is
re-ordered. A matter listed on another day, or at another court house, is another listed matter: a list says
nothing that would tell a moved hearing from a second one, and a booking stands on a day. ADR 0008 says why.

Every round is linear in the number of matters.

Some lists stand side by side for one court house and day: two case systems of one court each make their own.
What a list says nothing of must not seem gone, so each keeps to its own `series` of matters, which their
names carry. What a format's references are, its module says.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

from court_link.importing.matters import Matter

K = TypeVar("K", bound=Hashable)

Likeness = Callable[[Matter], Hashable]


def references(matter: Matter) -> tuple[str, ...]:
    """What a matter is about: its references as they are compared."""
    return tuple(sorted(normal(reference) for reference in matter.references))


def normal(reference: str) -> str:
    return "".join(reference.split()).casefold()


def details(matter: Matter) -> Hashable:
    """All that a list says of a matter, but where in the file it stands and how its house is spelled."""
    return (
        *(references(matter), matter.starts_at, matter.room.casefold(), matter.title, matter.hearing_type),
        *(matter.panel, matter.sequence, matter.channels, matter.video, matter.youth, matter.withheld),
        *(matter.restrictions, _parties(matter)),
    )


def _parties(matter: Matter) -> Hashable:
    return tuple(sorted((party.role, party.name) for party in matter.parties))


_ROUNDS: tuple[Likeness, ...] = (
    details,
    lambda m: (references(m), _parties(m), m.hearing_type),
    lambda m: (references(m), m.starts_at, m.room.casefold()),
    lambda m: (references(m), _parties(m)),
    lambda m: (references(m), m.room.casefold()),
    references,
)


def match(known: Mapping[K, Matter], listed: Sequence[Matter]) -> dict[int, K]:
    """For each index of `listed` that is a known matter, which one. Both are of one sheet."""
    old = dict(sorted(known.items(), key=lambda item: _order(item[1])))
    new = dict(sorted(enumerate(listed), key=lambda item: _order(item[1])))
    found: dict[int, K] = {}
    for likeness in _ROUNDS:
        waiting: defaultdict[Hashable, deque[K]] = defaultdict(deque)
        for key, matter in old.items():
            waiting[likeness(matter)].append(key)
        for index, matter in list(new.items()):
            if partners := waiting.get(likeness(matter)):
                found[index] = partners.popleft()
                del new[index], old[found[index]]
    return found | dict(_by_a_common_reference(old, new))


def _by_a_common_reference(old: Mapping[K, Matter], new: Mapping[int, Matter]) -> list[tuple[int, K]]:
    waiting: defaultdict[str, deque[K]] = defaultdict(deque)
    for key, matter in old.items():
        for reference in references(matter):
            waiting[reference].append(key)
    pairs: list[tuple[int, K]] = []
    taken: set[K] = set()
    for index, matter in new.items():
        for reference in references(matter):
            partners = waiting.get(reference, deque())
            while partners and partners[0] in taken:
                partners.popleft()
            if partners:
                taken.add(key := partners.popleft())
                pairs.append((index, key))
                break
    return pairs


def _order(matter: Matter) -> tuple[str, ...]:
    return (matter.starts_at.isoformat(), matter.room.casefold(), repr(details(matter)))


def series_of(key: str) -> str:
    """The series of the matter that has this name."""
    return key.rpartition(":")[0]


class Keys:
    """Names given to the matters new to a sheet, once and for ever.

    A name is the series, a digest of the sheet and the references, and a number, since one reference may
    stand several times: `<series>:<24 hex digits>.<number>`, the series of magistrates' lists being none.
    `given` are those that the sheet has already.
    """

    def __init__(self, site_id: UUID, day: date, given: Iterable[str]) -> None:
        self._sheet = [str(site_id), day.isoformat()]
        self._highest: Counter[str] = Counter()
        for key in given:
            digest, _, number = key.rpartition(".")
            self._highest[digest] = max(self._highest[digest], int(number))

    def new(self, matter: Matter) -> str:
        about = json.dumps([*self._sheet, references(matter)])
        digest = hashlib.sha256(about.encode()).hexdigest()[:24]
        digest = f"{matter.series}:{digest}" if matter.series else digest
        self._highest[digest] += 1
        return f"{digest}.{self._highest[digest]}"
