"""Two counties that know nothing of each other, and things in them, made when a route's path names them.

A path parameter, or `{name}` within a body, is filled by the maker of that name. To test a route with a new
kind of thing, add its maker here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from court_link.domain.booking import BookingState, Purpose, ResourceKind
from court_link.domain.context import SYSTEM, Context
from court_link.domain.direction import DirectionStatus, Force, Medium
from court_link.domain.hearing import HearingState
from court_link.domain.ids import new_id
from court_link.domain.link import Admission
from court_link.domain.places import ClosureKind, DutyKind, PersonKind, SiteKind
from court_link.domain.requirements import Needs
from court_link.domain.roles import OrganisationKind, Part, Role
from court_link.domain.rooms import consultation
from court_link.identity import organisations
from court_link.importing import rota, rota_runs
from court_link.importing.reports import Report
from court_link.media.engine import RecordedFile
from court_link.store import links
from court_link.store.db import Db
from court_link.store.tables import (
    ApiToken,
    Booking,
    CalendarFeed,
    Closure,
    Consultation,
    DirectionRow,
    Duty,
    Exhibit,
    Hearing,
    HearingOrganisation,
    ImportRow,
    ImportRun,
    Person,
    Problem,
    Recording,
    Reservation,
    Resource,
    Screen,
    Shift,
    Site,
    SittingSession,
    TrackingReference,
    User,
    Waiting,
)
from court_link.store.tables.imports import ImportState


@dataclass
class Scene:
    """One county: an organisation of each kind, and what has been made in it so far."""

    organisations: Mapping[OrganisationKind, UUID]
    made: dict[str, UUID] = field(default_factory=dict)

    @property
    def court(self) -> UUID:
        return self.organisations[OrganisationKind.COURT]


def create(session: Session, ctx: Context, name: str) -> Scene:
    return Scene(
        {
            kind: organisations.create(session, ctx, kind, f"{name} {kind.value}", name).id
            for kind in OrganisationKind
        }
    )


@dataclass
class Things:
    """Things of one scene as one organisation of it sees them, made once each and then known by name."""

    scene: Scene
    organisation_id: UUID
    session: Session
    ctx: Context
    known: dict[str, UUID] = field(default_factory=dict)
    asker: UUID | None = None  # the account of who asks, where it matters

    def __getitem__(self, name: str) -> UUID:
        known = self.scene.made if name in SHARED else self.known
        if name not in known:
            known[name] = MAKERS[name](self)
            self.session.flush()
        return known[name]

    def add(self, row: Any) -> UUID:
        self.session.add(row)
        self.session.flush()
        made: UUID = row.id
        return made


async def make(
    db: Db, scene: Scene, organisation_id: UUID, names: set[str], asker: UUID | None = None
) -> dict[str, UUID]:
    """New things of these names, and the shared ones."""

    def run(session: Session, ctx: Context) -> dict[str, UUID]:
        things = Things(scene, organisation_id, session, ctx, asker=asker)
        return {name: things[name] for name in sorted(names)}

    return await db.write(run, Context(SYSTEM))


def _house(things: Things) -> UUID:
    return things.add(
        Site(organisation_id=things.scene.court, kind=SiteKind.COURT_HOUSE, name="Example House")
    )


def _courtroom(things: Things) -> UUID:
    return things.add(
        Resource(
            kind=ResourceKind.COURTROOM,
            organisation_id=things.scene.court,
            site_id=things["house_id"],
            name=f"Courtroom {new_id()}",
        )
    )


def _site(things: Things) -> UUID:
    """A site of the asker's own organisation."""
    custody = things.organisation_id == things.scene.organisations[OrganisationKind.CUSTODY]
    kind = SiteKind.CUSTODY_SUITE if custody else SiteKind.COURT_HOUSE
    return things.add(Site(organisation_id=things.organisation_id, kind=kind, name="Own Site"))


