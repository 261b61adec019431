"""What a hearing needs, each with its own time around it, and what that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from court_link.domain.booking import PoolKind, Purpose, ResourceKind
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.places import PersonKind
from court_link.domain.times import Interval

#: A pool is counted by the quarter of an hour.
QUARTER = timedelta(minutes=15)
#: The longest that one booking may take; a trial of days is a booking a day.
LONGEST_MINUTES = 8 * 60
#: Usual minutes by hearing type, in lower case: medians of one county's lists, an assumption that a court may
#: overrule by typing its own estimate. A trial is not here: it has no usual length.
USUAL_MINUTES: Mapping[str, int] = {
    "first appearance": 12,
    "remand": 12,
    "sending": 8,
    "bail": 20,
    "guilty anticipated plea": 13,
    "not guilty anticipated plea": 18,
    "sentence": 20,
    "traffic": 4,
    "officer's evidence": 20,
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the service's settings decide about bookings."""

    hold: timedelta = timedelta(minutes=10)
    media_capacity: int = 60  # participants, over all media nodes


@dataclass(frozen=True, slots=True)
class CustodyNeed:
    """A custody room, with minutes of private consultation before and of turnaround after."""

    room_id: UUID
    consultation: int = 15
    turnaround: int = 10


@dataclass(frozen=True, slots=True)
class Needs:
    """What one hearing needs. Raises Invalid, naming the fields, when it cannot be meant."""

    courtroom_id: UUID
    minutes: int
    custody: tuple[CustodyNeed, ...] = ()
    attending: tuple[UUID, ...] = ()  # named people, evidence rooms and vehicles, for the hearing itself
    others: int = 0  # further participants by link, of whom nothing is reserved but a media place
    detained: bool = False  # a defendant is charged and detained: first available sitting

    def __post_init__(self) -> None:
        errors = []
        if not 1 <= self.minutes <= LONGEST_MINUTES:
            message = f"The estimate must be between 1 and {LONGEST_MINUTES} minutes."
            errors.append(FieldError("minutes", message))
        if any(not (0 <= need.consultation <= 240 and 0 <= need.turnaround <= 240) for need in self.custody):
            errors.append(
                FieldError("custody", "Consultation and turnaround must be between 0 and 240 minutes.")
            )
        if len({*self.resource_ids}) != len(self.resource_ids):
            errors.append(FieldError("attending", "Each room and person can be chosen once."))
        if not 0 <= self.others <= 30:
            errors.append(FieldError("others", "Further participants must be between 0 and 30."))
        if errors:
            raise Invalid(errors=errors)

    @property
    def resource_ids(self) -> tuple[UUID, ...]:
        return (self.courtroom_id, *(need.room_id for need in self.custody), *self.attending)

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def around(self, resource_id: UUID) -> tuple[timedelta, timedelta]:
        """The time that a resource is taken before and after the hearing itself."""
        for need in self.custody:
            if need.room_id == resource_id:
                return timedelta(minutes=need.consultation), timedelta(minutes=need.turnaround)
        return timedelta(0), timedelta(0)

    def document(self) -> dict[str, Any]:
        """As JSON; `read` is its inverse."""
        return {
            "courtroom": str(self.courtroom_id),
            "minutes": self.minutes,
            "custody": [[str(need.room_id), need.consultation, need.turnaround] for need in self.custody],
            "attending": [str(each) for each in self.attending],
            "others": self.others,
            "detained": self.detained,
        }

    @staticmethod
    def read(document: Mapping[str, Any]) -> Needs:
        return Needs(
            courtroom_id=UUID(document["courtroom"]),
            minutes=document["minutes"],
            custody=tuple(
                CustodyNeed(UUID(room), before, after) for room, before, after in document["custody"]
            ),
            attending=tuple(UUID(each) for each in document["attending"]),
            others=document["others"],
            detained=document["detained"],
        )


@dataclass(frozen=True, slots=True)
class Taking:
    """One resource for one interval and purpose: a reservation to be."""

    resource_id: UUID
    interval: Interval
    purpose: Purpose


