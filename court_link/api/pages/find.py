"""Find and book: what is needed, the next times for everyone together, one day with why, a hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Settings, Store
from court_link.api.bookings import rules
from court_link.api.pages import needed
from court_link.api.pages.needed import Asked, Sought
from court_link.api.pages.rendering import render
from court_link.api.pages.replanning import check
from court_link.api.pages.typed import Typed, typed_day
from court_link.domain import wording
from court_link.domain.booking import BookingState
from court_link.domain.context import Context
from court_link.domain.errors import CourtLinkError, FieldError, Invalid, SlotTaken
from court_link.domain.requirements import Place, Rules
from court_link.domain.slots import Start
from court_link.domain.times import Interval, london_day
from court_link.scheduling import availability, booking, finding, harddates, matters, practice, replanning
from court_link.scheduling.affected import Preview
from court_link.scheduling.availability import Availability
from court_link.scheduling.finding import Found
from court_link.scheduling.matters import Summary
from court_link.scheduling.practice import Suggestion
from court_link.scheduling.replanning import Move
from court_link.store import Db, Session

router = APIRouter(prefix="/hearings")

#: Free times are offered on the quarters of an hour, and where a free stretch begins.
OFFERED_MINUTES = 15
#: How many of the next times are shown.
NEXT = 6


@router.get("/{hearing_id}/book")
async def find(request: Request, store: Store, ctx: Asker, settings: Settings, hearing_id: UUID) -> Response:
    of = await store.read(matters.summary, ctx, hearing_id)
    if of.booking is not None and of.booking.state is BookingState.PROVISIONAL:
        return RedirectResponse(f"/hearings/{hearing_id}/book/{of.booking.id}", 303)
    likely, choices = await store.read(_likely, ctx, hearing_id)
    today = london_day(store.clock.now())
    asked = request.query_params or QueryParams(needed.first_guess(of, today, likely, choices))
    page = _Page(request, store, ctx, of, asked, likely, choices)
    try:
        looked = await _looked(page, rules(settings))
    except Invalid as refused:
        return _shown(page, None, refused)
    return _shown(page, looked, told=request.query_params.get("told") == "yes")


@router.post("/{hearing_id}/book")
async def take(request: Request, store: Store, ctx: Asker, settings: Settings, hearing_id: UUID) -> Response:
    """Hold the chosen time; a hearing that is booked already says whom the move affects, then moves. Where
    there is no time to choose, tell the staff concerned that none is left.
    """
    of = await store.read(matters.summary, ctx, hearing_id)
    likely, choices = await store.read(_likely, ctx, hearing_id)
    page = _Page(request, store, ctx, of, await request.form(), likely, choices)
    try:
        if "none_left" in page.asked:
            return await _tell(page, rules(settings))
        start, rooms = _chosen(page.asked)
        needs = needed.read(page.asked, of, taking=rooms).wish.needs
        limits = rules(settings)
        typed = Typed(page.asked)
        if replacing := typed.id("replacing"):
            if not typed.ticked("sure"):
                move = Move(start, needs)
                seen = await store.write(replanning.preview, ctx, hearing_id, move, rules=limits)
                return _check_move(page, seen)
            await store.write(booking.book, ctx, hearing_id, needs, start, rules=limits, replacing=replacing)
            return RedirectResponse(f"/hearings/{hearing_id}?done=moved", 303)
        held = await store.write(booking.hold, ctx, hearing_id, needs, start, rules=limits)
    except SlotTaken as taken:
        # The times as they are now, with why the one chosen could not be had.
        return _shown(page, await _looked(page, rules(settings)), taken)
    except Invalid as refused:
        return _shown(page, None, refused)
    return RedirectResponse(f"/hearings/{hearing_id}/book/{held.id}", 303)


async def _tell(page: _Page, limits: Rules) -> Response:
    """No sitting is left before a hard date: those concerned are told, once. Raises Invalid."""
    looked = await _looked(page, limits)
    if looked.next.none_left:
        detained = looked.day.needs.detained
        await page.store.write(harddates.tell_none_left, page.ctx, page.of.id, asked=detained)
    told = [*needed.carried(page.asked), ("told", "yes")]
    return RedirectResponse(f"/hearings/{page.of.id}/book?{urlencode(told)}", 303)


def _check_move(page: _Page, seen: Preview) -> Response:
    """Whom the move affects, and the button that makes it. Raises what stands in its way."""
    if seen.refused is not None:
        raise seen.refused
    typed = [(name, value) for name, value in page.asked.multi_items() if name != "csrf_token"]
    address = f"/hearings/{page.of.id}/book"
    needs = [pair for pair in typed if pair[0] not in ("starts_at", "replacing")]
    return check(
        page.request,
        page.of,
        seen,
        heading="Move",
        address=address,
        hidden=[*typed, ("sure", "yes")],
        back=f"{address}?{urlencode(needs)}",
    )


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
    """One showing of the page: who asks, for which hearing, what they typed, and what they can choose."""

    request: Request
    store: Db
    ctx: Context
    of: Summary
    asked: Asked
    likely: Suggestion
    choices: list[Place]


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a search brought: the next times, the chosen day whole, and what might be missing."""

    next: Found
    day: Availability
    advice: tuple[str, ...]


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