def _room(things: Things) -> UUID:
    """A room of the asker's site."""
    custody = things.organisation_id == things.scene.organisations[OrganisationKind.CUSTODY]
    kind = ResourceKind.CUSTODY_ROOM if custody else ResourceKind.COURTROOM
    return things.add(
        Resource(
            kind=kind,
            organisation_id=things.organisation_id,
            site_id=things["site_id"],
            name=f"Room {new_id()}",
        )
    )


def _shift(things: Things) -> UUID:
    """Officers on shift at the asker's site tomorrow."""
    begins = things.ctx.now + timedelta(days=1)
    return things.add(
        Shift(site_id=things["site_id"], starts_at=begins, ends_at=begins + timedelta(hours=8), staff=2)
    )


def _suite(things: Things) -> UUID:
    """A custody suite of the asker's own organisation."""
    return things.add(
        Site(organisation_id=things.organisation_id, kind=SiteKind.CUSTODY_SUITE, name="Own Suite")
    )


def _counted_shift(things: Things) -> UUID:
    """Staff on shift at the asker's suite tomorrow."""
    begins = things.ctx.now + timedelta(days=1)
    return things.add(
        Shift(site_id=things["suite_id"], starts_at=begins, ends_at=begins + timedelta(hours=8), staff=2)
    )


def _employed(things: Things) -> UUID:
    """A bookable person of the asker's own organisation."""
    employed_id = things.add(
        Resource(kind=ResourceKind.PERSON, organisation_id=things.organisation_id, name=f"Person {new_id()}")
    )
    things.add(Person(id=employed_id, kind=PersonKind.INTERPRETER, number=str(new_id())))
    return employed_id


def _duty(things: Things) -> UUID:
    """Their leave tomorrow."""
    begins = things.ctx.now + timedelta(days=1)
    return things.add(
        Duty(
            person_id=things["employed_id"],
            starts_at=begins,
            ends_at=begins + timedelta(hours=8),
            kind=DutyKind.LEAVE,
        )
    )


def _staff_run(things: Things) -> UUID:
    """A staged file of the asker's own people, of nobody."""
    run_id = things.add(
        ImportRun(
            organisation_id=things.organisation_id,
            file_name="people.csv",
            format="people",
            digest=str(new_id()),
            state=ImportState.STAGED,
            report=Report("people").document() | {"days": []},
            created_at=things.ctx.now,
        )
    )
    things.session.add(ImportRow(run_id=run_id, position=0, key="", payload={"said": []}))
    return run_id


def _hearing(things: Things) -> UUID:
    """A matter of the scene's court, booked, that concerns every organisation of the scene."""
    now = things.ctx.now
    hearing_id = things.add(
        Hearing(
            court_id=things.scene.court,
            state=HearingState.BOOKED,
            title="R v Example",
            hearing_type="First appearance",
            listed_day=now.date(),
            listed_at=now + timedelta(minutes=10),
            minutes=20,
            channels=[],
        )
    )
    for organisation_id in things.scene.organisations.values():
        things.session.add(HearingOrganisation(hearing_id=hearing_id, organisation_id=organisation_id))
    things.session.flush()
    things.known["booking_id"] = things.add(
        Booking(
            hearing_id=hearing_id,
            state=BookingState.CONFIRMED,
            courtroom_id=things["courtroom_id"],
            starts_at=now + timedelta(minutes=10),
            ends_at=now + timedelta(minutes=30),
            needs={"needs": Needs(things["courtroom_id"], 20).document(), "taken": []},
        )
    )
    return hearing_id


def _waiting(things: Things) -> UUID:
    """A matter of the scene's court that is listed, and waits for a time until Friday."""
    now = things.ctx.now
    hearing_id = things.add(
        Hearing(
            court_id=things.scene.court,
            title="R v Patient",
            hearing_type="First appearance",
            listed_day=now.date(),
            listed_at=now,
            minutes=20,
            channels=[],
        )
    )
    for organisation_id in things.scene.organisations.values():
        things.session.add(HearingOrganisation(hearing_id=hearing_id, organisation_id=organisation_id))
    things.session.add(
        Waiting(
            hearing_id=hearing_id,
            court_id=things.scene.court,
            needs=Needs(things["courtroom_id"], 20).document(),
            courtrooms=[str(things["courtroom_id"])],
            earliest=now.date(),
            latest=now.date() + timedelta(days=4),
            added_at=now,
        )
    )
    return hearing_id


