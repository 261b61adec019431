"""Which courtroom a rota means by a venue: by the register's own numbers and names, or else by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.importing import register
from court_link.importing.names import house_words, room_words
from court_link.importing.rota import Venue
from court_link.store import Session
from court_link.store import places as store
from court_link.store.tables import Resource, Site

_MAGISTRATES, _CROWN = re.compile(r"\bMC\b", re.IGNORECASE), re.compile(r"\bCC\b", re.IGNORECASE)


def matched(session: Session, organisation_id: UUID, venues: Iterable[Venue]) -> dict[Venue, Resource]:
    """The organisation's courtrooms in use that these venues mean; a venue that means none is not in it."""
    sites = [site for site in store.court_houses(session, organisation_id) if not site.closed]
    rooms: dict[UUID, list[Resource]] = {site.id: [] for site in sites}
    for room in store.rooms(session, rooms.keys()):
        if room.kind is ResourceKind.COURTROOM and room.active and room.site_id is not None:
            rooms[room.site_id].append(room)
    found = ((venue, _by_register(venue, sites, rooms) or _by_name(venue, sites, rooms)) for venue in venues)
    return {venue: room for venue, room in found if room is not None}


def house_name(location: str) -> str:
    """The court house that a location means, spelled out: "Luton MC" is Luton Magistrates Court."""
    return _CROWN.sub("Crown Court", _MAGISTRATES.sub("Magistrates Court", location))


def _by_register(
    venue: Venue, sites: Iterable[Site], rooms: Mapping[UUID, list[Resource]]
) -> Resource | None:
    house, code = _register().get((venue.location_id, venue.name.casefold()), ("", ""))
    site = next((site for site in sites if house and site.code == house), None)
    return next((room for room in rooms[site.id] if room.code == code), None) if site else None


def _by_name(venue: Venue, sites: Iterable[Site], rooms: Mapping[UUID, list[Resource]]) -> Resource | None:
    words = house_words(house_name(venue.location))
    house = [site for site in sites if house_words(site.name) == words]
    # "Luton 2" of Luton is its courtroom 2: the house's own name says nothing of the room.
    wanted = room_words(venue.name) - words or room_words(venue.name)
    meant = [room for site in house for room in rooms[site.id] if room_words(room.name) == wanted]
    return meant[0] if len(meant) == 1 else None


@cache
def _register() -> Mapping[tuple[str, str], tuple[str, str]]:
    """(number of the location, name of the venue) to (code of the house, code of the room)."""
    return {
        (str(row["rotaLocationId"]), row["rotaVenueName"].casefold()): (row["oucode"], row["courtroomId"])
        for row in register.data("court-rooms.json")
        if row.keys() >= {"rotaLocationId", "rotaVenueName", "courtroomId"}
    }
