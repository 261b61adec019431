"""Named queries on hearings. `visible` is the one rule of scope: everybody asks it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, exists, false, func, or_, true
from sqlmodel import Session, col, select

from court_link.domain.booking import BookingState
from court_link.domain.context import Actor, Context
from court_link.domain.errors import Forbidden, NotFound, Stale
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingState
from court_link.domain.roles import Permission
from court_link.domain.times import Interval, day_interval
from court_link.store.prepared import Prepared
from court_link.store.tables import (
    Booking,
    Case,
    EventDetail,
    EventRow,
    Hearing,
    HearingOrganisation,
    Link,
    Party,
    User,
)


def visible(session: Session, ctx: Context, hearing_id: UUID, *, lock: bool = False) -> Hearing:
    """The hearing, when the asker may see it; NotFound otherwise, exactly as for an absent one.

    `lock` takes its row lock (PostgreSQL): every use case that changes a hearing takes this lock before
    any other, so that their order is the same everywhere.
    """
    query = _visible_to(ctx.actor, lock)
    hearing: Hearing | None = session.execute(query, {"hearing": hearing_id}).scalars().one_or_none()
    if hearing is None:
        raise NotFound()
    return hearing


@lru_cache(maxsize=512)
def _visible_to(actor: Actor, lock: bool) -> Any:
    """One hearing, for one asker: everybody asks it all the time, and putting it together takes a while."""
    query = select(Hearing).where(Hearing.id == bindparam("hearing"), in_scope(Context(actor)))
    return query.with_for_update(of=Hearing) if lock else query


def of_court(
    session: Session, ctx: Context, hearing_id: UUID, *, version: int | None = None, lock: bool = True
) -> Hearing:
    """The hearing, locked, for a change that only its own court makes.

    Raises NotFound when it is not theirs to see, Forbidden when another court lists it, Stale when `version`
    is not the one that stands.
    """
    hearing = visible(session, ctx, hearing_id, lock=lock)
    if not ctx.actor.everywhere and hearing.court_id not in ctx.actor.scope:
        raise Forbidden()
    if version is not None and hearing.version != version:
        raise Stale()
    return hearing


def locked_of_court(session: Session, ctx: Context, hearing_ids: Collection[UUID]) -> dict[UUID, Hearing]:
    """These hearings, locked in the order of their ids, for a change that only their own court makes.

    Raises NotFound unless every one of them is theirs to see, Forbidden when another court lists one.
    """
    rows = session.execute(_LOCKED, {"ids": list(hearing_ids)}).scalars()
    found: dict[UUID, Hearing] = {hearing.id: hearing for hearing in rows}
    for hearing_id in hearing_ids:
        hearing = found.get(hearing_id)
        if hearing is None or not (ctx.actor.everywhere or hearing.court_id in ctx.actor.scope):
            visible(session, ctx, hearing_id)
            raise Forbidden()
    return found


#: Booking asks it of every attempt, so it is put together once.
_LOCKED = (
    select(Hearing)
    .where(col(Hearing.id).in_(bindparam("ids", expanding=True)))
    .order_by(col(Hearing.id))
    .with_for_update()
)


def row(session: Session, hearing_id: UUID) -> Hearing:
    """A hearing that exists, for the service's own work: nobody's scope is asked, nothing is locked."""
    return session.get_one(Hearing, hearing_id)


def went_before(session: Session, hearing: Hearing) -> Hearing | None:
    """The hearing that this one goes on from: which it was relisted from, or the first of its days."""
    if hearing.relisted_from is not None:
        return session.get(Hearing, hearing.relisted_from)
    if hearing.group_id is None or hearing.group_day <= 1:
        return None
    return session.exec(
        select(Hearing)
        .where(Hearing.group_id == hearing.group_id, Hearing.group_day < hearing.group_day)
        .order_by(col(Hearing.group_day))
        .limit(1)
    ).first()


def name_parties(
    session: Session, hearing_id: UUID, urns: Sequence[str], parties: Sequence[tuple[str, str, bool]]
) -> None:
    """A matter's case references and parties (role, name, under 18), in order, and no others."""
    session.exec(delete(Case).where(col(Case.hearing_id) == hearing_id))
    session.exec(delete(Party).where(col(Party.hearing_id) == hearing_id))
    session.add_all(
        Case(hearing_id=hearing_id, position=position, urn=urn) for position, urn in enumerate(urns)
    )
    session.add_all(
        Party(hearing_id=hearing_id, position=position, role=role, name=name, under_18=under_18)
        for position, (role, name, under_18) in enumerate(parties)
    )