def _booking(things: Things) -> UUID:
    """The hearing's own booking, which came with it."""
    things["hearing_id"]
    return things.known["booking_id"]


def _custody_link(things: Things) -> UUID:
    """A defendant's link from a custody room of the asker's site."""
    room_id = things.add(
        Resource(
            kind=ResourceKind.CUSTODY_ROOM,
            organisation_id=things.organisation_id,
            site_id=things["site_id"],
            name="Video room 1",
        )
    )
    now = things.ctx.now
    things.add(
        Reservation(
            resource_id=room_id,
            starts_at=now + timedelta(minutes=10),
            ends_at=now + timedelta(minutes=30),
            booking_id=things["booking_id"],
            purpose=Purpose.HEARING,
        )
    )
    return links.ensure(
        things.session,
        things.ctx,
        things["hearing_id"],
        Part.DEFENDANT,
        "A defendant",
        room_id=room_id,
        organisation_id=things.organisation_id,
    ).id


def _run(things: Things) -> UUID:
    return things.add(
        ImportRun(
            organisation_id=things.scene.court,
            file_name="list.json",
            format="magistrates_standard",
            digest=str(new_id()),
            state=ImportState.STAGED,
            report=Report("magistrates_standard").document(),
            created_at=things.ctx.now,
        )
    )


def _closure(things: Things) -> UUID:
    return things.add(
        Closure(
            site_id=things["site_id"],
            starts_at=things.ctx.now,
            ends_at=things.ctx.now + timedelta(days=1),
            kind=ClosureKind.CLOSED,
        )
    )


def _sitting(things: Things) -> UUID:
    start = things.ctx.now.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=7)
    return things.add(
        SittingSession(
            courtroom_id=things["courtroom_id"], starts_at=start, ends_at=start + timedelta(hours=3)
        )
    )


def _rota(things: Things) -> UUID:
    """A rota that was read, of no session at all."""
    day = things.ctx.now.date()
    reading = rota.Reading("digest", "Exampleshire", day, day)
    return rota_runs.stage(things.session, things.ctx, things.scene.court, "rota.xml", reading).id


def _link(things: Things) -> UUID:
    return links.ensure(things.session, things.ctx, things["hearing_id"], Part.ADVOCATE, "An advocate").id


def _defendant(things: Things) -> UUID:
    """A defendant of the hearing, whose link stands in no room."""
    return links.ensure(things.session, things.ctx, things["hearing_id"], Part.DEFENDANT, "A defendant").id


def _consultation(things: Things) -> UUID:
    """The advocate and the defendant in private."""
    room = things.add(Consultation(hearing_id=things["hearing_id"], opened_at=things.ctx.now))
    for name in ("link_id", "defendant_id"):
        row = links.row(things.session, things[name])
        row.place, row.admission = consultation(room), Admission.WAITING
    return room


def _screened(things: Things) -> UUID:
    """The advocate, whom a special measure keeps from the defendant."""
    screen = Screen(
        source_id=things["link_id"],
        receiver_id=things["defendant_id"],
        hearing_id=things["hearing_id"],
        ordered_by="District Judge Example",
    )
    things.session.add(screen)
    things.session.flush()
    return screen.source_id


def _exhibit(things: Things) -> UUID:
    """A document that the advocate offers."""
    return things.add(
        Exhibit(
            hearing_id=things["hearing_id"],
            source_id=things["link_id"],
            title="A photograph",
            media_type="image/png",
            content=b"\x89PNG\r\n\x1a\n",
            made_at=things.ctx.now,
        )
    )


