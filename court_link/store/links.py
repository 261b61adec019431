"""Links: who may come into which hearing, and who of them runs it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select

from court_link.domain.context import ActorKind, Context
from court_link.domain.direction import DirectionStatus, Medium
from court_link.domain.errors import Forbidden, NotFound
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.domain.link import LOBBY, Admission, Link
from court_link.domain.roles import Part, Permission
from court_link.store import Session, events, hearings, join_sessions
from court_link.store.prepared import Prepared, plain, together
from court_link.store.rows import locked, present
from court_link.store.tables import DirectionRow, Hearing, LiveRoom, Resource
from court_link.store.tables import Link as LinkRow

_FACTS = tuple(Link.__dataclass_fields__)


def value(row: LinkRow) -> Link:
    """The frozen value of a row."""
    facts = {name: getattr(row, name) for name in _FACTS}
    return Link(**facts | {"grants": None if row.grants is None else tuple(row.grants)})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A link that a hearing should have; `remote` people need a live-link direction before admission."""

    part: Part
    label: str
    person_id: UUID | None = None
    room_id: UUID | None = None
    organisation_id: UUID | None = None
    remote: bool = True

    def new(self, hearing_id: UUID) -> Link:
        """It, as it is made."""
        return Link(
            id=new_id(),
            hearing_id=hearing_id,
            part=self.part,
            label=self.label,
            person_id=self.person_id,
            room_id=self.room_id,
            organisation_id=self.organisation_id,
            remote=self.remote,
            admission=Admission.EXPECTED,
            place=LOBBY,
            credential_version=1,
            revoked=False,
            identified_by=None,
            identified_at=None,
            arrived_at=None,
            admitted_at=None,
            left_at=None,
            kit_check=None,
            version=1,
        )

    def is_had(self, row: LinkRow) -> bool:
        """Whether `row` is this link already: the same person's, else the same room's, else the same label's.

        The bench has one link for a hearing, wherever it sits.
        """
        if row.part is not self.part:
            return False
        if self.part is Part.BENCH:
            return True
        if self.person_id is not None:
            return row.person_id == self.person_id
        if self.room_id is not None:
            return row.room_id == self.room_id
        return row.label == self.label and row.person_id is None


def ensure(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    part: Part,
    label: str,
    *,
    person_id: UUID | None = None,
    room_id: UUID | None = None,
    organisation_id: UUID | None = None,
    remote: bool = True,
) -> Link:
    """The link of this part in this hearing, made when there is none yet; see `ensure_all`."""
    wanted = Wanted(part, label, person_id, room_id, organisation_id, remote)
    return ensure_all(session, ctx, hearing_id, [wanted])[0]


def ensure_all(session: Session, ctx: Context, hearing_id: UUID, wanted: Sequence[Wanted]) -> list[Link]:
    """The links wanted, in order, each made when there is none yet.

    A link that stands takes the new label and room and keeps everything else, so that rebooking disturbs
    nobody.
    """
    standing = _standing(session, hearing_id)
    found: list[Link] = []
    made: list[Link] = []
    changed = False
    for each in wanted:
        row = next(filter(each.is_had, standing), None)
        if row is None:
            made.append(each.new(hearing_id))
            found.append(made[-1])
            continue
        if (row.label, row.room_id) != (each.label, each.room_id):
            row.label, row.room_id, row.version = each.label, each.room_id, row.version + 1
            changed = True
        found.append(value(row))
    with together(session):
        _WRITE.run(session, [{name: getattr(link, name) for name in _FACTS} for link in made])
        if made or changed:
            bump(session, hearing_id)
        for link in made:
            record(session, ctx, EventKind.LINK_ISSUED, link, part=link.part.value)
    return found


def _standing(session: Session, hearing_id: UUID) -> Sequence[LinkRow]:
    found = _STANDING.rows(session, {"hearing_id": hearing_id})
    if not found:  # as for most that are booked
        return []
    return session.exec(select(LinkRow).where(col(LinkRow.id).in_([id_ for (id_,) in found]))).all()


_STANDING = Prepared(
    select(col(LinkRow.id)).where(
        LinkRow.hearing_id == bindparam("hearing_id"), col(LinkRow.revoked).is_(False)
    )
)
_WRITE = plain(LinkRow.__table__)  # type: ignore[attr-defined]


def retire(session: Session, ctx: Context, hearing_id: UUID, keep: Collection[UUID]) -> None:
    """Revoke the links that a booking made for people and rooms, all but `keep`: nobody needs them."""
    for row in session.exec(
        select(LinkRow).where(LinkRow.hearing_id == hearing_id, col(LinkRow.revoked).is_(False))
    ):
        booked = row.person_id is not None or row.room_id is not None
        if booked and row.id not in keep:
            revoke(session, ctx, row, EventKind.LINK_REVOKED)
            row.revoked = True


def withdraw(session: Session, ctx: Context, link_ids: Collection[UUID]) -> None:
    """Revoke these links, which a booking brought and nobody needs any more."""
    for link_id in sorted(link_ids):
        found = row(session, link_id)
        revoke(session, ctx, found, EventKind.LINK_REVOKED)
        found.revoked = True


