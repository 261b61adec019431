"""Named queries on live-link directions."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from court_link.domain.direction import Direction
from court_link.store.tables import DirectionRow

_FACTS = tuple(Direction.__dataclass_fields__)


def value(row: DirectionRow) -> Direction:
    """The frozen value of a row."""
    return Direction(**{name: getattr(row, name) for name in _FACTS})


def of_hearing(session: Session, hearing_id: UUID) -> Sequence[DirectionRow]:
    """Every direction of a hearing, oldest first."""
    return session.exec(
        select(DirectionRow)
        .where(DirectionRow.hearing_id == hearing_id)
        .order_by(col(DirectionRow.made_at), col(DirectionRow.id))
    ).all()
