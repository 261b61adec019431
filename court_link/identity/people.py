"""The people of an organisation who sign in, kept by its own administrators.

Every query is bound to the actor's own organisation: another's people do not exist here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Invalid, NotFound, Stale
from court_link.domain.events import EventKind
from court_link.domain.roles import ROLES_OF, OrganisationKind, Role
from court_link.identity import invitations
from court_link.identity.managing import managed
from court_link.store import Session, calendar_feeds
from court_link.store import identity as store
from court_link.store.events import record
from court_link.store.tables import Organisation, User

_EMAIL = re.compile(r"[^@\s<>]{1,64}@[^@\s<>.]+(\.[^@\s<>.]+)*")


class EmailTaken(Invalid):
    """Somebody already signs in with this email address."""

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("email", (type(self).__doc__ or "").rstrip("."))])


class LastAdministrator(Invalid):
    """Nobody else here can manage people. Make somebody else an administrator first."""

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("roles", (type(self).__doc__ or "").rstrip("."))])


@dataclass(frozen=True, slots=True)
class Account:
    """A person who signs in. `invited` means that they have not chosen a password yet."""

    id: UUID
    organisation_id: UUID
    email: str
    name: str
    roles: frozenset[Role]
    active: bool
    invited: bool
    locked_until: datetime | None
    person_id: UUID | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Details:
    """What an administrator enters about a person."""

    name: str
    email: str
    roles: frozenset[Role]
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """An account and the secret of its new one-use link."""

    account: Account
    secret: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What the form for a person offers: the roles of this kind of organisation, its bookable people."""

    organisation: str
    kind: OrganisationKind
    roles: tuple[Role, ...]
    people: tuple[tuple[UUID, str], ...]


def desk(session: Session, ctx: Context) -> Desk:
    organisation = managed(session, ctx)
    offered = tuple(role for role in Role if role in ROLES_OF[organisation.kind])
    people = tuple((row[0], row[1]) for row in store.bookable_people(session, organisation.id))
    return Desk(organisation.name, organisation.kind, offered, people)


def listed(
    session: Session, ctx: Context, text: str = "", *, after: UUID | None = None, limit: int = 50
) -> tuple[Account, ...]:
    """The organisation's people by name, those whose name or e-mail holds `text`, after the one `after`."""
    beyond = _found(session, ctx, after) if after else None
    rows = store.accounts(session, managed(session, ctx).id, text.strip(), beyond, limit)
    return tuple(_account(row) for row in rows)


def one(session: Session, ctx: Context, account_id: UUID) -> Account:
    return _account(_found(session, ctx, account_id))


def note_read(session: Session, ctx: Context, account_id: UUID) -> None:
    """Record that the actor looked at a person's record."""
    _record(session, ctx, EventKind.USER_READ, account_id)


def add(session: Session, ctx: Context, details: Details, at: datetime) -> Invited:
    """Add a person, who then chooses a password by the link. Raises Invalid, EmailTaken."""
    organisation = managed(session, ctx)
    _check(session, organisation, details)
    if store.account_by_email(session, details.email):
        raise EmailTaken()
    account = User(
        organisation_id=organisation.id,
        email=store.normal_email(details.email),
        name=details.name.strip(),
        roles=sorted(details.roles),
        person_id=details.person_id,
        created_at=at,
    )
    session.add(account)
    session.flush()
    _record(
        session, ctx, EventKind.USER_CREATED, account.id, {"roles": account.roles}, {"name": account.name}
    )
    return Invited(_account(account), invitations.issue(session, ctx, account.id, at))


def change(
    session: Session, ctx: Context, account_id: UUID, details: Details, version: int | None, at: datetime
) -> Account:
    """Change a person. New roles or a new address sign them out everywhere.

    Raises Stale, Invalid, EmailTaken, LastAdministrator.
    """
    organisation = managed(session, ctx)
    account = _found(session, ctx, account_id)
    if version is not None and version != account.version:
        raise Stale()
    _check(session, organisation, details)
    holder = store.account_by_email(session, details.email)
    if holder and holder.id != account.id:
        raise EmailTaken()
    if Role.ADMINISTRATOR not in details.roles:
        _check_not_last(session, account)
    new = {
        "name": details.name.strip(),
        "email": store.normal_email(details.email),
        "roles": sorted(role.value for role in details.roles),
        "person_id": details.person_id,
    }
    changed = sorted(name for name, value in new.items() if getattr(account, name) != value)
    if not changed:
        return _account(account)
    for name, value in new.items():
        setattr(account, name, value)
    account.version += 1
    if {"roles", "email", "person_id"} & set(changed):
        store.end_sign_ins(session, account.id, at)
    session.flush()
    _record(session, ctx, EventKind.USER_CHANGED, account.id, {"what": changed, "roles": account.roles})
    return _account(account)


