"""A country's diaries for the search benchmark: five busy ones that are the same at every size, and others.

The five (a courtroom, a custody room, two officers and a judge) are booked every weekday, a year long, by
chance that is seeded by the resource alone. A store grows by months of their history and by the diaries of
others, never by what stands in the month that is searched.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import insert
from sqlmodel import Session

from court_link.domain.booking import PoolKind, ResourceKind
from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.ids import new_id, new_reference
from court_link.domain.places import PersonKind, SiteKind
from court_link.domain.requirements import CustodyNeed, Needs
from court_link.domain.roles import OrganisationKind, Role
from court_link.store import tables

#: When the search is made: a Monday in winter, so that London's clock is UTC's.
NOW = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
_NAMES = UUID("5f2c7c3e-0000-4000-8000-000000000000")
_KINDS = (
    ResourceKind.COURTROOM, ResourceKind.CUSTODY_ROOM, ResourceKind.PERSON, ResourceKind.PERSON,
    ResourceKind.PERSON,
)  # fmt: skip
#: Minutes that reservations and the gaps between them take: all five are free together a dozen times a month.
_LENGTHS, _GAPS = (10, 15, 20, 25, 30, 40), (10, 20, 30, 60, 90, 110)
_A_BOOKING = 5  # reservations of one


@dataclass
class Country:
    """Ids of what the search is about, and how far the store has been filled."""

    court: UUID = field(default_factory=new_id)
    custody: UUID = field(default_factory=new_id)
    force: UUID = field(default_factory=new_id)
    house: UUID = field(default_factory=new_id)
    suite: UUID = field(default_factory=new_id)
    hearing: UUID = field(default_factory=new_id)
    reservations: int = 0
    resources: int = 5

    @property
    def five(self) -> list[UUID]:
        return [self.resource(number) for number in range(5)]

    def resource(self, number: int) -> UUID:
        return uuid5(_NAMES, f"resource {number}")

    def needs(self) -> Needs:
        courtroom, cell, *people = self.five
        return Needs(courtroom, 20, (CustodyNeed(cell),), tuple(people))

    def clerk(self) -> Context:
        actor = Actor(
            ActorKind.USER,
            id=new_id(),
            organisation_id=self.court,
            roles=frozenset({Role.LISTING_OFFICER}),
            scope=frozenset({self.court}),
        )
        return Context(actor, request_id="benchmark")


def settle(session: Session, ctx: Context, country: Country) -> None:
    """A court, a suite with staff on shift day and night, the five, and the hearing to be placed."""
    for id_, kind in (
        (country.court, OrganisationKind.COURT),
        (country.custody, OrganisationKind.CUSTODY),
        (country.force, OrganisationKind.FORCE),
    ):
        session.add(tables.Organisation(id=id_, kind=kind, name=kind.value, area="Benchmarkshire"))
    session.flush()
    for id_, owner, site in (
        (country.house, country.court, SiteKind.COURT_HOUSE),
        (country.suite, country.custody, SiteKind.CUSTODY_SUITE),
    ):
        session.add(tables.Site(id=id_, organisation_id=owner, kind=site, name=site.value, link_streams=50))
    session.flush()
    for weekday in range(5):
        session.add(tables.OpeningHours(site_id=country.house, weekday=weekday, opens=9 * 60, closes=17 * 60))
    for ahead in range(-10, 60):
        begins = NOW.replace(hour=6) + timedelta(days=ahead)
        for shift in (begins, begins + timedelta(hours=12)):
            session.add(
                tables.Shift(
                    site_id=country.suite,
                    starts_at=shift,
                    ends_at=shift + timedelta(hours=12),
                    staff=8,
                    pool=PoolKind.CUSTODY_STAFF,
                )
            )
    add_resources(session, ctx, country, 0, 5)
    session.execute(insert(tables.Hearing), [_hearing(country.hearing, country.court)])
    session.execute(
        insert(tables.HearingOrganisation),
        [{"hearing_id": country.hearing, "organisation_id": country.court}],
    )


def add_resources(session: Session, ctx: Context, country: Country, first: int, last: int) -> None:
    """The resources of these numbers, of the five kinds in turn."""
    for number in range(first, last):
        kind = _KINDS[number % 5]
        owner, site = {
            ResourceKind.COURTROOM: (country.court, country.house),
            ResourceKind.CUSTODY_ROOM: (country.custody, country.suite),
        }.get(kind, (country.force, None))
        session.add(
            tables.Resource(
                id=country.resource(number),
                kind=kind,
                organisation_id=owner,
                site_id=site,
                name=f"No {number}",
            )
        )
    session.flush()
    for number in range(first, last):
        if _KINDS[number % 5] is ResourceKind.PERSON:
            person = PersonKind.JUDICIARY if number % 5 == 4 else PersonKind.OFFICER
            session.add(tables.Person(id=country.resource(number), kind=person, number=str(number)))


Rows = dict[str, list[dict[str, Any]]]


def diary(country: Country, number: int, first: date, last: date) -> Iterator[Rows]:
    """The bookings of one resource on the weekdays of some days, by table, one booking after another."""
    resource = country.resource(number)
    day = first
    while day < last:
        if day.weekday() < 5:
            chance = random.Random(f"{number} {day}")
            yield from _bookings(country, resource, list(_day(day, chance)))
        day += timedelta(days=1)


def _day(day: date, chance: random.Random) -> Iterator[tuple[datetime, datetime]]:
    at = datetime(day.year, day.month, day.day, 8, 30, tzinfo=UTC)
    evening = at.replace(hour=17, minute=30)
    while at < evening:
        end = at + timedelta(minutes=chance.choice(_LENGTHS))
        yield at, end
        at = end + timedelta(minutes=chance.choice(_GAPS))


def _bookings(country: Country, resource: UUID, taken: list[tuple[datetime, datetime]]) -> Iterator[Rows]:
    for start in range(0, len(taken), _A_BOOKING):
        part = taken[start : start + _A_BOOKING]
        hearing, booking = new_id(), new_id()
        yield {
            "hearing": [_hearing(hearing, country.court)],
            "booking": [
                {
                    "id": booking,
                    "hearing_id": hearing,
                    "state": "confirmed",
                    "courtroom_id": country.five[0],
                    "starts_at": part[0][0],
                    "ends_at": part[-1][1],
                    "needs": {},
                    "version": 1,
                }
            ],
            "reservation": [
                {
                    "id": new_id(),
                    "resource_id": resource,
                    "starts_at": since,
                    "ends_at": until,
                    "booking_id": booking,
                    "purpose": "hearing",
                }
                for since, until in part
            ],
        }


def _hearing(id_: UUID, court: UUID) -> dict[str, Any]:
    return {
        "id": id_,
        "reference": new_reference(),
        "court_id": court,
        "state": "listed",
        "title": "R v Example",
        "hearing_type": "Remand",
        "listed_day": NOW.date(),
        "listed_at": NOW + timedelta(hours=3),
        "minutes": 20,
        "visibility": "public",
        "channels": [],
        "same_bench": [],
    }
