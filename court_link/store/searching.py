"""Named queries of the search for free times: each one statement, however many days are searched.

Of reservations it reads the times alone, packed into one text a resource by the database: a month of five
busy diaries is a thousand rows, and making values of rows would take longer than the search. Whose they are
is asked afterwards, of the few that somebody reads about (`named`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    extract,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlmodel import Session, col

from court_link.domain.booking import BookingState, Purpose
from court_link.domain.context import Actor, Context
from court_link.domain.slots import Stretch
from court_link.domain.times import Interval
from court_link.store.buckets import Key
from court_link.store.columns import Moment
from court_link.store.hearings import LIVE_BOOKING, in_scope
from court_link.store.prepared import Later, Prepared
from court_link.store.tables import Booking, CapacityBucket, Hearing, Reservation, Resource, SittingSession


def reserved(
    session: Session, resource_ids: Collection[UUID], within: Interval, but_of: Collection[UUID]
) -> Later[dict[UUID, list[Stretch]]]:
    """Ask what takes each resource within an interval, in order, in minutes since its start; the
    reservations of the bookings `but_of` left out.

    Reservations of one resource never overlap, so the first that can reach into the interval is the last one
    that starts before it: one index seek, and then only rows that count, whatever else the table holds.
    """
    given: dict[str, Any] = {"ids": list(resource_ids), "start": within.start, "end": within.end}
    given["since"] = int(within.start.timestamp()) // 60
    if but_of:
        given["but"] = list(but_of)
    rows = _PACKED[session.get_bind().dialect.name, bool(but_of)].asked(session, given)
    return lambda: {resource_id: _stretches(packed or "") for resource_id, packed in rows()}


def _stretches(packed: str) -> list[Stretch]:
    numbers = json.loads(f"[{packed}]")  # the quickest reader of many numbers that there is
    return sorted(zip(numbers[::2], numbers[1::2], strict=True))


def _packed(dialect: str, some_left_out: bool, _: Any) -> Any:
    """For each resource one text of its reservations: start and end, in minutes from `since`."""
    before = (
        select(func.max(col(Reservation.starts_at)))
        .where(col(Reservation.resource_id) == col(Resource.id), col(Reservation.starts_at) <= _START)
        .correlate(Resource)
        .scalar_subquery()
    )
    of_one = [
        col(Reservation.resource_id) == col(Resource.id),
        col(Reservation.starts_at) >= func.coalesce(before, _START),
        col(Reservation.starts_at) < _END,
        col(Reservation.ends_at) > _START,
    ]
    if some_left_out:
        of_one.append(col(Reservation.booking_id).not_in(_BUT))
    minutes = [_minute(dialect, each) for each in (col(Reservation.starts_at), col(Reservation.ends_at))]
    join = func.string_agg if dialect == "postgresql" else func.group_concat
    pair = cast(minutes[0], Text).concat(_COMMA).concat(cast(minutes[1], Text))
    packed = select(join(pair, _COMMA)).where(*of_one).correlate(Resource).scalar_subquery()
    return select(col(Resource.id), packed).where(col(Resource.id).in_(_IDS))


def _minute(dialect: str, moment: Any) -> Any:
    """Whole minutes since `since`, which is in minutes of the epoch."""
    if dialect == "postgresql":  # `extract` would count in slow decimal numbers
        return (
            cast(func.date_part(literal_column("'epoch'"), moment) / literal_column("60"), Integer) - _SINCE
        )
    return extract("epoch", moment) // 60 - _SINCE


#: Part of the text: given anew with each statement, it would be cast anew for each row.
_COMMA: ColumnElement[str] = literal_column("','")
_SINCE = bindparam("since", type_=Integer)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_BUT: BindParameter[Any] = bindparam("but", expanding=True)
_START, _END = bindparam("start", type_=Moment), bindparam("end", type_=Moment)
_PACKED = {
    (dialect, some): Prepared(partial(_packed, dialect, some))
    for dialect in ("postgresql", "sqlite")
    for some in (False, True)
}


def in_nobodys_way(
    session: Session, hearing_id: UUID, within: Interval, now: datetime
) -> Later[list[Booking]]:
    """Ask for the bookings that a search for a hearing leaves out: its own, and holds whose time is over."""
    given = {"hearing": hearing_id, "now": now, "start": within.start, "end": within.end}
    rows = _PASSED_BY.asked(session, given)

    def read() -> list[Booking]:
        ids = [row[0] for row in rows()]
        return list(session.execute(select(Booking).where(col(Booking.id).in_(ids))).scalars()) if ids else []

    return read


_LAPSED = and_(
    col(Booking.state) == BookingState.PROVISIONAL,
    col(Booking.hold_expires_at) <= bindparam("now", type_=Moment),
    col(Booking.starts_at) < _END,
    col(Booking.ends_at) > _START,
)
_OWN = and_(col(Booking.hearing_id) == bindparam("hearing", type_=Uuid), col(Booking.state).in_(LIVE_BOOKING))
_PASSED_BY = Prepared(lambda _: select(col(Booking.id)).where(or_(_OWN, _LAPSED)))


def fullest(session: Session, above: Mapping[str, int], within: Interval) -> Later[dict[Key, int]]:
    """Ask what is used of these pools within an interval, in the buckets that have more used than `above`."""
    if not above:
        return dict
    given: dict[str, Any] = {"start": within.start, "end": within.end}
    for number, (pool, units) in enumerate(sorted(above.items())):
        given |= {f"pool_{number}": pool, f"units_{number}": units}
    rows = _fullest(len(above)).asked(session, given)
    return lambda: {(pool, slot): used for pool, slot, used in rows()}


@cache
def _fullest(count: int) -> Prepared:
    of_each = [
        select(col(CapacityBucket.pool), col(CapacityBucket.slot), col(CapacityBucket.used)).where(
            col(CapacityBucket.pool) == bindparam(f"pool_{number}"),
            col(CapacityBucket.slot) >= _START,
            col(CapacityBucket.slot) < _END,
            col(CapacityBucket.used) > bindparam(f"units_{number}"),
        )
        for number in range(count)
    ]
    return Prepared(lambda _: union_all(*of_each))


@dataclass(frozen=True, slots=True)
class Named:
    """What a reservation is for: `title` is None when the asker may not see whose it is."""

    purpose: Purpose
    title: str | None
    provisional: bool


def named(
    session: Session, ctx: Context, wanted: Collection[tuple[UUID, datetime]]
) -> dict[tuple[UUID, datetime], Named]:
    """What these reservations, given by resource and start, are for, as far as the asker may know."""
    if not wanted:
        return {}
    given = {"ids": list({each for each, _ in wanted}), "starts": list({at for _, at in wanted})}
    return {
        (resource_id, at): Named(purpose, title if seen else None, state is BookingState.PROVISIONAL)
        for resource_id, at, purpose, state, title, seen in _named(ctx.actor).rows(session, given)
        if (resource_id, at) in wanted
    }


@lru_cache(maxsize=256)
def _named(actor: Actor) -> Prepared:
    """For one reader, who asks again and again: what they may see is a part of the statement."""
    starts: BindParameter[Any] = bindparam("starts", expanding=True)
    columns = (
        col(Reservation.resource_id),
        col(Reservation.starts_at),
        col(Reservation.purpose),
        col(Booking.state),
        col(Hearing.title),
        in_scope(Context(actor)).label("seen"),
    )
    return Prepared(
        lambda _: (
            select(*columns)
            .join(Booking, col(Booking.id) == col(Reservation.booking_id))
            .join(Hearing, col(Hearing.id) == col(Booking.hearing_id))
            .where(col(Reservation.resource_id).in_(_IDS), col(Reservation.starts_at).in_(starts))
        )
    )


@dataclass(frozen=True, slots=True)
class Load:
    """A sitting with a capacity, and what is booked in it: 0 slots or minutes are not counted."""

    courtroom_id: UUID
    during: Interval
    slots: int
    minutes: int
    matters: int
    booked: timedelta


def loads(
    session: Session, courtroom_ids: Collection[UUID], within: Interval, but_of: Collection[UUID]
) -> Sequence[Load]:
    """The sittings of these courtrooms within an interval that have a capacity, and what is in them; the
    bookings `but_of` left out.
    """
    given = {"ids": list(courtroom_ids), "start": within.start, "end": within.end}
    found: dict[UUID, Load] = {}
    for row in map(_Row._make, _LOADS.rows(session, given)):
        load = found.get(row.id) or Load(
            row.courtroom_id, Interval(row.starts_at, row.ends_at), row.slots, row.minutes, 0, timedelta(0)
        )
        if row.booking_id is not None and row.booking_id not in but_of:
            length = row.until - row.since
            load = Load(
                load.courtroom_id,
                load.during,
                load.slots,
                load.minutes,
                load.matters + 1,
                load.booked + length,
            )
        found[row.id] = load
    return list(found.values())


class _Row(NamedTuple):
    """A sitting with a capacity, and a booking in it if there is one."""

    id: UUID
    courtroom_id: UUID
    starts_at: datetime
    ends_at: datetime
    slots: int
    minutes: int
    booking_id: UUID | None
    since: datetime
    until: datetime


_LOADS = Prepared(
    lambda _: (
        select(
            col(SittingSession.id),
            col(SittingSession.courtroom_id),
            col(SittingSession.starts_at),
            col(SittingSession.ends_at),
            col(SittingSession.slots),
            col(SittingSession.minutes),
            col(Booking.id).label("booking_id"),
            col(Booking.starts_at).label("since"),
            col(Booking.ends_at).label("until"),
        )
        .outerjoin(
            Booking,
            and_(
                col(Booking.courtroom_id) == col(SittingSession.courtroom_id),
                col(Booking.starts_at) >= col(SittingSession.starts_at),
                col(Booking.starts_at) < col(SittingSession.ends_at),
                col(Booking.state).in_(LIVE_BOOKING),
            ),
        )
        .where(
            col(SittingSession.courtroom_id).in_(_IDS),
            col(SittingSession.starts_at) < _END,
            col(SittingSession.ends_at) > _START,
            or_(col(SittingSession.slots) > 0, col(SittingSession.minutes) > 0),
        )
    )
)
