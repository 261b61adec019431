"""The wait list: who waits and why, what is on offer; put a hearing on it, change it, take it off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.datastructures import FormData, ImmutableMultiDict, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed, typed_day
from court_link.domain.booking import ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, NotFound
from court_link.domain.hearing import HearingState
from court_link.domain.requirements import CustodyNeed, Needs
from court_link.domain.requirements import Place as Room
from court_link.domain.times import london_day
from court_link.domain.waiting import Wants
from court_link.scheduling import booking, matters, practice, readings, waitlist
from court_link.scheduling.matters import Summary
from court_link.scheduling.practice import Suggestion
from court_link.scheduling.waitlist import Place
from court_link.store import Db

router = APIRouter()

#: How long a hearing waits when nobody says otherwise; an assumption that the form shows.
USUALLY = timedelta(days=14)
#: Hearings on one page of the list.
PAGE = 50
#: What the page says after something was done.
DONE = {
    "joined": "On the wait list",
    "changed": "Changes saved",
    "left": "Taken off the wait list",
    "declined": "Time declined. It goes to the next hearing that it suits",
}


@router.get("/waitlist")
async def listed(
    request: Request,
    store: Store,
    ctx: Asker,
    done: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1)] = 1,
) -> Response:
    every = await store.read(waitlist.listed, ctx, q)
    shown, offered = every[(page - 1) * PAGE : page * PAGE], [each for each in every if each.offer]
    seen = {place.entry.hearing_id: place for place in (*shown, *offered)}
    await store.write(readings.note, ctx, list(seen))
    return render(
        request,
        "waitlist.html",
        places=shown,
        offered=offered,
        count=len(every),
        page=page,
        pages=-(-len(every) // PAGE),
        values={"q": q},
        query=urlencode({"q": q}) if q else "",
        rooms=await store.read(waitlist.rooms, ctx, seen.values()),
        done=DONE.get(done, ""),
        now=store.clock.now(),
        live=[f"court:{each}" for each in sorted(ctx.actor.scope)],
    )


@router.get("/hearings/{hearing_id}/waiting")
async def ask(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    of, place = await _of(store, ctx, hearing_id)
    suggestion = await store.read(practice.suggested, ctx, hearing_id)
    today = london_day(store.clock.now())
    wants = place.entry.claim.wants if place else None
    first = max(today, wants.earliest) if wants else today
    last = wants.latest if wants else _last(suggestion, first)
    days = [("earliest", typed_day(first)), ("latest", typed_day(last))]
    return await _form(request, store, ctx, of, place, QueryParams([*_values(of, suggestion, wants), *days]))


@router.post("/hearings/{hearing_id}/waiting")
async def join(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    of, place = await _of(store, ctx, hearing_id)
    typed = Typed(await request.form())
    try:
        suggestion = await store.read(practice.suggested, ctx, hearing_id)
        wants = _wants(typed, suggestion, place)
        version = typed.whole("version", 0, "Open the hearing again.") or None
        await store.write(waitlist.join, ctx, hearing_id, wants, version=version)
    except Invalid as refused:
        return await _form(request, store, ctx, of, place, typed.form, refused)
    return RedirectResponse(f"/waitlist?done={'changed' if place else 'joined'}", 303)


@router.get("/hearings/{hearing_id}/waiting/leave")
async def confirm_leaving(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    place = await store.read(waitlist.get, ctx, hearing_id)
    return render(request, "waiting-leave.html", place=place)


@router.post("/hearings/{hearing_id}/waiting/leave")
async def leave(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    version = Typed(await request.form()).whole("version", 0, "Open the list again.") or None
    await store.write(waitlist.leave, ctx, hearing_id, version=version)
    return RedirectResponse("/waitlist?done=left", 303)


@router.post("/hearings/{hearing_id}/waiting/accept")
async def accept(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    version = Typed(await request.form()).whole("version", 0, "Open the list again.") or None
    await store.write(waitlist.accept, ctx, hearing_id, version=version)
    return RedirectResponse(f"/hearings/{hearing_id}?done=booked", 303)


@router.get("/hearings/{hearing_id}/waiting/decline")
async def confirm_declining(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    place = await store.read(waitlist.get, ctx, hearing_id)
    if place.offer is None:
        raise waitlist.NothingOffered
    rooms = await store.read(waitlist.rooms, ctx, [place])
    return render(request, "waiting-decline.html", place=place, courtroom=rooms[place.offer.courtroom_id])


@router.post("/hearings/{hearing_id}/waiting/decline")
async def decline(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    version = Typed(await request.form()).whole("version", 0, "Open the list again.") or None
    await store.write(waitlist.decline, ctx, hearing_id, version=version)
    return RedirectResponse("/waitlist?done=declined", 303)


async def _of(store: Db, ctx: Context, hearing_id: UUID) -> tuple[Summary, Place | None]:
    """The hearing, and its place on the list if it has one. Raises as booking it would."""
    await store.read(waitlist.allow, ctx, hearing_id)
    of = await store.read(matters.summary, ctx, hearing_id)
    try:
        return of, await store.read(waitlist.get, ctx, hearing_id)
    except NotFound:
        return of, None


def _last(suggestion: Suggestion, first: date) -> date:
    usual = first + USUALLY
    return max(first, min(usual, suggestion.hard_date.day)) if suggestion.hard_date else usual


def _values(of: Summary, suggestion: Suggestion, wants: Wants | None) -> list[tuple[str, str]]:
    """What the form begins with: what is waited for already, or what is usual for such a hearing."""
    if wants is None:
        return [
            ("courtrooms", str(of.listed_room_id or "")),
            ("minutes", str(suggestion.minutes or of.minutes)),
            ("consultation", str(suggestion.consultation)),
            ("turnaround", str(suggestion.turnaround)),
            *(("attending", str(each)) for each in suggestion.bench),
            ("others", "0"),
        ]
    needs = wants.needs
    around = needs.custody[0] if needs.custody else None
    return [
        *(("courtrooms", str(each)) for each in wants.courtrooms),
        ("minutes", str(needs.minutes)),
        *(("custody", str(need.room_id)) for need in needs.custody),
        ("consultation", str(around.consultation if around else suggestion.consultation)),
        ("turnaround", str(around.turnaround if around else suggestion.turnaround)),
        *(("attending", str(each)) for each in needs.attending),
        ("others", str(needs.others)),
        *([("urgent", "yes")] if wants.urgent else []),
    ]


def _wants(typed: Typed, suggestion: Suggestion, place: Place | None) -> Wants:
    """What was typed. What the form does not ask for stays as it was, or as is usual. Raises Invalid."""
    said = "Enter a number of minutes."
    rooms = typed.ids("courtrooms")
    if not rooms:
        typed.errors.append(FieldError("courtrooms", "Choose the courtrooms that would do."))
    minutes = typed.whole("minutes", 0, said)
    before = typed.whole("consultation", suggestion.consultation, said)
    after = typed.whole("turnaround", suggestion.turnaround, said)
    others = typed.whole("others", 0, "Enter a number of people.")
    earliest, latest = typed.day("earliest", date.min), typed.day("latest", date.min)
    typed.check()
    had = place.entry.claim.wants.needs if place else None
    cells = {need.room_id: need for need in had.custody} if had else {}
    custody = tuple(
        replace(
            cells.get(room, CustodyNeed(room, afterwards=suggestion.afterwards)),
            consultation=before,
            turnaround=after,
        )
        for room in typed.ids("custody")
    )
    attending = tuple(typed.ids("attending"))
    needs = Needs(
        courtroom_id=had.courtroom_id if had and had.courtroom_id in rooms else rooms[0],
        minutes=minutes,
        custody=custody,
        attending=attending,
        others=others,
        detained=had.detained if had else suggestion.detained,
        travel=tuple(each for each in had.travel if each.person_id in attending) if had else (),
        interpreting=tuple(each for each in had.interpreting if each.person_id in attending) if had else (),
        parts=had.parts if had else suggestion.parts,
        recording=had.recording if had else suggestion.recording,
    )
    return Wants(needs, tuple(rooms), earliest, latest, typed.ticked("urgent"))


async def _form(
    request: Request,
    store: Db,
    ctx: Context,
    of: Summary,
    place: Place | None,
    values: FormData | QueryParams | ImmutableMultiDict[str, Any],
    refused: Invalid | None = None,
) -> Response:
    choices = await store.read(booking.choices, ctx, of.id)
    return render(
        request,
        "waiting.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=values,
        of=of,
        place=place,
        waits=place is not None or (of.state is HearingState.LISTED and of.booking is None),
        **_options(choices),
    )


def _options(choices: Iterable[Room]) -> dict[str, Any]:
    """What can be chosen, by field."""
    fields: dict[str, list[dict[str, str]]] = {"courtrooms": [], "cells": [], "attendable": []}
    for room in choices:
        kind = f" ({room.person.value.replace('_', ' ')})" if room.person else ""
        name = _FIELDS.get(room.kind, "attendable")
        fields[name].append({"value": str(room.id), "text": f"{room.label}{kind}"})
    return fields


_FIELDS = {ResourceKind.COURTROOM: "courtrooms", ResourceKind.CUSTODY_ROOM: "cells"}