def cases(session: Session, hearing_id: UUID) -> Sequence[str]:
    """The case references of a matter, in its list's order."""
    return session.exec(
        select(Case.urn).where(Case.hearing_id == hearing_id).order_by(col(Case.position))
    ).all()


def parties(session: Session, hearing_id: UUID) -> Sequence[Party]:
    """The parties of a matter, in its list's order."""
    return session.exec(
        select(Party).where(Party.hearing_id == hearing_id).order_by(col(Party.position))
    ).all()


def seen(session: Session, ctx: Context, hearing_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these hearings that the asker may see."""
    rows = session.exec(select(Hearing.id).where(col(Hearing.id).in_(hearing_ids), in_scope(ctx)))
    return frozenset(rows)


def concern(session: Session, hearing_id: UUID, organisation_ids: Collection[UUID]) -> None:
    """Make these organisations concerned with a hearing: they see it from now on."""
    rows = [{"hearing_id": hearing_id, "organisation_id": each} for each in sorted(set(organisation_ids))]
    _CONCERN.run(session, rows)


_CONCERN = Prepared(
    lambda insert: (
        insert(HearingOrganisation.__table__)  # type: ignore[attr-defined]
        .values(hearing_id=bindparam("hearing_id"), organisation_id=bindparam("organisation_id"))
        .on_conflict_do_nothing()
        .inline()
    )
)


def unconcern(session: Session, hearing: Hearing, organisation_ids: Collection[UUID]) -> None:
    """These organisations see it no longer, but for its court and those that still have a link in it."""
    linked = session.exec(
        select(Link.organisation_id).where(Link.hearing_id == hearing.id, col(Link.revoked).is_(False))
    )
    gone = set(organisation_ids) - {hearing.court_id, *linked}
    for row in session.exec(
        select(HearingOrganisation).where(
            HearingOrganisation.hearing_id == hearing.id,
            col(HearingOrganisation.organisation_id).in_(gone),
        )
    ):
        session.delete(row)


def in_scope(ctx: Context) -> ColumnElement[bool]:
    """The condition on `hearing` that holds for what the asker may see.

    An organisation concerned is in their scope and their roles show them its hearings, or they came in by a
    link of it, or they are a person who takes part; the system sees all.
    """
    actor = ctx.actor
    if actor.everywhere:
        return true()
    ways: list[ColumnElement[bool]] = []
    if actor.scope and actor.may(Permission.SEE_HEARINGS):
        ways.append(
            exists().where(
                col(HearingOrganisation.hearing_id) == Hearing.id,
                col(HearingOrganisation.organisation_id).in_(actor.scope),
            )
        )
    mine = _own_links(ctx)
    if mine is not None:
        ways.append(exists().where(col(Link.hearing_id) == Hearing.id, col(Link.revoked).is_(False), mine))
    return or_(*ways) if ways else false()


def _own_links(ctx: Context) -> ColumnElement[bool] | None:
    ways = []
    if ctx.actor.link_id is not None:
        ways.append(col(Link.id) == ctx.actor.link_id)
    if ctx.actor.person_id is not None:
        ways.append(col(Link.person_id) == ctx.actor.person_id)
    return or_(*ways) if ways else None


#: A booking that takes its resources; an expired hold is told apart by its time.
LIVE_BOOKING = (BookingState.PROVISIONAL, BookingState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of hearings is narrowed to; None does not narrow."""

    day: date | None = None  # listed that day, or booked that day
    room_id: UUID | None = None  # the courtroom listed or booked
    state: HearingState | None = None
    text: str = ""  # in the title, a URN or the hearing's own reference
    until: date | None = None  # with `day`: any day from it to this one


def page(
    session: Session, ctx: Context, filters: Filters, *, after: UUID | None = None, limit: int = 50
) -> Sequence[Hearing]:
    """Visible hearings, oldest entry first, after the one with id `after`; at most `limit`."""
    query = select(Hearing).where(in_scope(ctx), *_conditions(filters)).order_by(col(Hearing.id)).limit(limit)
    if after is not None:
        query = query.where(col(Hearing.id) > after)
    return session.exec(query).all()


def count(session: Session, ctx: Context, filters: Filters, *, most: int) -> int:
    """How many visible hearings there are, counted no further than one beyond `most`."""
    some = select(Hearing.id).where(in_scope(ctx), *_conditions(filters)).limit(most + 1)
    return session.exec(select(func.count()).select_from(some.subquery())).one()


def on_day(session: Session, ctx: Context, filters: Filters, *, limit: int = 1000) -> Sequence[Hearing]:
    """A day's visible hearings in the order of their listed time; at most `limit`."""
    query = select(Hearing).where(in_scope(ctx), *_conditions(filters))
    return session.exec(query.order_by(col(Hearing.listed_at), col(Hearing.id)).limit(limit)).all()


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.day is not None:
        conditions.append(_on(filters.day, filters.until or filters.day))
    if filters.room_id is not None:
        booked = exists().where(
            col(Booking.hearing_id) == Hearing.id,
            col(Booking.state).in_(LIVE_BOOKING),
            col(Booking.courtroom_id) == filters.room_id,
        )
        conditions.append(or_(col(Hearing.listed_room_id) == filters.room_id, booked))
    if filters.state is not None:
        conditions.append(col(Hearing.state) == filters.state)
    if filters.text.strip():
        conditions.append(_says(filters.text.strip()))
    return conditions


def _on(first: date, last: date) -> ColumnElement[bool]:
    bounds = Interval(day_interval(first).start, day_interval(last).end)
    booked = exists().where(
        col(Booking.hearing_id) == Hearing.id,
        col(Booking.state).in_(LIVE_BOOKING),
        col(Booking.starts_at) >= bounds.start,
        col(Booking.starts_at) < bounds.end,
    )
    return or_(col(Hearing.listed_day).between(first, last), booked)


def _says(text: str) -> ColumnElement[bool]:
    """Somewhere in the title, a URN or the reference; `%` and `_` mean themselves."""
    case = exists().where(col(Case.hearing_id) == Hearing.id, col(Case.urn).icontains(text, autoescape=True))
    return or_(
        col(Hearing.title).icontains(text, autoescape=True),
        col(Hearing.reference).icontains(text, autoescape=True),
        case,
    )


def falls_on(moment: datetime, day: date) -> bool:
    """Whether a moment is of a London day."""
    return day_interval(day).holds(moment)


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a hearing: by whom, and the personal texts that were kept of it."""

    kind: EventKind
    at: datetime
    by: str
    data: Mapping[str, Any]
    texts: Mapping[str, str]


def history(session: Session, hearing_id: UUID, *, limit: int = 100) -> tuple[Happened, ...]:
    """What happened to a hearing, newest first, reads of it left out; at most `limit`."""
    rows = session.exec(
        select(EventRow, User.name, Link.label)
        .join(User, col(User.id) == EventRow.actor_id, isouter=True)
        .join(Link, col(Link.id) == EventRow.actor_id, isouter=True)
        .where(EventRow.hearing_id == hearing_id, col(EventRow.kind) != EventKind.HEARING_READ)
        .order_by(col(EventRow.id).desc())
        .limit(limit)
    ).all()
    texts: dict[UUID, dict[str, str]] = {}
    for detail in session.exec(
        select(EventDetail).where(col(EventDetail.event_id).in_([event.id for event, _, _ in rows]))
    ):
        texts.setdefault(detail.event_id, {})[detail.name] = detail.text
    return tuple(
        Happened(
            event.kind,
            event.at,
            name or label or _NAMELESS.get(event.actor_kind, ""),
            event.data,
            texts.get(event.id, {}),
        )
        for event, name, label in rows
    )


_NAMELESS = {"system": "Court Link", "token": "a machine"}


def read_since(
    session: Session, reader: UUID | None, hearing_ids: Collection[UUID], since: datetime
) -> frozenset[UUID]:
    """Which of these hearings the reader's reading of has been written down since then."""
    query = (
        select(EventRow.hearing_id)
        .where(col(EventRow.hearing_id).in_(hearing_ids), EventRow.kind == EventKind.HEARING_READ)
        .where(EventRow.actor_id == reader, EventRow.at > since)
    )
    return frozenset(each for each in session.exec(query) if each is not None)


def told(session: Session, hearing_id: UUID, kind: EventKind) -> Sequence[Mapping[str, Any]]:
    """What every event of a kind said of a hearing."""
    query = select(EventRow.data).where(EventRow.hearing_id == hearing_id, EventRow.kind == kind)
    return session.exec(query).all()
