"""What is due, and settings that people change while the service runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from court_link.domain.ids import new_id
from court_link.store.columns import document, moment


class DueJob(SQLModel, table=True):
    """One thing to do once at a time (court time), through the use case named by `kind`."""

    __tablename__ = "due_job"
    __table_args__ = (UniqueConstraint("kind", "subject_id"), Index("due_job_due", "due_at"))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    subject_id: UUID
    due_at: datetime = Field(sa_column=moment())


class Setting(SQLModel, table=True):
    """A value an administrator or analyst may adjust, such as a report's baseline."""

    name: str = Field(primary_key=True)
    value: dict[str, Any] = Field(sa_column=document())
    version: int = 1
