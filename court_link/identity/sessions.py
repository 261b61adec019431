"""Signed-in browsers: opened, recognised by their cookie, ended.

A sign-in ends by itself after `session_idle_minutes` without a request and `session_hours` after it began.
`at` is real time throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.errors import NotFound
from court_link.domain.events import EventKind
from court_link.domain.roles import Role
from court_link.identity.secret import digest, new_secret
from court_link.settings import Settings
from court_link.store import Session
from court_link.store import identity as store
from court_link.store.events import record
from court_link.store.tables import LoginSession, Organisation, User

#: How stale `seen_at` may get before a request writes it again.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A recognised sign-in: who it is, and the token that their forms carry."""

    id: UUID
    csrf: str
    actor: Actor
    email: str
    organisation: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class NewSignIn:
    """A sign-in just opened; `token` goes into the cookie and is not kept."""

    token: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class OpenSignIn:
    """One line of "where you are signed in"."""

    id: UUID
    created_at: datetime
    seen_at: datetime


def actor_of(session: Session, account: User, organisation: Organisation) -> Actor:
    return Actor(
        ActorKind.USER,
        id=account.id,
        name=account.name,
        organisation_id=organisation.id,
        roles=frozenset(Role(role) for role in account.roles),
        scope=store.scope_of(session, account, organisation),
        person_id=account.person_id,
        organisation_kind=organisation.kind,
    )


def open_for(session: Session, ctx: Context, account_id: UUID, at: datetime, settings: Settings) -> NewSignIn:
    """Sign a person in who has shown who they are. Always a fresh token: none is taken from the browser.

    Raises NotFound for an account that is gone or disabled.
    """
    account = session.get(User, account_id)
    organisation = account and session.get(Organisation, account.organisation_id)
    if not account or not organisation or not account.active:
        raise NotFound()
    token = new_secret()
    session.add(
        LoginSession(
            token_digest=digest(token),
            user_id=account.id,
            csrf=new_secret(),
            created_at=at,
            seen_at=at,
            expires_at=at + timedelta(hours=settings.session_hours),
        )
    )
    account.failed_logins, account.locked_until = 0, None
    actor = actor_of(session, account, organisation)
    signed_in = Context(actor, ctx.request_id, ctx.now)
    record(
        session, signed_in, EventKind.USER_SIGNED_IN, organisation_id=organisation.id, subject_id=account.id
    )
    return NewSignIn(token, actor)


def recognise(
    session: Session, ctx: Context, token: str, at: datetime, settings: Settings
) -> SignedIn | None:
    """Whose cookie this is, or None for one that is unknown, ended, idle too long, too old, or disabled."""
    found = store.sign_in_by_digest(session, digest(token))
    if found is None:
        return None
    sign_in, account, organisation = found
    idle = at - sign_in.seen_at >= timedelta(minutes=settings.session_idle_minutes)
    if sign_in.ended_at or idle or at >= sign_in.expires_at or not account.active:
        return None
    return SignedIn(
        sign_in.id,
        sign_in.csrf,
        actor_of(session, account, organisation),
        account.email,
        organisation.name,
        sign_in.seen_at,
    )


def seen(session: Session, ctx: Context, sign_in_id: UUID, at: datetime) -> None:
    """Note that the browser asked for something, so that it does not count as idle."""
    sign_in = session.get(LoginSession, sign_in_id)
    if sign_in and sign_in.seen_at < at:
        sign_in.seen_at = at


def end(session: Session, ctx: Context, sign_in_id: UUID, at: datetime) -> None:
    """Sign this browser out."""
    sign_in = session.get(LoginSession, sign_in_id)
    if sign_in and sign_in.ended_at is None:
        sign_in.ended_at = at
        record(
            session,
            ctx,
            EventKind.USER_SIGNED_OUT,
            organisation_id=ctx.actor.organisation_id,
            subject_id=sign_in.user_id,
        )


def end_elsewhere(session: Session, ctx: Context, keep: UUID, at: datetime) -> None:
    """Sign the actor out of every browser but this one."""
    if ctx.actor.id is None:
        raise NotFound()
    store.end_sign_ins(session, ctx.actor.id, at, but=keep)
    record(
        session,
        ctx,
        EventKind.USER_SIGNED_OUT,
        organisation_id=ctx.actor.organisation_id,
        subject_id=ctx.actor.id,
        data={"elsewhere": True},
    )


def open_sign_ins(session: Session, ctx: Context, at: datetime, settings: Settings) -> tuple[OpenSignIn, ...]:
    """Where the actor is signed in now, the latest used first."""
    if ctx.actor.id is None:
        return ()
    fresh = at - timedelta(minutes=settings.session_idle_minutes)
    return tuple(
        OpenSignIn(row.id, row.created_at, row.seen_at)
        for row in store.open_sign_ins(session, ctx.actor.id, at)
        if row.seen_at > fresh
    )
