"""Sites, what can be booked there, and when it is open and staffed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from court_link.domain.booking import ResourceKind
from court_link.domain.ids import new_id
from court_link.domain.places import PersonKind, SiteKind
from court_link.store.columns import moment, word


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
    version: int = 1


class Person(SQLModel, table=True):
    """A bookable person; their name is on the resource of the same id."""

    id: UUID = Field(foreign_key="resource.id", primary_key=True)
    kind: PersonKind = Field(sa_column=word(PersonKind))
    number: str = ""  # collar number, or registration
    email: str = ""


class SittingSession(SQLModel, table=True):
    """A courtroom's half day: staffed open minutes, a business type, a capacity in slots."""

    __tablename__ = "session"
    __table_args__ = (Index("session_room_start", "courtroom_id", "starts_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    courtroom_id: UUID = Field(foreign_key="resource.id")
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    business_type: str = ""
    panel: str = ""
    slots: int = 0
    version: int = 1


class Shift(SQLModel, table=True):
    """Detention officers on shift at a custody suite: `staff` of them, over the interval."""

    __table_args__ = (Index("shift_site_start", "site_id", "starts_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id")
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    staff: int
