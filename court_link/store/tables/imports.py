"""Imported files: staged whole, then applied in short transactions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from court_link.domain.ids import new_id
from court_link.store.columns import document, moment, word


class ImportState(StrEnum):
    STAGING = "staging"  # being read
    STAGED = "staged"
    APPLYING = "applying"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class ImportRun(SQLModel, table=True):
    """One file, its report, and how far it has been applied."""

    __tablename__ = "import_run"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    file_name: str
    format: str
    digest: str
    state: ImportState = Field(sa_column=word(ImportState))
    report: dict[str, Any] = Field(sa_column=document())
    rows: int = 0
    applied: int = 0
    created_by: UUID | None = None
    created_at: datetime = Field(sa_column=moment())
    version: int = 1


class ImportRow(SQLModel, table=True):
    """One listed matter of a staged file."""

    __tablename__ = "import_row"

    run_id: UUID = Field(foreign_key="import_run.id", primary_key=True)
    position: int = Field(primary_key=True)
    key: str
    payload: dict[str, Any] = Field(sa_column=document())
