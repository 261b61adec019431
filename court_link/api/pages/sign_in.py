"""Signing in and out, choosing a password, and one's own account."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import (
    Anyone,
    Asker,
    MySignIn,
    Settings,
    Store,
    Wall,
    cookie_name,
    recognise,
    request_id,
)
from court_link.api.pages.rendering import render
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.identity import invitations, sessions
from court_link.identity.signing_in import Gate
from court_link.identity.throttle import address_key
from court_link.identity.wording import role_names
from court_link.settings import Settings as AllSettings

router = APIRouter()

Text = Annotated[str, Form()]


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address's own word
    who = await recognise(request)
    if who and who.signed_in:
        return RedirectResponse(local_path(next), 303)
    return render(request, "sign-in.html", next=local_path(next))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    store: Store,
    ctx: Anyone,
    settings: Settings,
    wall: Wall,
    email: Text = "",
    password: Text = "",
    next: Text = "/",  # noqa: A002
) -> Response:
    where = local_path(next)
    try:
        _check_typed(email, password)
        new = await gate(request).sign_in(store, ctx, email, password, client_address(request), wall.now())
    except Invalid as refused:
        typed = {"email": email}
        return render(request, "sign-in.html", status=422, errors=refused.errors, values=typed, next=where)
    # A browser that was signed in as somebody else is not any more.
    before = await recognise(request)
    if before and before.signed_in:
        await store.write(
            sessions.end, Context(before.actor, ctx.request_id), before.signed_in.id, wall.now()
        )
    response = RedirectResponse(where, 303)
    set_cookie(response, new.token, settings)
    return response


@router.post("/sign-out")
async def sign_out(request: Request, store: Store, settings: Settings, wall: Wall) -> Response:
    who = await recognise(request)
    if who and who.signed_in:
        await store.write(sessions.end, Context(who.actor, request_id(request)), who.signed_in.id, wall.now())
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(cookie_name(settings), secure=settings.https, httponly=True, samesite="lax")
    return response


@router.get("/choose-password")
async def choose_password_page(request: Request) -> Response:
    return render(request, "choose-password.html")


@router.post("/choose-password")
async def choose_password(
    request: Request, store: Store, ctx: Anyone, wall: Wall, code: Text = "", password: Text = ""
) -> Response:
    throttle, key = gate(request).by_address, address_key(client_address(request))
    throttle.check(key)
    try:
        await invitations.choose_password(
            store, ctx, gate(request).hasher, code.strip(), password, wall.now()
        )
    except invitations.InvitationSpent as refused:
        throttle.failed(key)
        return render(
            request, "choose-password.html", status=422, errors=refused.errors, values={"code": code}
        )
    except Invalid as refused:
        return render(
            request, "choose-password.html", status=422, errors=refused.errors, values={"code": code}
        )
    return render(request, "password-chosen.html")


@router.get("/account")
async def account(
    request: Request, store: Store, ctx: Asker, mine: MySignIn, settings: Settings, wall: Wall
) -> Response:
    return await _account_page(request, store, ctx, mine, settings, wall)


@router.post("/account/sign-out-elsewhere")
async def sign_out_elsewhere(store: Store, ctx: Asker, mine: MySignIn, wall: Wall) -> Response:
    await store.write(sessions.end_elsewhere, ctx, mine.id, wall.now())
    return RedirectResponse("/account", 303)


@router.post("/account/password")
async def change_password(
    request: Request,
    store: Store,
    ctx: Asker,
    mine: MySignIn,
    settings: Settings,
    wall: Wall,
    current: Text = "",
    password: Text = "",
) -> Response:
    hasher, throttle = gate(request).hasher, gate(request).by_account
    throttle.attempt(mine.email)
    try:
        await invitations.change_password(store, ctx, hasher, current, password, wall.now(), mine.id)
    except Invalid as refused:
        if all(error.field != "current" for error in refused.errors):
            throttle.forgive(mine.email)
        return await _account_page(request, store, ctx, mine, settings, wall, refused)
    throttle.forgive(mine.email)
    return RedirectResponse("/account", 303)


def gate(request: Request) -> Gate:
    return cast(Gate, request.app.state.gate)


def set_cookie(response: Response, token: str, settings: AllSettings) -> None:
    """Give the browser its new sign-in. It ends with the browser; the server ends it sooner."""
    response.set_cookie(
        cookie_name(settings), token, path="/", httponly=True, samesite="lax", secure=settings.https
    )


def local_path(text: str) -> str:
    """`text` when it is a path on this service, else the home page: no one is sent to another site."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"


def client_address(request: Request) -> str:
    return request.client.host if request.client else ""


def _check_typed(email: str, password: str) -> None:
    errors = []
    if not email.strip():
        errors.append(FieldError("email", "Enter your email address"))
    if not password:
        errors.append(FieldError("password", "Enter your password"))
    if errors:
        raise Invalid(errors=errors)


async def _account_page(
    request: Request,
    store: Store,
    ctx: Asker,
    mine: MySignIn,
    settings: Settings,
    wall: Wall,
    refused: Invalid | None = None,
) -> Response:
    return render(
        request,
        "account.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        mine=mine,
        actor=ctx.actor,
        role_names=role_names(ctx.actor.roles),
        sign_ins=await store.read(sessions.open_sign_ins, ctx, wall.now(), settings),
    )
