"""Named queries on calendar feeds: whose they are, and what stands in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, select, true
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from court_link.domain.booking import BookingState, ResourceKind
from court_link.domain.context import Actor, Context
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingState, Visibility
from court_link.domain.requirements import Needs
from court_link.domain.roles import OrganisationKind, Permission
from court_link.domain.times import Interval
from court_link.store import events
from court_link.store.hearings import in_scope
from court_link.store.sealer import EVENT
from court_link.store.tables import Booking, CalendarFeed, Hearing, Organisation, Resource, Site, User

#: What changes an appointment. Readings and what happens within a hearing leave it as it is.
_CHANGES = (
    EventKind.BOOKING_CONFIRMED,
    EventKind.BOOKING_CHANGED,
    EventKind.BOOKING_RELEASED,
    EventKind.HEARING_CHANGED,
    EventKind.HEARING_VACATED,
)


@dataclass(frozen=True, slots=True)
class Named:
    """Something that a feed can be of."""

    id: UUID
    name: str
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class Booked:
    """A hearing as it was last booked: `stands` is False once that booking was let go."""

    hearing_id: UUID
    reference: str
    court_id: UUID
    version: int
    state: HearingState
    withheld: bool
    stands: bool
    slot: Interval
    courtroom: str
    court_house: str
    needs: Needs


def by_digest(session: Session, digest: str) -> tuple[CalendarFeed, User, Organisation] | None:
    """The feed of this secret that is not revoked, with its owner."""
    row = session.execute(
        select(CalendarFeed, User, Organisation)
        .join(User, col(User.id) == col(CalendarFeed.user_id))
        .join(Organisation, col(Organisation.id) == col(User.organisation_id))
        .where(col(CalendarFeed.digest) == digest, col(CalendarFeed.revoked_at).is_(None))
    ).one_or_none()
    return (row[0], row[1], row[2]) if row else None


def of_user(session: Session, user_id: UUID) -> Sequence[CalendarFeed]:
    """A person's feeds that are not revoked, oldest first."""
    return (
        session.execute(
            select(CalendarFeed)
            .where(col(CalendarFeed.user_id) == user_id, col(CalendarFeed.revoked_at).is_(None))
            .order_by(col(CalendarFeed.id))
        )
        .scalars()
        .all()
    )


def own(session: Session, user_id: UUID, feed_id: UUID) -> CalendarFeed | None:
    """A feed of this person's, revoked or not, locked."""
    return session.execute(
        select(CalendarFeed)
        .where(col(CalendarFeed.id) == feed_id, col(CalendarFeed.user_id) == user_id)
        .with_for_update()
    ).scalar_one_or_none()


def end_all(session: Session, ctx: Context, user_id: UUID) -> None:
    """End every address of a person at once: whoever has one would still read by it."""
    for row in of_user(session, user_id):
        row.revoked_at = ctx.now
        record(session, ctx, EventKind.FEED_REVOKED, row)


def record(session: Session, ctx: Context, kind: EventKind, row: CalendarFeed) -> None:
    """Write down what became of an address; never the address."""
    events.record(
        session,
        ctx,
        kind,
        organisation_id=ctx.actor.organisation_id,
        subject_id=row.id,
        data={"of": row.kind, "id": str(row.subject_id)},
    )


def courts(session: Session, actor: Actor, court_id: UUID | None = None) -> list[Named]:
    """The courts whose hearings the actor sees, by name; the one of this id alone when it is given."""
    query = select(col(Organisation.id), col(Organisation.name)).where(
        col(Organisation.kind) == OrganisationKind.COURT, _reached(actor, col(Organisation.id))
    )
    if court_id is not None:
        query = query.where(col(Organisation.id) == court_id)
    return [
        Named(row.id, row.name, row.id) for row in session.execute(query.order_by(col(Organisation.name)))
    ]


def sites(session: Session, actor: Actor, site_id: UUID | None = None) -> list[Named]:
    """The open sites of the actor's organisations, by name; the one of this id alone when it is given."""
    query = select(col(Site.id), col(Site.name), col(Site.organisation_id)).where(
        col(Site.closed).is_(False), _reached(actor, col(Site.organisation_id))
    )
    if site_id is not None:
        query = query.where(col(Site.id) == site_id)
    return [Named(*row) for row in session.execute(query.order_by(col(Site.name)))]


