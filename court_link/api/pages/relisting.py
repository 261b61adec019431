"""Listing a matter once more, again or as a copy: a short form, then the times for what its like needed."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.needed import as_typed
from court_link.api.pages.rendering import render
from court_link.api.pages.replanning import clock
from court_link.api.pages.typed import Typed, typed_day
from court_link.domain import wording
from court_link.domain.context import Context
from court_link.domain.errors import Invalid
from court_link.domain.roles import Permission
from court_link.scheduling import matters, relisting
from court_link.scheduling.matters import Whole
from court_link.scheduling.relisting import Again, Listed, Listing
from court_link.store import Db

router = APIRouter(prefix="/hearings")


@router.get("/{hearing_id}/relist")
async def relist_form(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    ctx.require(Permission.BOOK)
    whole = await store.read(matters.get, ctx, hearing_id)
    return await _list_form(request, store, ctx, "relist.html", whole, _listed_like(whole))


@router.post("/{hearing_id}/relist")
async def relist(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    typed = Typed(await request.form())
    try:
        asked = _again(typed)
        version = typed.whole("version", 0, "Open the hearing again.")
        typed.check()
        made = await store.write(relisting.again, ctx, hearing_id, asked, version=version)
    except Invalid as refused:
        whole = await store.read(matters.get, ctx, hearing_id)
        return await _list_form(request, store, ctx, "relist.html", whole, typed.form, refused)
    return _on_to_finding(made, asked.listing, "relisted")


@router.get("/{hearing_id}/clone")
async def clone_form(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    ctx.require(Permission.BOOK)
    whole = await store.read(matters.get, ctx, hearing_id)
    return await _list_form(request, store, ctx, "clone.html", whole, _listed_like(whole))


@router.post("/{hearing_id}/clone")
async def clone(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    typed = Typed(await request.form())
    try:
        asked = _listing(typed)
        typed.check()
        made = await store.write(relisting.clone, ctx, hearing_id, asked)
    except Invalid as refused:
        whole = await store.read(matters.get, ctx, hearing_id)
        return await _list_form(request, store, ctx, "clone.html", whole, typed.form, refused)
    return _on_to_finding(made, asked, "cloned")


def _listed_like(whole: Whole) -> dict[str, str]:
    """A listing form's first values: as it was, with no day, which is the point."""
    of = whole.summary
    return {
        "at": wording.clock(of.slot.start),
        "minutes": str(of.booking.needs.minutes if of.booking else of.minutes),
        "courtroom_id": str(of.courtroom_id or ""),
    }


async def _list_form(
    request: Request,
    store: Db,
    ctx: Context,
    template: str,
    whole: Whole,
    values: Any,
    refused: Invalid | None = None,
) -> Response:
    rooms = await store.read(matters.courtrooms, ctx)
    of = whole.summary
    return render(
        request,
        template,
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=values,
        of=of,
        courtrooms=[
            {"value": str(room.id), "text": room.label}
            for room in rooms
            if room.organisation_id == of.court_id
        ],
        before=await store.read(relisting.before, ctx, of.id),
    )


def _listing(typed: Typed) -> Listing:
    return Listing(
        day=typed.day("day", date.max),
        at=clock(typed),
        minutes=typed.whole("minutes", 0, "Enter a number of minutes.") or None,
        courtroom_id=typed.id("courtroom_id"),
    )


def _again(typed: Typed) -> Again:
    listing = _listing(typed)

    def hard(name: str) -> date | None:
        return typed.day(name, date.max) if typed.text(name) else None

    return Again(listing, hard("remand_expires"), hard("custody_limit"), typed.ticked("released"))


def _on_to_finding(made: Listed, asked: Listing, done: str) -> Response:
    """The times for what its like needed, or the new hearing's page where nothing is known of that."""
    if made.needs is None:
        return RedirectResponse(f"/hearings/{made.hearing_id}?done={done}", 303)
    day, courtroom = ("day", typed_day(asked.day)), ("courtroom_id", str(made.needs.courtroom_id))
    pairs = [day, courtroom, *as_typed(made.needs)]
    return RedirectResponse(f"/hearings/{made.hearing_id}/book?{urlencode(pairs)}", 303)