def takings(needs: Needs, start: datetime) -> Iterator[Taking]:
    """Every reservation that a booking from `start` makes, in the order of resource ids."""
    slot = Interval(start, start + needs.length)
    for resource_id in sorted(needs.resource_ids):
        before, after = needs.around(resource_id)
        if before:
            yield Taking(resource_id, Interval(slot.start - before, slot.start), Purpose.CONSULTATION)
        yield Taking(resource_id, slot, Purpose.HEARING)
        if after:
            yield Taking(resource_id, Interval(slot.end, slot.end + after), Purpose.TURNAROUND)


@dataclass(frozen=True, slots=True)
class Place:
    """A resource, and the site that it stands at when it stands somewhere."""

    id: UUID
    kind: ResourceKind
    name: str
    organisation_id: UUID
    active: bool = True
    site_id: UUID | None = None
    site_name: str = ""
    site_closed: bool = False
    opens_on_holidays: bool = False
    link_streams: int = 0  # 0 is not counted
    courts: bool = False  # the site is a court house
    area: str = ""  # of its organisation
    person: PersonKind | None = None  # for a person, which kind

    @property
    def label(self) -> str:
        """What people call it: "Courtroom 1, St Albans", "PC 1187 Demo"."""
        return f"{self.name}, {self.site_name}" if self.site_name and self.person is None else self.name


@dataclass(frozen=True, slots=True)
class Pool:
    """Which pool a key of `capacity_bucket` means."""

    kind: PoolKind
    site_id: UUID | None = None
    name: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.site_id}" if self.site_id else str(self.kind)


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of one pool. Its time is the hearing's, widened by what stands around it."""

    pool: Pool
    units: int
    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)

    def quarters(self, slot: Interval) -> Iterator[datetime]:
        """The quarters of an hour that it touches."""
        return quarters(slot.widened(self.before, self.after))


def quarters(span: Interval) -> Iterator[datetime]:
    """The starts of the quarters of an hour that an interval touches."""
    quarter = quarter_of(span.start)
    while quarter < span.end:
        yield quarter
        quarter += QUARTER


def quarter_of(moment: datetime) -> datetime:
    """The quarter of an hour that a moment falls in, in UTC."""
    utc = moment.astimezone(UTC)
    return utc.replace(minute=utc.minute - utc.minute % 15, second=0, microsecond=0)


@dataclass(slots=True)
class _Tally:
    units: int = 0
    before: timedelta = timedelta(0)
    after: timedelta = timedelta(0)


def demands(needs: Needs, places: Mapping[UUID, Place]) -> tuple[Demand, ...]:
    """What a hearing takes of the counted pools.

    A media place each for the courtroom, every custody room, every person and every other participant; a
    stream of its site's line for each fixed room (a vehicle is on mobile data); a detention officer for each
    custody room, from the consultation to the end of turnaround. Rooms of one suite with different times
    around them count over the longest, on the safe side.
    """
    tally: dict[Pool, _Tally] = {}

    def count(pool: Pool, before: timedelta = timedelta(0), after: timedelta = timedelta(0)) -> None:
        of = tally.setdefault(pool, _Tally())
        of.units, of.before, of.after = of.units + 1, max(of.before, before), max(of.after, after)

    media = Pool(PoolKind.MEDIA, name="The video service")
    for _ in range(needs.others):
        count(media)
    for resource_id in needs.resource_ids:
        place = places[resource_id]
        if place.kind in _PARTICIPANTS:
            count(media)
        if place.site_id and place.link_streams and place.kind in _ON_THE_LINE:
            count(Pool(PoolKind.SITE_LINK, place.site_id, place.site_name))
        if place.site_id and place.kind is ResourceKind.CUSTODY_ROOM:
            count(Pool(PoolKind.CUSTODY_STAFF, place.site_id, place.site_name), *needs.around(resource_id))
    return tuple(Demand(pool, of.units, of.before, of.after) for pool, of in tally.items())


_PARTICIPANTS = frozenset({ResourceKind.COURTROOM, ResourceKind.CUSTODY_ROOM, ResourceKind.PERSON})
_ON_THE_LINE = frozenset({ResourceKind.COURTROOM, ResourceKind.CUSTODY_ROOM, ResourceKind.EVIDENCE_ROOM})