def disable(session: Session, ctx: Context, account_id: UUID, at: datetime) -> Account:
    """Keep a person out: signed out everywhere at once, links and calendar addresses void.

    Raises LastAdministrator.
    """
    account = _found(session, ctx, account_id)
    if account.active:
        _check_not_last(session, account)
        account.active = False
        account.version += 1
        store.end_sign_ins(session, account.id, at)
        store.void_invitations(session, account.id, at)
        calendar_feeds.end_all(session, ctx, account.id)
        session.flush()
        _record(session, ctx, EventKind.USER_CHANGED, account.id, {"what": ["active"], "active": False})
    return _account(account)


def enable(session: Session, ctx: Context, account_id: UUID) -> Account:
    """Let a disabled person sign in again."""
    account = _found(session, ctx, account_id)
    if not account.active:
        account.active = True
        account.version += 1
        session.flush()
        _record(session, ctx, EventKind.USER_CHANGED, account.id, {"what": ["active"], "active": True})
    return _account(account)


def reset(session: Session, ctx: Context, account_id: UUID, at: datetime) -> Invited:
    """A new one-use link; the old password and calendar addresses end, and every browser is signed out."""
    account = _found(session, ctx, account_id)
    if not account.active:
        raise Conflict("This person is disabled. Enable them first.")
    account.password_hash = None
    account.failed_logins, account.locked_until = 0, None
    account.version += 1
    store.end_sign_ins(session, account.id, at)
    calendar_feeds.end_all(session, ctx, account.id)
    session.flush()
    _record(session, ctx, EventKind.USER_CHANGED, account.id, {"what": ["invitation"]})
    return Invited(_account(account), invitations.issue(session, ctx, account.id, at))


def _found(session: Session, ctx: Context, account_id: UUID) -> User:
    account = store.account_of(session, managed(session, ctx).id, account_id)
    if account is None:
        raise NotFound()
    return account


def _check(session: Session, organisation: Organisation, details: Details) -> None:
    errors = []
    if not details.name.strip():
        errors.append(FieldError("name", "Enter their name"))
    elif len(details.name) > 100 or any(sign in details.name for sign in "<>"):
        errors.append(FieldError("name", "Name must be 100 characters or fewer, without < or >"))
    if len(details.email) > 254 or not _EMAIL.fullmatch(details.email.strip()):
        errors.append(
            FieldError("email", "Enter an email address in the correct format, like name@example.com")
        )
    if not details.roles:
        errors.append(FieldError("roles", "Select at least one role"))
    elif not details.roles <= ROLES_OF[organisation.kind]:
        errors.append(FieldError("roles", "Select only roles that this kind of organisation may give"))
    known = {row[0] for row in store.bookable_people(session, organisation.id)}
    if details.person_id is not None and details.person_id not in known:
        errors.append(FieldError("person_id", "Select a person of your organisation"))
    if errors:
        raise Invalid(errors=errors)


def _check_not_last(session: Session, account: User) -> None:
    if Role.ADMINISTRATOR.value not in account.roles or not account.active:
        return
    if not store.has_other_administrator(session, account.organisation_id, account.id):
        raise LastAdministrator()


def _record(
    session: Session,
    ctx: Context,
    kind: EventKind,
    account_id: UUID,
    data: dict[str, object] | None = None,
    personal: dict[str, str] | None = None,
) -> None:
    record(
        session,
        ctx,
        kind,
        organisation_id=ctx.actor.organisation_id,
        subject_id=account_id,
        data=data,
        personal=personal,
    )


def _account(row: User) -> Account:
    return Account(
        id=row.id,
        organisation_id=row.organisation_id,
        email=row.email,
        name=row.name,
        roles=frozenset(Role(role) for role in row.roles),
        active=row.active,
        invited=row.password_hash is None,
        locked_until=row.locked_until,
        person_id=row.person_id,
        created_at=row.created_at,
        version=row.version,
    )
