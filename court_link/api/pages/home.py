"""Where each role's work is: one table for the home page and for every page's navigation."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Anyone, NotSignedIn, Settings, Store, recognise
from court_link.api.pages import doorway
from court_link.api.pages.rendering import Frame, NavItem
from court_link.domain.context import Actor
from court_link.domain.roles import Permission, Role

router = APIRouter()

P = Permission

#: Address, name, and the permission that shows it. The first that a person has is their home.
NAVIGATION: tuple[tuple[str, str, Permission], ...] = (
    ("/day", "Today", P.BOOK),
    ("/evidence", "My evidence", P.SEE_OWN_EVIDENCE),
    ("/custody", "Custody board", P.RUN_CUSTODY),
    ("/bench", "Bench list", P.RUN_HEARING),
    ("/clients", "My clients", P.SEE_CLIENTS),
    ("/diary", "Diary", P.SEE_HEARINGS),
    ("/waitlist", "Wait list", P.BOOK),
    ("/imports", "Court lists", P.IMPORT_LISTS),
    ("/people", "People", P.MANAGE_USERS),
    ("/places", "Places", P.MANAGE_SITES),
    ("/practice", "Usual times", P.PLAN_SITTINGS),
    ("/sittings", "Sittings", P.PLAN_SITTINGS),
    ("/report", "Report", P.SEE_REPORTS),
    ("/staff", "Staff", P.PLAN_STAFF),
    ("/tokens", "API tokens", P.MANAGE_USERS),
    ("/audit", "Audit", P.SEE_AUDIT),
)
#: Pages that belong to a role rather than to whoever may do the work on them.
_ONLY = {"/bench": Role.BENCH}
#: An usher books nothing, yet the day is theirs.
_ALSO = {"/day": frozenset({Role.USHER})}


def navigation(actor: Actor) -> tuple[NavItem, ...]:
    """The pages of this person's work, the first one their home."""
    return tuple(
        NavItem(href, text) for href, text, permission in NAVIGATION if _shows(actor, href, permission)
    )


def _shows(actor: Actor, href: str, permission: Permission) -> bool:
    if href in _ONLY:
        return _ONLY[href] in actor.roles
    return actor.may(permission) or bool(actor.roles & _ALSO.get(href, frozenset()))


async def framed(conn: HTTPConnection, settings: Settings) -> None:
    """Puts around every page who is signed in and where they can go."""
    who = await recognise(conn)
    demo = settings.mode == "demo"
    court_time = conn.app.state.db.clock.now() if demo else None
    fanout = getattr(conn.app.state, "fanout", None)
    live_after = str(fanout.seq) if fanout else ""
    if who is None or who.signed_in is None:
        conn.state.frame = Frame(demo=demo, court_time=court_time, live_after=live_after)
        return
    conn.state.frame = Frame(
        signed_in_as=f"{who.actor.name}, {who.signed_in.organisation}",
        csrf_token=who.signed_in.csrf,
        nav=navigation(who.actor),
        demo=demo,
        court_time=court_time,
        live_after=live_after,
    )


@router.get("/")
async def home(request: Request, store: Store, ctx: Anyone, settings: Settings) -> Response:
    """Each to their own work; in the demonstration, whoever is not signed in chooses who to be."""
    who = await recognise(request)
    if who is None and doorway.is_at_home(request, settings):
        return await doorway.show(request, store, ctx, settings)
    if who is None:
        raise NotSignedIn()
    return RedirectResponse(next((item.href for item in navigation(who.actor)), "/account"), 303)
