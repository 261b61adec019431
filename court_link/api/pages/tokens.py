"""API tokens: keys for machines of one's organisation."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store, Wall
from court_link.api.pages.people import chosen_roles, role_options
from court_link.api.pages.rendering import render
from court_link.domain.errors import FieldError, Invalid
from court_link.identity import people, tokens
from court_link.identity.wording import role_names

router = APIRouter(prefix="/tokens")

Text = Annotated[str, Form()]


@router.get("")
async def listed(request: Request, store: Store, ctx: Asker, wall: Wall) -> Response:
    found = await store.read(tokens.listed, ctx)
    shown = [{"token": token, "roles": role_names(token.roles)} for token in found]
    return render(request, "tokens.html", tokens=shown, now=wall.now())


@router.get("/new")
async def new(request: Request, store: Store, ctx: Asker) -> Response:
    return await _form(request, store, ctx)


@router.post("/new")
async def create(
    request: Request,
    store: Store,
    ctx: Asker,
    wall: Wall,
    name: Text = "",
    roles: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    days: Text = "",
) -> Response:
    try:
        made = await store.write(tokens.create, ctx, name, chosen_roles(roles), _number(days), wall.now())
    except Invalid as refused:
        return await _form(request, store, ctx, refused)
    return render(request, "token-made.html", token=made.token, secret=made.secret)


@router.get("/{token_id}/revoke")
async def confirm_revoking(request: Request, store: Store, ctx: Asker, token_id: UUID) -> Response:
    return render(request, "token-revoke.html", token=await store.read(tokens.one, ctx, token_id))


@router.post("/{token_id}/revoke")
async def revoke(store: Store, ctx: Asker, wall: Wall, token_id: UUID) -> Response:
    await store.write(tokens.revoke, ctx, token_id, wall.now())
    return RedirectResponse("/tokens", 303)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        said = f"Enter a number of days from 1 to {tokens.LONGEST_DAYS}"
        raise Invalid(errors=[FieldError("days", said)]) from None


async def _form(request: Request, store: Store, ctx: Asker, refused: Invalid | None = None) -> Response:
    desk = await store.read(people.desk, ctx)
    return render(
        request,
        "token.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=await request.form() if refused else {},
        role_options=role_options(desk.roles),
    )
