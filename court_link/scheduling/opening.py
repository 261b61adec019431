"""When the places and people of a search can be had: the store's timetable under `domain.opening`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from court_link.domain.business import Business
from court_link.domain.context import Actor
from court_link.domain.opening import Opening, opening
from court_link.domain.requirements import Place
from court_link.scheduling import duties
from court_link.store import Session, calendar
from court_link.store.prepared import Later, together


def openings(
    session: Session,
    places: Iterable[Place],
    days: Sequence[date],
    *,
    business: Business | None = None,
    reader: Actor | None = None,
) -> dict[UUID, Opening]:
    """When each of these places and people can be had on `days`; who is not in the answer is always free.

    In a constant number of queries however many days. `business` is what is to be heard. `reader` is who will
    read why a person is away; None is somebody of another organisation.
    """
    with together(session):
        opened = asked(session, places, days, business=business, reader=reader)
    return opened()


def asked(
    session: Session,
    places: Iterable[Place],
    days: Sequence[date],
    *,
    business: Business | None = None,
    reader: Actor | None = None,
) -> Later[dict[UUID, Opening]]:
    """Ask for what `openings` answers."""
    wanted = list(places)
    people = [place for place in wanted if place.person is not None]
    standing = _of_sites(session, wanted, days, business)
    rotas = duties.asked(session, people, days, reader)
    return lambda: standing() | rotas()


def _of_sites(
    session: Session, places: Iterable[Place], days: Sequence[date], business: Business | None
) -> Later[dict[UUID, Opening]]:
    standing = [place for place in places if place.site_id is not None and place.person is None]
    if not standing or not days:
        return dict
    timetable = calendar.timetable(session, standing, days)

    def read() -> dict[UUID, Opening]:
        known = timetable()
        return {place.id: opening(place, days, known, business) for place in standing}

    return read
