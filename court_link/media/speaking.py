"""Which page speaks for a link: the newest, whichever process of the service it is connected to.

Tabs of one device share its join session. The one opened last takes it over in the store; the others find
that out when the event of it wakes them, close, and say why.
"""

from __future__ import annotations

from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import NotFound
from court_link.domain.events import EventKind
from court_link.media.credentials import digest
from court_link.store import Session, join_sessions, links


def take_over(session: Session, ctx: Context, token: str, page: UUID) -> None:
    """This page speaks for its link from now on; its device has been heard of. Raises NotFound."""
    before = join_sessions.speak(session, digest(token), page)
    if ctx.actor.link_id is None:
        raise NotFound
    if before is not None and before != page:
        link = links.get(session, ctx, ctx.actor.link_id)
        links.record(session, ctx, EventKind.LINK_OPENED_AGAIN, link)


def speaks(session: Session, ctx: Context, token: str, page: UUID) -> bool:
    """Whether no newer page has taken over from this one."""
    return join_sessions.speaker(session, digest(token)) == page
