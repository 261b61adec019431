"""Who is in a hearing for whom, and whom special measures keep from seeing or hearing whom."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, NotFound, Stale
from court_link.domain.events import EventKind
from court_link.domain.roles import Part
from court_link.domain.rooms import NotTheirClient
from court_link.domain.standing import Screen, Standing
from court_link.media import consulting
from court_link.store import Session, events, links, rooms

#: Who may be in a hearing for somebody else.
SERVE = frozenset({Part.ADVOCATE, Part.INTERPRETER, Part.APPROPRIATE_ADULT})
ORDERED_BY_LENGTH = 80
#: Of one hearing: sixteen links, each kept from every other.
MOST_SCREENS = 16 * 15


class NotSaid(Invalid):
    """Say whom they act or interpret for."""


class NoScreen(Invalid):
    """Say who is kept from seeing or hearing whom, and who ordered it."""


def tie(session: Session, ctx: Context, link_id: UUID, served: Collection[UUID]) -> Standing:
    """Say for whom an advocate acts, or for whom an interpreter or an appropriate adult is here.

    Saying nobody leaves it to the service again: with one defendant, they are for that one. Raises NotSaid,
    NotFound for somebody who is not of this hearing.
    """
    row, hearing = links.in_charge_of(session, ctx, link_id)
    people = {link.id: link for link in links.of_hearing(session, ctx, hearing.id)}
    if not set(served) <= people.keys():
        raise NotFound
    if row.part not in SERVE:
        raise NotSaid("Only an advocate, an interpreter or an appropriate adult is here for somebody else.")
    if row.id in served:
        raise NotSaid(errors=[FieldError("for", "Choose somebody else than themselves")])
    if row.part is not Part.INTERPRETER and any(people[each].part is not Part.DEFENDANT for each in served):
        raise NotSaid(errors=[FieldError("for", "Choose defendants alone")])
    rooms.set_ties(session, row, served)
    consulting.close_due(session, ctx, hearing.id)
    links.bump(session, hearing.id)
    links.record(session, ctx, EventKind.TIE_CHANGED, row, served=sorted(map(str, served)))
    return rooms.standing(session, ctx, hearing)


def agree(session: Session, ctx: Context, client_id: UUID, *, agrees: bool) -> UUID:
    """An advocate agrees, or no longer does, that their client may be in one room with co-defendants.

    A consultation of co-defendants ends when any of their advocates does not agree any more. Raises
    NotTheirClient. Answers the hearing.
    """
    row, hearing = links.own(session, ctx)
    found = rooms.tie_row(session, row.id, client_id)
    if row.part is not Part.ADVOCATE or found is None:
        raise NotTheirClient
    if found.agrees is not agrees:
        found.agrees = agrees
        session.flush()
        consulting.close_due(session, ctx, hearing.id)
        links.bump(session, hearing.id)
        links.record(session, ctx, EventKind.TIE_CHANGED, row, client=str(client_id), agrees=agrees)
    return hearing.id


def of_hearing(session: Session, ctx: Context, hearing_id: UUID) -> Standing:
    """The hearing as it stands, for those who run it."""
    return rooms.standing(session, ctx, links.check_runs(session, ctx, hearing_id, lock=False))


def order_screens(
    session: Session,
    ctx: Context,
    hearing_id: UUID,
    wanted: Collection[Screen],
    *,
    version: int | None = None,
) -> tuple[Screen, ...]:
    """Say all the special measures of a hearing; those that are not said again are lifted.

    Each needs the name of who ordered it. `version` is the `mark` of what the asker read. Raises
    NoScreen naming the field, NotFound for somebody who is not of this hearing, Stale.
    """
    links.check_runs(session, ctx, hearing_id)
    cleaned = {(each.source, each.receiver): _checked(each) for each in wanted}
    known = {link.id for link in links.of_hearing(session, ctx, hearing_id)}
    if not {person for pair in cleaned for person in pair} <= known:
        raise NotFound
    if len(cleaned) < len(wanted) or len(cleaned) > MOST_SCREENS:
        raise NoScreen(errors=[FieldError("screens", "Say each pair of people once")])
    stood = rooms.screens(session, hearing_id)
    if version is not None and version != mark(stood):
        raise Stale
    before = {(each.source, each.receiver): each for each in stood}
    rooms.set_screens(session, hearing_id, cleaned.values())
    for pair in sorted(before.keys() | cleaned.keys()):
        if before.get(pair) != cleaned.get(pair):
            _record(session, ctx, hearing_id, pair, cleaned.get(pair))
    links.bump(session, hearing_id)
    return rooms.screens(session, hearing_id)


def mark(screens: Collection[Screen]) -> int:
    """A number by which one says which measures one has read: another one when any of them is another."""
    said = sorted((each.source.hex, each.receiver.hex, each.picture, each.sound) for each in screens)
    return zlib.crc32(repr(said).encode()) % 10**9


def _checked(screen: Screen) -> Screen:
    by = " ".join(screen.ordered_by.split())
    wrong = []
    if screen.source == screen.receiver:
        wrong.append(FieldError("screens", "Choose two people"))
    if not (screen.picture or screen.sound):
        wrong.append(FieldError("screens", "Choose picture, sound or both"))
    if not by or len(by) > ORDERED_BY_LENGTH or not by.isprintable():
        wrong.append(FieldError("ordered_by", "Enter who ordered it"))
    if wrong:
        raise NoScreen(errors=wrong)
    return replace(screen, ordered_by=by)


def _record(
    session: Session, ctx: Context, hearing_id: UUID, pair: tuple[UUID, UUID], screen: Screen | None
) -> None:
    source, receiver = pair
    events.record(
        session,
        ctx,
        EventKind.SCREEN_CHANGED,
        hearing_id=hearing_id,
        subject_id=source,
        data={
            "receiver": str(receiver),
            "picture": bool(screen and screen.picture),
            "sound": bool(screen and screen.sound),
        },
        personal={"ordered_by": screen.ordered_by} if screen else None,
    )
