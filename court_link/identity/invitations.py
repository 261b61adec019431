"""One-use links to choose a password: the bootstrap, a new person, a reset.

The secret travels in the fragment of the link, so that no log and no mail scanner sees it, and is POSTed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.errors import FieldError, Invalid, NotFound
from court_link.domain.events import EventKind
from court_link.identity.passwords import Hasher, check_choice
from court_link.identity.secret import digest, new_secret
from court_link.store import Db, Session
from court_link.store import identity as store
from court_link.store.events import record
from court_link.store.tables import Invitation, User

LASTS = timedelta(days=3)


class InvitationSpent(Invalid):
    """This link has been used or is too old. Ask your administrator for a new one."""

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("code", (type(self).__doc__ or "").rstrip("."))])


def link(public_url: str, secret: str) -> str:
    """The address to give to the person, once."""
    return f"{public_url.rstrip('/')}/choose-password#{secret}"


def issue(session: Session, ctx: Context, account_id: UUID, at: datetime) -> str:
    """A new secret for the account; every earlier one is void. The caller has checked who asks."""
    store.void_invitations(session, account_id, at)
    secret = new_secret()
    session.add(Invitation(user_id=account_id, token_digest=digest(secret), expires_at=at + LASTS))
    return secret


async def choose_password(
    db: Db, ctx: Context, hasher: Hasher, secret: str, password: str, at: datetime
) -> None:
    """Redeem an invitation. Raises InvitationSpent, or WeakPassword, which leaves the invitation open."""
    email = await db.read(invited, ctx, secret, at)
    check_choice(password, email)
    await db.write(redeem, ctx, secret, await hasher.hash(password), at)


def invited(session: Session, ctx: Context, secret: str, at: datetime) -> str:
    """The e-mail address that an open invitation is for, or InvitationSpent."""
    return _open(session, secret, at)[1].email


def redeem(session: Session, ctx: Context, secret: str, password_hash: str, at: datetime) -> None:
    """Set the password, use the invitation up, and sign the account out everywhere."""
    _, account = _open(session, secret, at)
    store.void_invitations(session, account.id, at)
    _set_password(session, Context(_as(account), ctx.request_id, ctx.now), account, password_hash, at)


async def change_password(
    db: Db, ctx: Context, hasher: Hasher, current: str, password: str, at: datetime, keep: UUID
) -> None:
    """Change one's own password, knowing the current one; every other browser is signed out."""
    email, stored = await db.read(own_password, ctx)
    if not await hasher.verify(stored, current):
        raise Invalid(errors=[FieldError("current", "Current password is not right")])
    check_choice(password, email)
    await db.write(replace_password, ctx, stored, await hasher.hash(password), at, keep)


def own_password(session: Session, ctx: Context) -> tuple[str, str | None]:
    account = session.get(User, ctx.actor.id) if ctx.actor.kind is ActorKind.USER else None
    if account is None:
        raise NotFound()
    return account.email, account.password_hash


def replace_password(
    session: Session, ctx: Context, stored: str | None, password_hash: str, at: datetime, keep: UUID
) -> None:
    account = session.get(User, ctx.actor.id)
    if account is None or account.password_hash != stored:
        raise NotFound()
    _set_password(session, ctx, account, password_hash, at, keep=keep)


def _open(session: Session, secret: str, at: datetime) -> tuple[Invitation, User]:
    found = store.invitation_by_digest(session, digest(secret))
    if found is None or found[0].used_at or found[0].expires_at <= at or not found[1].active:
        raise InvitationSpent()
    return found


def _as(account: User) -> Actor:
    return Actor(ActorKind.USER, id=account.id, organisation_id=account.organisation_id)


def _set_password(
    session: Session, ctx: Context, account: User, password_hash: str, at: datetime, keep: UUID | None = None
) -> None:
    account.password_hash = password_hash
    account.failed_logins, account.locked_until = 0, None
    account.version += 1
    store.end_sign_ins(session, account.id, at, but=keep)
    record(
        session,
        ctx,
        EventKind.USER_CHANGED,
        organisation_id=account.organisation_id,
        subject_id=account.id,
        data={"what": ["password"]},
    )