def _likely(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Suggestion, list[Place]]:
    choices = booking.choices(session, ctx, hearing_id)
    return practice.suggested(session, ctx, hearing_id), choices


async def _looked(page: _Page, limits: Rules) -> _Looked:
    """Everything that the page shows of the times, as of one moment. Raises Invalid."""
    sought = needed.read(page.asked, page.of)

    def look(session: Session, ctx: Context, sought: Sought) -> _Looked:
        needs, id_, day = sought.wish.needs, page.of.id, sought.day
        return _Looked(
            finding.find(session, ctx, id_, sought.wish, day, count=NEXT, rules=limits),
            availability.find(session, ctx, id_, needs, day, rules=limits),
            finding.advice(session, ctx, id_, needs),
        )

    return await page.store.read(look, page.ctx, sought)


def _chosen(asked: Asked) -> tuple[datetime, str]:
    """The start that was chosen, and the rooms of an option ("" for a time of the day shown)."""
    option = str(asked.get("option", ""))
    at, _, rooms = option.partition(" ")
    typed = Typed(QueryParams([("starts_at", at)]) if option else asked)
    start = typed.moment("starts_at")
    if not all(map(_is_id, rooms.split())):
        typed.errors.append(FieldError("starts_at", "Choose a time."))
    typed.check()
    assert start is not None  # noqa: S101 - checked above
    return start, rooms


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _shown(
    page: _Page, looked: _Looked | None, refused: CourtLinkError | None = None, *, told: bool = False
) -> Response:
    errors = refused.errors if isinstance(refused, Invalid) else ()
    if isinstance(refused, SlotTaken):
        errors = (FieldError("", f"That time cannot be had. {refused.message}"),)
    status = 409 if isinstance(refused, SlotTaken) else 422 if refused else 200
    found, labels = looked.day if looked else None, {place.id: place.label for place in page.choices}
    return render(
        page.request,
        "find.html",
        status=status,
        errors=errors,
        values=page.asked,
        of=page.of,
        likely=page.likely,
        found=found,
        next=looked.next if looked else None,
        advice=looked.advice if looked else (),
        told=told,
        labels=labels,
        said=availability.said,
        needed=_needed(found, labels) if found else (),
        sittings=by_sitting(found) if found else (),
        refused=refused_together(found.starts) if found else (),
        closed=availability.said(found.closed) if found and found.closed else "",
        hidden=needed.carried(page.asked),
        earlier=_other_day(page, found, -1),
        later=_other_day(page, found, 1),
        replacing=page.of.booking.id if page.of.booking else None,
        rows=list(needed.ROWS),
        **needed.options(page.choices),
    )


def _needed(found: Availability, labels: dict[UUID, str]) -> list[str]:
    """What was asked for in words, the courtroom first."""
    needs = found.needs
    return [labels[needs.courtroom_id], wording.minutes(needs.minutes)] + [
        labels[each] for each in needs.resource_ids if each != needs.courtroom_id
    ]


def _other_day(page: _Page, found: Availability | None, days: int) -> str:
    if found is None:
        return ""
    day = typed_day(found.day + timedelta(days=days))
    return "?" + urlencode([("day", day), *needed.carried(page.asked, but=["day"])])
