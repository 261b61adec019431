"""What stands before a booking is timed: a county with a year behind it, loaded in bulk.

A hundred desks, each with a courtroom, a custody room, two officers and a judge of its own: five hundred
resources with two thousand reservations each (a year and more of busy days) are the million. Ids are worked
out from names, so that every process knows them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import psycopg
from sqlalchemy import Connection, String, Uuid, cast, insert, literal, make_url, select, text, update
from sqlmodel import Session, SQLModel

from court_link.domain.booking import PoolKind, ResourceKind
from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.ids import new_id, new_reference
from court_link.domain.places import PersonKind, SiteKind
from court_link.domain.requirements import CustodyNeed, Needs
from court_link.domain.roles import OrganisationKind, Role
from court_link.store import constraints, tables

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
DESKS, SITES, OFFICERS = 100, 4, 100
_NAMES = UUID("6b1f0e8e-0000-4000-8000-000000000000")
#: One reservation of each resource every six hours, half past the hour, from so long before now.
_EVERY, _BEFORE, _LENGTH = timedelta(hours=6), timedelta(days=250), timedelta(minutes=15)


def named(name: str) -> UUID:
    return uuid5(_NAMES, name)


COURT, CUSTODY, FORCE = named("court"), named("custody"), named("force")


@dataclass(frozen=True, slots=True)
class Desk:
    """One clerk's rooms and people."""

    number: int

    @property
    def five(self) -> tuple[UUID, ...]:
        kinds = ("courtroom", "cell", "officer", "second officer", "judge")
        return tuple(named(f"{kind} {self.number}") for kind in kinds)

    @property
    def needs(self) -> Needs:
        courtroom, cell, *people = self.five
        return Needs(courtroom, 20, (CustodyNeed(cell),), tuple(people))


def clerk() -> Context:
    """A listing officer at work."""
    actor = Actor(
        ActorKind.USER,
        id=named("clerk"),
        organisation_id=COURT,
        roles=frozenset({Role.LISTING_OFFICER}),
        scope=frozenset({COURT}),
    )
    return Context(actor, request_id="benchmark")


def every_hour(first_day: int) -> Iterator[datetime]:
    """The hours from nine to four of every day from so many days on."""
    day = NOW.replace(hour=0) + timedelta(days=first_day)
    while True:
        yield from (day + timedelta(hours=hour) for hour in range(9, 16))
        day += timedelta(days=1)


def settle(session: Session, ctx: Context) -> None:
    """Court houses, custody suites with staff on shift, and the desks' resources."""
    for id_, of in (
        (COURT, OrganisationKind.COURT),
        (CUSTODY, OrganisationKind.CUSTODY),
        (FORCE, OrganisationKind.FORCE),
    ):
        session.add(tables.Organisation(id=id_, kind=of, name=of.value, area="Benchmarkshire"))
    session.flush()
    houses = [_site(session, COURT, SiteKind.COURT_HOUSE, number) for number in range(SITES)]
    suites = [_site(session, CUSTODY, SiteKind.CUSTODY_SUITE, number) for number in range(SITES)]
    for suite in suites:
        far = NOW + timedelta(days=3650)
        session.add(
            tables.Shift(
                site_id=suite, starts_at=NOW, ends_at=far, staff=OFFICERS, pool=PoolKind.CUSTODY_STAFF
            )
        )
    for number in range(DESKS):
        courtroom, cell, *people = Desk(number).five
        house, suite = houses[number % SITES], suites[number % SITES]
        _resource(session, courtroom, ResourceKind.COURTROOM, COURT, house, f"Courtroom {number}")
        _resource(session, cell, ResourceKind.CUSTODY_ROOM, CUSTODY, suite, f"Video room {number}")
        for place, person in enumerate(people):
            judge = place == len(people) - 1
            owner = COURT if judge else FORCE
            _resource(session, person, ResourceKind.PERSON, owner, None, f"Person {number}-{place}")
            session.flush()
            kind = PersonKind.JUDICIARY if judge else PersonKind.OFFICER
            session.add(tables.Person(id=person, kind=kind, number=f"{number}-{place}"))


def _site(session: Session, organisation: UUID, kind: SiteKind, number: int) -> UUID:
    name = f"{kind.value} {number}"
    site = tables.Site(id=named(name), organisation_id=organisation, kind=kind, name=name, link_streams=100)
    session.add(site)
    session.flush()
    for weekday in range(7):
        session.add(tables.OpeningHours(site_id=site.id, weekday=weekday, opens=0, closes=1440))
    return site.id


def _resource(
    session: Session, id_: UUID, kind: ResourceKind, owner: UUID, site: UUID | None, name: str
) -> None:
    session.add(tables.Resource(id=id_, kind=kind, organisation_id=owner, site_id=site, name=name))


