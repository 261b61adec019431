"""Changing what is booked, step by step: a short form, what it will change and for whom, then the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
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
from court_link.api.pages.typed import Typed, day_of, typed_day
from court_link.domain import wording
from court_link.domain.affected import Arrangement
from court_link.domain.booking import BookingState, ResourceKind
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid, SlotTaken, Stale
from court_link.domain.hearing import HearingState
from court_link.domain.requirements import Place
from court_link.domain.roles import Part, Permission
from court_link.domain.times import from_london, london_day
from court_link.scheduling import booking, groups, matters, replanning
from court_link.scheduling.affected import Consequence, Preview
from court_link.scheduling.groups import Days, Related
from court_link.scheduling.matters import Summary, Whole
from court_link.scheduling.replanning import Length, Move, Reassign, Split, Swap, What
from court_link.store import Db
from court_link.store.hearings import Filters

router = APIRouter(prefix="/hearings")


class Verb(StrEnum):
    """The changes of a booking that have a form."""

    TIME = "time"
    LENGTH = "length"
    PEOPLE = "people"
    SWAP = "swap"
    DAYS = "days"


HEADINGS = {
    Verb.TIME: "Move to another time",
    Verb.LENGTH: "Make it longer or shorter",
    Verb.PEOPLE: "Change a room or person",
    Verb.SWAP: "Swap with another hearing",
    Verb.DAYS: "Split over several days",
}
WHICH_DAYS = [
    {"value": Days.THIS.value, "text": "This day only"},
    {"value": Days.LATER.value, "text": "This day and those after it"},
    {"value": Days.ALL.value, "text": "All days"},
]


@dataclass(frozen=True, slots=True)
class _Page:
    """One showing of a change: who asks, of which hearing, and what they typed."""

    request: Request
    store: Db
    ctx: Context
    verb: Verb
    whole: Whole
    related: Related
    asked: QueryParams | FormData

    @property
    def address(self) -> str:
        return f"/hearings/{self.whole.summary.id}/change/{self.verb}"


@router.get("/{hearing_id}/change/{verb}")
async def change(
    request: Request, store: Store, ctx: Asker, settings: Settings, hearing_id: UUID, verb: Verb
) -> Response:
    """The form of a change; once it is filled in, what it would change and for whom."""
    page = await _page(request, store, ctx, hearing_id, verb, request.query_params)
    if not page.asked or "again" in page.asked:
        return await _form(page, _as_it_is(page) if not page.asked else page.asked)
    try:
        what, version = await _what(page)
        seen = await store.write(
            replanning.preview, ctx, hearing_id, what, version=version, rules=rules(settings)
        )
    except Invalid as refused:
        return await _form(page, page.asked, refused)
    except Stale as stale:
        return await _form(page, page.asked, stale)
    return _check(page, seen)


@router.post("/{hearing_id}/change/{verb}")
async def make(
    request: Request, store: Store, ctx: Asker, settings: Settings, hearing_id: UUID, verb: Verb
) -> Response:
    page = await _page(request, store, ctx, hearing_id, verb, await request.form())
    limits = rules(settings)
    try:
        what, version = await _what(page)
        try:
            await store.write(replanning.make, ctx, hearing_id, what, version=version, rules=limits)
        except SlotTaken:  # somebody was quicker: what stands in the way now
            seen = await store.write(replanning.preview, ctx, hearing_id, what, rules=limits)
            return _check(page, seen)
    except (Invalid, Stale) as refused:
        return await _form(page, page.asked, refused)
    return RedirectResponse(f"/hearings/{hearing_id}?done={verb}", 303)


async def _page(
    request: Request,
    store: Db,
    ctx: Context,
    hearing_id: UUID,
    verb: Verb,
    asked: QueryParams | FormData,
) -> _Page:
    ctx.require(Permission.BOOK)
    whole = await store.read(matters.get, ctx, hearing_id)
    related = await store.read(groups.related, ctx, hearing_id)
    return _Page(request, store, ctx, verb, whole, related, asked)


async def _what(page: _Page) -> tuple[What, int | None]:
    """What was asked for, and the version that it was asked of. Raises Invalid with every fault."""
    typed = Typed(page.asked)
    version = typed.whole("version", 0, "Open the hearing again.") or None
    match page.verb:
        case Verb.TIME:
            day, at = typed.day("day", date.max), clock(typed)
            days = typed.one_of("days", Days, "Choose which days.", Days.THIS)
            typed.check()
            return Move(from_london(day, at, field="at"), days=days), version
        case Verb.LENGTH:
            minutes = _minutes(typed)
            typed.check()
            return Length(minutes), version
        case Verb.PEOPLE:
            out, into = typed.id("out"), typed.id("into")
            typed.check()
            return Reassign(out, into), version
        case Verb.SWAP:
            other = typed.id("other")
            if other is None:
                raise Invalid(errors=[FieldError("other", "Choose the other hearing.")])
            return Swap(other), version
        case Verb.DAYS:
            return await _split(page, typed), version


async def _split(page: _Page, typed: Typed) -> Split:
    at, minutes = clock(typed), _minutes(typed)
    lines = typed.lines("starts")
    days: Sequence[date] = [day for line in lines if (day := day_of(line))]
    if len(days) < len(lines):
        typed.errors.append(FieldError("starts", "Enter one day on each line, like 23/11/2026."))
    count = typed.whole("count", 0, "Enter a number of days.")
    if not lines and not typed.text("count"):
        typed.errors.append(FieldError("count", "Enter how many days, or the days themselves."))
    typed.check()
    if not lines:
        of = page.whole.summary
        first = london_day(of.slot.start)
        days = await page.store.read(replanning.sitting_days, page.ctx, of.id, first, count)
        if len(days) < count:
            message = f"The courtroom sits on {wording.plural(len(days), 'day')} of the next 6 months."
            raise Invalid(errors=[FieldError("count", message)])
    return Split(tuple(from_london(day, at, field="at") for day in days), minutes)


def clock(typed: Typed) -> time:
    if not typed.text("at"):
        typed.errors.append(FieldError("at", "Enter a time, like 10:15am or 14:15."))
    return typed.clock("at", time.min)


def _minutes(typed: Typed) -> int:
    if not typed.text("minutes"):
        typed.errors.append(FieldError("minutes", "Enter a number of minutes."))
    return typed.whole("minutes", 0, "Enter a number of minutes.")


def _as_it_is(page: _Page) -> dict[str, str]:
    """The form's first values: what stands now."""
    of = page.whole.summary
    return {
        "day": typed_day(london_day(of.slot.start)),
        "at": wording.clock(of.slot.start),
        "minutes": str(of.booking.needs.minutes if of.booking else of.minutes),
        "days": Days.THIS.value,
    }


