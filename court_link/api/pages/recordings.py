"""The recordings of a hearing, on a page for its own court: order, stop, hold, and have the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from court_link.api import recordings
from court_link.api.asking import Asker, Settings, Store
from court_link.api.pages.rendering import render
from court_link.api.participant import LiveRooms
from court_link.api.recordings import Media
from court_link.domain.context import Context
from court_link.domain.errors import FieldError, Invalid
from court_link.domain.hearing import LIVE
from court_link.media import recording
from court_link.media.recording import Listed, NoPower
from court_link.store import Session, hearings
from court_link.store import recordings as stored

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Whole:
    """What the page shows. `power` and `ordered_by` are what was written down with the hearing."""

    hearing_id: UUID
    title: str
    live: bool
    power: str
    ordered_by: str
    recordings: tuple[Listed, ...]

    @property
    def running(self) -> Listed | None:
        return next((each for each in self.recordings if each.recording.stopped_at is None), None)


def _whole(session: Session, ctx: Context, hearing_id: UUID) -> Whole:
    found = recording.of_hearing(session, ctx, hearing_id)
    hearing = hearings.visible(session, ctx, hearing_id)
    return Whole(
        hearing_id,
        hearing.title,
        hearing.state in LIVE,
        hearing.recording_power,
        hearing.recording_ordered_by,
        tuple(reversed(found)),
    )


@router.get("/hearings/{hearing_id}/recordings")
async def show(request: Request, hearing_id: UUID, store: Store, ctx: Asker) -> HTMLResponse:
    """Every recording of the hearing, newest first."""
    return await _page(request, store, ctx, hearing_id)


@router.post("/hearings/{hearing_id}/recordings", response_model=None)
async def order(
    request: Request,
    hearing_id: UUID,
    store: Store,
    ctx: Asker,
    rooms: LiveRooms,
    settings: Settings,
    power: Annotated[str, Form(max_length=400)] = "",
    ordered_by: Annotated[str, Form(max_length=400)] = "",
) -> HTMLResponse | RedirectResponse:
    """Begin to record."""
    try:
        await recordings.order(store, rooms, ctx, settings, hearing_id, power, ordered_by)
    except NoPower as wrong:
        refused = Invalid(errors=[FieldError("power", wrong.message)])
        return await _page(request, store, ctx, hearing_id, {}, refused)
    except Invalid as wrong:
        return await _page(request, store, ctx, hearing_id, {"power": power, "ordered_by": ordered_by}, wrong)
    return RedirectResponse(f"/hearings/{hearing_id}/recordings", 303)


async def _page(
    request: Request,
    store: Store,
    ctx: Context,
    hearing_id: UUID,
    typed: dict[str, str] | None = None,
    wrong: Invalid | None = None,
) -> HTMLResponse:
    whole = await store.read(_whole, ctx, hearing_id)
    return render(
        request,
        "recordings.html",
        status=422 if wrong else 200,
        of=whole,
        values={"power": whole.power, "ordered_by": whole.ordered_by} if typed is None else typed,
        errors=wrong.errors if wrong else (),
        live=(f"hearing:{hearing_id}",),
    )


@router.get("/recordings/{recording_id}/stop")
async def ask_stop(request: Request, recording_id: UUID, store: Store, ctx: Asker) -> HTMLResponse:
    """Ask before the recording ends."""
    found = await store.read(_one, ctx, recording_id)
    return render(request, "recording-stop.html", recording=found.recording)


def _one(session: Session, ctx: Context, recording_id: UUID) -> Listed:
    hearing_id = stored.get(session, recording_id).hearing_id
    listed = recording.of_hearing(session, ctx, hearing_id)
    return next(each for each in listed if each.recording.id == recording_id)


@router.post("/recordings/{recording_id}/stop")
async def stop(
    recording_id: UUID, store: Store, ctx: Asker, rooms: LiveRooms, settings: Settings
) -> RedirectResponse:
    """End the recording."""
    ended = await recordings.end(store, rooms, ctx, settings, recording_id)
    return RedirectResponse(f"/hearings/{ended.hearing_id}/recordings", 303)


@router.post("/recordings/{recording_id}/hold")
async def hold(
    recording_id: UUID,
    store: Store,
    ctx: Asker,
    settings: Settings,
    held: Annotated[bool, Form()] = True,
) -> RedirectResponse:
    """Keep a recording until further notice, or no longer."""
    kept = await store.write(recording.hold, ctx, recording_id, held=held, keep=settings.recording_keep)
    return RedirectResponse(f"/hearings/{kept.hearing_id}/recordings", 303)


@router.get("/recordings/{recording_id}/files/{name}")
async def file(
    request: Request, recording_id: UUID, name: str, store: Store, ctx: Asker, media: Media
) -> Response:
    """One file, to keep or to play. That it was read is recorded."""
    return await recordings.served(request, store, ctx, media, recording_id, name)
