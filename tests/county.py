"""A small county for tests: a court, a force, a custody service, their rooms and people.

`await County.settle(db)` writes it, row by row: how places come to be is not what is tested here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from court_link.domain.booking import BookingState, Purpose, ResourceKind
from court_link.domain.context import SYSTEM, Actor, ActorKind, Context
from court_link.domain.ids import new_id
from court_link.domain.places import PersonKind, SiteKind
from court_link.domain.roles import OrganisationKind, Role
from court_link.domain.times import london_day
from court_link.store import Db, Session
from court_link.store.tables import (
    Booking,
    Hearing,
    HearingOrganisation,
    OpeningHours,
    Organisation,
    Person,
    Reservation,
    Resource,
    Shift,
    Site,
    SittingSession,
)

SYSTEM_CONTEXT = Context(SYSTEM)


@dataclass(frozen=True)
class County:
    """Ids of what stands in the county, and contexts of people who act in it."""

    court: UUID = field(default_factory=new_id)
    other_court: UUID = field(default_factory=new_id)
    force: UUID = field(default_factory=new_id)
    custody: UUID = field(default_factory=new_id)
    commissioner: UUID = field(default_factory=new_id)
    court_house: UUID = field(default_factory=new_id)
    suite: UUID = field(default_factory=new_id)
    courtroom: UUID = field(default_factory=new_id)
    second_courtroom: UUID = field(default_factory=new_id)
    cell: UUID = field(default_factory=new_id)  # the custody video room
    second_cell: UUID = field(default_factory=new_id)
    officer: UUID = field(default_factory=new_id)
    second_officer: UUID = field(default_factory=new_id)

    @classmethod
    async def settle(cls, db: Db) -> County:
        county = cls()
        await db.write(_write, SYSTEM_CONTEXT, county)
        return county

    def person(self, organisation: UUID, *roles: Role, person_id: UUID | None = None) -> Context:
        actor = Actor(
            ActorKind.USER,
            id=new_id(),
            name="A Person",
            organisation_id=organisation,
            roles=frozenset(roles),
            scope=frozenset({organisation}),
            person_id=person_id,
        )
        return Context(actor, request_id="test")

    @property
    def listing_officer(self) -> Context:
        return self.person(self.court, Role.LISTING_OFFICER)

    @property
    def foreign_listing_officer(self) -> Context:
        return self.person(self.other_court, Role.LISTING_OFFICER)

    @property
    def reader(self) -> Context:
        """The Commissioner's analyst."""
        return self.person(self.commissioner, Role.COMMISSIONER)


def _write(session: Session, ctx: Context, county: County) -> None:
    kinds = {
        county.court: OrganisationKind.COURT,
        county.other_court: OrganisationKind.COURT,
        county.force: OrganisationKind.FORCE,
        county.custody: OrganisationKind.CUSTODY,
        county.commissioner: OrganisationKind.COMMISSIONER,
    }
    for id_, kind in kinds.items():
        session.add(Organisation(id=id_, kind=kind, name=f"Demo {kind.value}", area="Demoshire"))
    session.flush()
    session.add(_site(county.court_house, county.court, SiteKind.COURT_HOUSE, "Demo Court House"))
    session.add(_site(county.suite, county.custody, SiteKind.CUSTODY_SUITE, "Demo Custody Suite"))
    session.flush()
    for weekday in range(5):
        session.add(OpeningHours(site_id=county.court_house, weekday=weekday, opens=9 * 60, closes=17 * 60))
    for weekday in range(7):
        session.add(OpeningHours(site_id=county.suite, weekday=weekday, opens=0, closes=24 * 60))
    rooms = (
        (county.courtroom, ResourceKind.COURTROOM, county.court, county.court_house, "Courtroom 1"),
        (county.second_courtroom, ResourceKind.COURTROOM, county.court, county.court_house, "Courtroom 2"),
        (county.cell, ResourceKind.CUSTODY_ROOM, county.custody, county.suite, "Video room 1"),
        (county.second_cell, ResourceKind.CUSTODY_ROOM, county.custody, county.suite, "Video room 2"),
        (county.officer, ResourceKind.PERSON, county.force, None, "PC 1187 Demo"),
        (county.second_officer, ResourceKind.PERSON, county.force, None, "PC 2043 Sample"),
    )
    for id_, room_kind, organisation, site, name in rooms:
        session.add(Resource(id=id_, kind=room_kind, organisation_id=organisation, site_id=site, name=name))
    session.flush()
    for officer, number in ((county.officer, "1187"), (county.second_officer, "2043")):
        session.add(Person(id=officer, kind=PersonKind.OFFICER, number=number))


def _site(id_: UUID, organisation: UUID, kind: SiteKind, name: str) -> Site:
    return Site(id=id_, organisation_id=organisation, kind=kind, name=name, area="Demoshire", link_streams=8)


def add_hearing(
    session: Session, ctx: Context, /, county: County, listed_at: datetime, minutes: int = 20, **facts: Any
) -> UUID:
    """A listed matter of the county's court."""
    row = Hearing(
        court_id=county.court,
        **{
            "title": "R v Example",
            "hearing_type": "First appearance",
            "listed_day": london_day(listed_at),
            "listed_at": listed_at,
            "listed_room_id": county.courtroom,
            "listed_room": "Courtroom 1",
            "minutes": minutes,
            "channels": [],
            **facts,
        },
    )
    session.add(row)
    session.flush()
    session.add(HearingOrganisation(hearing_id=row.id, organisation_id=county.court))
    return row.id


def add_booking(
    session: Session, ctx: Context, /, hearing_id: UUID, starts_at: datetime, minutes: int, *rooms: UUID
) -> UUID:
    """A confirmed booking written directly: the first room is the courtroom."""
    ends_at = starts_at + timedelta(minutes=minutes)
    booking = Booking(
        hearing_id=hearing_id,
        state=BookingState.CONFIRMED,
        courtroom_id=rooms[0],
        starts_at=starts_at,
        ends_at=ends_at,
        needs={},
    )
    session.add(booking)
    session.flush()
    for room in rooms:
        session.add(
            Reservation(
                resource_id=room,
                starts_at=starts_at,
                ends_at=ends_at,
                booking_id=booking.id,
                purpose=Purpose.HEARING,
            )
        )
    return booking.id


def add_sitting(session: Session, ctx: Context, room: UUID, starts_at: datetime, ends_at: datetime) -> None:
    session.add(SittingSession(courtroom_id=room, starts_at=starts_at, ends_at=ends_at, business_type="VIR"))


def add_shift(
    session: Session, ctx: Context, site: UUID, starts_at: datetime, ends_at: datetime, staff: int = 2
) -> None:
    session.add(Shift(site_id=site, starts_at=starts_at, ends_at=ends_at, staff=staff))


def add_person(
    session: Session,
    ctx: Context,
    organisation: UUID,
    kind: PersonKind,
    name: str = "A Person",
    languages: tuple[str, ...] = (),
) -> UUID:
    """A bookable person of an organisation."""
    row = Resource(kind=ResourceKind.PERSON, organisation_id=organisation, name=name)
    session.add(row)
    session.flush()
    session.add(Person(id=row.id, kind=kind, languages=list(languages)))
    return row.id