def revoke(session: Session, ctx: Context, row: LinkRow, kind: EventKind, **data: Any) -> None:
    """Make every credential and join session of a link worthless, and take it out of the room."""
    row.credential_version += 1
    row.version += 1
    join_sessions.revoke_all(session, row.id)
    bump(session, row.hearing_id)
    record(session, ctx, kind, row, **data)


def bump(session: Session, hearing_id: UUID) -> None:
    """Say that the room's desired state is another one now."""
    _BUMP.run(session, [{"hearing_id": hearing_id}])


def _bumped(insert: Any) -> Any:
    first = {"hearing_id": bindparam("hearing_id"), "version": 1, "applied_version": 0, "closed": False}
    return (
        insert(LiveRoom.__table__)  # type: ignore[attr-defined]
        .values(first)
        .on_conflict_do_update(index_elements=["hearing_id"], set_={"version": col(LiveRoom.version) + 1})
        .inline()
    )


_BUMP = Prepared(_bumped)


def changed(session: Session, ctx: Context, hearing_id: UUID) -> None:
    """`bump` as a use case, for what changed outside the links."""
    bump(session, hearing_id)


def row(session: Session, link_id: UUID) -> LinkRow:
    """The row, locked for a change. Raises NotFound."""
    return locked(session, LinkRow, link_id)


def get(session: Session, ctx: Context, link_id: UUID) -> Link:
    """One link. Raises NotFound. The caller checks whether the asker may see it."""
    return value(present(session, LinkRow, link_id))


def of_hearing(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Link, ...]:
    """Every link of a hearing that is not revoked, oldest first."""
    rows = session.exec(
        select(LinkRow)
        .where(LinkRow.hearing_id == hearing_id, col(LinkRow.revoked).is_(False))
        .order_by(col(LinkRow.id))
    )
    return tuple(value(each) for each in rows)


def revoked(session: Session, hearing_id: UUID, link_ids: Collection[UUID]) -> tuple[Link, ...]:
    """Those of these links of a hearing that are revoked: whose they were is still known."""
    rows = session.exec(
        select(LinkRow).where(
            LinkRow.hearing_id == hearing_id, col(LinkRow.revoked).is_(True), col(LinkRow.id).in_(link_ids)
        )
    )
    return tuple(map(value, rows))


def directed(session: Session, hearing_id: UUID) -> dict[UUID, Medium]:
    """The medium that a direction in force allows, by link; the latest direction of a link counts."""
    rows = session.exec(
        select(DirectionRow)
        .where(
            DirectionRow.hearing_id == hearing_id,
            DirectionRow.status == DirectionStatus.IN_FORCE,
        )
        .order_by(col(DirectionRow.made_at))
    )
    return {each.link_id: each.medium for each in rows}


def check_runs(session: Session, ctx: Context, hearing_id: UUID, *, lock: bool = True) -> Hearing:
    """The hearing's row, locked, when the asker runs it: court staff of its court, or its own bench or clerk.

    `lock` is False for what only reads. A device in the courtroom has the authority of its part once the
    court has let it in. Raises NotFound exactly as for an absent hearing, Forbidden when they may see it and
    not run it.
    """
    hearing = hearings.visible(session, ctx, hearing_id, lock=lock)
    actor = ctx.actor
    if actor.kind is ActorKind.LINK and actor.link_id is not None:
        own = get(session, ctx, actor.link_id)
        if not (own.hearing_id == hearing_id and own.moderates and own.in_hearing):
            raise Forbidden
    elif not actor.everywhere and hearing.court_id not in actor.scope:
        raise Forbidden
    else:
        ctx.require(Permission.RUN_HEARING)
    return hearing


def in_charge_of(session: Session, ctx: Context, link_id: UUID) -> tuple[LinkRow, Hearing]:
    """A link and its hearing, both locked (the hearing first), for somebody who runs it.

    Raises what `check_runs` does, and NotFound for a link that was revoked.
    """
    hearing = check_runs(session, ctx, get(session, ctx, link_id).hearing_id)
    found = row(session, link_id)
    if found.revoked:
        raise NotFound
    return found, hearing


def own(session: Session, ctx: Context, *, lock: bool = True) -> tuple[LinkRow, Hearing]:
    """The participant's own link and its hearing, both locked (the hearing first) unless only read.

    Raises Forbidden for anybody who has come in by no link, NotFound when theirs leads nowhere any more.
    """
    if ctx.actor.link_id is None:
        raise Forbidden
    hearing = hearings.visible(session, ctx, get(session, ctx, ctx.actor.link_id).hearing_id, lock=lock)
    found = row(session, ctx.actor.link_id)
    if found.revoked:
        raise NotFound
    return found, hearing


def room_owner(session: Session, row: LinkRow) -> UUID | None:
    """The organisation whose room the link's device stands in, when it stands in one."""
    room = session.get(Resource, row.room_id) if row.room_id is not None else None
    return room.organisation_id if room is not None else None


def record(session: Session, ctx: Context, kind: EventKind, row: LinkRow | Link, **data: Any) -> None:
    """Write down what happened to a link, in ids and codes."""
    events.record(
        session,
        ctx,
        kind,
        hearing_id=row.hearing_id,
        organisation_id=row.organisation_id,
        subject_id=row.id,
        data=data,
    )
