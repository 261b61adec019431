"""Named queries of sites, their rooms, hours and shifts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, true
from sqlmodel import Session, col, select

from court_link.domain.booking import ResourceKind
from court_link.domain.places import PersonKind, SiteKind
from court_link.store.tables import (
    Holiday,
    OpeningHours,
    Organisation,
    Person,
    Resource,
    Shift,
    Site,
    SittingSession,
)

Reach = ColumnElement[bool]
"""A condition on `site`: which ones somebody may see."""


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """Open on a weekday (Monday 0) from `opens` until `closes`, minutes after London midnight."""

    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class SiteFilters:
    """What a list of sites is narrowed to; None does not narrow."""

    text: str = ""
    kind: SiteKind | None = None
    closed: bool = False  # show closed ones too


def in_reach(scope: Collection[UUID], areas: Collection[str]) -> Reach:
    """The condition on `site`: of an organisation in scope, or in an area that one of them works in."""
    return or_(col(Site.organisation_id).in_(scope), col(Site.area).in_([area for area in areas if area]))


def everywhere() -> Reach:
    """The condition on `site` that holds for every one: for the system."""
    return true()


def areas_of(session: Session, organisations: Collection[UUID]) -> list[str]:
    return list(
        session.exec(select(Organisation.area).where(col(Organisation.id).in_(organisations)).distinct())
    )


def sites(session: Session, reach: Reach, filters: SiteFilters, *, limit: int = 500) -> Sequence[Site]:
    """Sites by kind and name."""
    query = select(Site).where(reach)
    if filters.kind is not None:
        query = query.where(Site.kind == filters.kind)
    if not filters.closed:
        query = query.where(col(Site.closed).is_(False))
    if filters.text.strip():
        said = filters.text.strip()
        query = query.where(
            or_(
                col(Site.name).icontains(said, autoescape=True),
                col(Site.address).icontains(said, autoescape=True),
                col(Site.postcode).icontains(said, autoescape=True),
            )
        )
    return session.exec(query.order_by(col(Site.kind), col(Site.name)).limit(limit)).all()


def site_of(session: Session, reach: Reach, site_id: UUID, *, lock: bool = False) -> Site | None:
    query = select(Site).where(Site.id == site_id, reach)
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def court_houses(session: Session, organisation_id: UUID) -> Sequence[Site]:
    """An organisation's court houses, the open ones first."""
    return session.exec(
        select(Site)
        .where(Site.organisation_id == organisation_id, Site.kind == SiteKind.COURT_HOUSE)
        .order_by(col(Site.closed), col(Site.name))
    ).all()


def coded(session: Session, code: str) -> Site | None:
    return session.exec(select(Site).where(Site.code == code)).one_or_none()


def rooms(session: Session, sites: Collection[UUID]) -> Sequence[Resource]:
    """Rooms and vehicles of these sites by name, those out of use too."""
    return session.exec(
        select(Resource)
        .where(col(Resource.site_id).in_(sites))
        .order_by(col(Resource.name), col(Resource.id))
    ).all()


def add_site(session: Session, **facts: Any) -> Site:
    site = Site(**facts)
    session.add(site)
    session.flush()
    return site


def add_rooms(
    session: Session, site: Site, kind: ResourceKind, named: Iterable[tuple[str | None, str]]
) -> list[Resource]:
    """Adds rooms to a site by (code, name)."""
    added = [
        Resource(kind=kind, organisation_id=site.organisation_id, site_id=site.id, code=code, name=name)
        for code, name in named
    ]
    session.add_all(added)
    session.flush()
    return added


def hours(session: Session, site_id: UUID) -> list[Opening]:
    found = session.exec(select(OpeningHours).where(OpeningHours.site_id == site_id))
    return sorted(Opening(row.weekday, row.opens, row.closes) for row in found)


def replace_hours(session: Session, site_id: UUID, openings: Iterable[Opening]) -> None:
    session.execute(delete(OpeningHours).where(col(OpeningHours.site_id) == site_id))
    session.add_all(
        OpeningHours(site_id=site_id, weekday=each.weekday, opens=each.opens, closes=each.closes)
        for each in openings
    )
    session.flush()


def shifts(session: Session, site_id: UUID, *, since: datetime, until: datetime) -> Sequence[Shift]:
    """Shifts of a custody suite that touch the interval, in order."""
    return session.exec(
        select(Shift)
        .where(Shift.site_id == site_id, Shift.ends_at > since, Shift.starts_at < until)
        .order_by(col(Shift.starts_at), col(Shift.id))
    ).all()


def add_holidays(session: Session, days: Mapping[date, str]) -> None:
    known = set(session.exec(select(col(Holiday.day))))
    session.add_all(Holiday(day=day, name=name) for day, name in days.items() if day not in known)
    session.flush()


def add_person(
    session: Session, organisation_id: UUID, kind: PersonKind, name: str, *, number: str = "", email: str = ""
) -> UUID:
    """Adds a bookable person: the resource that bears their name, and who they are."""
    resource = Resource(kind=ResourceKind.PERSON, organisation_id=organisation_id, name=name)
    session.add(resource)
    session.flush()
    session.add(Person(id=resource.id, kind=kind, number=number, email=email))
    session.flush()
    return resource.id


def people(session: Session, organisation_id: UUID, kind: PersonKind) -> list[tuple[UUID, str, str]]:
    """The bookable people of a kind whom an organisation has, by number: id, name, number."""
    found = session.exec(
        select(Person.id, Resource.name, Person.number)
        .join(Resource, col(Resource.id) == col(Person.id))
        .where(Resource.organisation_id == organisation_id, Person.kind == kind)
        .order_by(Person.number, Resource.name)
    )
    return list(found)


def add_sittings(session: Session, sittings: Iterable[SittingSession]) -> None:
    session.add_all(sittings)
    session.flush()


def add_shifts(session: Session, site_id: UUID, spans: Iterable[tuple[datetime, datetime, int]]) -> None:
    """Adds shifts of so many detention officers."""
    session.add_all(
        Shift(site_id=site_id, starts_at=start, ends_at=end, staff=staff) for start, end, staff in spans
    )
    session.flush()


def remove_shift(session: Session, site_id: UUID, shift_id: UUID) -> bool:
    """Deletes a shift of this site; whether there was one."""
    shift = session.exec(select(Shift).where(Shift.id == shift_id, Shift.site_id == site_id)).one_or_none()
    if shift is not None:
        session.delete(shift)
        session.flush()
    return shift is not None
