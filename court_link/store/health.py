"""Whether the database answers at all."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import Session

from court_link.domain.context import Context


def answers(session: Session, ctx: Context) -> bool:
    return session.scalar(select(1)) is not None
