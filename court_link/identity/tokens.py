"""Keys for machines: `Authorization: Bearer clt_...`, with roles and an end. Only digests are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.errors import FieldError, Invalid, NotFound
from court_link.domain.events import EventKind
from court_link.domain.roles import ROLES_OF, Role
from court_link.identity.managing import managed
from court_link.identity.secret import API_TOKEN_PREFIX, digest, new_secret
from court_link.store import Session
from court_link.store import identity as store
from court_link.store.events import record
from court_link.store.tables import ApiToken, Organisation

LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Token:
    """A machine's key, without the key."""

    id: UUID
    name: str
    roles: frozenset[Role]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A key just made; `secret` is shown once."""

    token: Token
    secret: str


def listed(session: Session, ctx: Context) -> tuple[Token, ...]:
    """The organisation's keys, newest first, revoked and expired ones too."""
    return tuple(_token(row) for row in store.tokens_of(session, managed(session, ctx).id))


def one(session: Session, ctx: Context, token_id: UUID) -> Token:
    return _token(_found(session, ctx, token_id))


def create(
    session: Session, ctx: Context, name: str, roles: frozenset[Role], days: int, at: datetime
) -> NewToken:
    """Make a key that lasts `days` (1 to 366). Raises Invalid, naming the field."""
    organisation = managed(session, ctx)
    errors = []
    if not name.strip() or len(name) > 100:
        errors.append(FieldError("name", "Enter a name of 100 characters or fewer, such as the system's"))
    if not roles or not roles <= ROLES_OF[organisation.kind]:
        errors.append(FieldError("roles", "Select at least one role that your organisation may give"))
    if not 1 <= days <= LONGEST_DAYS:
        errors.append(FieldError("days", f"Enter a number of days from 1 to {LONGEST_DAYS}"))
    if errors:
        raise Invalid(errors=errors)
    secret = new_secret(API_TOKEN_PREFIX)
    row = ApiToken(
        organisation_id=organisation.id,
        name=name.strip(),
        token_digest=digest(secret),
        roles=sorted(role.value for role in roles),
        created_by=ctx.actor.id,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    record(
        session,
        ctx,
        EventKind.TOKEN_CREATED,
        organisation_id=organisation.id,
        subject_id=row.id,
        data={"roles": row.roles, "days": days},
    )
    return NewToken(_token(row), secret)


def revoke(session: Session, ctx: Context, token_id: UUID, at: datetime) -> Token:
    """Refuse the key from now on. Revoking twice is revoking once."""
    row = _found(session, ctx, token_id)
    if row.revoked_at is None:
        row.revoked_at = at
        session.flush()
        record(session, ctx, EventKind.TOKEN_REVOKED, organisation_id=row.organisation_id, subject_id=row.id)
    return _token(row)


def recognise(session: Session, ctx: Context, secret: str, at: datetime) -> Actor | None:
    """The machine that holds this key, or None for one that is unknown, expired or revoked."""
    row = store.token_by_digest(session, digest(secret))
    if row is None or row.revoked_at or row.expires_at <= at:
        return None
    organisation = session.get_one(Organisation, row.organisation_id)
    return Actor(
        ActorKind.TOKEN,
        id=row.id,
        name=row.name,
        organisation_id=row.organisation_id,
        roles=frozenset(Role(role) for role in row.roles),
        scope=frozenset({row.organisation_id}),
        organisation_kind=organisation.kind,
    )


def _found(session: Session, ctx: Context, token_id: UUID) -> ApiToken:
    row = store.token_of(session, managed(session, ctx).id, token_id)
    if row is None:
        raise NotFound()
    return row


def _token(row: ApiToken) -> Token:
    return Token(
        row.id,
        row.name,
        frozenset(Role(role) for role in row.roles),
        row.created_at,
        row.expires_at,
        row.revoked_at,
    )
