"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

# Constraints have names, so that later migrations can say which one they mean on both engines.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime: TIMESTAMPTZ on PostgreSQL, sortable text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the store keeps aware datetimes only")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[StrEnum]):
    """A StrEnum kept as its text value, never as a native enum of member names."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


#: A JSON document; JSONB where there is one.
Document = JSON().with_variant(JSONB(), "postgresql")


def moment(*, nullable: bool = False, index: bool = False, primary_key: bool = False) -> Any:
    """A column of UTC moments."""
    return Column(Moment, nullable=nullable, index=index, primary_key=primary_key)


def word(words: type[StrEnum], *, nullable: bool = False, index: bool = False) -> Any:
    """A column of one StrEnum's values."""
    return Column(Word(words), nullable=nullable, index=index)


def document(*, nullable: bool = False) -> Any:
    """A column of JSON."""
    return Column(Document, nullable=nullable)


def where(condition: str) -> dict[str, Any]:
    """What makes an index one of the rows alone that meet a condition, on both engines."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
