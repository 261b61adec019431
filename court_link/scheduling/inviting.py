"""Who comes with a booking: its links, and the organisations that see the hearing because of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.places import PersonKind
from court_link.domain.requirements import Needs, Place
from court_link.domain.roles import Part
from court_link.store import Session, calendar, hearings, links
from court_link.store.links import Wanted
from court_link.store.tables import Hearing

_PARTS = {PersonKind.OFFICER: Part.OFFICER, PersonKind.INTERPRETER: Part.INTERPRETER}


def invite(
    session: Session,
    ctx: Context,
    hearing: Hearing,
    needs: Needs,
    places: Mapping[UUID, Place],
    before: Needs | None,
) -> None:
    """The links of a booking: the bench in its courtroom, each custody room's defendant, each person by name.

    `before` is what the booking that is moved had needed: links that still apply stand as they are, those of
    rooms and people needed no longer are revoked. A named judge sits with the bench and has no link of their
    own; evidence rooms and vehicles are given to the officers in the order in which both were chosen.
    """
    hearings.concern(session, hearing.id, {place.organisation_id for place in places.values()})
    links.ensure_all(session, ctx, hearing.id, list(_wanted(needs, places)))
    if before is not None:
        _retire(session, ctx, hearing, set(before.resource_ids) - set(needs.resource_ids))


def _wanted(needs: Needs, places: Mapping[UUID, Place]) -> Iterator[Wanted]:
    courtroom = places[needs.courtroom_id]
    yield Wanted(
        Part.BENCH,
        f"Bench, {courtroom.name}",
        room_id=courtroom.id,
        organisation_id=courtroom.organisation_id,
        remote=False,
    )
    for room in (places[need.room_id] for need in needs.custody):
        label = f"Defendant, {room.label}"
        yield Wanted(Part.DEFENDANT, label, room_id=room.id, organisation_id=room.organisation_id)
    attending = [places[each] for each in needs.attending]
    endpoints = iter([place.id for place in attending if place.kind is not ResourceKind.PERSON])
    for person in attending:
        if person.person in _PARTS:
            yield Wanted(
                _PARTS[person.person],
                person.name,
                person_id=person.id,
                room_id=next(endpoints, None),
                organisation_id=person.organisation_id,
            )


def uninvite(session: Session, ctx: Context, hearing: Hearing, needs: Needs) -> None:
    """Revoke the links that a booking brought; those that the court gave out by hand stand."""
    _retire(session, ctx, hearing, set(needs.resource_ids))


def _retire(session: Session, ctx: Context, hearing: Hearing, gone: set[UUID]) -> None:
    standing = links.of_hearing(session, ctx, hearing.id)
    keep = [link.id for link in standing if not ({link.person_id, link.room_id} & gone)]
    links.retire(session, ctx, hearing.id, keep)
    owners = {place.organisation_id for place in calendar.places(session, gone).values()}
    session.flush()
    hearings.unconcern(session, hearing, owners)
