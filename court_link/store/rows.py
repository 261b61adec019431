"""One row by its key, or NotFound."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlmodel import Session, SQLModel

from court_link.domain.errors import NotFound

_Row = TypeVar("_Row", bound=SQLModel)


def present(session: Session, table: type[_Row], key: Any) -> _Row:
    """The row of this key. Raises NotFound."""
    row = session.get(table, key)
    if row is None:
        raise NotFound
    return row


def locked(session: Session, table: type[_Row], key: Any) -> _Row:
    """The row of this key as it stands now, locked for a change. Raises NotFound."""
    row = session.get(table, key, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row
