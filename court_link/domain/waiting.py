"""The wait list: who comes first when a time is released, and why, in words.

In this order: what the court marked urgent; the nearest hard date; who is in custody; the longest waiting, by
whole days; whoever fills the released time best. The order is our assumption, kept here alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from court_link.domain import harddates, wording
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.requirements import Needs
from court_link.domain.times import Interval, day_interval, london_day

#: The longest that a matter may be left to wait.
LONGEST_WAIT = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Wants:
    """What would do for a hearing that waits. Raises Invalid, naming the fields, when it cannot be meant.

    `courtrooms` are those that would do, the one of `needs` among them; both days count in.
    """

    needs: Needs
    courtrooms: tuple[UUID, ...]
    earliest: date
    latest: date
    urgent: bool = False

    def __post_init__(self) -> None:
        errors = []
        if self.needs.courtroom_id not in self.courtrooms:
            errors.append(FieldError("courtrooms", "Choose the courtrooms that would do."))
        if self.latest < self.earliest:
            errors.append(FieldError("latest", "The latest day must not be before the earliest."))
        elif self.latest - self.earliest > LONGEST_WAIT:
            errors.append(FieldError("latest", "A hearing can wait for a year at most."))
        if errors:
            raise Invalid(errors=errors)

    @property
    def resource_ids(self) -> frozenset[UUID]:
        """Everything that it may take."""
        return frozenset((*self.courtrooms, *self.needs.resource_ids))


@dataclass(frozen=True, slots=True)
class Dates:
    """The hard dates of a hearing, as `harddates` reads them."""

    detained: bool = False
    remand_expires: date | None = None
    custody_limit: date | None = None
    group_day: int = 0


@dataclass(frozen=True, slots=True)
class Freed:
    """Time that was released: the hearing's own time, and all that was taken for it."""

    slot: Interval
    courtroom_id: UUID
    resource_ids: frozenset[UUID]

    @property
    def day(self) -> date:
        return london_day(self.slot.start)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one waiting hearing has to say for itself. `declined` are starts that it was offered in vain."""

    hearing_id: UUID
    wants: Wants
    dates: Dates
    since: datetime
    declined: tuple[datetime, ...] = ()

    @property
    def in_custody(self) -> bool:
        return self.dates.detained or bool(self.wants.needs.custody)

    def last_day(self, today: date) -> date:
        """The last day that may be offered: never past a hard date."""
        bound = harddates.limit(self.dates, today)
        return min(self.wants.latest, bound.day) if bound else self.wants.latest

    def suits(self, freed: Freed, today: date) -> bool:
        """Whether the released time could be for this hearing at all: its day, its rooms, never declined."""
        return (
            self.wants.earliest <= freed.day <= self.last_day(today)
            and bool(self.wants.resource_ids & freed.resource_ids)
            and not any(freed.slot.holds(start) for start in self.declined)
        )

    def turn(self, today: date) -> tuple[bool, date, bool, date]:
        """The lowest comes first."""
        bound = harddates.limit(self.dates, today)
        waiting = london_day(self.since)
        return (not self.wants.urgent, bound.day if bound else date.max, not self.in_custody, waiting)

    def waste(self, freed: Freed) -> float:
        """How badly it fills the released time: minutes left over, or more than there are by far."""
        over = freed.slot.minutes - self.wants.needs.minutes
        return over if over >= 0 else 1000 - over

    def why(self, today: date) -> tuple[str, ...]:
        """Why it stands where it stands, as a person of the court reads it."""
        return tuple(self._why(today))

    def _why(self, today: date) -> Iterator[str]:
        if self.wants.urgent:
            yield "Marked urgent"
        if bound := harddates.limit(self.dates, today):
            yield bound.sentence
        if self.in_custody:
            yield "In custody"
        yield f"Waiting since {wording.short_day(self.since)}"


def over(wants: Wants, today: date) -> bool:
    """Whether the last day has passed."""
    return wants.latest < today


def ends_at(wants: Wants) -> datetime:
    """When waiting is over: at the end of the last day."""
    return day_interval(wants.latest).end