async def _form(page: _Page, values: Any, refused: Invalid | Stale | None = None) -> Response:
    """The form with what was typed. When it was changed meanwhile: what it is now, beside what was sent."""
    of = page.whole.summary
    more: dict[str, Any] = {"takes": [], "choices": [], "others": []}
    if page.verb is Verb.PEOPLE:
        choices = await page.store.read(booking.choices, page.ctx, of.id)
        more |= {"takes": _taking_part(page.whole), "choices": _choices(choices)}
    if page.verb is Verb.SWAP:
        more["others"] = await _others(page)
    stale = isinstance(refused, Stale)
    return render(
        page.request,
        "change.html",
        status=409 if stale else 422 if refused else 200,
        errors=refused.errors if isinstance(refused, Invalid) else (),
        values=values,
        of=of,
        verb=page.verb.value,
        heading=HEADINGS[page.verb],
        related=page.related,
        which_days=WHICH_DAYS,
        now=_standing(page.whole) if stale else "",
        sent=_sent(page.asked) if stale else (),
        **more,
    )


def _check(page: _Page, seen: Preview) -> Response:
    pairs = [(name, value) for name, value in page.asked.multi_items() if name not in ("csrf_token", "again")]
    return check(
        page.request,
        page.whole.summary,
        seen,
        heading=HEADINGS[page.verb],
        address=page.address,
        hidden=pairs,
        back=f"{page.address}?{urlencode([*pairs, ('again', 'yes')])}",
    )


