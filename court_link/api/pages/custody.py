"""The custody board: who is due on video, in which room and when, and each room's device."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Asker, Store
from court_link.api.pages.rendering import render
from court_link.api.participant import LiveRooms
from court_link.domain.context import Context
from court_link.domain.errors import NotFound
from court_link.domain.times import day_interval, london_day
from court_link.media import joining
from court_link.scheduling import custody, readings, staffing
from court_link.scheduling.custody import Board, Room, Visit
from court_link.scheduling.staffing import Gaps
from court_link.store import Db

router = APIRouter(prefix="/custody")


@router.get("")
async def mine(request: Request, store: Store, ctx: Asker) -> Response:
    """The board of the only suite, or of the first; the page leads to the others."""
    suites = await store.read(custody.suites, ctx)
    return (
        RedirectResponse(f"/custody/{suites[0].id}", 303) if suites else render(request, "custody-none.html")
    )


@router.get("/{site_id}")
async def board(request: Request, site_id: UUID, store: Store, ctx: Asker) -> Response:
    suites = await store.read(custody.suites, ctx)
    day = await store.read(custody.board, ctx, site_id)
    await store.write(readings.note, ctx, day.hearing_ids)
    return render(
        request,
        "custody.html",
        day=day,
        suites=suites,
        room_names={room.id: room.name for room in day.rooms},
        words=_in_words(day),
        gaps=await _short(store, ctx, day),
        live=(f"custody:{site_id}",),
    )


@router.get("/{site_id}/disconnect/{link_id}")
async def ask_disconnect(
    request: Request, site_id: UUID, link_id: UUID, store: Store, ctx: Asker
) -> Response:
    room, visit = _visit(await store.read(custody.board, ctx, site_id), link_id)
    return render(request, "custody-disconnect.html", site_id=site_id, room=room, visit=visit)


@router.post("/{site_id}/disconnect/{link_id}")
async def disconnect(site_id: UUID, link_id: UUID, store: Store, rooms: LiveRooms, ctx: Asker) -> Response:
    link = await store.write(joining.disconnect, ctx, link_id)
    await rooms.push(link.hearing_id)
    return RedirectResponse(f"/custody/{site_id}", 303)


async def _short(store: Db, ctx: Context, board: Board) -> Gaps:
    """What staff of this suite fall short for on the rest of its day."""
    short = await store.read(staffing.short, ctx, day_interval(london_day(board.now)))
    return Gaps(tuple(each for each in short if each.site_id == board.suite.id))


def _visit(board: Board, link_id: UUID) -> tuple[Room, Visit]:
    for room in board.rooms:
        for visit in room.visits:
            if visit.link_id == link_id:
                return room, visit
    raise NotFound


def _in_words(board: Board) -> str:
    """What each room does and whether it is connected, to be read out when it changes."""
    return ". ".join(
        f"{room.name}: {room.now.phase}, {'connected' if room.now.connected else 'not connected'}"
        for room in board.rooms
        if room.now
    )
