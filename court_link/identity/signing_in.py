"""Signing in by e-mail address and password.

A wrong password, an unknown address, a locked and a disabled account all take the same path, one argon2
verification and one write, and get the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from court_link.domain.context import PUBLIC, Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.events import EventKind
from court_link.identity.passwords import Hasher
from court_link.identity.sessions import NewSignIn, open_for
from court_link.identity.throttle import Throttle, address_key
from court_link.settings import Settings
from court_link.store import Db, Session
from court_link.store import identity as store
from court_link.store.events import record


class SignInRefused(Invalid):
    """The email address or password is not right, or the account is locked after too many tries."""

    def __init__(self) -> None:
        said = "Check your email address and password. Too many wrong tries lock an account for a while"
        super().__init__(errors=[FieldError("email", said)])


@dataclass(frozen=True, slots=True)
class Claim:
    """What is on file for an e-mail address; nothing, when nobody may sign in by it."""

    account_id: UUID | None = None
    password_hash: str | None = None


class Gate:
    """What stands before every password: the hasher's two turns, and failures counted in memory."""

    def __init__(self, settings: Settings) -> None:
        self.hasher = Hasher()
        self.by_address = Throttle(tries=40, seconds=600)
        self.by_account = Throttle(tries=4 * settings.lockout_failures, seconds=600)
        self.settings = settings

    async def sign_in(
        self, db: Db, ctx: Context, email: str, password: str, address: str, at: datetime
    ) -> NewSignIn:
        """Raises SignInRefused for whatever reason, TooManyTries for what keeps failing."""
        keys = ((self.by_address, address_key(address)), (self.by_account, store.normal_email(email)))
        for throttle, key in keys:
            throttle.attempt(key)
        claim = await db.read(claimed, ctx, email, at)
        right = await self.hasher.verify(claim.password_hash, password)
        signed_in = await db.write(decide, ctx, email, claim, right, at, self.settings)
        if signed_in is None:
            raise SignInRefused()
        self.by_address.forgive(address_key(address))
        self.by_account.succeeded(store.normal_email(email))
        return signed_in


def claimed(session: Session, ctx: Context, email: str, at: datetime) -> Claim:
    """The claim behind an address: empty for one that is unknown, disabled, locked or without a password."""
    account = store.account_by_email(session, email)
    if account is None or not account.active or (account.locked_until and account.locked_until > at):
        return Claim()
    return Claim(account.id, account.password_hash)


def decide(
    session: Session, ctx: Context, email: str, claim: Claim, right: bool, at: datetime, settings: Settings
) -> NewSignIn | None:
    """Open a sign-in when the password was right and still is the account's; else count the failure."""
    account = store.account_by_email(session, email)
    locked = account is not None and account.locked_until is not None and account.locked_until > at
    if account is None or locked:
        return None
    if (
        right
        and account.active
        and account.id == claim.account_id
        and account.password_hash == claim.password_hash
    ):
        return open_for(session, ctx, account.id, at, settings)
    if account.locked_until:  # a lock that has run out: counting begins again
        account.failed_logins, account.locked_until = 0, None
    account.failed_logins += 1
    if account.failed_logins >= settings.lockout_failures:
        account.locked_until = at + timedelta(minutes=settings.lockout_minutes)
        record(
            session,
            Context(PUBLIC, ctx.request_id, ctx.now),
            EventKind.USER_LOCKED,
            organisation_id=account.organisation_id,
            subject_id=account.id,
        )
    return None
