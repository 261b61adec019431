"""Who is kept apart, and who belongs together: private rooms, whom each is here for, screens, exhibits.

For the bench and court staff, before the hearing, beside it and after it. The hearing's own page (`room`)
does the same to those who are in it, live.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from court_link.api.asking import Asker, Settings, Store
from court_link.api.pages.rendering import render
from court_link.api.pages.typed import Typed
from court_link.api.participant import LiveRooms
from court_link.domain.context import Context
from court_link.domain.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from court_link.domain.hearing import FINISHED
from court_link.domain.link import Admission, Link
from court_link.domain.roles import Part
from court_link.domain.rooms import CONSULTS, consultation_of
from court_link.domain.standing import Exhibit, Screen, Standing
from court_link.media import consulting, exhibits, ties
from court_link.media.attendance import PARTS, place_words
from court_link.store import Db, Session, hearings

router = APIRouter(prefix="/hearings/{hearing_id}")

DONE = {
    "sent": "They are on their way to a private room",
    "recalled": "They have been called back, and are warned first",
    "tied": "Saved",
    "screened": "Special measure ordered",
    "lifted": "Special measure lifted",
    "hidden": "Nobody sees the exhibit any more",
    "withdrawn": "Exhibit taken away",
}


@dataclass(frozen=True, slots=True)
class Whole:
    """What the pages show: the hearing as it stands."""

    title: str
    standing: Standing
    over: bool

    def named(self, link_id: UUID) -> str:
        """Whose link it is, as everybody in the hearing reads it."""
        link = self.standing.link(link_id)
        return link.label if link else "A link that was revoked"

    def screen(self, source: UUID | None, receiver: UUID | None) -> Screen:
        """The special measure between two. Raises NotFound."""
        for each in self.standing.screens:
            if (each.source, each.receiver) == (source, receiver):
                return each
        raise NotFound

    def exhibit(self, exhibit_id: UUID) -> Exhibit:
        """One that is not withdrawn. Raises NotFound."""
        for each in self.standing.exhibits:
            if each.id == exhibit_id:
                return each
        raise NotFound


def _whole(session: Session, ctx: Context, hearing_id: UUID) -> Whole:
    standing = consulting.of_hearing(session, ctx, hearing_id)
    hearing = hearings.visible(session, ctx, hearing_id)
    return Whole(hearing.title, standing, hearing.state in FINISHED)


@router.get("/rooms")
async def show(request: Request, hearing_id: UUID, store: Store, ctx: Asker, done: str = "") -> HTMLResponse:
    """Everything on one page."""
    return await _page(request, store, ctx, hearing_id, done=done)


@router.post("/rooms/send", response_model=None)
async def send(request: Request, hearing_id: UUID, store: Store, ctx: Asker, rooms: LiveRooms) -> Response:
    """Send those chosen to a private room."""
    typed = Typed(await request.form())

    async def act() -> None:
        chosen = typed.ids("links")
        if not chosen:
            typed.errors.append(FieldError("links", "Choose who goes"))
        typed.check()
        await store.write(consulting.consult, ctx, hearing_id, chosen)

    chosen = ("links", [str(each) for each in typed.form.getlist("links")])
    return await _done(request, store, ctx, rooms, hearing_id, act, "sent", chosen)


@router.post("/rooms/{consultation_id}/recall")
async def recall(
    hearing_id: UUID, consultation_id: UUID, store: Store, ctx: Asker, rooms: LiveRooms, settings: Settings
) -> Response:
    """Call everybody in a private room back; they are warned first."""
    whole = await store.read(_whole, ctx, hearing_id)
    if all(each.id != consultation_id for each in whole.standing.consultations):
        raise NotFound
    after = timedelta(seconds=settings.recall_seconds)
    await store.write(consulting.recall, ctx, consultation_id, after=after)
    await rooms.push(hearing_id)
    return _back(hearing_id, "recalled")


@router.post("/ties/{link_id}", response_model=None)
async def tie(
    request: Request, hearing_id: UUID, link_id: UUID, store: Store, ctx: Asker, rooms: LiveRooms
) -> Response:
    """Say for whom somebody acts, or for whom they are here."""
    typed = Typed(await request.form())
    name = _field(link_id)

    async def act() -> None:
        served = typed.ids(name)
        typed.check()
        if (await store.read(_whole, ctx, hearing_id)).standing.link(link_id) is None:
            raise NotFound
        await store.write(ties.tie, ctx, link_id, served)

    chosen = (name, [str(each) for each in typed.form.getlist(name)])
    return await _done(request, store, ctx, rooms, hearing_id, act, "tied", chosen)


@router.get("/screens/new")
async def ask_screen(request: Request, hearing_id: UUID, store: Store, ctx: Asker) -> HTMLResponse:
    """Ask who is kept from whom, and who ordered it."""
    return await _screen_page(request, store, ctx, hearing_id)


@router.post("/screens/new", response_model=None)
async def order_screen(
    request: Request, hearing_id: UUID, store: Store, ctx: Asker, rooms: LiveRooms
) -> Response:
    """Order a special measure between two; one between the same two is replaced."""
    typed = Typed(await request.form())
    try:
        wanted = _wanted(typed)
        await store.write(_change_screens, ctx, hearing_id, wanted)
    except Invalid as wrong:
        return await _screen_page(request, store, ctx, hearing_id, typed.form, wrong)
    await rooms.push(hearing_id)
    return _back(hearing_id, "screened")


@router.get("/screens/lift")
async def ask_lift(
    request: Request, hearing_id: UUID, store: Store, ctx: Asker, source: UUID, receiver: UUID
) -> HTMLResponse:
    """Ask before a special measure is lifted."""
    whole = await store.read(_whole, ctx, hearing_id)
    screen = whole.screen(source, receiver)
    return render(request, "screen-lift.html", of=whole, hearing_id=hearing_id, screen=screen)


@router.post("/screens/lift")
async def lift(request: Request, hearing_id: UUID, store: Store, ctx: Asker, rooms: LiveRooms) -> Response:
    """Lift a special measure."""
    typed = Typed(await request.form())
    whole = await store.read(_whole, ctx, hearing_id)
    screen = whole.screen(typed.id("source"), typed.id("receiver"))
    await store.write(_change_screens, ctx, hearing_id, replace(screen, picture=False, sound=False))
    await rooms.push(hearing_id)
    return _back(hearing_id, "lifted")


@router.post("/exhibits/{exhibit_id}/hide")
async def hide(hearing_id: UUID, exhibit_id: UUID, store: Store, ctx: Asker, rooms: LiveRooms) -> Response:
    """Nobody sees the exhibit any more, until the bench shows it again."""
    (await store.read(_whole, ctx, hearing_id)).exhibit(exhibit_id)
    await store.write(exhibits.hide, ctx, exhibit_id)
    await rooms.push(hearing_id)
    return _back(hearing_id, "hidden")


@router.get("/exhibits/{exhibit_id}/withdraw")
async def ask_withdraw(
    request: Request, hearing_id: UUID, exhibit_id: UUID, store: Store, ctx: Asker
) -> HTMLResponse:
    """Ask before an exhibit is taken away for good."""
    whole = await store.read(_whole, ctx, hearing_id)
    exhibit = whole.exhibit(exhibit_id)
    return render(request, "exhibit-withdraw.html", of=whole, hearing_id=hearing_id, exhibit=exhibit)


@router.post("/exhibits/{exhibit_id}/withdraw")
async def withdraw(
    hearing_id: UUID, exhibit_id: UUID, store: Store, ctx: Asker, rooms: LiveRooms
) -> Response:
    """Take an exhibit away for good."""
    (await store.read(_whole, ctx, hearing_id)).exhibit(exhibit_id)
    await store.write(exhibits.withdraw, ctx, exhibit_id)
    await rooms.push(hearing_id)
    return _back(hearing_id, "withdrawn")


def _back(hearing_id: UUID, done: str) -> RedirectResponse:
    return RedirectResponse(f"/hearings/{hearing_id}/rooms?done={done}", 303)


async def _done(
    request: Request,
    store: Db,
    ctx: Context,
    rooms: LiveRooms,
    hearing_id: UUID,
    act: Callable[[], Awaitable[None]],
    done: str,
    chosen: tuple[str, list[str]],
) -> Response:
    """Do it and go back; a refusal stands beside the form that it is of, with what was `chosen` there."""
    await store.read(_whole, ctx, hearing_id)  # whether the asker runs this hearing at all comes first
    try:
        await act()
    except (Conflict, Forbidden, Invalid) as refused:
        said = [each.message for each in refused.errors] if isinstance(refused, Invalid) else []
        errors = [FieldError(chosen[0], each) for each in said or [refused.message]]
        return await _page(request, store, ctx, hearing_id, chosen=chosen, errors=errors)
    await rooms.push(hearing_id)
    return _back(hearing_id, done)


async def _page(
    request: Request,
    store: Db,
    ctx: Context,
    hearing_id: UUID,
    *,
    done: str = "",
    chosen: tuple[str, list[str]] | None = None,
    errors: Sequence[FieldError] = (),
) -> HTMLResponse:
    whole = await store.read(_whole, ctx, hearing_id)
    standing = whole.standing
    servers = [_server(standing, link) for link in standing.links if link.part in ties.SERVE]
    return render(
        request,
        "rooms.html",
        status=422 if errors else 200,
        of=whole,
        hearing_id=hearing_id,
        done=DONE.get(done, ""),
        may_go=[_choice(link) for link in standing.links if _may_go(standing, link)],
        servers=servers,
        values={each["field"]: each["served"] for each in servers} | dict([chosen] if chosen else []),
        errors=errors,
        live=[f"hearing:{hearing_id}"],
    )


def _field(link_id: UUID) -> str:
    """The name under which a form says for whom somebody is here."""
    return f"for-{link_id}"


def _may_go(standing: Standing, link: Link) -> bool:
    """Whether the court can send somebody to a private room now: the use case asks again."""
    here = link.admission in {Admission.WAITING, Admission.ADMITTED} and link.left_at is None
    return standing.private and here and link.part in CONSULTS and consultation_of(link.place) is None


def _choice(link: Link) -> dict[str, str]:
    where = place_words(link)
    return {"value": str(link.id), "text": _called(link), "hint": where}


def _called(link: Link) -> str:
    part = PARTS[link.part]
    return link.label if link.label == part else f"{link.label}, {part.lower()}"


def _server(standing: Standing, link: Link) -> Mapping[str, Any]:
    """Somebody who is in the hearing for others, and who those may be."""
    others = [
        each
        for each in standing.links
        if each.id != link.id and (each.part is Part.DEFENDANT or link.part is Part.INTERPRETER)
    ]
    agreed = [each.label for each in standing.links if (link.id, each.id) in standing.agreed]
    return {
        "link": link,
        "field": _field(link.id),
        "called": _called(link),
        "options": [{"value": str(each.id), "text": _called(each)} for each in others],
        "served": [str(each) for each in sorted(standing.ties.get(link.id, ()))],
        "agreed": agreed,
    }


async def _screen_page(
    request: Request,
    store: Db,
    ctx: Context,
    hearing_id: UUID,
    typed: Any = None,
    wrong: Invalid | None = None,
) -> HTMLResponse:
    whole = await store.read(_whole, ctx, hearing_id)
    return render(
        request,
        "screen-new.html",
        status=422 if wrong else 200,
        of=whole,
        hearing_id=hearing_id,
        people=[{"value": str(link.id), "text": _called(link)} for link in whole.standing.links],
        values=typed or {"kept": "picture"},
        errors=wrong.errors if wrong else (),
    )


def _wanted(typed: Typed) -> Screen:
    """The special measure as typed. Raises Invalid naming every field that is wrong."""
    source, receiver = typed.id("source"), typed.id("receiver")
    if source is None:
        typed.errors.append(FieldError("source", "Choose who is protected"))
    if receiver is None:
        typed.errors.append(FieldError("receiver", "Choose who must not see or hear them"))
    elif receiver == source:
        typed.errors.append(FieldError("receiver", "Choose somebody else"))
    kept = {"picture": (True, False), "sound": (False, True), "both": (True, True)}.get(typed.text("kept"))
    if kept is None:
        typed.errors.append(FieldError("kept", "Choose what is kept from them"))
    ordered_by = " ".join(typed.text("ordered_by").split())
    if not ordered_by or len(ordered_by) > ties.ORDERED_BY_LENGTH or not ordered_by.isprintable():
        typed.errors.append(FieldError("ordered_by", "Enter who ordered it"))
    if source is None or receiver is None or kept is None or typed.errors:
        raise Invalid(errors=typed.errors)
    return Screen(source, receiver, *kept, ordered_by)


def _change_screens(session: Session, ctx: Context, hearing_id: UUID, changed: Screen) -> None:
    """Put one special measure beside those that stand; one that keeps nothing is lifted."""
    stand = ties.of_hearing(session, ctx, hearing_id).screens
    pair = (changed.source, changed.receiver)
    others = [each for each in stand if (each.source, each.receiver) != pair]
    ties.order_screens(
        session, ctx, hearing_id, [*others, *([changed] if changed.picture or changed.sound else [])]
    )
