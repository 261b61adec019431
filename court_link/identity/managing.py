"""Whose people and tokens somebody may manage: those of their own organisation, and no other's."""

from __future__ import annotations

from court_link.domain.context import Context
from court_link.domain.errors import NotFound
from court_link.domain.roles import Permission
from court_link.store import Session
from court_link.store.tables import Organisation


def managed(session: Session, ctx: Context) -> Organisation:
    """The organisation that the actor manages; Forbidden without MANAGE_USERS, NotFound without one."""
    ctx.require(Permission.MANAGE_USERS)
    organisation = session.get(Organisation, ctx.actor.organisation_id) if ctx.actor.organisation_id else None
    if organisation is None:
        raise NotFound()
    return organisation
