"""Links into hearings, their join sessions, and the rooms on media nodes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from court_link.domain.ids import new_id
from court_link.domain.link import LOBBY, Admission
from court_link.domain.node import NodeState
from court_link.domain.roles import Part
from court_link.store.columns import document, moment, where, word


class Link(SQLModel, table=True):
    """One participant's way into one hearing."""

    #: Those whose device has not yet stopped sending for their last move, of which there are few.
    __table_args__ = (Index("link_moving", "moved_at", **where("settled < moves")),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    hearing_id: UUID = Field(foreign_key="hearing.id", index=True)
    part: Part = Field(sa_column=word(Part))
    label: str  # what others in the hearing see; personal
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    room_id: UUID | None = Field(default=None, foreign_key="resource.id", index=True)  # the endpoint's room
    organisation_id: UUID | None = Field(default=None, foreign_key="organisation.id")
    remote: bool = True  # needs a live-link direction before admission
    admission: Admission = Field(default=Admission.EXPECTED, sa_column=word(Admission))
    place: str = LOBBY
    credential_version: int = 1  # raising it revokes every credential and join session before it
    revoked: bool = False
    identified_by: UUID | None = None
    identified_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    arrived_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    admitted_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    left_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    kit_check: dict[str, Any] | None = Field(default=None, sa_column=document(nullable=True))
    version: int = 1
    back_to: str = LOBBY  # where a consultation returns them
    moves: int = 0  # from place to place
    settled: int = 0  # the last move for which their device has stopped sending
    moved_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    called_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    released_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    grants: list[str] | None = Field(default=None, sa_column=document(nullable=True))  # None: the part's own
    whisper_to: UUID | None = None


class Tie(SQLModel, table=True):
    """One link is in the hearing for another: an advocate for a client, an interpreter for who needs one.

    `agrees` is an advocate's word that this client may be in one room with co-defendants.
    """

    link_id: UUID = Field(foreign_key="link.id", primary_key=True)
    for_id: UUID = Field(foreign_key="link.id", primary_key=True)
    hearing_id: UUID = Field(foreign_key="hearing.id", index=True)
    agrees: bool = False


class Consultation(SQLModel, table=True):
    """A private room of a hearing; its place is `consultation:<id>`. Who is in it is on the links.

    `closes_at` is when a recall takes effect; `opened_by` is a link, or a person of the court.
    """

    __table_args__ = (Index("consultation_open", "hearing_id", **where("closed_at IS NULL")),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    hearing_id: UUID = Field(foreign_key="hearing.id", index=True)
    opened_at: datetime = Field(sa_column=moment())
    opened_by: UUID | None = None
    closes_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    recalled_by: UUID | None = None
    closed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class Screen(SQLModel, table=True):
    """A special measure: the receiver does not see, or hear, the source, in any room of the hearing."""

    source_id: UUID = Field(foreign_key="link.id", primary_key=True)
    receiver_id: UUID = Field(foreign_key="link.id", primary_key=True)
    hearing_id: UUID = Field(foreign_key="hearing.id", index=True)
    picture: bool = True
    sound: bool = False
    ordered_by: str = ""


class Exhibit(SQLModel, table=True):
    """A document, or the screen of a link, that may be shown to chosen links when the court permits it.

    `source_id` is the link that presents it. `shown_to` are link ids; empty while nobody sees it.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    hearing_id: UUID = Field(foreign_key="hearing.id", index=True)
    source_id: UUID = Field(foreign_key="link.id")
    title: str  # personal
    media_type: str = ""  # empty: the live screen of the source
    content: bytes | None = None
    permitted_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    permitted_by: UUID | None = None
    shown_to: list[str] = Field(default_factory=list, sa_column=document())
    withdrawn_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    made_at: datetime = Field(sa_column=moment())
    version: int = 1


class Recording(SQLModel, table=True):
    """One stretch of recording of a hearing, under a power, by order of somebody.

    `manifest` lists the files with length and SHA-256 once it has stopped; its digest stands in the audit.
    `keep_until` is when retention ends, None while the court holds it; `deleted_at` when the files were
    destroyed. `told_at` is the worker's own time of its newest word of it. `counted_until` is until when it
    has a recorder beside those that were booked.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    hearing_id: UUID = Field(foreign_key="hearing.id", index=True)
    power: str
    ordered_by: str
    node: str = ""
    started_at: datetime = Field(sa_column=moment())
    stopped_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    stalled_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    stalled_why: str = ""
    manifest: dict[str, Any] | None = Field(default=None, sa_column=document(nullable=True))
    manifest_digest: str = ""
    keep_until: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    deleted_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    told_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    counted_until: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class JoinSession(SQLModel, table=True):
    """A device that redeemed a credential. Digests only. Times are real time."""

    __tablename__ = "join_session"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    link_id: UUID = Field(foreign_key="link.id", index=True)
    token_digest: str = Field(unique=True)
    device_digest: str
    credential_version: int
    created_at: datetime = Field(sa_column=moment())
    seen_at: datetime = Field(sa_column=moment())
    page: UUID | None = None  # the newest page of the device, which alone speaks for the link
    revoked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class LiveRoom(SQLModel, table=True):
    """A hearing's room on a media node. The desired state is derived from the links at `version`."""

    __tablename__ = "live_room"

    hearing_id: UUID = Field(foreign_key="hearing.id", primary_key=True)
    version: int = 1
    applied_version: int = 0
    node: str | None = None
    epoch: str | None = None  # of the worker that applied it
    closed: bool = False


class LinkMedia(SQLModel, table=True):
    """What the worker last said of a link: derived presence, never admission."""

    __tablename__ = "link_media"

    link_id: UUID = Field(foreign_key="link.id", primary_key=True)
    session: str | None = None
    etag: str | None = None
    epoch: str | None = None
    connected: bool = False
    quality: int | None = None  # 0 to 100
    changed_at: datetime = Field(sa_column=moment())  # the worker's own time of its newest word


class Node(SQLModel, table=True):
    """A media server with a capacity in participants. `seen_at` is real time."""

    name: str = Field(primary_key=True)
    epoch: str = ""
    state: NodeState = Field(sa_column=word(NodeState))
    capacity: int = 0
    load: int = 0
    url: str = ""  # of its control
    seen_at: datetime = Field(sa_column=moment())
