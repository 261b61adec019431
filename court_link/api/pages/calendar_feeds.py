"""Calendar addresses: make one, see it once, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Settings, Store
from court_link.api.calendar_feeds import issued
from court_link.api.pages.rendering import render
from court_link.domain.context import Context
from court_link.domain.errors import FieldError
from court_link.scheduling import calendar_feeds
from court_link.scheduling.calendar_feeds import Choice, Kind
from court_link.store import Db

router = APIRouter(prefix="/calendars")

#: What each kind is called before its name.
KINDS = {Kind.PERSON: "Your own", Kind.ROOM: "Room", Kind.SITE: "Site", Kind.COURT: "Court"}


@router.get("")
async def listed(request: Request, store: Store, ctx: Asker) -> Response:
    return await _page(request, store, ctx)


@router.post("")
async def issue(
    request: Request, store: Store, ctx: Asker, settings: Settings, of: Annotated[str, Form()] = ""
) -> Response:
    try:
        kind, _, subject_id = of.partition(":")
        chosen = Kind(kind), UUID(subject_id)
    except ValueError:
        error = FieldError("of", "Choose whose calendar it is.")
        return await _page(request, store, ctx, (error,), {"of": of})
    feed, url = await issued(store, ctx, settings, *chosen)
    return render(request, "calendar-made.html", feed=feed, url=url)


@router.get("/{feed_id}/revoke")
async def confirm_revoking(request: Request, store: Store, ctx: Asker, feed_id: UUID) -> Response:
    feed = await store.read(calendar_feeds.one, ctx, feed_id)
    return render(request, "calendar-revoke.html", feed=feed)


@router.post("/{feed_id}/revoke")
async def revoke(store: Store, ctx: Asker, feed_id: UUID) -> Response:
    await store.write(calendar_feeds.revoke, ctx, feed_id)
    return RedirectResponse("/calendars", 303)


async def _page(
    request: Request,
    store: Db,
    ctx: Context,
    errors: Sequence[FieldError] = (),
    values: dict[str, str] | None = None,
) -> Response:
    feeds = await store.read(calendar_feeds.mine, ctx)
    choices = await store.read(calendar_feeds.choices, ctx)
    return render(
        request,
        "calendars.html",
        status=422 if errors else 200,
        errors=errors,
        values=values or {},
        feeds=feeds,
        kinds=KINDS,
        choices=[{"value": each.key, "text": _said(each)} for each in choices],
    )


def _said(choice: Choice) -> str:
    return choice.name if choice.kind is Kind.PERSON else f"{KINDS[choice.kind]}: {choice.name}"
