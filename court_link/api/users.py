"""Organisations, oneself, and the people of one's organisation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from starlette.responses import Response

from court_link.api.asking import Asker, Settings, Store, Wall
from court_link.api.versions import IfMatch, etag
from court_link.domain.context import ActorKind
from court_link.domain.roles import OrganisationKind, Permission, Role, permissions
from court_link.identity import invitations, organisations, people
from court_link.identity.people import Account, Details, Invited

router = APIRouter(prefix="/api", tags=["People"])

_EXAMPLE: JsonDict = {
    "name": "Ada Exampleson",
    "email": "ada@court.example",
    "roles": ["usher"],
    "person_id": None,
}


class OrganisationOut(BaseModel):
    """An organisation whose affairs you may see."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: OrganisationKind
    name: str
    area: str


class Me(BaseModel):
    """Who you are to this service."""

    kind: ActorKind
    id: UUID
    name: str
    organisation_id: UUID
    roles: list[Role]
    permissions: list[Permission]


class UserIn(BaseModel):
    """A person to add."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: str = Field(max_length=100)
    email: str = Field(max_length=254)
    roles: frozenset[Role]
    person_id: UUID | None = Field(None, description="The bookable person that they are")


class UserChange(BaseModel):
    """What to change about a person; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"roles": ["usher", "bench"]}]})

    name: str = Field("", max_length=100)
    email: str = Field("", max_length=254)
    roles: frozenset[Role] = frozenset()
    person_id: UUID | None = None


class User(BaseModel):
    """A person who signs in. `invited` means that they have not chosen a password yet."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    email: str
    roles: list[Role]
    active: bool
    invited: bool
    locked_until: datetime | None
    person_id: UUID | None
    created_at: datetime
    version: int


class Users(BaseModel):
    """One page of people by name; `next` goes into `after`."""

    items: list[User]
    next: UUID | None


class Invitation(BaseModel):
    """A person and their new one-use link, which is shown this once."""

    user: User
    link: str


@router.get("/me")
async def me(ctx: Asker) -> Me:
    """Who you are, and what your roles allow."""
    actor = ctx.actor
    return Me.model_validate(
        {
            "kind": actor.kind,
            "id": actor.id,
            "name": actor.name,
            "organisation_id": actor.organisation_id,
            "roles": sorted(actor.roles),
            "permissions": sorted(permissions(actor.roles)),
        }
    )


@router.get("/organisations")
async def all_organisations(store: Store, ctx: Asker) -> list[OrganisationOut]:
    """The organisations whose affairs you may see, by name."""
    return [OrganisationOut.model_validate(each) for each in await store.read(organisations.in_scope, ctx)]


@router.get("/organisations/{organisation_id}")
async def one_organisation(store: Store, ctx: Asker, organisation_id: UUID) -> OrganisationOut:
    return OrganisationOut.model_validate(await store.read(organisations.one, ctx, organisation_id))


@router.get("/users")
async def listed(
    store: Store,
    ctx: Asker,
    q: Annotated[str, Query(max_length=100, description="Part of a name or email address")] = "",
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Users:
    """The people of your organisation by name."""
    found = await store.read(people.listed, ctx, q, after=after, limit=limit + 1)
    items = [_user(account) for account in found[:limit]]
    return Users(items=items, next=items[-1].id if len(found) > limit else None)


@router.post("/users", status_code=201)
async def add(
    store: Store, ctx: Asker, settings: Settings, wall: Wall, body: UserIn, response: Response
) -> Invitation:
    """Add a person, who chooses a password by the link."""
    invited = await store.write(people.add, ctx, Details(**dict(body)), wall.now())
    response.headers["Location"] = f"/api/users/{invited.account.id}"
    return _invitation(settings.public_url, invited)


@router.get("/users/{user_id}")
async def one(store: Store, ctx: Asker, user_id: UUID, response: Response) -> User:
    account = await store.read(people.one, ctx, user_id)
    await store.write(people.note_read, ctx, user_id)
    response.headers.update(etag(account.version))
    return _user(account)


@router.patch("/users/{user_id}")
async def change(
    store: Store,
    ctx: Asker,
    wall: Wall,
    user_id: UUID,
    body: UserChange,
    version: IfMatch,
    response: Response,
) -> User:
    """Change a person. New roles or a new address sign them out everywhere."""
    before = await store.read(people.one, ctx, user_id)
    details = Details(before.name, before.email, before.roles, before.person_id)
    given = body.model_dump(exclude_unset=True)
    # Without If-Match the change is still made to what was read, and to nothing newer.
    expected = before.version if version is None else version
    account = await store.write(people.change, ctx, user_id, replace(details, **given), expected, wall.now())
    response.headers.update(etag(account.version))
    return _user(account)


@router.post("/users/{user_id}/disable")
async def disable(store: Store, ctx: Asker, wall: Wall, user_id: UUID) -> User:
    """Keep a person out, at once and everywhere."""
    return _user(await store.write(people.disable, ctx, user_id, wall.now()))


@router.post("/users/{user_id}/enable")
async def enable(store: Store, ctx: Asker, user_id: UUID) -> User:
    """Let a disabled person sign in again."""
    return _user(await store.write(people.enable, ctx, user_id))


@router.post("/users/{user_id}/invitations", status_code=201)
async def invite(store: Store, ctx: Asker, settings: Settings, wall: Wall, user_id: UUID) -> Invitation:
    """A new one-use link; the old password stops working."""
    return _invitation(settings.public_url, await store.write(people.reset, ctx, user_id, wall.now()))


def _user(account: Account) -> User:
    return User.model_validate(account)


def _invitation(public_url: str, invited: Invited) -> Invitation:
    return Invitation(user=_user(invited.account), link=invitations.link(public_url, invited.secret))