def list_matters(session: Session, ctx: Context, ids: Sequence[UUID]) -> None:
    """Matters of these ids to be booked, listed before anything is timed."""
    rows = [
        {
            "id": id_,
            "reference": new_reference(),
            "court_id": COURT,
            "state": "listed",
            "title": "R v Example",
            "hearing_type": "Remand",
            "listed_day": NOW.date(),
            "listed_at": NOW,
            "minutes": 20,
            "visibility": "public",
            "channels": [],
        }
        for id_ in ids
    ]
    session.execute(insert(tables.Hearing), rows)
    concerned = [{"hearing_id": id_, "organisation_id": COURT} for id_ in ids]
    session.execute(insert(tables.HearingOrganisation), concerned)


def load(url: str, matter: UUID, reservations: int) -> None:
    """So many reservations that stand already, by the bulk way of each engine, with every guard standing
    afterwards: PostgreSQL's constraint is established over all of them, SQLite's triggers see each.
    """
    count = reservations // 5
    if url.startswith("postgresql"):
        _copy(url, matter, count)
    else:
        _insert(url, matter, count)


def _bookings(count: int, moment: Any, id_: Any) -> Iterator[tuple[Any, Any, Any, list[Any]]]:
    """Each booking's id, start, end and resources, as the engine's driver takes them."""
    desks = [[id_(resource) for resource in Desk(number).five] for number in range(DESKS)]
    for number in range(count):
        turn, desk = divmod(number, DESKS)
        start = NOW.replace(minute=30) - _BEFORE + turn * _EVERY
        yield id_(named(f"booking {number}")), moment(start), moment(start + _LENGTH), desks[desk]


_BOOKING = (
    "id", "hearing_id", "state", "courtroom_id", "starts_at", "ends_at", "needs", "version",
)  # fmt: skip
_RESERVATION = ("id", "resource_id", "starts_at", "ends_at", "booking_id", "purpose")


def _rows(matter: UUID, count: int, moment: Any, id_: Any) -> tuple[Iterator[Any], Iterator[Any]]:
    bookings = (
        (each, id_(matter), "confirmed", five[0], start, end, '{"needs": {}, "taken": []}', 1)
        for each, start, end, five in _bookings(count, moment, id_)
    )
    reservations = (
        (id_(new_id()), resource, start, end, each, "hearing")
        for each, start, end, five in _bookings(count, moment, id_)
        for resource in five
    )
    return bookings, reservations


def _copy(url: str, matter: UUID, count: int) -> None:
    bookings, reservations = _rows(matter, count, datetime.isoformat, str)
    with psycopg.connect(url) as connection:
        connection.execute("SET maintenance_work_mem = '256MB'")
        connection.execute(f"ALTER TABLE reservation DROP CONSTRAINT {constraints.OVERLAP}")
        for table, columns, rows in (
            ("booking", _BOOKING, bookings),
            ("reservation", _RESERVATION, reservations),
        ):
            with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def _insert(url: str, matter: UUID, count: int) -> None:
    def text_of(moment: datetime) -> str:
        return moment.strftime("%Y-%m-%d %H:%M:%S.%f")

    bookings, reservations = _rows(matter, count, text_of, lambda id_: id_.hex)
    with closing(sqlite3.connect(make_url(url).database or "")) as connection, connection:
        for table, columns, rows in (
            ("booking", _BOOKING, bookings),
            ("reservation", _RESERVATION, reservations),
        ):
            _execute_many(connection, table, columns, rows)


def _execute_many(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Any]
) -> None:
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


def part(connection: Connection, matter: UUID) -> None:
    """Give each booking of `matter` a matter of its own, as bookings have: one of hundreds of thousands would
    tell the engines, which go by what they count, that a hearing's bookings are as good as all of them.
    """
    hearing, booked, concerned = (
        SQLModel.metadata.tables[name] for name in ("hearing", "booking", "hearing_organisation")
    )
    own = {"id": booked.c.id, "reference": cast(booked.c.id, String)}
    matters = (
        select(*(own.get(column.name, column) for column in hearing.c))
        .select_from(booked.join(hearing, hearing.c.id == booked.c.hearing_id))
        .where(hearing.c.id == matter)
    )
    connection.execute(insert(hearing).from_select(hearing.c.keys(), matters, include_defaults=False))
    theirs = select(booked.c.id, literal(COURT, Uuid)).where(booked.c.hearing_id == matter)
    connection.execute(insert(concerned).from_select(["hearing_id", "organisation_id"], theirs))
    connection.execute(update(booked).where(booked.c.hearing_id == matter).values(hearing_id=booked.c.id))


def guard(connection: Connection) -> None:
    """Put every guard in its place over what was loaded, see that it stands, and have the engine count what
    there is. Tables that hold the model's rows alone are left out: it would be told that they stay so small.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET maintenance_work_mem = '256MB'"))
    constraints.establish(connection)
    constraints.assert_standing(connection)
    for table in ("hearing", "hearing_organisation", "booking", "reservation"):
        connection.execute(text(f"ANALYZE {table}"))
