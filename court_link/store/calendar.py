"""Named queries on places and their times: rooms and people, hours, sittings, holidays, closures, shifts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, or_, select, true
from sqlmodel import Session, col

from court_link.domain.booking import PoolKind, ResourceKind
from court_link.domain.context import Context
from court_link.domain.opening import Shut, Sitting, Timetable
from court_link.domain.places import SiteKind
from court_link.domain.requirements import Place
from court_link.domain.times import Interval, day_interval, monday_of
from court_link.store.prepared import Later, Prepared
from court_link.store.tables import (
    Closure,
    Holiday,
    OpeningHours,
    Organisation,
    Person,
    Resource,
    Shift,
    Site,
    SittingSession,
)


def places(session: Session, ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Place]:
    """The resources of these ids, each with its site; an unknown id is not in the answer.

    `lock` takes their row locks in the order of their ids (PostgreSQL), which serialises the bookings that
    share one of them and no others. Inserting a reservation needs the row's key alone, so the lock is the
    weaker one that lets keys be shared.
    """
    rows = (_LOCKED if lock else _BY_ID).rows(session, {"ids": sorted(ids)})
    return {place.id: place for place in map(_place, rows)}


def bookable(session: Session, ctx: Context, court_id: UUID) -> list[Place]:
    """What a court may book, by name: in use, and its own, in the asker's scope, or of its area."""
    area = session.execute(select(col(Organisation.area)).where(col(Organisation.id) == court_id)).scalar()
    near = [col(Resource.organisation_id) == court_id]
    if area:
        near.append(col(Organisation.area) == area)
    if ctx.actor.scope:
        near.append(col(Resource.organisation_id).in_(ctx.actor.scope))
    allowed = true() if ctx.actor.everywhere else or_(*near)
    query = _places().where(allowed, col(Resource.active).is_(True), col(Site.closed).is_not(True))
    return list(map(_place, session.execute(query.order_by(col(Site.name), col(Resource.name)))))


def courtrooms(session: Session, ctx: Context) -> list[Place]:
    """The courtrooms in use of the courts in the asker's scope, by site and name."""
    query = _places().where(
        col(Resource.kind) == "courtroom", col(Resource.active).is_(True), col(Site.closed).is_not(True)
    )
    if not ctx.actor.everywhere:
        query = query.where(col(Resource.organisation_id).in_(ctx.actor.scope))
    return list(map(_place, session.execute(query.order_by(col(Site.name), col(Resource.name)))))


def hours(session: Session, site_ids: Collection[UUID]) -> dict[UUID, list[tuple[int, int, int]]]:
    """The weekly opening hours of these sites: (weekday, opens, closes); a site without any is not in it."""
    return _hours(_HOURS.rows(session, {"ids": list(site_ids)}))


def holidays(session: Session, first: date, last: date) -> dict[date, str]:
    """The bank holidays from one day to another, both counted, by day."""
    given = {"first": first, "last": last}
    return dict(_HOLIDAYS.rows(session, given))


def sittings(
    session: Session, courtroom_ids: Collection[UUID], within: Interval
) -> dict[UUID, list[Sitting]]:
    """The sessions of these courtrooms that overlap an interval, in order; without any, not in the answer."""
    given = {"ids": list(courtroom_ids), "start": within.start, "end": within.end}
    return _sittings(_SITTINGS.rows(session, given))


def timetable(session: Session, places: Iterable[Place], days: Collection[date]) -> Later[Timetable]:
    """Ask for all that says when these places are open, in the whole weeks that `days` (one at least) are in.

    What nothing is kept of is not in it; lists are in order of time.
    """
    standing = list(places)
    first, last = monday_of(min(days)), monday_of(max(days)) + timedelta(days=6)
    overlap = {"start": day_interval(first).start, "end": day_interval(last).end}
    courtrooms = [place.id for place in standing if place.kind is ResourceKind.COURTROOM]
    sites = list({place.site_id for place in standing if place.site_id})
    sat = _SITTINGS.asked(session, {"ids": courtrooms, **overlap})
    weekly = _HOURS.asked(session, {"ids": sites})
    off = _HOLIDAYS.asked(session, {"first": first, "last": last})
    shut = _CLOSURES.asked(session, {"ids": sites, **overlap})
    return lambda: Timetable(_sittings(sat()), _hours(weekly()), dict(off()), _closures(shut()))


def _sittings(rows: Iterable[Any]) -> dict[UUID, list[Sitting]]:
    found: dict[UUID, list[Sitting]] = {}
    for courtroom_id, starts_at, ends_at, *what in rows:
        found.setdefault(courtroom_id, []).append(Sitting(Interval(starts_at, ends_at), *what))
    return found


def _hours(rows: Iterable[Any]) -> dict[UUID, list[tuple[int, int, int]]]:
    found: dict[UUID, list[tuple[int, int, int]]] = {}
    for site_id, *week in rows:
        found.setdefault(site_id, []).append((week[0], week[1], week[2]))
    return found


def _closures(rows: Iterable[Any]) -> dict[UUID, list[Shut]]:
    found: dict[UUID, list[Shut]] = {}
    for site_id, resource_id, starts_at, ends_at, kind, reason in rows:
        found.setdefault(site_id, []).append(Shut(resource_id, Interval(starts_at, ends_at), kind, reason))
    return found


