"""Organisations, and the first administrator of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.errors import Forbidden, NotFound
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity import people
from court_link.store import Session
from court_link.store import identity as store
from court_link.store.events import record
from court_link.store.tables import Organisation as Row


@dataclass(frozen=True, slots=True)
class Organisation:
    """A court, force, custody service, prosecution, defence firm or Commissioner's office."""

    id: UUID
    kind: OrganisationKind
    name: str
    area: str


def create(session: Session, ctx: Context, kind: OrganisationKind, name: str, area: str = "") -> Organisation:
    """Add an organisation. For the system alone: the command line, the demonstration."""
    if not ctx.actor.everywhere:
        raise Forbidden()
    row = Row(id=new_id(), kind=kind, name=name.strip(), area=area.strip())
    session.add(row)
    session.flush()
    record(session, ctx, EventKind.ORGANISATION_CREATED, organisation_id=row.id, data={"kind": kind.value})
    return _organisation(row)


def in_scope(session: Session, ctx: Context) -> tuple[Organisation, ...]:
    """The organisations whose affairs the actor may see, by name."""
    return tuple(_organisation(row) for row in store.organisations_in(session, ctx.actor.scope))


def one(session: Session, ctx: Context, organisation_id: UUID) -> Organisation:
    row = (
        session.get(Row, organisation_id)
        if organisation_id in ctx.actor.scope or ctx.actor.everywhere
        else None
    )
    if row is None:
        raise NotFound()
    return _organisation(row)


def bootstrap(
    session: Session,
    ctx: Context,
    name: str,
    kind: OrganisationKind,
    area: str,
    email: str,
    person: str,
    at: datetime,
) -> str:
    """The organisation of this name, made when absent, with one more administrator: their one-use secret.

    A court's first person is its listing officer too, so that a fresh installation can be tried at once.
    An address that is known gets a fresh secret when it belongs to this organisation. Raises Invalid.
    """
    row = store.organisation_named(session, name.strip())
    organisation = _organisation(row) if row else create(session, ctx, kind, name, area)
    founder = Context(
        Actor(ActorKind.SYSTEM, organisation_id=organisation.id, roles=frozenset({Role.ADMINISTRATOR})),
        ctx.request_id,
        ctx.now,
    )
    known = store.account_by_email(session, email)
    if known and known.organisation_id == organisation.id:
        return people.reset(session, founder, known.id, at).secret
    roles = {Role.ADMINISTRATOR}
    if organisation.kind is OrganisationKind.COURT:
        roles.add(Role.LISTING_OFFICER)
    return people.add(session, founder, people.Details(person, email, frozenset(roles)), at).secret


def _organisation(row: Row) -> Organisation:
    return Organisation(row.id, row.kind, row.name, row.area)
