"""What a hearing needs, each with its own time around it, and what that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from court_link.domain.booking import PoolKind, Purpose, ResourceKind
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.places import PersonKind
from court_link.domain.roles import Part
from court_link.domain.times import Interval

#: A pool is counted by the quarter of an hour.
QUARTER = timedelta(minutes=15)
#: The longest that one booking may take; a trial of days is a booking a day.
LONGEST_MINUTES = 8 * 60


@dataclass(frozen=True, slots=True)
class Rules:
    """What the service's settings decide about bookings."""

    hold: timedelta = timedelta(minutes=10)
    media_capacity: int = 60  # participants, over all media nodes
    recording_capacity: int = 10  # hearings recorded at once


@dataclass(frozen=True, slots=True)
class CustodyNeed:
    """A custody or prison video room for one defendant, in minutes and people.

    Private consultation before, and perhaps after, then turnaround. `escorts` are prisoner custody officers
    of the escort contractor; `observed` takes one more detention officer out, for constant observation.
    """

    room_id: UUID
    consultation: int = 15
    turnaround: int = 10
    afterwards: int = 0  # consultation after the hearing
    escorts: int = 0
    observed: bool = False


@dataclass(frozen=True, slots=True)
class Travel:
    """Somebody attends in person: minutes of travel each way. By link there is none."""

    person_id: UUID
    minutes: int


class Side(StrEnum):
    """Whom an interpreter works for: in private never for two sides that oppose each other."""

    DEFENCE = "defence"
    PROSECUTION = "prosecution"
    COURT = "court"


@dataclass(frozen=True, slots=True)
class Interpreting:
    """One of those attending interprets, and has a break of `rest` minutes reserved after."""

    person_id: UUID
    language: str
    side: Side = Side.DEFENCE
    consecutive: bool = True  # spoken one after the other, which lengthens the estimate
    rest: int = 10


@dataclass(frozen=True, slots=True)
class Needs:
    """What one hearing needs. Raises Invalid, naming the fields, when it cannot be meant."""

    courtroom_id: UUID
    minutes: int
    custody: tuple[CustodyNeed, ...] = ()
    attending: tuple[UUID, ...] = ()  # named people, evidence rooms and vehicles, for the hearing itself
    others: int = 0  # further participants by link, of whom nothing is reserved but a media place
    detained: bool = False  # a defendant is charged and detained: first available sitting
    travel: tuple[Travel, ...] = ()  # of those attending, who comes in person
    interpreting: tuple[Interpreting, ...] = ()  # of those attending, who interprets
    parts: tuple[Part, ...] = ()  # parts that somebody takes by link, no person being named for them yet
    recording: bool = False  # ordered under a power that is written down

    def __post_init__(self) -> None:
        if errors := [FieldError(field, message) for field, sound, message in self._checks() if not sound]:
            raise Invalid(errors=errors)

    def _checks(self) -> Iterator[tuple[str, bool, str]]:
        """Each field, whether it can be meant, and what to say when it cannot."""
        custody, named = self.custody, {each.person_id for each in self.travel}
        named |= {each.person_id for each in self.interpreting}
        yield (
            "minutes",
            1 <= self.minutes <= LONGEST_MINUTES,
            (f"The estimate must be between 1 and {LONGEST_MINUTES} minutes."),
        )
        around = [minutes for need in custody for minutes in (need.consultation, need.turnaround)]
        yield (
            "custody",
            all(0 <= minutes <= 240 for minutes in around),
            ("Consultation and turnaround must be between 0 and 240 minutes."),
        )
        yield (
            "custody",
            all(0 <= need.afterwards <= 240 and 0 <= need.escorts <= 10 for need in custody),
            ("Consultation after must be between 0 and 240 minutes, and escorts between 0 and 10."),
        )
        once = len({*self.resource_ids}) == len(self.resource_ids)
        yield "attending", once, "Each room and person can be chosen once."
        yield "attending", named <= {*self.attending}, "Name who travels or interprets among who attends."
        yield "others", 0 <= self.others <= 30, "Further participants must be between 0 and 30."
        yield "parts", len(self.parts) <= 30, "No more than 30 further parts can be taken."
        journeys = all(0 < each.minutes <= 240 for each in self.travel)
        yield "travel", journeys, "Travel must be between 1 and 240 minutes each way."
        yield "interpreting", self._of_one_side(), _ONE_SIDE
        rests = all(0 <= each.rest <= 120 for each in self.interpreting)
        yield "interpreting", rests, "A break must be between 0 and 120 minutes."

    def _of_one_side(self) -> bool:
        """Whether nobody interprets for two sides that oppose each other."""
        defence, prosecution = (
            {each.person_id for each in self.interpreting if each.side is side}
            for side in (Side.DEFENCE, Side.PROSECUTION)
        )
        return not defence & prosecution

    @property
    def resource_ids(self) -> tuple[UUID, ...]:
        return (self.courtroom_id, *(need.room_id for need in self.custody), *self.attending)

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def around(self, resource_id: UUID) -> tuple[timedelta, timedelta]:
        """The time that a resource is taken before and after the hearing itself."""
        before, after = self._around().get(resource_id, ((), ()))
        return _total(before), _total(after)

    def _around(self) -> dict[UUID, tuple[_Stretches, _Stretches]]:
        """What stands before and after the hearing for each resource, in the order in which it happens."""
        around: dict[UUID, tuple[_Stretches, _Stretches]] = {}
        for need in self.custody:
            around[need.room_id] = (
                ((Purpose.CONSULTATION, need.consultation),),
                ((Purpose.CONSULTATION, need.afterwards), (Purpose.TURNAROUND, need.turnaround)),
            )
        for each in self.interpreting:
            around[each.person_id] = ((), ((Purpose.REST, each.rest),))
        for trip in self.travel:
            before, after = around.get(trip.person_id, ((), ()))
            journey = ((Purpose.TRAVEL, trip.minutes),)
            around[trip.person_id] = (journey + before, after + journey)
        return around

    def document(self) -> dict[str, Any]:
        """As JSON; `read` is its inverse."""
        return {
            "courtroom": str(self.courtroom_id),
            "minutes": self.minutes,
            "custody": [[str(need.room_id), *astuple(need)[1:]] for need in self.custody],
            "attending": [str(each) for each in self.attending],
            "others": self.others,
            "detained": self.detained,
            "travel": [[str(each.person_id), each.minutes] for each in self.travel],
            "interpreting": [[str(each.person_id), *astuple(each)[1:]] for each in self.interpreting],
            "parts": [part.value for part in self.parts],
            "recording": self.recording,
        }

    @staticmethod
    def read(document: Mapping[str, Any]) -> Needs:
        return Needs(
            courtroom_id=UUID(document["courtroom"]),
            minutes=document["minutes"],
            custody=tuple(CustodyNeed(UUID(room), *rest) for room, *rest in document["custody"]),
            attending=tuple(UUID(each) for each in document["attending"]),
            others=document["others"],
            detained=document["detained"],
            travel=tuple(Travel(UUID(person), minutes) for person, minutes in document.get("travel", ())),
            interpreting=tuple(
                Interpreting(UUID(person), language, Side(side), *rest)
                for person, language, side, *rest in document.get("interpreting", ())
            ),
            parts=tuple(map(Part, document.get("parts", ()))),
            recording=document.get("recording", False),
        )


