"""Listing a matter by hand, and changing what was listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed, day_of, typed_day
from court_link.domain import measures, wording
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.hearing import Visibility
from court_link.domain.measures import Measure
from court_link.domain.recipes import types
from court_link.domain.roles import Permission
from court_link.domain.times import london_day
from court_link.scheduling import listing, matters, readings
from court_link.scheduling.listing import Matter, NamedParty
from court_link.scheduling.matters import Whole
from court_link.store import Db

router = APIRouter(prefix="/hearings")


@router.get("/new")
async def new(
    request: Request, store: Store, ctx: Asker, on: Annotated[str, Query(alias="date")] = ""
) -> Response:
    ctx.require(Permission.BOOK)
    day = day_of(on) or london_day(store.clock.now())
    values = {"day": typed_day(day), "at": "10am", "visibility": Visibility.PUBLIC.value}
    return await _form(request, store, ctx, values)


@router.post("/new")
async def add(request: Request, store: Store, ctx: Asker) -> Response:
    typed = Typed(await request.form())
    try:
        hearing_id = await store.write(listing.add, ctx, _matter(store, typed, ()))
    except Invalid as refused:
        return await _form(request, store, ctx, typed.form, refused=refused)
    return RedirectResponse(f"/hearings/{hearing_id}?done=listed", 303)


@router.get("/{hearing_id}/edit")
async def edit(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    ctx.require(Permission.BOOK)
    whole = await store.read(matters.get, ctx, hearing_id)
    await store.write(readings.note, ctx, [hearing_id])
    return await _form(request, store, ctx, _values(whole), whole)


@router.post("/{hearing_id}/edit")
async def change(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    typed = Typed(await request.form())
    whole = await store.read(matters.get, ctx, hearing_id)
    try:
        version = typed.whole("version", 0, "Open the hearing again.")
        matter = _matter(store, typed, matters.typed(whole).parties)
        await store.write(listing.edit, ctx, hearing_id, matter, version=version)
    except Invalid as refused:
        return await _form(request, store, ctx, typed.form, whole, refused)
    return RedirectResponse(f"/hearings/{hearing_id}?done=changed", 303)


def _matter(store: Db, typed: Typed, before: tuple[NamedParty, ...]) -> Matter:
    matter = Matter(
        title=typed.text("title"),
        hearing_type=typed.text("hearing_type"),
        day=typed.day("day", london_day(store.clock.now())),
        at=typed.clock("at", listing.USUAL_START),
        minutes=typed.whole("minutes", 0, "Enter a number of minutes.") or None,
        courtroom_id=typed.id("courtroom_id"),
        urns=tuple(typed.lines("urns")),
        parties=tuple(_party(line, before) for line in typed.lines("parties")),
        youth=typed.ticked("youth"),
        visibility=typed.one_of("visibility", Visibility, "Choose who may know of it.", Visibility.PUBLIC),
        family=typed.ticked("family"),
        restrictions=typed.ticked("restrictions"),
        detained=typed.ticked("detained"),
        remand_expires=_day(typed, "remand_expires"),
        custody_limit=_day(typed, "custody_limit"),
        recording_power=typed.text("recording_power"),
        recording_ordered_by=typed.text("recording_ordered_by"),
        measures=tuple(_measures(typed)),
    )
    typed.check()
    return matter


def _day(typed: Typed, name: str) -> date | None:
    """A day that may be left empty."""
    return typed.day(name, date.min) if typed.text(name) else None


def _party(line: str, before: tuple[NamedParty, ...]) -> NamedParty:
    """ "Defendant: Alex Example", or a name alone for a defendant. A known age stays with its name."""
    role, colon, name = (part.strip() for part in line.partition(":"))
    role, name = (role.upper().replace(" ", "_"), name) if colon else ("DEFENDANT", role)
    young = any(party.under_18 for party in before if (party.role, party.name) == (role, name))
    return NamedParty(role, name, young)


def _measures(typed: Typed) -> Iterator[Measure]:
    for line in typed.lines("measures"):
        found = measures.typed(line)
        if found is None:
            known = wording.listed(list(measures.NAMES.values()), "or")
            message = f"Begin each special measure with {known}."
            typed.errors.append(FieldError("measures", message))
            return
        yield found


def _values(whole: Whole) -> Mapping[str, Any]:
    matter = matters.typed(whole)
    return {
        "title": matter.title,
        "hearing_type": matter.hearing_type,
        "day": typed_day(matter.day),
        "at": wording.clock(whole.summary.listed.start),
        "minutes": matter.minutes,
        "courtroom_id": matter.courtroom_id or "",
        "urns": "\n".join(matter.urns),
        "parties": "\n".join(
            f"{party.role.replace('_', ' ').capitalize()}: {party.name}" for party in matter.parties
        ),
        "visibility": matter.visibility.value,
        "remand_expires": typed_day(matter.remand_expires) if matter.remand_expires else "",
        "custody_limit": typed_day(matter.custody_limit) if matter.custody_limit else "",
        "recording_power": matter.recording_power,
        "recording_ordered_by": matter.recording_ordered_by,
        "measures": "\n".join(
            f"{measures.NAMES[each.help]}: {each.whom}".removesuffix(": ") for each in matter.measures
        ),
        "restricted": [name for name in _TICKED if getattr(matter, name)],
    }


_TICKED = ("youth", "family", "restrictions", "detained")


async def _form(
    request: Request,
    store: Db,
    ctx: Context,
    values: Mapping[str, Any] | FormData,
    whole: Whole | None = None,
    refused: Invalid | None = None,
) -> Response:
    rooms = await store.read(matters.courtrooms, ctx)
    return render(
        request,
        "hearing-form.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=values,
        of=whole.summary if whole else None,
        courtrooms=[{"value": str(room.id), "text": room.label} for room in rooms],
        types=[each.name for each in types()],
        measures=list(measures.NAMES.values()),
    )
