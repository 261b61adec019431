"""Listed matters, who is concerned, the directions made, and what went wrong."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from court_link.domain.direction import DirectionStatus, Force, Medium
from court_link.domain.hearing import EndCause, HearingState, Outcome, Visibility
from court_link.domain.ids import new_id, new_reference
from court_link.store.columns import document, moment, word


class Hearing(SQLModel, table=True):
    """A listed matter. `court_id` is the organisation that lists it."""

    __table_args__ = (
        UniqueConstraint("court_id", "list_key"),
        Index("hearing_court_day", "court_id", "listed_day"),
        Index("hearing_state_listed", "state", "listed_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    reference: str = Field(
        default_factory=new_reference, unique=True
    )  # staff read it out; not the tracking one
    court_id: UUID = Field(foreign_key="organisation.id")
    state: HearingState = Field(default=HearingState.LISTED, sa_column=word(HearingState))
    title: str  # such as "R v Example"; personal
    hearing_type: str
    panel: str = ""  # ADULT, YOUTH, as the list says
    listed_day: date
    listed_at: datetime = Field(sa_column=moment())
    listed_room_id: UUID | None = Field(default=None, foreign_key="resource.id", index=True)
    listed_room: str = ""  # as the list names it
    minutes: int  # estimate
    sequence: str = ""
    channels: list[str] = Field(sa_column=document())  # free text of the list, kept as it came
    video: bool = False
    youth: bool = False  # a defendant is under 18
    visibility: Visibility = Field(default=Visibility.PUBLIC, sa_column=word(Visibility))
    family: bool = False
    restrictions: bool = False
    list_key: str | None = None  # identity of an imported matter; None when typed in
    no_longer_listed: bool = False
    outcome: Outcome | None = Field(default=None, sa_column=word(Outcome, nullable=True))
    end_cause: EndCause | None = Field(default=None, sa_column=word(EndCause, nullable=True))
    opened_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    started_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    paused_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    vacated_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    relisted_from: UUID | None = Field(default=None, foreign_key="hearing.id")
    in_custody: bool = False  # the list says that a defendant is; on remand or after charge it does not say
    detained: bool = False  # a defendant is charged and detained: first available sitting
    remand_expires: date | None = None  # a hard date: heard on it at the latest
    custody_limit: date | None = None  # the custody time limit, a hard date too
    same_bench: list[str] = Field(default_factory=list, sa_column=document())  # part-heard: ids of its people
    recording_power: str = ""  # under which it may be recorded; without one it never is
    recording_ordered_by: str = ""
    measures: list[dict[str, str]] = Field(default_factory=list, sa_column=document())  # `domain.measures`
    group_id: UUID | None = Field(default=None, index=True)  # the days of one hearing that takes several
    group_day: int = 0  # which of them, from 1
    version: int = 1


class HearingOrganisation(SQLModel, table=True):
    """Who is concerned with a hearing, the listing court included: the one rule of scope."""

    __tablename__ = "hearing_organisation"

    hearing_id: UUID = Field(foreign_key="hearing.id", primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id", primary_key=True, index=True)


class Case(SQLModel, table=True):
    """A case (or application) within a listed matter."""

    __tablename__ = "hearing_case"

    hearing_id: UUID = Field(foreign_key="hearing.id", primary_key=True)
    position: int = Field(primary_key=True)
    urn: str = Field(default="", index=True)


class Party(SQLModel, table=True):
    """A party as the list names them; personal."""

    __tablename__ = "party"

    hearing_id: UUID = Field(foreign_key="hearing.id", primary_key=True)
    position: int = Field(primary_key=True)
    role: str  # the list's partyRole
    name: str
    under_18: bool = False


class DirectionRow(SQLModel, table=True):
    """A live-link direction; see `domain.direction`."""

    __tablename__ = "direction"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    hearing_id: UUID = Field(foreign_key="hearing.id", index=True)
    link_id: UUID = Field(foreign_key="link.id", index=True)
    medium: Medium = Field(sa_column=word(Medium))
    force: Force = Field(sa_column=word(Force))
    status: DirectionStatus = Field(sa_column=word(DirectionStatus))
    maker: str
    scope: str = ""  # what it is for, as the bench said: "this hearing", "until further order"
    representations: str = ""
    youth_team_heard: bool = False
    recorded_by: UUID | None = None
    made_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class TrackingReference(SQLModel, table=True):
    """A personal reference for following a hearing. Only a keyed digest of it is stored."""

    __tablename__ = "tracking_reference"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    hearing_id: UUID = Field(foreign_key="hearing.id", index=True)
    digest: str = Field(unique=True)
    issued_by: UUID | None = None
    issued_at: datetime = Field(sa_column=moment())
    revoked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class Problem(SQLModel, table=True):
    """A technical problem that somebody reported, until a named person resolves it."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    hearing_id: UUID = Field(foreign_key="hearing.id", index=True)
    link_id: UUID | None = Field(default=None, foreign_key="link.id")
    kind: str  # a code: no_sound, no_picture, echo, dropped, device_refused, other
    reported_at: datetime = Field(sa_column=moment())
    resolved_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    resolved_by: UUID | None = None
