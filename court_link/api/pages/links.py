"""Running a hearing and its links from the hearing's page: forms that work without scripts.

The hearing's page shows `_links.html` with the `Panel` of `panel`. Everything here answers with a redirect
back to it, and asks on a page of its own before what cannot be undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse

from court_link.api import running
from court_link.api.asking import Asker, Settings, Store
from court_link.api.links import join_url
from court_link.api.pages.rendering import render
from court_link.api.pages.room import CAUSES
from court_link.api.pages.stages import ENDINGS
from court_link.api.participant import JoinKeys, LiveRooms
from court_link.domain.context import Context
from court_link.domain.errors import Forbidden, Invalid
from court_link.domain.hearing import FINISHED, HearingState, outcomes
from court_link.domain.link import Link, lobby_is_open
from court_link.domain.roles import Part, Permission
from court_link.domain.times import Interval
from court_link.media import attendance, joining, kit
from court_link.media.attendance import PARTS, Attendance, OpenProblem
from court_link.scheduling.running import Stage, stage
from court_link.store import Session, hearings, live
from court_link.store import links as stored

router = APIRouter()

#: What each act upon a participant asks before it is done: the question, the button, what will happen.
CONFIRMED: Mapping[str, tuple[str, str, str]] = {
    "refuse": (
        "Turn {label} away?",
        "Turn away",
        "They leave the lobby, and need a fresh link to come back.",
    ),
    "remove": (
        "Remove {label} from the hearing?",
        "Remove",
        "Their sound and picture end at once. They need a fresh link to come back, and must be let in again.",
    ),
    "reissue": (
        "Replace the link of {label}?",
        "Replace the link",
        "The old link stops working. If they are in the hearing now, they go back to the lobby.",
    ),
    "revoke": (
        "Take away the link of {label}?",
        "Take away the link",
        "The link stops working for good. If they are in the hearing now, they are out of it at once.",
    ),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """What the hearing's page shows to the court's own people, and what they may do now."""

    hearing_id: UUID
    state: HearingState
    version: int
    people: tuple[Attendance, ...]
    problems: tuple[OpenProblem, ...]
    stages: tuple[str, ...]  # the acts upon the hearing that may be done now
    may_run: bool
    may_issue: bool
    runs: bool  # at any time: private rooms, special measures and exhibits


def panel(session: Session, ctx: Context, hearing_id: UUID) -> Panel | None:
    """The panel, or None for those who may see the hearing and are not of its court. Raises NotFound."""
    hearing = hearings.visible(session, ctx, hearing_id)
    actor = ctx.actor
    if not (actor.everywhere or hearing.court_id in actor.scope):
        return None
    may_run = actor.may(Permission.RUN_HEARING)
    slot = live.slot(session, hearing)
    open_now = lobby_is_open(hearing.state, slot, ctx.now)
    return Panel(
        hearing_id=hearing.id,
        state=hearing.state,
        version=hearing.version,
        people=attendance.of_hearing(session, ctx, hearing.id),
        problems=attendance.problems(session, ctx, hearing.id),
        stages=_stages(hearing.state, slot, ctx, open_now=open_now) if may_run else (),
        may_run=may_run and open_now,
        may_issue=actor.may(Permission.ISSUE_LINKS) and hearing.state not in FINISHED,
        runs=may_run,
    )


def _stages(state: HearingState, slot: Interval, ctx: Context, *, open_now: bool) -> tuple[str, ...]:
    match state:
        case HearingState.BOOKED if open_now:
            return ("open-lobby", "start")
        case HearingState.LOBBY_OPEN:
            return ("start", "end")
        case HearingState.IN_SESSION:
            return ("pause", "end")
        case HearingState.PAUSED:
            return ("resume", "end")
        case HearingState.ENDED if ctx.now < slot.end:
            return ("reopen",)
    return ()


def _back(hearing_id: UUID) -> RedirectResponse:
    return RedirectResponse(f"/hearings/{hearing_id}", 303)


@router.post("/hearings/{hearing_id}/run/{act}")
async def run(
    hearing_id: UUID,
    act: str,
    store: Store,
    ctx: Asker,
    rooms: LiveRooms,
    back: Annotated[str, Form(pattern="^/(hearings/[0-9a-f-]+|bench|day)$")] = "",
) -> RedirectResponse:
    """Open the lobby, start, pause, resume or reopen; back to the page that the button was on."""
    if act not in running.UPON_HEARING:
        raise Forbidden
    await running.upon_hearing(store, rooms, ctx, act, hearing_id)
    return RedirectResponse(back, 303) if back else _back(hearing_id)


@router.get("/hearings/{hearing_id}/end")
async def ask_end(request: Request, hearing_id: UUID, store: Store, ctx: Asker) -> HTMLResponse:
    """Ask how the hearing ended, and why then."""
    return await _ending(request, store, ctx, hearing_id)


@router.post("/hearings/{hearing_id}/end", response_model=None)
async def end(
    request: Request,
    hearing_id: UUID,
    store: Store,
    ctx: Asker,
    rooms: LiveRooms,
    outcome: Annotated[str, Form()] = "",
    cause: Annotated[str, Form()] = "",
) -> HTMLResponse | RedirectResponse:
    """The hearing is over."""
    said = {"outcome": outcome, "cause": cause}
    try:
        await running.end(store, rooms, ctx, hearing_id, said)
    except Invalid as wrong:
        return await _ending(request, store, ctx, hearing_id, said, wrong)
    return _back(hearing_id)


async def _ending(
    request: Request,
    store: Store,
    ctx: Context,
    hearing_id: UUID,
    said: Mapping[str, str] | None = None,
    wrong: Invalid | None = None,
) -> HTMLResponse:
    _, hearing_type = await store.read(_stage_and_type, ctx, hearing_id)
    return render(
        request,
        "hearing-end.html",
        status=422 if wrong else 200,
        hearing_id=hearing_id,
        outcomes=[{"value": each.value, "text": ENDINGS[each]} for each in outcomes(hearing_type)],
        causes=[{"value": value, "text": text} for value, text in CAUSES],
        values=said or {},
        errors=wrong.errors if wrong else (),
    )


def _stage_and_type(session: Session, ctx: Context, hearing_id: UUID) -> tuple[Stage, str]:
    return stage(session, ctx, hearing_id), hearings.visible(session, ctx, hearing_id).hearing_type


@router.post("/hearings/{hearing_id}/clerk")
async def sit_as_clerk(hearing_id: UUID, store: Store, ctx: Asker) -> RedirectResponse:
    """Into the hearing as court staff."""
    link = await store.write(joining.clerk_link, ctx, hearing_id)
    return RedirectResponse(f"/room/{link.id}", 303)


@router.get("/hearings/{hearing_id}/links/new")
async def ask_issue(request: Request, hearing_id: UUID, store: Store, ctx: Asker) -> HTMLResponse:
    """Ask who the link is for."""
    return await _issuing(request, store, ctx, hearing_id)


@router.post("/hearings/{hearing_id}/links/new", response_model=None)
async def issue(
    request: Request,
    hearing_id: UUID,
    store: Store,
    ctx: Asker,
    part: Annotated[str, Form()] = "",
    label: Annotated[str, Form(max_length=200)] = "",
    person: Annotated[UUID | Literal[""], Form()] = "",
) -> HTMLResponse | RedirectResponse:
    """Make a link; on to the page that shows it. Whoever signs in here needs none shown."""
    try:
        if person:
            await store.write(joining.issue_to, ctx, hearing_id, person)
            return _back(hearing_id)
        chosen = Part(part) if part in set(joining.ISSUED) else Part.BENCH  # which is refused, by name
        link = await store.write(joining.issue, ctx, hearing_id, chosen, label)
    except Invalid as wrong:
        return await _issuing(
            request, store, ctx, hearing_id, {"part": part, "label": label, "person": str(person)}, wrong
        )
    return RedirectResponse(f"/links/{link.id}", 303)


async def _issuing(
    request: Request,
    store: Store,
    ctx: Context,
    hearing_id: UUID,
    typed: Mapping[str, str] | None = None,
    wrong: Invalid | None = None,
) -> HTMLResponse:
    shown = await store.read(panel, ctx, hearing_id)
    if shown is None or not shown.may_issue:
        raise Forbidden
    known = await store.read(joining.known_people, ctx, hearing_id)
    return render(
        request,
        "link-new.html",
        status=422 if wrong else 200,
        hearing_id=hearing_id,
        parts=[{"value": part.value, "text": PARTS[part]} for part in joining.ISSUED],
        people=[
            {"value": str(each.id), "text": f"{each.name}, {PARTS[joining.PART_OF[each.person]].lower()}"}
            for each in known
            if each.person
        ],
        values=typed or {},
        errors=wrong.errors if wrong else (),
    )


@router.get("/links/{link_id}")
async def show(
    request: Request, link_id: UUID, store: Store, ctx: Asker, settings: Settings, keys: JoinKeys
) -> HTMLResponse:
    """The link's address, to copy or print. Every showing is written down."""
    link = await store.write(joining.copied, ctx, link_id)
    what = await store.read(_of_link, ctx, link)
    return render(
        request, "link.html", link=link, part=PARTS[link.part], url=join_url(settings, keys, link), what=what
    )