_ONE_SIDE = "One interpreter cannot be shared by the defence and the prosecution: choose one for each."

#: Purposes and their minutes, one after another.
_Stretches = tuple[tuple[Purpose, int], ...]


def _total(stretches: _Stretches) -> timedelta:
    return timedelta(minutes=sum(minutes for _, minutes in stretches))


@dataclass(frozen=True, slots=True)
class Taking:
    """One resource for one interval and purpose: a reservation to be."""

    resource_id: UUID
    interval: Interval
    purpose: Purpose


def takings(needs: Needs, start: datetime) -> Iterator[Taking]:
    """Every reservation that a booking from `start` makes, in the order of resource ids."""
    around = needs._around()
    for resource_id in sorted(needs.resource_ids):
        before, after = around.get(resource_id, ((), ()))
        at = start - _total(before)
        for purpose, minutes in (*before, (Purpose.HEARING, needs.minutes), *after):
            if minutes:
                end = at + timedelta(minutes=minutes)
                yield Taking(resource_id, Interval(at, end), purpose)
                at = end


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
    languages: tuple[str, ...] = ()  # of an interpreter
    restricted_to: tuple[str, ...] = ()  # business types that a courtroom is kept for; none is any

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

    A media place each for the courtroom, every custody room, every person who takes part by a link of their
    own (a named judge sits with the bench in its courtroom), and every other participant; a
    stream of its site's line for each fixed room (a vehicle is on mobile data); a detention officer for each
    custody room, a second one under constant observation, and its escorts, from the consultation to the end
    of turnaround; a recorder where recording was ordered. Rooms of one suite with different times around them
    count over the longest, on the safe side. Who comes in person still takes a media place: they may not.
    """
    tally: dict[Pool, _Tally] = {}

    def count(
        pool: Pool, before: timedelta = timedelta(0), after: timedelta = timedelta(0), units: int = 1
    ) -> None:
        if units:
            of = tally.setdefault(pool, _Tally())
            of.units, of.before, of.after = of.units + units, max(of.before, before), max(of.after, after)

    custody = {need.room_id: need for need in needs.custody}
    media = Pool(PoolKind.MEDIA, name="The video service")
    count(media, units=needs.others + len(needs.parts))
    if needs.recording:
        count(Pool(PoolKind.RECORDING, name="The recorder"))
    for resource_id in needs.resource_ids:
        place = places[resource_id]
        if place.kind in _PARTICIPANTS and place.person is not PersonKind.JUDICIARY:
            count(media)
        if place.site_id and place.link_streams and place.kind in _ON_THE_LINE:
            count(Pool(PoolKind.SITE_LINK, place.site_id, place.site_name))
        if place.site_id and place.kind is ResourceKind.CUSTODY_ROOM:
            need, around = custody[resource_id], needs.around(resource_id)
            staff = Pool(PoolKind.CUSTODY_STAFF, place.site_id, place.site_name)
            count(staff, *around, units=2 if need.observed else 1)
            count(Pool(PoolKind.ESCORTS, place.site_id, place.site_name), *around, units=need.escorts)
    return tuple(Demand(pool, of.units, of.before, of.after) for pool, of in tally.items())


_PARTICIPANTS = frozenset({ResourceKind.COURTROOM, ResourceKind.CUSTODY_ROOM, ResourceKind.PERSON})
_ON_THE_LINE = frozenset({ResourceKind.COURTROOM, ResourceKind.CUSTODY_ROOM, ResourceKind.EVIDENCE_ROOM})