def staff(
    session: Session, pool: PoolKind, site_ids: Collection[UUID], within: Interval
) -> dict[UUID, list[tuple[Interval, int]]]:
    """Staff of a counted pool on shift at these sites over an interval, less those away: (when, how many)."""
    return staff_asked(session, pool, site_ids, within)()


def staff_asked(
    session: Session, pool: PoolKind, site_ids: Collection[UUID], within: Interval
) -> Later[dict[UUID, list[tuple[Interval, int]]]]:
    """Ask for what `staff` answers."""
    given = {"ids": list(site_ids), "pool": pool, "start": within.start, "end": within.end}
    rows = _STAFF.asked(session, given)

    def read() -> dict[UUID, list[tuple[Interval, int]]]:
        found: dict[UUID, list[tuple[Interval, int]]] = {}
        for site_id, starts_at, ends_at, here in rows():
            found.setdefault(site_id, []).append((Interval(starts_at, ends_at), max(here, 0)))
        return found

    return read


def planned(session: Session, pool: PoolKind, site_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these sites whose staff of a pool are planned at all, at any time."""
    rows = _PLANNED.rows(session, {"ids": list(site_ids), "pool": pool})
    return frozenset(site_id for (site_id,) in rows)


def _places() -> Any:
    return (
        select(
            col(Resource.id),
            col(Resource.kind),
            col(Resource.name),
            col(Resource.organisation_id),
            col(Resource.active),
            col(Resource.restricted_to),
            col(Site.id).label("site_id"),
            col(Site.name).label("site_name"),
            col(Site.kind).label("site_kind"),
            col(Site.closed),
            col(Site.opens_on_holidays),
            col(Site.link_streams),
            col(Organisation.area),
            col(Person.kind).label("person"),
            col(Person.languages),
        )
        .join(Organisation, col(Organisation.id) == col(Resource.organisation_id))
        .outerjoin(Site, col(Site.id) == col(Resource.site_id))
        .outerjoin(Person, col(Person.id) == col(Resource.id))
    )


def _place(row: Any) -> Place:
    """A row of `_places`."""
    (id_, kind, name, organisation_id, active, restricted_to, site_id, site_name, site_kind, closed,
     opens_on_holidays, link_streams, area, person, languages) = row  # fmt: skip
    return Place(
        id=id_,
        kind=kind,
        name=name,
        organisation_id=organisation_id,
        active=active,
        site_id=site_id,
        site_name=site_name or "",
        site_closed=bool(closed),
        opens_on_holidays=bool(opens_on_holidays),
        link_streams=link_streams or 0,
        courts=site_kind is SiteKind.COURT_HOUSE,
        area=area,
        person=person,
        languages=tuple(languages or ()),
        restricted_to=tuple(restricted_to),
    )


# Booking asks these of every attempt, so they are put together once.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_PLACES = _places().where(col(Resource.id).in_(_IDS)).order_by(col(Resource.id))
_BY_ID = Prepared(_PLACES)
_LOCKED = Prepared(_PLACES.with_for_update(of=Resource, key_share=True))
_HOURS = Prepared(
    select(
        col(OpeningHours.site_id),
        col(OpeningHours.weekday),
        col(OpeningHours.opens),
        col(OpeningHours.closes),
    )
    .where(col(OpeningHours.site_id).in_(_IDS))
    .order_by(col(OpeningHours.opens))
)
_HOLIDAYS = Prepared(
    select(col(Holiday.day), col(Holiday.name)).where(
        col(Holiday.day).between(bindparam("first"), bindparam("last"))
    )
)
_SITTINGS = Prepared(
    select(
        col(SittingSession.courtroom_id),
        col(SittingSession.starts_at),
        col(SittingSession.ends_at),
        col(SittingSession.business_type),
        col(SittingSession.panel),
    )
    .where(
        col(SittingSession.courtroom_id).in_(_IDS),
        col(SittingSession.starts_at) < bindparam("end"),
        col(SittingSession.ends_at) > bindparam("start"),
    )
    .order_by(col(SittingSession.starts_at))
)
_CLOSURES = Prepared(
    select(
        col(Closure.site_id),
        col(Closure.resource_id),
        col(Closure.starts_at),
        col(Closure.ends_at),
        col(Closure.kind),
        col(Closure.reason),
    )
    .where(
        col(Closure.site_id).in_(_IDS),
        col(Closure.starts_at) < bindparam("end"),
        col(Closure.ends_at) > bindparam("start"),
    )
    .order_by(col(Closure.starts_at))
)
_OF_POOL = (col(Shift.site_id).in_(_IDS), col(Shift.pool) == bindparam("pool"))
_PLANNED = Prepared(select(col(Shift.site_id)).where(*_OF_POOL).distinct())
_STAFF = Prepared(
    select(
        col(Shift.site_id), col(Shift.starts_at), col(Shift.ends_at), col(Shift.staff) - col(Shift.away)
    ).where(*_OF_POOL, col(Shift.starts_at) < bindparam("end"), col(Shift.ends_at) > bindparam("start"))
)
