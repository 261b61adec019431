"""Which of a court's sites and rooms a list means; what it does not have yet is added.

A list may be of a court house that the importing court does not have. It is then added to that court, from
the register where the register knows it, so that its matters can be booked; a warning says so before anybody
confirms the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.events import EventKind
from court_link.domain.places import SiteKind
from court_link.importing import register
from court_link.importing.matters import Matter
from court_link.importing.names import house_words, room_words
from court_link.store import Session
from court_link.store import places as store
from court_link.store.events import record
from court_link.store.tables import Organisation, Resource, Site

House = tuple[str, str]
"""A court house as a list names it, and the venue's postcode when it names none."""


@dataclass(frozen=True, slots=True)
class Siting:
    """Sites by house, and rooms by house and room name, as a list writes them."""

    sites: Mapping[House, UUID]
    rooms: Mapping[tuple[House, str], UUID]


def house_of(matter: Matter) -> House:
    return (matter.house, matter.postcode)


def known(
    session: Session, ctx: Context, organisation_id: UUID, houses: Iterable[House]
) -> dict[House, UUID]:
    """The sites that the court has already, of these houses."""
    sites = store.court_houses(session, organisation_id)
    return {house: site.id for house in set(houses) if (site := _meant(sites, house))}


def missing(houses: Iterable[House], sites: Mapping[House, UUID]) -> list[str]:
    """Warnings of the houses that the court does not have."""
    found = []
    for name, _ in sorted(set(houses) - sites.keys()):
        listed = register.find(name)
        source = f"from the register, as {listed.name}" if listed else "as the list names it"
        found.append(f"{name or 'The court house'} is not one of your court houses. It is added {source}.")
    return found


def settle(
    session: Session, ctx: Context, organisation_id: UUID, wanted: Iterable[tuple[House, str]]
) -> Siting:
    """Finds every house and room of a list, adding those that are not there."""
    sites: dict[House, UUID] = {}
    rooms: dict[tuple[House, str], UUID] = {}
    pairs = sorted(set(wanted))
    for house in dict.fromkeys(house for house, _ in pairs):
        site = _meant(store.court_houses(session, organisation_id), house)
        site = site or _add(session, ctx, organisation_id, house[0])
        sites[house] = site.id
        there = {room_words(room.name): room for room in _courtrooms(session, site)}
        for name in (room for each, room in pairs if each == house):
            words = room_words(name)
            if words not in there:
                there[words] = store.add_rooms(
                    session, site, ResourceKind.COURTROOM, [(None, name or "Courtroom")]
                )[0]
                record(
                    session, ctx, EventKind.SITE_CHANGED, organisation_id=organisation_id, subject_id=site.id
                )
            rooms[house, name] = there[words].id
    return Siting(sites, rooms)


def _meant(sites: Iterable[Site], house: House) -> Site | None:
    name, postcode = house
    wanted = house_words(name)
    by_name = [site for site in sites if not site.closed and house_words(site.name) == wanted]
    if by_name:
        return by_name[0]
    code = "".join(postcode.split()).casefold()
    by_post = [site for site in sites if code and "".join(site.postcode.split()).casefold() == code]
    return by_post[0] if len(by_post) == 1 else None


def _courtrooms(session: Session, site: Site) -> Iterable[Resource]:
    return (
        room
        for room in store.rooms(session, [site.id])
        if room.kind is ResourceKind.COURTROOM and room.active
    )


def _add(session: Session, ctx: Context, organisation_id: UUID, name: str) -> Site:
    organisation = session.get_one(Organisation, organisation_id)
    listed = register.find(name)
    if listed and store.coded(session, listed.code):
        listed = None  # another court's
    site = store.add_site(
        session,
        organisation_id=organisation_id,
        kind=SiteKind.COURT_HOUSE,
        code=listed.code if listed else None,
        name=(listed.name if listed else name) or organisation.name,
        area=listed.area if listed else organisation.area,
    )
    store.add_rooms(session, site, ResourceKind.COURTROOM, listed.rooms if listed else ())
    store.replace_hours(session, site.id, register.USUAL_HOURS)
    record(
        session,
        ctx,
        EventKind.SITE_CHANGED,
        organisation_id=organisation_id,
        subject_id=site.id,
        data={"added": 1},
    )
    return site