def rooms(session: Session, actor: Actor, room_id: UUID | None = None) -> list[Named]:
    """The rooms and vehicles in use of the actor's organisations, by site and name; as above."""
    query = (
        select(col(Resource.id), col(Resource.name), col(Site.name), col(Resource.organisation_id))
        .join(Site, col(Site.id) == col(Resource.site_id))
        .where(
            col(Resource.kind) != ResourceKind.PERSON,
            col(Resource.active).is_(True),
            col(Site.closed).is_(False),
            _reached(actor, col(Resource.organisation_id)),
        )
    )
    if room_id is not None:
        query = query.where(col(Resource.id) == room_id)
    found = session.execute(query.order_by(col(Site.name), col(Resource.name)))
    return [Named(row[0], f"{row[1]}, {row[2]}", row[3]) for row in found]


def rooms_of_site(session: Session, site_id: UUID) -> frozenset[UUID]:
    return frozenset(
        session.execute(select(col(Resource.id)).where(col(Resource.site_id) == site_id)).scalars()
    )


def booked(
    session: Session, ctx: Context, within: Interval, of: Collection[UUID] | None = None
) -> list[Booked]:
    """The hearings that are, or were last, booked to start within, by start.

    They are those of these ids, or else those that the asker may see. A booking that was let go counts only
    when no other took its place.
    """
    rows = session.execute(
        select(Hearing, Booking, col(Resource.name), col(Site.name))
        .join(Booking, col(Booking.hearing_id) == col(Hearing.id))
        .join(Resource, col(Resource.id) == col(Booking.courtroom_id))
        .outerjoin(Site, col(Site.id) == col(Resource.site_id))
        .where(
            col(Booking.state).in_([BookingState.CONFIRMED, BookingState.RELEASED]),
            col(Booking.starts_at) >= within.start,
            col(Booking.starts_at) < within.end,
            in_scope(ctx) if of is None else col(Hearing.id).in_(of),
        )
        .order_by(col(Booking.id))
    )
    found: dict[UUID, Booked] = {}
    for hearing, booking, courtroom, court_house in rows:
        stands = booking.state is BookingState.CONFIRMED
        before = found.get(hearing.id)
        if before is not None and before.stands and not stands:
            continue
        found[hearing.id] = Booked(
            hearing_id=hearing.id,
            reference=hearing.reference,
            court_id=hearing.court_id,
            version=hearing.version,
            state=hearing.state,
            withheld=hearing.visibility is Visibility.WITHHELD,
            stands=stands and hearing.state is not HearingState.VACATED,
            slot=Interval(booking.starts_at, booking.ends_at),
            courtroom=courtroom,
            court_house=court_house or "",
            needs=Needs.read(booking.needs["needs"]),
        )
    return sorted(found.values(), key=lambda each: (each.slot, each.hearing_id))


def standing_elsewhere(session: Session, hearing_ids: Collection[UUID], within: Interval) -> frozenset[UUID]:
    """Those of these hearings that have a booking which starts outside the interval."""
    rows = session.execute(
        select(col(Booking.hearing_id)).where(
            col(Booking.hearing_id).in_(hearing_ids),
            col(Booking.state) == BookingState.CONFIRMED,
            (col(Booking.starts_at) < within.start) | (col(Booking.starts_at) >= within.end),
        )
    )
    return frozenset(rows.scalars())


def last_changed(session: Session, hearing_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When the appointment of each of these hearings was last changed."""
    rows = session.execute(
        select(EVENT.c.hearing_id, func.max(EVENT.c.at))
        .where(EVENT.c.hearing_id.in_(hearing_ids), EVENT.c.kind.in_(_CHANGES))
        .group_by(EVENT.c.hearing_id)
    )
    return {row[0]: row[1] for row in rows}


def _reached(actor: Actor, organisation: Mapped[UUID]) -> ColumnElement[bool]:
    if actor.everywhere:
        return true()
    return organisation.in_(actor.scope) if actor.may(Permission.SEE_HEARINGS) else false()
