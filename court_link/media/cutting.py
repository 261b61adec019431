"""Sound and picture that should have ended: retried until it has, and staff know for as long as it has not.

Removing somebody ends their session and credential in the store at once. Their media ends when the worker has
been told, which each tick tries again. Until then the court reads that it is not certain.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from court_link.domain.context import Context
from court_link.store import Session, links, live

#: What staff read of it is in `attendance.TROUBLES`.
NOT_CUT_OFF = "not_cut_off"


def uncut(session: Session, ctx: Context, hearing_id: UUID, inside: Collection[UUID]) -> frozenset[UUID]:
    """Links that were last heard to be connected and should not be, of which the court has not been told.

    `inside` are the links that belong into the room.
    """
    told = {each.link_id for each in live.open_problems(session, hearing_id) if each.kind == NOT_CUT_OFF}
    return live.connected(session, hearing_id) - set(inside) - told


def warn(session: Session, ctx: Context, hearing_id: UUID, inside: Collection[UUID]) -> None:
    """Tell the court of everybody whose media may not have ended."""
    for link_id in sorted(uncut(session, ctx, hearing_id, inside)):
        live.report(session, ctx, links.row(session, link_id), NOT_CUT_OFF)


def applied(
    session: Session, ctx: Context, hearing_id: UUID, version: int, epoch: str | None, *, closed: bool
) -> None:
    """Write down which version the worker of which epoch holds. What it was to end has ended."""
    live.applied(session, ctx, hearing_id, version, epoch, closed=closed)
    for problem in live.open_problems(session, hearing_id):
        if problem.kind == NOT_CUT_OFF:
            live.resolve(session, ctx, problem)
