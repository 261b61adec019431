"""Who asks, within what scope, and when: the first argument of every use case after the session."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from court_link.domain.errors import Forbidden
from court_link.domain.roles import OF_COURTS, OrganisationKind, Permission, Role, permissions


class ActorKind(StrEnum):
    USER = "user"  # a signed-in person
    TOKEN = "token"  # a machine, by API token
    LINK = "link"  # a participant, by a join session
    PUBLIC = "public"  # nobody in particular
    SYSTEM = "system"  # the scheduler, the command line


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `scope` is the organisations whose affairs they may see; `everywhere` sees all."""

    kind: ActorKind
    id: UUID | None = None
    name: str = ""
    organisation_id: UUID | None = None
    roles: frozenset[Role] = frozenset()
    scope: frozenset[UUID] = frozenset()
    everywhere: bool = False
    person_id: UUID | None = None  # the bookable person they are, when they are one
    link_id: UUID | None = None  # the link they came in by, for ActorKind.LINK
    organisation_kind: OrganisationKind | None = None  # None is not known, as of the service itself

    def may(self, permission: Permission) -> bool:
        if self.everywhere:
            return True
        if permission in OF_COURTS and self.organisation_kind not in (None, OrganisationKind.COURT):
            return False
        return permission in permissions(self.roles)


#: Before the database has set it.
_UNSET = datetime.min.replace(tzinfo=UTC)

SYSTEM = Actor(ActorKind.SYSTEM, name="Court Link", everywhere=True)
PUBLIC = Actor(ActorKind.PUBLIC, name="Public")


@dataclass(frozen=True, slots=True)
class Context:
    """One call's context. `now` is court time, set by the database inside the transaction, once."""

    actor: Actor
    request_id: str = ""
    now: datetime = field(default=_UNSET)
    idempotency_key: str | None = None

    def at(self, now: datetime) -> Context:
        return replace(self, now=now)

    def require(self, permission: Permission) -> None:
        """Raises Forbidden unless the actor's roles grant `permission`."""
        if not self.actor.may(permission):
            raise Forbidden
