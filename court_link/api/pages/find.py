"""Find and book: what is needed, the free times with reasons for the rest, a hold with its countdown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Settings, Store
from court_link.api.bookings import rules
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed, typed_day
from court_link.domain import wording
from court_link.domain.booking import BookingState, ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import CourtLinkError, FieldError, Invalid, SlotTaken
from court_link.domain.requirements import CustodyNeed, Needs, Place
from court_link.domain.slots import Start
from court_link.domain.times import Interval, london_day
from court_link.scheduling import availability, booking, matters
from court_link.scheduling.availability import Availability
from court_link.scheduling.matters import Summary
from court_link.store import Db

router = APIRouter(prefix="/hearings")

#: Free times are offered on the quarters of an hour, and where a free stretch begins.
OFFERED_MINUTES = 15


@router.get("/{hearing_id}/book")
async def find(request: Request, store: Store, ctx: Asker, settings: Settings, hearing_id: UUID) -> Response:
    of = await store.read(matters.summary, ctx, hearing_id)
    if of.booking is not None and of.booking.state is BookingState.PROVISIONAL:
        return RedirectResponse(f"/hearings/{hearing_id}/book/{of.booking.id}", 303)
    asked = request.query_params or QueryParams(_first_guess(of, london_day(store.clock.now())))
    page = _Page(request, store, ctx, of, asked)
    try:
        needs, day = _typed(page)
        found = await store.read(
            availability.find, ctx, hearing_id, needs, day, rules=rules(settings), step=1
        )
    except Invalid as refused:
        return await _shown(page, None, refused)
    return await _shown(page, found)


@router.post("/{hearing_id}/book")
async def take(request: Request, store: Store, ctx: Asker, settings: Settings, hearing_id: UUID) -> Response:
    """Hold the chosen time; a hearing that is booked already moves to it."""
    of = await store.read(matters.summary, ctx, hearing_id)
    page = _Page(request, store, ctx, of, await request.form())
    try:
        typed = Typed(page.asked)
        start, (needs, _day) = typed.moment("starts_at"), _typed(page)
        typed.check()
        assert start is not None  # noqa: S101 - checked above
        limits = rules(settings)
        if replacing := typed.id("replacing"):
            await store.write(booking.book, ctx, hearing_id, needs, start, rules=limits, replacing=replacing)
            return RedirectResponse(f"/hearings/{hearing_id}?done=moved", 303)
        held = await store.write(booking.hold, ctx, hearing_id, needs, start, rules=limits)
    except SlotTaken as taken:
        return await _again(page, settings, taken)
    except Invalid as refused:
        return await _shown(page, None, refused)
    return RedirectResponse(f"/hearings/{hearing_id}/book/{held.id}", 303)


@router.get("/{hearing_id}/book/{booking_id}")
async def held(request: Request, store: Store, ctx: Asker, hearing_id: UUID, booking_id: UUID) -> Response:
    """The hold, how long it lasts still, and the button that makes it a booking."""
    made = await store.read(booking.get, ctx, booking_id)
    whole = await store.read(matters.get, ctx, hearing_id)
    if made.state is BookingState.CONFIRMED:
        return RedirectResponse(f"/hearings/{hearing_id}?done=booked", 303)
    return render(
        request,
        "find-hold.html",
        of=whole.summary,
        made=made,
        takes=[whole.places[each] for each in made.needs.resource_ids if each in whole.places],
        now=store.clock.now(),
        live=[f"hearing:{hearing_id}"],
    )


@router.post("/{hearing_id}/book/{booking_id}/confirm")
async def confirm(store: Store, ctx: Asker, hearing_id: UUID, booking_id: UUID) -> Response:
    await store.write(booking.confirm, ctx, booking_id)
    return RedirectResponse(f"/hearings/{hearing_id}?done=booked", 303)


@router.post("/{hearing_id}/book/{booking_id}/release")
async def let_go(store: Store, ctx: Asker, hearing_id: UUID, booking_id: UUID) -> Response:
    await store.write(booking.release, ctx, booking_id)
    return RedirectResponse(f"/hearings/{hearing_id}/book", 303)


@dataclass(frozen=True, slots=True)
class _Page:
    """One showing of the page: who asks, for which hearing, and what they typed."""

    request: Request
    store: Db
    ctx: Context
    of: Summary
    asked: QueryParams | FormData


@dataclass(frozen=True, slots=True)
class Refused:
    """Starts in a row that are refused for the same reasons: from the first to the last of them."""

    first: datetime
    last: datetime
    reasons: tuple[str, ...]


def refused_together(starts: Iterable[Start]) -> list[Refused]:
    """Refused starts, those beside each other with the same reasons as one line."""
    lines = []
    for refusals, together in groupby(starts, key=lambda start: start.refusals):
        run = list(together)
        if refusals:
            reasons = tuple(availability.said(each) for each in refusals)
            lines.append(Refused(run[0].at, run[-1].at, reasons))
    return lines


def offered(starts: Iterable[Start]) -> list[datetime]:
    """Free starts worth offering: on the quarters of an hour, and the first of each free stretch."""
    times, free_before = [], False
    for start in starts:
        if start.free and (not free_before or start.at.minute % OFFERED_MINUTES == 0):
            times.append(start.at)
        free_before = start.free
    return times


def by_sitting(found: Availability) -> list[tuple[Interval, list[datetime]]]:
    """The offered times under the sitting that each is in."""
    times = offered(found.starts)
    return [(sitting, [at for at in times if sitting.holds(at)]) for sitting in found.opened]


def _first_guess(of: Summary, today: date) -> list[tuple[str, str]]:
    """What is likely to be needed: what the booking needed, or what the list says; no day that is over."""
    needs = of.booking.needs if of.booking else None
    guess = [
        ("day", typed_day(max(today, london_day(of.slot.start)))),
        ("courtroom_id", str(of.courtroom_id or "")),
        ("minutes", str(needs.minutes if needs else of.minutes)),
        ("others", str(needs.others if needs else 0)),
    ]
    if needs is not None:
        guess += [("custody", str(need.room_id)) for need in needs.custody]
        guess += [("attending", str(each)) for each in needs.attending]
        guess += [("detained", "yes")] * needs.detained
        for need in needs.custody[:1]:
            guess += [("consultation", str(need.consultation)), ("turnaround", str(need.turnaround))]
    return guess


def _typed(page: _Page) -> tuple[Needs, date]:
    typed = Typed(page.asked)
    day = typed.day("day", london_day(page.of.slot.start))
    courtroom = typed.id("courtroom_id")
    if courtroom is None:
        typed.errors.append(FieldError("courtroom_id", "Choose a courtroom."))
    said = "Enter a number of minutes."
    before, after = typed.whole("consultation", 15, said), typed.whole("turnaround", 10, said)
    minutes = typed.whole("minutes", page.of.minutes, said)
    custody = tuple(CustodyNeed(room, before, after) for room in typed.ids("custody"))
    attending = tuple(typed.ids("attending"))
    others = typed.whole("others", 0, "Enter a number of people.")
    typed.check()
    assert courtroom is not None  # noqa: S101 - checked above
    return Needs(courtroom, minutes, custody, attending, others, typed.ticked("detained")), day


async def _again(page: _Page, settings: Settings, taken: SlotTaken) -> Response:
    """The times as they are now, with why the one chosen could not be had."""
    needs, day = _typed(page)
    found = await page.store.read(
        availability.find, page.ctx, page.of.id, needs, day, rules=rules(settings), step=1
    )
    return await _shown(page, found, taken)


async def _shown(page: _Page, found: Availability | None, refused: CourtLinkError | None = None) -> Response:
    choices = await page.store.read(booking.choices, page.ctx, page.of.id)
    errors = refused.errors if isinstance(refused, Invalid) else ()
    if isinstance(refused, SlotTaken):
        errors = (FieldError("", f"That time cannot be had. {refused.message}"),)
    status = 409 if isinstance(refused, SlotTaken) else 422 if refused else 200
    return render(
        page.request,
        "find.html",
        status=status,
        errors=errors,
        values=page.asked,
        of=page.of,
        found=found,
        needed=_needed(found, choices) if found else (),
        sittings=by_sitting(found) if found else (),
        refused=refused_together(found.starts) if found else (),
        closed=availability.said(found.closed) if found and found.closed else "",
        hidden=[pair for pair in page.asked.multi_items() if pair[0] in _NEEDED],
        earlier=_other_day(page, found, -1),
        later=_other_day(page, found, 1),
        replacing=page.of.booking.id if page.of.booking else None,
        **_options(choices),
    )


def _needed(found: Availability, choices: Iterable[Place]) -> list[str]:
    """What was asked for in words, the courtroom first."""
    labels, needs = {place.id: place.label for place in choices}, found.needs
    return [labels[needs.courtroom_id], wording.minutes(needs.minutes)] + [
        labels[each] for each in needs.resource_ids if each != needs.courtroom_id
    ]


_NEEDED = frozenset(
    {"day", "courtroom_id", "minutes", "custody", "consultation", "turnaround", "attending", "others"}
    | {"detained"}
)


def _other_day(page: _Page, found: Availability | None, days: int) -> str:
    if found is None:
        return ""
    day = typed_day(found.day + timedelta(days=days))
    pairs = [(name, value) for name, value in page.asked.multi_items() if name in _NEEDED - {"day"}]
    return "?" + urlencode([("day", day), *((name, str(value)) for name, value in pairs)])


def _options(choices: Iterable[Place]) -> dict[str, Any]:
    """What can be chosen, by field."""
    fields: dict[str, list[dict[str, str]]] = {"courtrooms": [], "cells": [], "people": [], "rooms": []}
    for place in choices:
        name = _FIELDS.get(place.kind)
        if name is not None:
            kind = f" ({place.person.value})" if place.person else ""
            fields[name].append({"value": str(place.id), "text": f"{place.label}{kind}"})
    return fields


_FIELDS = {
    ResourceKind.COURTROOM: "courtrooms",
    ResourceKind.CUSTODY_ROOM: "cells",
    ResourceKind.PERSON: "people",
    ResourceKind.EVIDENCE_ROOM: "rooms",
    ResourceKind.VEHICLE: "rooms",
}
