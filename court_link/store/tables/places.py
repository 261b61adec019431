"""Sites, what can be booked there, and when it is open and staffed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from court_link.domain.booking import PoolKind, ResourceKind
from court_link.domain.ids import new_id
from court_link.domain.places import ClosureKind, DutyKind, PersonKind, SiteKind
from court_link.store.columns import document, moment, word


class Site(SQLModel, table=True):
    """A court house, custody suite, police station, vehicle base, prison, or remote."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    kind: SiteKind = Field(sa_column=word(SiteKind))
    code: str | None = Field(default=None, unique=True)  # OU code where there is one
    name: str
    address: str = ""
    postcode: str = ""
    area: str = Field(default="", index=True)
    closed: bool = False
    opens_on_holidays: bool = False  # remand courts and custody
    link_streams: int = 0  # video streams its line carries at once; 0 is not counted
    version: int = 1


class OpeningHours(SQLModel, table=True):
    """Local opening times by weekday (Monday 0), as minutes after London midnight, half-open."""

    __tablename__ = "opening_hours"

    site_id: UUID = Field(foreign_key="site.id", primary_key=True)
    weekday: int = Field(primary_key=True)
    opens: int = Field(primary_key=True)
    closes: int


class Holiday(SQLModel, table=True):
    """A bank holiday in England and Wales."""

    day: date = Field(primary_key=True)
    name: str


class Resource(SQLModel, table=True):
    """One thing or person that can be in one place at a time."""

    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: ResourceKind = Field(sa_column=word(ResourceKind, index=True))
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    site_id: UUID | None = Field(default=None, foreign_key="site.id", index=True)
    name: str
    code: str | None = None
    active: bool = True
    restricted_to: list[str] = Field(default_factory=list, sa_column=document())  # business types; [] is any
    version: int = 1


class Person(SQLModel, table=True):
    """A bookable person; their name is on the resource of the same id."""

    id: UUID = Field(foreign_key="resource.id", primary_key=True)
    kind: PersonKind = Field(sa_column=word(PersonKind))
    number: str = ""  # collar number, or registration
    email: str = ""
    languages: list[str] = Field(default_factory=list, sa_column=document())  # that they interpret
    station_id: UUID | None = Field(default=None, index=True)  # where they are based: a site


class SittingSession(SQLModel, table=True):
    """A courtroom's half day: staffed open minutes, a business type, a capacity in slots or minutes."""

    __tablename__ = "session"
    __table_args__ = (
        Index("session_room_start", "courtroom_id", "starts_at"),
        Index("uq_session_source_key", "source_key", unique=True),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    courtroom_id: UUID = Field(foreign_key="resource.id")
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    business_type: str = ""
    panel: str = ""
    slots: int = 0  # matters that it takes; 0 is not counted
    minutes: int = 0  # minutes that it takes; 0 is not counted
    source: str = ""  # the rota that it came from; empty when a person made it
    source_key: str | None = Field(default=None)  # its identity in that rota
    against_rota: bool = False  # a later rota has it no longer so: kept for what is booked in it
    version: int = 1


class Closure(SQLModel, table=True):
    """A stretch in which a site, or one room of it, cannot be had."""

    __table_args__ = (Index("closure_site_start", "site_id", "starts_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    resource_id: UUID | None = Field(default=None, foreign_key="resource.id")  # None: the whole site
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    kind: ClosureKind = Field(sa_column=word(ClosureKind))
    reason: str = ""  # in words for those who book
    version: int = 1


class Duty(SQLModel, table=True):
    """One stretch of a bookable person's rota."""

    __table_args__ = (Index("duty_person_start", "person_id", "starts_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    kind: DutyKind = Field(sa_column=word(DutyKind))


class Practice(SQLModel, table=True):
    """A court's own figures for one hearing type; what is None is as the service assumes."""

    court_id: UUID = Field(foreign_key="organisation.id", primary_key=True)
    hearing_type: str = Field(primary_key=True)  # in lower case
    minutes: int | None = None
    consultation: int | None = None
    afterwards: int | None = None
    turnaround: int | None = None
    version: int = 1


class CalendarFeed(SQLModel, table=True):
    """A private calendar address, for the diary of a person, a room or a site. Only a digest is stored."""

    __tablename__ = "calendar_feed"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="account.id", index=True)  # whose sight it has
    kind: str  # person, room, site
    subject_id: UUID
    digest: str = Field(unique=True)
    issued_at: datetime = Field(sa_column=moment())
    revoked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class Shift(SQLModel, table=True):
    """Staff of one counted pool on shift at a custody suite: `staff` of them, `away` of these sick or out."""

    __table_args__ = (Index("shift_site_start", "site_id", "starts_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    staff: int
    away: int = 0
    pool: PoolKind = Field(default=PoolKind.CUSTODY_STAFF, sa_column=word(PoolKind))
    version: int = 1