def check(
    request: Request,
    of: Summary,
    seen: Preview,
    *,
    heading: str,
    address: str,
    hidden: Sequence[tuple[str, object]],
    back: str,
) -> Response:
    """What will change and for whom, and the button that does it; or why it cannot be done.

    The button posts `hidden` to `address`; `back` is where what was entered can be changed. To have asked
    what would happen is no conflict: only a change that was sent is.
    """
    return render(
        request,
        "change-check.html",
        status=409 if seen.refused and request.method == "POST" else 200,
        of=of,
        heading=heading,
        address=address,
        refused=seen.refused.message if seen.refused else "",
        consequences=[shown(each) for each in seen.consequences],
        hidden=hidden,
        back=back,
    )


def shown(consequence: Consequence) -> dict[str, Any]:
    """What becomes of one hearing, in words."""
    return {
        "title": consequence.title,
        "before": _said(consequence.before, consequence.courtrooms),
        "after": _said(consequence.after, consequence.courtrooms),
        "affected": consequence.affected,
    }


def _said(arrangement: Arrangement | None, courtrooms: Mapping[UUID, str]) -> str:
    if arrangement is None:
        return ""
    slot, courtroom = arrangement.slot, courtrooms[arrangement.needs.courtroom_id]
    return f"{wording.span(slot)}, {wording.day(slot.start)}, {courtroom}"


def _standing(whole: Whole) -> str:
    """What is booked now, in words: when and where, and who takes part."""
    made = whole.summary.booking
    if made is None:
        return "It is not booked any more."
    who = [whole.places[each].label for each in made.needs.resource_ids]
    return f"{wording.span(made.slot)}, {wording.day(made.slot.start)}. {wording.listed(who)}."


def _sent(asked: QueryParams | FormData) -> list[tuple[str, str]]:
    """What was sent, as people call it; ids say nothing to a reader."""
    return [
        (label, str(asked[name])) for name, label in _LABELS.items() if name in asked and str(asked[name])
    ]


_LABELS = {"day": "Day", "at": "Start", "minutes": "Minutes", "count": "Days", "starts": "Days"}


def _taking_part(whole: Whole) -> list[dict[str, str]]:
    """Who and what can be exchanged: all that is booked, and people with a link alone."""
    needs = whole.summary.booking.needs if whole.summary.booking else None
    booked = needs.resource_ids if needs else ()
    places = [whole.places[each] for each in booked]
    by_link = [
        link
        for link in whole.links
        if link.part is not Part.BENCH and not {link.person_id, link.room_id} & {*booked}
    ]
    return [{"value": str(place.id), "text": _named(place)} for place in places] + [
        {"value": str(link.person_id or link.id), "text": link.label} for link in by_link
    ]


def _choices(choices: Sequence[Place]) -> list[dict[str, str]]:
    in_order = sorted(choices, key=lambda place: (place.kind.value, place.person or "", place.label))
    return [{"value": str(place.id), "text": _named(place)} for place in in_order]


def _named(place: Place) -> str:
    kind = place.person.value if place.person else _KINDS[place.kind]
    return f"{place.label} ({kind.replace('_', ' ')})"


_KINDS = {
    ResourceKind.COURTROOM: "courtroom",
    ResourceKind.CUSTODY_ROOM: "custody room",
    ResourceKind.EVIDENCE_ROOM: "evidence room",
    ResourceKind.VEHICLE: "vehicle",
    ResourceKind.PERSON: "person",
}


async def _others(page: _Page) -> list[dict[str, str]]:
    """The other booked hearings of the court on that day, in the order of the day."""
    of = page.whole.summary
    rooms = await page.store.read(matters.day, page.ctx, Filters(london_day(of.slot.start)))
    found = [
        (matter.slot.start, matter, f"{room.name}, {room.site}" if room.site else room.name)
        for room in rooms
        for matter in room.matters
        if matter.id != of.id
        and matter.court_id == of.court_id
        and matter.state is HearingState.BOOKED
        and matter.booking is not None
        and matter.booking.state is BookingState.CONFIRMED
    ]
    return [
        {
            "value": str(matter.id),
            "text": matter.title,
            "hint": f"{wording.span(matter.slot)}, {room}. {matter.hearing_type}",
        }
        for _, matter, room in sorted(found, key=lambda each: (each[0], each[1].id))
    ]
