"""Personal references for following a hearing, and the little that they may show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from court_link.domain.booking import BookingState
from court_link.domain.following import may_be_followed
from court_link.domain.hearing import FINISHED, HearingState
from court_link.domain.times import day_interval, london_day
from court_link.store import Session
from court_link.store.tables import Booking, Hearing, Resource, Site, TrackingReference


@dataclass(frozen=True, slots=True)
class Standing:
    """Where and when a hearing stands in a courtroom's day: by its booking, else as listed."""

    hearing_id: UUID
    starts_at: datetime
    minutes: int
    state: HearingState
    open: bool  # anybody may know that it is there


def followable(hearing: Hearing) -> bool:
    """Whether anything at all may be shown of it, asked at every look."""
    return may_be_followed(visibility=hearing.visibility, youth=hearing.youth, family=hearing.family)


def by_digest(session: Session, digest: str) -> tuple[TrackingReference, Hearing] | None:
    """The reference in force with this digest, and its hearing."""
    query = (
        select(TrackingReference, Hearing)
        .where(TrackingReference.hearing_id == Hearing.id)
        .where(TrackingReference.digest == digest, col(TrackingReference.revoked_at).is_(None))
    )
    found = session.exec(query).one_or_none()
    return None if found is None else (found[0], found[1])


def references(session: Session, hearing_id: UUID) -> Sequence[TrackingReference]:
    """A hearing's references, newest first, the revoked ones too."""
    return session.exec(
        select(TrackingReference)
        .where(TrackingReference.hearing_id == hearing_id)
        .order_by(col(TrackingReference.issued_at).desc(), col(TrackingReference.id).desc())
    ).all()


def successor(session: Session, hearing_id: UUID) -> Hearing | None:
    """The hearing that this one was relisted as, if any."""
    return session.exec(select(Hearing).where(Hearing.relisted_from == hearing_id)).first()


def goes_on(session: Session, hearing: Hearing) -> Hearing | None:
    """Where a matter goes on: as what it was listed again, else on its next day, once this one is over."""
    again = successor(session, hearing.id)
    if again is not None or hearing.group_id is None or hearing.state not in FINISHED:
        return again
    return session.exec(
        select(Hearing)
        .where(Hearing.group_id == hearing.group_id, Hearing.group_day > hearing.group_day)
        .where(Hearing.state != HearingState.VACATED)
        .order_by(col(Hearing.group_day))
    ).first()


def place(session: Session, hearing: Hearing) -> tuple[str, str, UUID | None, datetime]:
    """Court house, courtroom, courtroom id and start: by the confirmed booking, else as listed."""
    booking = session.exec(
        select(Booking).where(Booking.hearing_id == hearing.id, Booking.state == BookingState.CONFIRMED)
    ).first()
    room_id = booking.courtroom_id if booking else hearing.listed_room_id
    starts_at = booking.starts_at if booking else hearing.listed_at
    room = session.get(Resource, room_id) if room_id else None
    site = session.get(Site, room.site_id) if room and room.site_id else None
    return site.name if site else "", room.name if room else hearing.listed_room, room_id, starts_at


def room_day(session: Session, room_id: UUID, of: datetime) -> list[Standing]:
    """The booked hearings of a courtroom on that London day, in order of start, vacated ones left out."""
    day = day_interval(london_day(of))
    query = (
        select(Booking, Hearing)
        .where(Booking.hearing_id == Hearing.id, Booking.state == BookingState.CONFIRMED)
        .where(Booking.courtroom_id == room_id)
        .where(Booking.starts_at >= day.start, Booking.starts_at < day.end)
        .where(Hearing.state != HearingState.VACATED)
        .order_by(col(Booking.starts_at), col(Booking.id))
    )
    return [
        Standing(hearing.id, booking.starts_at, hearing.minutes, hearing.state, followable(hearing))
        for booking, hearing in session.exec(query)
    ]


def unfinished(day: Sequence[Standing]) -> list[Standing]:
    """Those of a courtroom's day that are still to come or under way."""
    return [one for one in day if one.state not in FINISHED]
