"""Moving a link from place to place: what it sent in the one is never heard in the other.

A move is two steps. The first takes the link out of where it was, at once, and desires that it sends
nothing. The second comes when its device has said that it has stopped sending (`consulting.settle`), and only
then is it heard where it now is (ADR 0013).
"""

from __future__ import annotations

from uuid import UUID

from court_link.domain import rooms as rules
from court_link.domain.context import Context
from court_link.domain.events import EventKind
from court_link.media import exhibits
from court_link.store import Session, links, rooms
from court_link.store.tables import Link as LinkRow


def move(session: Session, ctx: Context, row: LinkRow, place: str) -> None:
    """Put a link, locked by the caller, in a place. Being there already is nothing.

    A screen that it shares is shared no more, and not again by itself when it comes back.
    """
    if row.place != place:
        exhibits.stop_sharing(session, ctx, links.value(row))
        rooms.write_moved(session, row, rules.moved(links.value(row), place, ctx.now))
        links.bump(session, row.hearing_id)


def settle_due(session: Session, ctx: Context, link_id: UUID) -> UUID:
    """A device that has no page is taken to have stopped; answers its hearing."""
    hearing_id = links.get(session, ctx, link_id).hearing_id
    links.check_runs(session, ctx, hearing_id)
    if link_id in rooms.unsettled(session, ctx.now):
        settled(session, ctx, links.row(session, link_id))
    return hearing_id


def due(session: Session, ctx: Context) -> tuple[UUID, ...]:
    """The links for which `settle_due` is due."""
    return rooms.unsettled(session, ctx.now)


def settled(session: Session, ctx: Context, row: LinkRow) -> None:
    """Write down that the device of a link, locked by the caller, has stopped sending for its last move."""
    if row.settled < row.moves:
        row.settled = row.moves
        row.version += 1
        links.bump(session, row.hearing_id)
        links.record(session, ctx, EventKind.LINK_SETTLED, row, move=row.moves)
