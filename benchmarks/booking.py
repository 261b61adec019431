"""Bookings a second beside plain inserts of every row that a booking writes, on both engines.

    python -m benchmarks.booking [--json] [--quick]

A booking takes a courtroom, a custody room with consultation and turnaround, and an officer: five
reservations, the counted pools, three links, what is due, its events. Raw is the same rows written by plain
inserts, through the same `db.write` (the same queue, transaction and durable commit), into the same tables
with their indexes, with nothing locked, looked up or checked. Rounds of both alternate, so that neither has
the quieter machine. Nobody contends for a room here: `tests/promises/test_booking_races.py` is about that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select
from sqlmodel import Session, SQLModel

from court_link.domain.booking import ResourceKind
from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Actor, ActorKind, Context
from court_link.domain.ids import new_id, new_reference
from court_link.domain.places import PersonKind, SiteKind
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import OrganisationKind, Role
from court_link.scheduling import booking
from court_link.store import Db, open_db, tables
from court_link.store.migrate import upgrade
from tests.postgresql import server
from tests.promises.overlaps import overlaps

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CLERKS = 16  # at work at once, each in rooms of their own
SITES = 4
#: More than any machine does: so many matters are listed for every second that is timed.
MOST_A_SECOND = 1500
RULES = Rules(media_capacity=10_000)
#: Tables whose rows a booking writes, in an order that foreign keys allow.
WRITTEN = (
    "booking", "reservation", "capacity_bucket", "hearing_organisation", "link", "live_room", "due_job",
    "event", "unsealed_event",
)  # fmt: skip


@dataclass
class Desk:
    """One clerk's rooms and officer, and the hours that they have used up."""

    courtroom: UUID
    cell: UUID
    officer: UUID
    starts: Iterator[datetime]


@dataclass
class County:
    """What is there to book."""

    court: UUID = field(default_factory=new_id)
    custody: UUID = field(default_factory=new_id)
    force: UUID = field(default_factory=new_id)
    desks: list[Desk] = field(default_factory=list)

    def clerk(self) -> Context:
        actor = Actor(
            ActorKind.USER,
            id=new_id(),
            organisation_id=self.court,
            roles=frozenset({Role.LISTING_OFFICER}),
            scope=frozenset({self.court}),
        )
        return Context(actor, request_id="benchmark")


def every_hour() -> Iterator[datetime]:
    """The hours from nine to four of every day to come."""
    day = NOW.replace(hour=0) + timedelta(days=1)
    while True:
        yield from (day + timedelta(hours=hour) for hour in range(9, 16))
        day += timedelta(days=1)


def settle(session: Session, ctx: Context, county: County) -> None:
    """Four court houses and four custody suites, each clerk with a room of each and an officer."""
    for id_, kind in (
        (county.court, OrganisationKind.COURT),
        (county.custody, OrganisationKind.CUSTODY),
        (county.force, OrganisationKind.FORCE),
    ):
        session.add(tables.Organisation(id=id_, kind=kind, name=kind.value, area="Benchmarkshire"))
    session.flush()
    houses = [_site(session, county.court, SiteKind.COURT_HOUSE, n) for n in range(SITES)]
    suites = [_site(session, county.custody, SiteKind.CUSTODY_SUITE, n) for n in range(SITES)]
    for suite in suites:
        far = NOW + timedelta(days=3650)
        session.add(tables.Shift(site_id=suite, starts_at=NOW, ends_at=far, staff=CLERKS))
    for number in range(CLERKS):
        house, suite = houses[number % SITES], suites[number % SITES]
        courtroom = _resource(session, ResourceKind.COURTROOM, county.court, house, f"Courtroom {number}")
        cell = _resource(session, ResourceKind.CUSTODY_ROOM, county.custody, suite, f"Video room {number}")
        officer = _resource(session, ResourceKind.PERSON, county.force, None, f"PC {number}")
        session.add(tables.Person(id=officer, kind=PersonKind.OFFICER, number=str(number)))
        county.desks.append(Desk(courtroom, cell, officer, every_hour()))


def _site(session: Session, organisation: UUID, kind: SiteKind, number: int) -> UUID:
    site = tables.Site(
        organisation_id=organisation, kind=kind, name=f"{kind.value} {number}", link_streams=100
    )
    session.add(site)
    session.flush()
    for weekday in range(7):
        session.add(tables.OpeningHours(site_id=site.id, weekday=weekday, opens=0, closes=1440))
    return site.id


def _resource(session: Session, kind: ResourceKind, organisation: UUID, site: UUID | None, name: str) -> UUID:
    resource = tables.Resource(kind=kind, organisation_id=organisation, site_id=site, name=name)
    session.add(resource)
    session.flush()
    return resource.id


