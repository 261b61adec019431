"""People who sign in, and machines' tokens, kept by the administrators of an organisation."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Settings, Store, Wall
from court_link.api.pages.rendering import render
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.roles import Role
from court_link.identity import invitations, people
from court_link.identity.people import Account, Details, Invited
from court_link.identity.wording import NAMES, role_names
from court_link.settings import Settings as AllSettings

router = APIRouter(prefix="/people")

PAGE = 50

Text = Annotated[str, Form()]
Several = Annotated[list[str], Form()]


@router.get("")
async def listed(
    request: Request, store: Store, ctx: Asker, q: str = "", after: UUID | None = None
) -> Response:
    found = await store.read(people.listed, ctx, q, after=after, limit=PAGE + 1)
    return render(
        request,
        "people.html",
        people=[_shown(account) for account in found[:PAGE]],
        q=q,
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        first=after is None,
    )


@router.get("/new")
async def new(request: Request, store: Store, ctx: Asker) -> Response:
    return await _form(request, store, ctx)


@router.post("/new")
async def add(
    request: Request,
    store: Store,
    ctx: Asker,
    settings: Settings,
    wall: Wall,
    name: Text = "",
    email: Text = "",
    roles: Several = [],  # noqa: B006 - FastAPI copies it
    person_id: Text = "",
) -> Response:
    try:
        details = _details(name, email, roles, person_id)
        invited = await store.write(people.add, ctx, details, wall.now())
    except Invalid as refused:
        return await _form(request, store, ctx, refused=refused)
    return _link_page(request, settings, invited)


@router.get("/{account_id}")
async def one(request: Request, store: Store, ctx: Asker, account_id: UUID) -> Response:
    account = await store.read(people.one, ctx, account_id)
    await store.write(people.note_read, ctx, account_id)
    return await _form(request, store, ctx, account)


@router.post("/{account_id}")
async def change(
    request: Request,
    store: Store,
    ctx: Asker,
    wall: Wall,
    account_id: UUID,
    name: Text = "",
    email: Text = "",
    roles: Several = [],  # noqa: B006
    person_id: Text = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    try:
        details = _details(name, email, roles, person_id)
        await store.write(people.change, ctx, account_id, details, version, wall.now())
    except Invalid as refused:
        account = await store.read(people.one, ctx, account_id)
        return await _form(request, store, ctx, account, refused=refused)
    return RedirectResponse("/people", 303)


@router.get("/{account_id}/disable")
async def confirm_disabling(request: Request, store: Store, ctx: Asker, account_id: UUID) -> Response:
    account = await store.read(people.one, ctx, account_id)
    return render(request, "people-disable.html", account=account)


@router.post("/{account_id}/disable")
async def disable(store: Store, ctx: Asker, wall: Wall, account_id: UUID) -> Response:
    await store.write(people.disable, ctx, account_id, wall.now())
    return RedirectResponse(f"/people/{account_id}", 303)


@router.post("/{account_id}/enable")
async def enable(store: Store, ctx: Asker, account_id: UUID) -> Response:
    await store.write(people.enable, ctx, account_id)
    return RedirectResponse(f"/people/{account_id}", 303)


@router.get("/{account_id}/reset")
async def confirm_reset(request: Request, store: Store, ctx: Asker, account_id: UUID) -> Response:
    account = await store.read(people.one, ctx, account_id)
    return render(request, "people-reset.html", account=account)


@router.post("/{account_id}/reset")
async def reset(
    request: Request, store: Store, ctx: Asker, settings: Settings, wall: Wall, account_id: UUID
) -> Response:
    return _link_page(request, settings, await store.write(people.reset, ctx, account_id, wall.now()))


def role_options(roles: Collection[Role]) -> list[dict[str, str]]:
    """Roles as checkboxes show them."""
    return [{"value": role.value, "text": NAMES[role][0], "hint": NAMES[role][1]} for role in roles]


def chosen_roles(values: Collection[str]) -> frozenset[Role]:
    """The roles of ticked boxes. Raises Invalid for what no box of ours says."""
    try:
        return frozenset(Role(value) for value in values)
    except ValueError:
        raise Invalid(errors=[FieldError("roles", "Select roles from the list")]) from None


def _details(name: str, email: str, roles: Collection[str], person_id: str) -> Details:
    try:
        person = UUID(person_id) if person_id else None
    except ValueError:
        raise Invalid(errors=[FieldError("person_id", "Select a person from the list")]) from None
    return Details(name, email, chosen_roles(roles), person)


def _shown(account: Account) -> dict[str, object]:
    return {"account": account, "roles": role_names(account.roles)}


async def _form(
    request: Request,
    store: Store,
    ctx: Asker,
    account: Account | None = None,
    *,
    refused: Invalid | None = None,
) -> Response:
    desk = await store.read(people.desk, ctx)
    return render(
        request,
        "person.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=await request.form() if refused else {},
        account=account,
        desk=desk,
        role_options=role_options(desk.roles),
        person_options=[{"value": str(each[0]), "text": each[1]} for each in desk.people],
        me=ctx.actor.id,
    )


def _link_page(request: Request, settings: AllSettings, invited: Invited) -> Response:
    return render(
        request,
        "person-link.html",
        account=invited.account,
        link=invitations.link(settings.public_url, invited.secret),
        days=invitations.LASTS.days,
    )
