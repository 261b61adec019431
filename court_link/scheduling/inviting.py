"""Who comes with a booking: its links, and the organisations that see the hearing because of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from uuid import UUID

from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.link import Link
from court_link.domain.recipes import NAMES, PART_OF
from court_link.domain.requirements import Needs, Place
from court_link.domain.roles import Part
from court_link.scheduling import directions
from court_link.store import Session, calendar, hearings, links, screens
from court_link.store.links import Wanted
from court_link.store.tables import Hearing


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
    own; evidence rooms and vehicles are given to the officers in the order in which both were chosen. A part
    that nobody is named for has a link that the court gives out. What was directed for the same people in
    the hearing that this one goes on from holds for their new links, and so do screens.
    """
    hearings.concern(session, hearing.id, {place.organisation_id for place in places.values()})
    links.ensure_all(session, ctx, hearing.id, list(_wanted(needs, places)))
    if before is not None:
        _retire(session, ctx, hearing, set(before.resource_ids) - set(needs.resource_ids))
        _retire_parts(session, ctx, hearing, before, needs)
        directions.follow(session, ctx, hearing.id)
        screens.follow(session, ctx, hearing)
    directions.carry_on(session, ctx, hearing)
    screens.put_up(session, ctx, hearing)


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
        part = PART_OF.get(person.person) if person.person else None
        if part is not None:
            room_id = next(endpoints, None) if part is Part.OFFICER else None
            yield Wanted(
                part,
                person.name,
                person_id=person.id,
                room_id=room_id,
                organisation_id=person.organisation_id,
            )
    for part, label in _unnamed(needs):
        yield Wanted(part, label, remote=part is not Part.CLERK)


def _unnamed(needs: Needs) -> Iterator[tuple[Part, str]]:
    """The parts that nobody is named for, each with a label of its own: "Probation", "Probation 2"."""
    for part, count in Counter(needs.parts).items():
        name = NAMES[part].capitalize()
        for number in range(1, count + 1):
            yield part, name if number == 1 else f"{name} {number}"


def uninvite(session: Session, ctx: Context, hearing: Hearing, needs: Needs) -> None:
    """Revoke the links that a booking brought; those that the court gave out by hand stand."""
    _retire(session, ctx, hearing, set(needs.resource_ids))
    _retire_parts(session, ctx, hearing, needs, None)


def _retire_parts(
    session: Session, ctx: Context, hearing: Hearing, before: Needs, needs: Needs | None
) -> None:
    """Revoke the links of parts that are needed no longer, told by the label that booking gave them."""
    gone = {*_unnamed(before)} - ({*_unnamed(needs)} if needs else set())
    if gone:
        standing = links.of_hearing(session, ctx, hearing.id)
        links.withdraw(
            session,
            ctx,
            [link.id for link in standing if _given_out(link) and (link.part, link.label) in gone],
        )


def _given_out(link: Link) -> bool:
    """Whether a link is of nobody and of no room that are booked."""
    return link.person_id is None and link.room_id is None


def _retire(session: Session, ctx: Context, hearing: Hearing, gone: set[UUID]) -> None:
    standing = links.of_hearing(session, ctx, hearing.id)
    keep = [link.id for link in standing if not ({link.person_id, link.room_id} & gone)]
    links.retire(session, ctx, hearing.id, keep)
    owners = {place.organisation_id for place in calendar.places(session, gone).values()}
    session.flush()
    hearings.unconcern(session, hearing, owners)