def _direction(things: Things) -> UUID:
    return things.add(
        DirectionRow(
            hearing_id=things["hearing_id"],
            link_id=things["link_id"],
            medium=Medium.VIDEO,
            force=Force.PERMIT,
            status=DirectionStatus.IN_FORCE,
            maker="District Judge Example",
            made_at=things.ctx.now,
        )
    )


def _reference(things: Things) -> UUID:
    return things.add(
        TrackingReference(hearing_id=things["hearing_id"], digest=str(new_id()), issued_at=things.ctx.now)
    )


def _problem(things: Things) -> UUID:
    return things.add(Problem(hearing_id=things["hearing_id"], kind="no_sound", reported_at=things.ctx.now))


def _recording(things: Things) -> UUID:
    """One that runs."""
    return things.add(
        Recording(
            hearing_id=things["hearing_id"],
            power="Example power",
            ordered_by="District Judge Example",
            started_at=things.ctx.now,
        )
    )


def _recorded(things: Things) -> UUID:
    """One that has ended and is sealed, with a file in which there is nothing."""
    row = things.session.get_one(Recording, _recording(things))
    row.stopped_at = things.ctx.now
    row.keep_until = things.ctx.now + timedelta(days=1)
    file = RecordedFile("empty.webm", str(new_id()), False, things.ctx.now.isoformat(), 0, 0, "0" * 64)
    row.manifest, row.manifest_digest = {"recording": str(row.id), "files": [asdict(file)]}, "0" * 64
    return row.id


def _account(things: Things) -> UUID:
    return things.add(
        User(
            organisation_id=things.organisation_id,
            email=f"{new_id()}@example.com",
            name="Somebody Else",
            roles=[Role.ADMINISTRATOR.value],
            created_at=things.ctx.now,
        )
    )


def _token(things: Things) -> UUID:
    return things.add(
        ApiToken(
            organisation_id=things.organisation_id,
            name="A machine",
            token_digest=str(new_id()),
            roles=[Role.ADMINISTRATOR.value],
            created_at=things.ctx.now,
            expires_at=things.ctx.now + timedelta(days=1),
        )
    )


def _feed(things: Things) -> UUID:
    """A calendar address of the asker's, or of somebody else."""
    return things.add(
        CalendarFeed(
            user_id=things.asker or things["account_id"],
            kind="site",
            subject_id=things["site_id"],
            digest=str(new_id()),
            issued_at=things.ctx.now,
        )
    )


#: Nobody's thing: another text each time.
FRESH = "fresh"
#: Made once for a scene and never changed by a request of the matrix.
SHARED = frozenset({"house_id", "courtroom_id"})
MAKERS: Mapping[str, Callable[[Things], UUID]] = {
    "house_id": _house,
    "courtroom_id": _courtroom,
    "site_id": _site,
    "room_id": _room,
    "shift_id": _shift,
    "suite_id": _suite,
    "counted_shift_id": _counted_shift,
    "employed_id": _employed,
    "duty_id": _duty,
    "staff_run_id": _staff_run,
    "hearing_id": _hearing,
    "booking_id": _booking,
    "waiting_id": _waiting,
    "link_id": _link,
    "defendant_id": _defendant,
    "consultation_id": _consultation,
    "exhibit_id": _exhibit,
    "screened_id": _screened,
    "custody_link_id": _custody_link,
    "run_id": _run,
    "closure_id": _closure,
    "sitting_id": _sitting,
    "sitting_room_id": _courtroom,  # one of its own, in which nothing sits yet
    "rota_id": _rota,
    "direction_id": _direction,
    "reference_id": _reference,
    "problem_id": _problem,
    "recording_id": _recording,
    "recorded_id": _recorded,
    "account_id": _account,
    "user_id": _account,
    "token_id": _token,
    "feed_id": _feed,
    FRESH: lambda _: new_id(),
    "organisation_id": lambda things: things.organisation_id,
}
