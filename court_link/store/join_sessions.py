"""Join sessions: which device holds which link. Digests only; times are real time."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import col, select

from court_link.domain.context import Context
from court_link.domain.errors import NotFound
from court_link.store import Session
from court_link.store.tables import JoinSession, Link


def open_one(session: Session, ctx: Context, link: Link, token_digest: str, device_digest: str) -> None:
    """The one session of this token; asking again changes nothing. The link's row is locked by the caller."""
    now = datetime.now(UTC)
    standing = session.exec(select(JoinSession).where(JoinSession.token_digest == token_digest)).first()
    if standing is None:
        session.add(
            JoinSession(
                link_id=link.id,
                token_digest=token_digest,
                device_digest=device_digest,
                credential_version=link.credential_version,
                created_at=now,
                seen_at=now,
            )
        )
        session.flush()
    else:
        standing.seen_at = now


def others(session: Session, link_id: UUID, token_digest: str) -> bool:
    """Whether another device holds a session of this link that stands."""
    found = select(JoinSession.id).where(
        JoinSession.link_id == link_id,
        col(JoinSession.revoked_at).is_(None),
        JoinSession.token_digest != token_digest,
    )
    return session.exec(found).first() is not None


def holder(session: Session, token_digest: str) -> UUID | None:
    """The link that a token's session stands for, or None when it does not stand any more."""
    return session.exec(
        select(JoinSession.link_id)
        .join(Link, col(Link.id) == JoinSession.link_id)
        .where(
            JoinSession.token_digest == token_digest,
            col(JoinSession.revoked_at).is_(None),
            JoinSession.credential_version == Link.credential_version,
            col(Link.revoked).is_(False),
        )
    ).first()


def seen(session: Session, token_digest: str) -> None:
    """The device has just been heard of."""
    standing = session.exec(select(JoinSession).where(JoinSession.token_digest == token_digest)).first()
    if standing is not None:
        standing.seen_at = datetime.now(UTC)


def speak(session: Session, token_digest: str, page: UUID) -> UUID | None:
    """The device's page of this id is its newest; answers which was before. Raises NotFound."""
    standing = session.exec(
        select(JoinSession).where(JoinSession.token_digest == token_digest).with_for_update()
    ).first()
    if standing is None:
        raise NotFound
    before, standing.page, standing.seen_at = standing.page, page, datetime.now(UTC)
    return before


def speaker(session: Session, token_digest: str) -> UUID | None:
    """The newest page of the device that holds this token."""
    return session.exec(select(JoinSession.page).where(JoinSession.token_digest == token_digest)).first()


def revoke_all(session: Session, link_id: UUID) -> None:
    """End every session of a link."""
    for standing in session.exec(
        select(JoinSession).where(JoinSession.link_id == link_id, col(JoinSession.revoked_at).is_(None))
    ):
        standing.revoked_at = datetime.now(UTC)
