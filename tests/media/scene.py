"""One booked hearing with its bench, a defendant in a custody room and an officer; everybody made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import select

from court_link.domain.booking import BookingState, ResourceKind
from court_link.domain.context import SYSTEM, Actor, ActorKind, Context
from court_link.domain.direction import DirectionStatus, Force, Medium
from court_link.domain.hearing import HearingState
from court_link.domain.link import Link
from court_link.domain.places import PersonKind, SiteKind
from court_link.domain.requirements import CustodyNeed, Needs
from court_link.domain.roles import OrganisationKind, Part, Role
from court_link.domain.times import london_day
from court_link.media.credentials import Keys
from court_link.store import Db, Session, links
from court_link.store.tables import (
    Booking,
    DirectionRow,
    Hearing,
    HearingOrganisation,
    LiveRoom,
    Organisation,
    Person,
    Resource,
    Site,
)
from tests.stores import MONDAY

KEYS = Keys("a key for tests alone, of more than 32 characters")
DEVICE = "device-secret-one-0123456789"
OTHER_DEVICE = "device-secret-two-0123456789"
#: The hearing is booked from half past nine, so its lobby is open at nine.
STARTS = MONDAY + timedelta(minutes=30)
ENDS = STARTS + timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who and what there is. `clerk` and `bench` are contexts of signed-in people of the court."""

    hearing: UUID
    court: UUID
    force: UUID
    custody: UUID
    officer_person: UUID
    bench_link: Link
    defendant: Link
    officer: Link
    clerk: Context
    bench: Context
    custody_staff: Context
    officer_user: Context
    stranger: Context


def person(role: Role, organisation: UUID, *, person_id: UUID | None = None) -> Context:
    """A signed-in person of one organisation."""
    return Context(
        Actor(
            ActorKind.USER,
            id=uuid4(),
            name=f"{role.value.replace('_', ' ').capitalize()} Demo",
            organisation_id=organisation,
            roles=frozenset({role}),
            scope=frozenset({organisation}),
            person_id=person_id,
        )
    )


def participant(link: Link) -> Context:
    """Somebody in the hearing by a join session of this link."""
    return Context(Actor(ActorKind.LINK, id=link.id, name=link.label, link_id=link.id))


async def set_scene(db: Db, starts: datetime = STARTS) -> Scene:
    """Write the scene into an empty store, with the hearing at this time."""
    return await db.write(_set, Context(SYSTEM), starts)


def _set(session: Session, ctx: Context, starts: datetime) -> Scene:
    court = Organisation(kind=OrganisationKind.COURT, name="Example Magistrates' Court")
    force = Organisation(kind=OrganisationKind.FORCE, name="Example Constabulary")
    custody = Organisation(kind=OrganisationKind.CUSTODY, name="Example Custody")
    session.add_all([court, force, custody])
    session.flush()
    house = Site(organisation_id=court.id, kind=SiteKind.COURT_HOUSE, name="Example Court House")
    suite = Site(organisation_id=custody.id, kind=SiteKind.CUSTODY_SUITE, name="Example Suite")
    session.add_all([house, suite])
    session.flush()
    room = Resource(
        kind=ResourceKind.COURTROOM, organisation_id=court.id, site_id=house.id, name="Courtroom 1"
    )
    cell = Resource(
        kind=ResourceKind.CUSTODY_ROOM, organisation_id=custody.id, site_id=suite.id, name="Video room 1"
    )
    officer = Resource(kind=ResourceKind.PERSON, organisation_id=force.id, name="PC 1187 Demo")
    session.add_all([room, cell, officer])
    session.flush()
    session.add(Person(id=officer.id, kind=PersonKind.OFFICER, number="1187"))
    hearing = Hearing(
        court_id=court.id,
        state=HearingState.BOOKED,
        title="R v Example",
        hearing_type="First appearance",
        listed_day=london_day(starts),
        listed_at=starts,
        listed_room_id=room.id,
        minutes=30,
        channels=[],
    )
    session.add(hearing)
    session.flush()
    needs = Needs(room.id, 30, custody=(CustodyNeed(cell.id),), attending=(officer.id,))
    session.add(
        Booking(
            hearing_id=hearing.id,
            state=BookingState.CONFIRMED,
            courtroom_id=room.id,
            starts_at=starts,
            ends_at=starts + (ENDS - STARTS),
            needs={"needs": needs.document(), "taken": []},
        )
    )
    for organisation in (court, force, custody):
        session.add(HearingOrganisation(hearing_id=hearing.id, organisation_id=organisation.id))
    session.flush()
    bench_link = links.ensure(session, ctx, hearing.id, Part.BENCH, "Bench", room_id=room.id, remote=False)
    defendant = links.ensure(
        session, ctx, hearing.id, Part.DEFENDANT, "Defendant", room_id=cell.id, organisation_id=custody.id
    )
    giving = links.ensure(
        session, ctx, hearing.id, Part.OFFICER, "PC 1187 Demo", person_id=officer.id, organisation_id=force.id
    )
    return Scene(
        hearing=hearing.id,
        court=court.id,
        force=force.id,
        custody=custody.id,
        officer_person=officer.id,
        bench_link=bench_link,
        defendant=defendant,
        officer=giving,
        clerk=person(Role.LEGAL_ADVISER, court.id),
        bench=person(Role.BENCH, court.id),
        custody_staff=person(Role.CUSTODY_OFFICER, custody.id),
        officer_user=person(Role.OFFICER, force.id, person_id=officer.id),
        stranger=person(Role.LEGAL_ADVISER, uuid4()),
    )


def direct(session: Session, ctx: Context, link: Link, medium: Medium = Medium.VIDEO) -> None:
    """A live-link direction in force for a link."""
    session.add(
        DirectionRow(
            hearing_id=link.hearing_id,
            link_id=link.id,
            medium=medium,
            force=Force.PERMIT,
            status=DirectionStatus.IN_FORCE,
            maker="Bench",
            made_at=ctx.now,
        )
    )


def rescind(session: Session, ctx: Context, link: Link) -> None:
    """No direction of this link stands any more."""
    for row in session.exec(select(DirectionRow).where(DirectionRow.link_id == link.id)):
        row.status = DirectionStatus.RESCINDED


def room_version(session: Session, ctx: Context, hearing: UUID) -> int:
    """The version of the room's desired state."""
    row = session.get(LiveRoom, hearing)
    return row.version if row else 0