@dataclass(frozen=True, slots=True)
class What:
    """The hearing that a link is for, as its paper says it."""

    title: str
    slot: Interval
    room: str


def _of_link(session: Session, ctx: Context, link: Link) -> What:
    hearing = hearings.visible(session, ctx, link.hearing_id)
    return What(hearing.title, live.slot(session, hearing), live.courtroom(session, hearing))


@router.get("/links/{link_id}/{act}")
async def ask(request: Request, link_id: UUID, act: str, store: Store, ctx: Asker) -> HTMLResponse:
    """Ask before a person is turned away or removed, or a link replaced or taken away."""
    if act not in CONFIRMED:
        raise Forbidden
    link = await store.read(_known, ctx, link_id)
    question, button, what = CONFIRMED[act]
    return render(
        request,
        "link-confirm.html",
        link=link,
        act=act,
        question=question.format(label=link.label),
        button=button,
        what=what,
    )


def _known(session: Session, ctx: Context, link_id: UUID) -> Link:
    link = stored.get(session, ctx, link_id)
    if panel(session, ctx, link.hearing_id) is None:
        raise Forbidden
    return link


@router.post("/links/{link_id}/{act}")
async def do(link_id: UUID, act: str, store: Store, ctx: Asker, rooms: LiveRooms) -> RedirectResponse:
    """Act upon a participant or their link; back to the hearing, or on to the fresh link."""
    if act in running.UPON_LINK:
        link = await running.upon_link(store, rooms, ctx, act, link_id)
    elif act in {"reissue", "revoke"}:
        link = await store.write(joining.reissue if act == "reissue" else joining.revoke, ctx, link_id)
        await rooms.push(link.hearing_id)
    else:
        raise Forbidden
    return RedirectResponse(f"/links/{link_id}", 303) if act == "reissue" else _back(link.hearing_id)


@router.post("/hearings/{hearing_id}/problems/{problem_id}")
async def resolve(hearing_id: UUID, problem_id: UUID, store: Store, ctx: Asker) -> RedirectResponse:
    """The problem has been dealt with, by the person who is signed in."""
    await store.write(kit.resolve, ctx, problem_id)
    return _back(hearing_id)