def list_matters(session: Session, ctx: Context, court: UUID, count: int) -> list[UUID]:
    """So many matters to be booked, listed before anything is timed."""
    ids = [new_id() for _ in range(count)]
    rows = [
        {
            "id": id_,
            "reference": new_reference(),
            "court_id": court,
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
    concerned = [{"hearing_id": id_, "organisation_id": court} for id_ in ids]
    session.execute(insert(tables.HearingOrganisation), concerned)
    return ids


async def book(db: Db, ctx: Context, desk: Desk, hearing: UUID) -> None:
    """One booking as a clerk makes it."""
    needs = Needs(desk.courtroom, 20, (CustodyNeed(desk.cell),), (desk.officer,))
    await db.write(booking.book, ctx, hearing, needs, next(desk.starts), rules=RULES)


#: Every row of one booking, by table.
Rows = dict[str, list[dict[str, Any]]]


def written(session: Session, ctx: Context, hearing: UUID) -> Rows:
    """The rows that a booking wrote, and how many buckets it took."""
    found: Rows = {name: [] for name in WRITTEN}

    def keep(name: str, *where: Any) -> list[dict[str, Any]]:
        rows = [dict(row) for row in session.execute(select(_table(name)).where(*where)).mappings()]
        found[name] += rows
        return rows

    (made,) = keep("booking", _table("booking").c.hearing_id == hearing)
    keep("reservation", _table("reservation").c.booking_id == made["id"])
    keep("capacity_bucket")
    organisations = _table("hearing_organisation")
    court = session.get_one(tables.Hearing, hearing).court_id
    keep(
        "hearing_organisation",
        organisations.c.hearing_id == hearing,
        organisations.c.organisation_id != court,
    )
    keep("link", _table("link").c.hearing_id == hearing)
    keep("live_room", _table("live_room").c.hearing_id == hearing)
    keep("due_job", _table("due_job").c.subject_id == hearing)
    events = keep("event", _table("event").c.hearing_id == hearing)
    found["unsealed_event"] = [{"event_id": event["id"]} for event in events]
    return found


def copied(rows: Rows, desk: Desk, hearing: UUID) -> Rows:
    """The same rows as another booking's would be: ids of its own, its own hour, its own hearing."""
    old_booking = rows["booking"][0]
    moved = next(desk.starts) - old_booking["starts_at"]
    fresh = {old_booking["id"]: new_id(), old_booking["hearing_id"]: hearing}
    fresh |= {
        row["id"]: new_id() for name in ("reservation", "link", "event", "due_job") for row in rows[name]
    }

    def changed(name: str, row: dict[str, Any]) -> dict[str, Any]:
        new = {
            key: fresh.get(value, value) if isinstance(value, UUID) else value for key, value in row.items()
        }
        new.pop("xid", None)
        for key in ("starts_at", "ends_at", "due_at", "slot"):
            if key in new:
                new[key] += moved
        if name == "capacity_bucket":
            new["pool"] = f"{new['pool']} {fresh[old_booking['id']]}"
        return new

    made = {name: [changed(name, row) for row in found] for name, found in rows.items()}
    _reseat(made["reservation"], desk)
    return made


def _reseat(reservations: Sequence[dict[str, Any]], desk: Desk) -> None:
    """Give the reservations this desk's own resources: the one with three purposes is its custody room."""
    groups: dict[UUID, list[dict[str, Any]]] = {}
    for row in reservations:
        groups.setdefault(row["resource_id"], []).append(row)
    others = iter((desk.courtroom, desk.officer))
    for group in groups.values():
        resource = desk.cell if len(group) > 1 else next(others)
        for row in group:
            row["resource_id"] = resource


def insert_all(session: Session, ctx: Context, rows: Rows) -> None:
    """Plain inserts, a table at a time."""
    connection: Connection = session.connection()
    for name in WRITTEN:
        connection.execute(insert(_table(name)), rows[name])


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


async def rate(seconds: float, desks: Sequence[Desk], work: Callable[[Desk], Awaitable[None]]) -> float:
    """How many a second are done in all, every desk doing one after another."""
    started = time.perf_counter()
    done = 0

    async def go_on(desk: Desk) -> None:
        nonlocal done
        while time.perf_counter() < started + seconds:
            await work(desk)
            done += 1

    await asyncio.gather(*map(go_on, desks))
    return done / (time.perf_counter() - started)


async def measured(url: str, rounds: int, seconds: float) -> dict[str, float]:
    """The figures of one engine."""
    upgrade(url)
    db = await open_db(url, SetClock(NOW))
    try:
        county = County()
        await db.write(settle, Context(SYSTEM), county)
        clerk = county.clerk()
        enough = int(rounds * seconds * MOST_A_SECOND * 2) + 1
        matters = iter(await db.write(list_matters, Context(SYSTEM), county.court, enough))
        first = next(matters)
        await book(db, clerk, county.desks[0], first)
        template = await db.read(written, Context(SYSTEM), first)

        async def booked(desk: Desk) -> None:
            await book(db, clerk, desk, next(matters))

        async def plain(desk: Desk) -> None:
            await db.write(insert_all, clerk, copied(template, desk, next(matters)))

        bookings: list[float] = []
        raw: list[float] = []
        for _ in range(rounds):
            bookings.append(await rate(seconds, county.desks, booked))
            raw.append(await rate(seconds, county.desks, plain))
        found = await db.read(lambda session, ctx: overlaps(session.connection()), Context(SYSTEM))
    finally:
        await db.close()
    return {
        "bookings_per_s": round(sum(bookings) / rounds, 1),
        "raw_per_s": round(sum(raw) / rounds, 1),
        "ratio_to_raw": round(sum(bookings) / sum(raw), 3),
        "overlaps": found,
    }


@contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="court-link-benchmark-") as directory:
        yield Path(directory)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.booking", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="a few seconds, for a first look")
    chosen = parser.parse_args(arguments)
    rounds, seconds = (1, 2.0) if chosen.quick else (3, 4.0)
    with scratch() as folder:
        figures = {"sqlite": asyncio.run(measured(f"sqlite:///{folder}/booking.sqlite3", rounds, seconds))}
    with scratch() as folder, server(folder, durable=True) as url:
        figures["postgresql"] = asyncio.run(measured(url, rounds, seconds))
    if chosen.json:
        print(json.dumps(figures))
        return
    print(f"{'':12}{'bookings/s':>12}{'raw/s':>10}{'of raw':>9}{'overlaps':>10}")
    for engine, of in figures.items():
        print(
            f"{engine:12}{of['bookings_per_s']:12}{of['raw_per_s']:10}{of['ratio_to_raw']:9}{of['overlaps']:10}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
