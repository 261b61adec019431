"""Keys for machines."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from court_link.api.asking import Asker, Store, Wall
from court_link.domain.roles import Role
from court_link.identity import tokens

router = APIRouter(prefix="/api/tokens", tags=["Tokens"])

_EXAMPLE: JsonDict = {"name": "Listing system", "roles": ["listing_officer"], "days": 90}


class TokenIn(BaseModel):
    """A key to make."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: str = Field(max_length=100)
    roles: frozenset[Role]
    days: int = Field(90, ge=1, le=tokens.LONGEST_DAYS, description="How long it lasts")


class Token(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    roles: list[Role]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class NewToken(BaseModel):
    """A key just made. The secret is shown this once."""

    model_config = ConfigDict(from_attributes=True)

    token: Token
    secret: str


@router.get("")
async def listed(store: Store, ctx: Asker) -> list[Token]:
    """The keys of your organisation, newest first."""
    return [Token.model_validate(each) for each in await store.read(tokens.listed, ctx)]


@router.post("", status_code=201)
async def create(store: Store, ctx: Asker, wall: Wall, body: TokenIn) -> NewToken:
    """Make a key."""
    made = await store.write(tokens.create, ctx, body.name, body.roles, body.days, wall.now())
    return NewToken.model_validate(made)


@router.delete("/{token_id}")
async def revoke(store: Store, ctx: Asker, wall: Wall, token_id: UUID) -> Token:
    """Refuse a key from now on."""
    return Token.model_validate(await store.write(tokens.revoke, ctx, token_id, wall.now()))
