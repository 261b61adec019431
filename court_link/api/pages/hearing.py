"""One hearing with everything: facts, booking, people, directions, what happened; vacate and release it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages import links
from court_link.api.pages.rendering import render
from court_link.api.pages.replanning import WHICH_DAYS, shown
from court_link.api.pages.typed import Typed
from court_link.domain import wording
from court_link.domain.booking import BookingState
from court_link.domain.context import Context
from court_link.domain.direction import DirectionStatus, Force, Medium
from court_link.domain.errors import FieldError, Invalid, NotFound
from court_link.domain.events import EventKind
from court_link.domain.hearing import FINISHED, LIVE, HearingState
from court_link.domain.roles import Part, Permission
from court_link.domain.times import Interval, london_day
from court_link.scheduling import booking, directions, groups, matters, readings, relisting, vacating
from court_link.scheduling.directions import Made
from court_link.scheduling.groups import Days, Related
from court_link.scheduling.matters import Whole
from court_link.scheduling.vacating import VacateReason
from court_link.store import Db
from court_link.store.hearings import Happened

router = APIRouter(prefix="/hearings")

REASONS = {
    VacateReason.PROSECUTION_NOT_READY: "The prosecution is not ready",
    VacateReason.DEFENCE_NOT_READY: "The defence is not ready",
    VacateReason.DEFENDANT_UNFIT: "The defendant is unfit",
    VacateReason.WITNESS_UNAVAILABLE: "A witness is not available",
    VacateReason.CUSTODY_UNAVAILABLE: "Custody has no room or staff",
    VacateReason.COURT_UNAVAILABLE: "The court has no room, bench or time",
    VacateReason.EQUIPMENT: "The equipment does not work",
    VacateReason.IN_PERSON: "It will be heard in person",
    VacateReason.RESOLVED: "The matter is resolved",
    VacateReason.LISTED_IN_ERROR: "It was listed in error",
    VacateReason.OTHER: "Another reason",
}

#: What a page says at its top after something was done: `?done=` and its words.
DONE = {
    "listed": "Matter listed",
    "changed": "Changes saved",
    "booked": "Hearing booked",
    "moved": "Booking moved",
    "released": "Booking released",
    "vacated": "Hearing vacated",
    "time": "Booking moved",
    "length": "Length changed",
    "longer": "Given more time",
    "people": "Who takes part has changed",
    "swap": "Hearings swapped",
    "days": "Booked over several days",
    "relisted": "Matter listed again",
    "cloned": "Copy listed",
    "directed": "Direction recorded",
    "rescinded": "Direction rescinded",
}


@router.get("/{hearing_id}")
async def one(request: Request, store: Store, ctx: Asker, hearing_id: UUID, done: str = "") -> Response:
    whole = await store.read(matters.get, ctx, hearing_id)
    related = await store.read(groups.related, ctx, hearing_id)
    await store.write(readings.note, ctx, [hearing_id])
    may = _may(ctx, whole, related)
    return render(
        request,
        "hearing.html",
        related=related,
        changes=_changes(may),
        whole=whole,
        of=whole.summary,
        day=london_day(whole.summary.slot.start).isoformat(),
        attending=_attending(whole),
        done=DONE.get(done, ""),
        may=may,
        bench=next((link.id for link in whole.links if link.part is Part.BENCH), None),
        labels={link.id: link.label for link in whole.links},
        undirected=_undirected(whole),
        past=[_told(each) for each in whole.happened],
        panel=await store.read(links.panel, ctx, hearing_id),
        live=[f"hearing:{hearing_id}"],
    )


@router.get("/{hearing_id}/vacate")
async def confirm_vacating(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    ctx.require(Permission.BOOK)
    return await _vacate_page(request, store, ctx, hearing_id)


@router.post("/{hearing_id}/vacate")
async def vacate(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    typed = Typed(await request.form())
    try:
        reason = typed.one_of("reason", VacateReason, "Choose why it is vacated.", VacateReason.OTHER)
        version = typed.whole("version", 0, "Open the hearing again.")
        days = (
            typed.one_of("days", Days, "Choose which days.", Days.THIS) if typed.text("days") else Days.THIS
        )
        typed.check()
        words = typed.text("words")
        await store.write(vacating.vacate, ctx, hearing_id, reason, words, days=days, version=version)
    except Invalid as refused:
        return await _vacate_page(request, store, ctx, hearing_id, typed, refused)
    return _back(hearing_id, "vacated")


@router.get("/{hearing_id}/release")
async def confirm_release(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    ctx.require(Permission.BOOK)
    whole = await store.read(matters.get, ctx, hearing_id)
    if whole.summary.booking is None:
        raise NotFound
    seen = await store.write(vacating.preview, ctx, hearing_id)  # the same people as when it is vacated
    consequences = [shown(each) for each in seen.consequences]
    return render(request, "hearing-release.html", of=whole.summary, consequences=consequences)


@router.post("/{hearing_id}/release")
async def release(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    typed = Typed(await request.form())
    booking_id, version = typed.id("booking"), typed.whole("version", 0, "Open the hearing again.")
    if booking_id is None:
        raise NotFound
    await store.write(booking.release, ctx, booking_id, version=version)
    return _back(hearing_id, "released")


@router.get("/{hearing_id}/directions/new")
async def new_direction(
    request: Request, store: Store, ctx: Asker, hearing_id: UUID, link: str = ""
) -> Response:
    ctx.require(Permission.RECORD_DIRECTION)
    whole = await store.read(matters.get, ctx, hearing_id)
    values = {"link_id": link, "medium": Medium.VIDEO.value, "force": Force.PERMIT.value}
    return _direction_page(request, whole, values)


@router.post("/{hearing_id}/directions/new")
async def record_direction(request: Request, store: Store, ctx: Asker, hearing_id: UUID) -> Response:
    typed = Typed(await request.form())
    try:
        await store.write(directions.record, ctx, hearing_id, _made(typed))
    except Invalid as refused:
        whole = await store.read(matters.get, ctx, hearing_id)
        return _direction_page(request, whole, typed.form, refused)
    return _back(hearing_id, "directed")


@router.get("/{hearing_id}/directions/{direction_id}/rescind")
async def confirm_rescinding(
    request: Request, store: Store, ctx: Asker, hearing_id: UUID, direction_id: UUID
) -> Response:
    ctx.require(Permission.RECORD_DIRECTION)
    whole = await store.read(matters.get, ctx, hearing_id)
    found = next((each for each in whole.directions if each.id == direction_id), None)
    if found is None:
        raise NotFound
    label = next((link.label for link in whole.links if link.id == found.link_id), "")
    values = {"status": DirectionStatus.RESCINDED.value}
    return render(
        request, "hearing-rescind.html", of=whole.summary, direction=found, label=label, values=values
    )


@router.post("/{hearing_id}/directions/{direction_id}/rescind")
async def rescind(
    request: Request, store: Store, ctx: Asker, hearing_id: UUID, direction_id: UUID
) -> Response:
    discharged = Typed(await request.form()).text("status") == DirectionStatus.DISCHARGED
    await store.write(directions.rescind, ctx, hearing_id, direction_id, discharged=discharged)
    return _back(hearing_id, "rescinded")


def _back(hearing_id: UUID, done: str) -> Response:
    return RedirectResponse(f"/hearings/{hearing_id}?done={done}", 303)


def _may(ctx: Context, whole: Whole, related: Related) -> dict[str, bool]:
    """What this reader can do here, so that nothing is offered that would be refused."""
    of = whole.summary
    own = ctx.actor.everywhere or of.court_id in ctx.actor.scope
    books, before = own and ctx.actor.may(Permission.BOOK), of.state in _BEFORE
    confirmed = of.booking is not None and of.booking.state is BookingState.CONFIRMED
    return {
        "find": books and of.state is HearingState.LISTED,
        "move": books and of.state is HearingState.BOOKED and confirmed,
        "later": books and of.state in (HearingState.BOOKED, HearingState.LOBBY_OPEN) and confirmed,
        "lengthen": books and (of.state is HearingState.BOOKED or of.state in LIVE) and confirmed,
        "reassign": books and of.state not in FINISHED and bool(confirmed or whole.links),
        "copy": books,
        "relist": books
        and relisting.may_be_listed_again(of.state, of.outcome)
        and related.listed_again_as is None,
        "vacate": books and (before or of.state is HearingState.LOBBY_OPEN),
        "edit": books and of.state not in (HearingState.ENDED, HearingState.VACATED),
        "direct": own and ctx.actor.may(Permission.RECORD_DIRECTION) and (before or of.state in LIVE),
        "run": own and ctx.actor.may(Permission.RUN_HEARING) and of.state in LIVE,
        "track": own and ctx.actor.may(Permission.ISSUE_TRACKING),
        "link": own and ctx.actor.may(Permission.ISSUE_LINKS),
    }


#: What can be changed, in the order of the page: what must be allowed for it, its address, and its words.
_CHANGES = (
    ("move", "book", "Find another time", "Free times, and why the others cannot be had"),
    ("later", "change/time", "Move to another time", "When you know the time already"),
    ("lengthen", "change/length", "Make it longer or shorter", "From the same start, also while it goes on"),
    ("lengthen", "overrun", "Give it more time", "What comes after it is moved when you approve it"),
    ("find", "waiting", "Put on the wait list", "A time that is released is offered to it"),
    ("reassign", "change/people", "Change a room or person", "Bench, officer, advocate, courtroom or cell"),
    ("move", "change/swap", "Swap with another hearing", "Of your court, on the same day"),
    ("move", "change/days", "Split over several days", "All days booked, or none"),
    ("edit", "edit", "Change what is listed", "Title, type, parties, estimate, restrictions"),
    ("copy", "clone", "List a copy", "The same parties and cases, as a matter of its own"),
    ("move", "release", "Release the booking", "The matter stays listed"),
    ("vacate", "vacate", "Vacate", "Take it out, with a reason"),
)


def _changes(may: Mapping[str, bool]) -> list[dict[str, str]]:
    """What this reader can change here."""
    return [{"href": href, "text": text, "hint": hint} for what, href, text, hint in _CHANGES if may[what]]


_BEFORE = (HearingState.LISTED, HearingState.BOOKED)


def _attending(whole: Whole) -> list[str]:
    needed = whole.summary.booking.needs.attending if whole.summary.booking else ()
    return [whole.places[each].label for each in needed]


def _undirected(whole: Whole) -> list[Any]:
    """Links of people who take part remotely with no direction in force: nobody can admit them."""
    directed = {each.link_id for each in whole.directions if each.status is DirectionStatus.IN_FORCE}
    return [link for link in whole.links if link.remote and link.id not in directed]


#: What happened, where its code does not read as a sentence.
_TITLES = {EventKind.SLOT_NONE_LEFT: "No sitting left before a hard date"}


def _told(happened: Happened) -> dict[str, Any]:
    """One line of what happened, as the timeline shows it."""
    words = happened.texts.get("words", "")
    reason = happened.data.get("reason", "")
    if happened.kind is EventKind.HEARING_VACATED and reason in set(VacateReason):
        words = f"{REASONS[VacateReason(reason)]}. {words}".strip()
    if happened.kind is EventKind.BOOKING_CHANGED:
        words = _changed(happened.data)
    plain = happened.kind.value.replace(".", " ").replace("_", " ").capitalize()
    title = _TITLES.get(happened.kind, plain)
    return {"title": title, "at": happened.at, "by": happened.by, "text": words}


def _changed(data: Mapping[str, Any]) -> str:
    """What a booking became, and what it was; who takes part is told by the links."""
    now, was = (
        Interval(datetime.fromisoformat(of["starts_at"]), datetime.fromisoformat(of["ends_at"]))
        for of in (data, data["before"])
    )
    if now == was:
        return "Its time stands: another room or person, or what stands around it."
    then, before = (f"{wording.span(each)}, {wording.short_day(each.start)}" for each in (now, was))
    return f"Now {then}. Was {before}."


def _made(typed: Typed) -> Made:
    link_id = typed.id("link_id")
    if link_id is None and not typed.errors:
        typed.errors.append(FieldError("link_id", "Choose someone who takes part by link."))
    medium = typed.one_of("medium", Medium, "Choose video or audio.", Medium.VIDEO)
    force = typed.one_of("force", Force, "Choose whether it permits or requires.", Force.PERMIT)
    typed.check()
    assert link_id is not None  # noqa: S101 - checked above
    return Made(
        link_id,
        medium,
        force,
        typed.text("maker"),
        typed.text("representations"),
        typed.ticked("youth_team_heard"),
        typed.text("scope"),
    )


async def _vacate_page(
    request: Request,
    store: Db,
    ctx: Context,
    hearing_id: UUID,
    typed: Typed | None = None,
    refused: Invalid | None = None,
) -> Response:
    whole = await store.read(matters.get, ctx, hearing_id)
    seen = await store.write(vacating.preview, ctx, hearing_id, Days.ALL)
    return render(
        request,
        "hearing-vacate.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=typed.form if typed else {},
        of=whole.summary,
        reasons=[{"value": each.value, "text": said} for each, said in REASONS.items()],
        related=await store.read(groups.related, ctx, hearing_id),
        which_days=WHICH_DAYS,
        affected=[shown(each) for each in seen.consequences if each.affected],
    )


def _direction_page(request: Request, whole: Whole, values: Any, refused: Invalid | None = None) -> Response:
    people = [{"value": str(link.id), "text": link.label} for link in whole.links if link.remote]
    return render(
        request,
        "hearing-direction.html",
        status=422 if refused else 200,
        errors=refused.errors if refused else (),
        values=values,
        of=whole.summary,
        people=people,
    )
