"""Named queries of accounts, sessions, invitations and tokens. All times are real time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, tuple_, update
from sqlmodel import Session, col, select

from court_link.domain.roles import Role
from court_link.store.tables import (
    ApiToken,
    Invitation,
    LoginSession,
    Organisation,
    Person,
    Resource,
    User,
    UserScope,
)


def normal_email(email: str) -> str:
    """An e-mail address as it is kept and looked up."""
    return email.strip().lower()


def account_by_email(session: Session, email: str) -> User | None:
    return session.exec(select(User).where(User.email == normal_email(email))).one_or_none()


def account_of(session: Session, organisation_id: UUID, account_id: UUID) -> User | None:
    """The account, when it belongs to this organisation."""
    return session.exec(
        select(User).where(User.id == account_id, User.organisation_id == organisation_id)
    ).one_or_none()


def accounts(
    session: Session, organisation_id: UUID, text: str, after: User | None, limit: int
) -> Sequence[User]:
    """Accounts of an organisation whose name or e-mail holds `text`, by name, those after `after`."""
    by_name = func.lower(User.name)
    query = select(User).where(User.organisation_id == organisation_id)
    if text:
        query = query.where(
            or_(*(each.icontains(text, autoescape=True) for each in (col(User.name), col(User.email))))
        )
    if after:
        query = query.where(tuple_(by_name, User.id) > tuple_(func.lower(after.name), after.id))
    return session.exec(query.order_by(by_name, col(User.id)).limit(limit)).all()


def has_other_administrator(session: Session, organisation_id: UUID, account_id: UUID) -> bool:
    """Whether somebody else of this organisation can sign in and manage people."""
    others = session.exec(
        select(User.roles).where(
            User.organisation_id == organisation_id, User.id != account_id, col(User.active).is_(True)
        )
    )
    return any(Role.ADMINISTRATOR.value in roles for roles in others)


def scope_of(session: Session, account: User, organisation: Organisation) -> frozenset[UUID]:
    """The organisations whose affairs a person may see: their own, those added for them, and for the
    Commissioner's people every organisation of the Commissioner's area."""
    scope = {organisation.id}
    scope.update(session.exec(select(UserScope.organisation_id).where(UserScope.user_id == account.id)))
    if Role.COMMISSIONER.value in account.roles and organisation.area:
        scope.update(session.exec(select(Organisation.id).where(Organisation.area == organisation.area)))
    return frozenset(scope)


def sign_in_by_digest(session: Session, digest: str) -> tuple[LoginSession, User, Organisation] | None:
    return session.exec(
        select(LoginSession, User, Organisation)
        .join(User, col(User.id) == col(LoginSession.user_id))
        .join(Organisation, col(Organisation.id) == col(User.organisation_id))
        .where(LoginSession.token_digest == digest)
    ).one_or_none()


def open_sign_ins(session: Session, account_id: UUID, at: datetime) -> Sequence[LoginSession]:
    """Sign-ins that have neither ended nor reached the end of their life, newest first."""
    return session.exec(
        select(LoginSession)
        .where(
            LoginSession.user_id == account_id,
            col(LoginSession.ended_at).is_(None),
            col(LoginSession.expires_at) > at,
        )
        .order_by(col(LoginSession.seen_at).desc())
    ).all()


def end_sign_ins(session: Session, account_id: UUID, at: datetime, *, but: UUID | None = None) -> None:
    """End every sign-in of an account, or every one but one."""
    ending = update(LoginSession).where(
        col(LoginSession.user_id) == account_id, col(LoginSession.ended_at).is_(None)
    )
    if but:
        ending = ending.where(col(LoginSession.id) != but)
    session.execute(ending.values(ended_at=at))


def invitation_by_digest(session: Session, digest: str) -> tuple[Invitation, User] | None:
    return session.exec(
        select(Invitation, User)
        .join(User, col(User.id) == col(Invitation.user_id))
        .where(Invitation.token_digest == digest)
    ).one_or_none()


def void_invitations(session: Session, account_id: UUID, at: datetime) -> None:
    """Use up every invitation that is still open: the newest link alone works."""
    session.execute(
        update(Invitation)
        .where(col(Invitation.user_id) == account_id, col(Invitation.used_at).is_(None))
        .values(used_at=at)
    )


def tokens_of(session: Session, organisation_id: UUID) -> Sequence[ApiToken]:
    return session.exec(
        select(ApiToken).where(ApiToken.organisation_id == organisation_id).order_by(col(ApiToken.id).desc())
    ).all()


def token_of(session: Session, organisation_id: UUID, token_id: UUID) -> ApiToken | None:
    return session.exec(
        select(ApiToken).where(ApiToken.id == token_id, ApiToken.organisation_id == organisation_id)
    ).one_or_none()


def token_by_digest(session: Session, digest: str) -> ApiToken | None:
    return session.exec(select(ApiToken).where(ApiToken.token_digest == digest)).one_or_none()


def bookable_people(session: Session, organisation_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Id and name of the people of an organisation who can be booked, by name."""
    return session.exec(
        select(Resource.id, Resource.name)
        .join(Person, col(Person.id) == col(Resource.id))
        .where(Resource.organisation_id == organisation_id, col(Resource.active).is_(True))
        .order_by(Resource.name)
    ).all()


def organisation_named(session: Session, name: str) -> Organisation | None:
    return session.exec(select(Organisation).where(Organisation.name == name)).first()


def organisations_in(session: Session, ids: frozenset[UUID]) -> Sequence[Organisation]:
    return session.exec(
        select(Organisation).where(col(Organisation.id).in_(ids)).order_by(Organisation.name)
    ).all()
