"""Organisations, people who sign in, their sessions and tokens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from court_link.domain.ids import new_id
from court_link.domain.roles import OrganisationKind
from court_link.store.columns import document, moment, word


class Organisation(SQLModel, table=True):
    """A court, force, custody service, prosecution, defence firm or Commissioner's office."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: OrganisationKind = Field(sa_column=word(OrganisationKind))
    name: str
    area: str = Field(default="", index=True)  # such as "Hertfordshire": what a Commissioner answers for
    version: int = 1


class User(SQLModel, table=True):
    """A person who signs in. `roles` is a list of role values."""

    __tablename__ = "account"  # "user" is a reserved word

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    email: str = Field(unique=True)  # lower case
    name: str
    password_hash: str | None = None  # argon2id; None until the invitation is used
    roles: list[str] = Field(sa_column=document())
    person_id: UUID | None = Field(default=None, foreign_key="person.id")  # the bookable person they are
    active: bool = True
    failed_logins: int = 0
    locked_until: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    created_at: datetime = Field(sa_column=moment())
    version: int = 1


class UserScope(SQLModel, table=True):
    """Further organisations whose affairs a person may see, besides their own."""

    __tablename__ = "account_scope"

    user_id: UUID = Field(foreign_key="account.id", primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id", primary_key=True)


class LoginSession(SQLModel, table=True):
    """A signed-in browser. Only a digest of its token is stored. Times are real time."""

    __tablename__ = "login_session"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_digest: str = Field(unique=True)
    user_id: UUID = Field(foreign_key="account.id", index=True)
    csrf: str
    created_at: datetime = Field(sa_column=moment())
    seen_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class ApiToken(SQLModel, table=True):
    """A machine's key. Only its digest is stored."""

    __tablename__ = "api_token"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    name: str
    token_digest: str = Field(unique=True)
    roles: list[str] = Field(sa_column=document())
    created_by: UUID | None = None
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    revoked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class Invitation(SQLModel, table=True):
    """A one-use link to choose a password: the bootstrap, a new person, a reset. Digest only."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="account.id", index=True)
    token_digest: str = Field(unique=True)
    expires_at: datetime = Field(sa_column=moment())
    used_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
