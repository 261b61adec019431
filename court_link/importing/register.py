"""The register: court houses and rooms of England and Wales, and Hertfordshire whole.

The files, their sources and their licences are in `court_link/data`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.places import SiteKind
from court_link.importing.names import house_words
from court_link.store import Session
from court_link.store import places as store
from court_link.store.tables import Site

#: When a court house may be booked whose own hours nobody has told: weekdays, in minutes after midnight.
#: Usual sittings are 10am to 1pm and 2pm to 4:30pm; a listed time may lie outside them.
USUAL_HOURS = tuple(store.Opening(weekday, 9 * 60, 17 * 60 + 30) for weekday in range(5))


@dataclass(frozen=True, slots=True)
class CourtHouse:
    """A court house by its OU code, with its rooms as (code, name), in order of name."""

    code: str
    name: str
    area: str
    rooms: tuple[tuple[str, str], ...]


@cache
def court_houses() -> Mapping[str, CourtHouse]:
    """Every court house of the register by OU code; a room that stands there under several names is one."""
    rooms: dict[str, dict[str, str]] = {}
    houses: dict[str, tuple[str, str]] = {}
    for row in data("court-rooms.json"):
        houses[row["oucode"]] = (
            row["oucodeL3Name"].replace("'", "’").replace("St. ", "St "),
            row["oucodeL2Name"],
        )
        if "courtroomId" in row and "courtroomName" in row:
            rooms.setdefault(row["oucode"], {})[row["courtroomId"]] = row["courtroomName"]
    return {
        code: CourtHouse(
            code, name, area, tuple(sorted(rooms.get(code, {}).items(), key=lambda room: room[1]))
        )
        for code, (name, area) in sorted(houses.items())
    }


def find(name: str) -> CourtHouse | None:
    """The court house that a list means by `name`, when exactly one is meant.

    A name that does not say "Crown" is of a magistrates' court.
    """
    wanted = house_words(name)
    found = [house for house in court_houses().values() if house_words(house.name) == wanted]
    return found[0] if len(found) == 1 else None


@cache
def holidays() -> Mapping[date, str]:
    """Bank holidays in England and Wales."""
    return {date.fromisoformat(row["date"]): row["title"] for row in data("bank-holidays.json")}


def load_holidays(session: Session, ctx: Context) -> None:
    """Writes the bank holidays that are not there yet."""
    store.add_holidays(session, holidays())


@dataclass(frozen=True, slots=True)
class County:
    """Whose each part of a county's places is."""

    court: UUID
    custody: UUID
    force: UUID


def load_hertfordshire(session: Session, ctx: Context, owners: County) -> None:
    """Hertfordshire's court houses with their real rooms, custody suites, police stations and vehicles."""
    county = data("hertfordshire.json")
    for entry in county["court_houses"]:
        site = _add_site(session, owners.court, SiteKind.COURT_HOUSE, entry, county["area"])
        house = court_houses().get(entry["code"])
        store.add_rooms(session, site, ResourceKind.COURTROOM, house.rooms if house else ())
    for entry in county["custody_suites"]:
        site = _add_site(session, owners.custody, SiteKind.CUSTODY_SUITE, entry, county["area"])
        store.add_rooms(session, site, ResourceKind.CUSTODY_ROOM, _numbered(entry["rooms"]))
    for entry in county["police_stations"]:
        site = _add_site(session, owners.force, SiteKind.POLICE_STATION, entry, county["area"])
        store.add_rooms(session, site, ResourceKind.EVIDENCE_ROOM, _numbered(entry["rooms"]))
    fleet = _add_site(session, owners.force, SiteKind.VEHICLE, county["fleet"], county["area"])
    store.add_rooms(session, fleet, ResourceKind.VEHICLE, _numbered(county["fleet"]["vehicles"]))


def _add_site(
    session: Session, organisation_id: UUID, kind: SiteKind, entry: Mapping[str, Any], area: str
) -> Site:
    site = store.add_site(
        session,
        organisation_id=organisation_id,
        kind=kind,
        code=entry["code"],
        name=entry["name"],
        address=entry.get("address", ""),
        postcode=entry.get("postcode", ""),
        area=area,
        closed=entry.get("closed", False),
        opens_on_holidays=entry.get("opens_on_holidays", kind is not SiteKind.COURT_HOUSE),
        link_streams=entry.get("link_streams", 0),
    )
    store.replace_hours(session, site.id, _hours(entry["hours"]))
    return site


def _hours(by_weekday: Mapping[str, Sequence[Sequence[str]]]) -> list[store.Opening]:
    return [
        store.Opening(int(weekday), _minutes(opens), _minutes(closes))
        for weekday, spans in by_weekday.items()
        for opens, closes in spans
    ]


def _minutes(clock: str) -> int:
    if clock == "24:00":
        return 24 * 60
    at = time.fromisoformat(clock)
    return at.hour * 60 + at.minute


def _numbered(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(str(number), name) for number, name in enumerate(names, 1)]


def data(name: str) -> Any:
    """A file of `court_link/data`, as JSON."""
    return json.loads(resources.files("court_link").joinpath("data", name).read_text("utf-8"))
