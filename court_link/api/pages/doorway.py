"""The demonstration's first page: a door for each role, each to an origin of its own.

Tabs of one origin share their cookies, so one browser can only be several people at once at several names;
`*.localhost` names lead to this machine (RFC 6761, 6.3) and count as secure, so that cameras work there.
Nothing here exists outside the demonstration, or for anybody who asks from another machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from court_link.api.asking import Anyone, Settings, Store, Wall, recognise
from court_link.api.following import key as following_key
from court_link.api.pages.rendering import render
from court_link.api.pages.sign_in import set_cookie
from court_link.demo import doorway, people
from court_link.demo.doorway import PUBLIC
from court_link.domain.context import Context
from court_link.domain.errors import NotFound
from court_link.identity import sessions
from court_link.settings import Settings as AllSettings
from court_link.store import Db


@dataclass(frozen=True, slots=True)
class Door:
    """One card: whose door it is, what they come to do, and the first thing to try."""

    key: str
    title: str
    text: str

    @property
    def name(self) -> str:
        """The fictional person behind it; nobody behind the public's."""
        return people.BY_KEY[self.key].name if self.key in people.BY_KEY else ""


DOORS = (
    Door("clerk", "Court staff", "Import a list, find a time, book it, and run the lobby."),
    Door("bench", "Bench", "Open the hearing, let people in, pause and end."),
    Door("officer", "Police officer", "See when you are needed, and join from wherever you are."),
    Door("custody", "Custody staff", "See who is due in which room, and connect it."),
    Door("advocate", "Defence advocate", "Your clients today, across courts."),
    Door(PUBLIC, "Public", "Follow a hearing by its reference, like a parcel."),
    Door("commissioner", "Commissioner’s office", "Capacity, punctuality and officers’ hours given back."),
    Door("administrator", "Administrator", "People, places, and who did and read what."),
)
_BY_KEY = {door.key: door for door in DOORS}


def is_at_home(conn: HTTPConnection, settings: AllSettings) -> bool:
    """Whether this is the demonstration, asked from its own machine."""
    try:
        return settings.mode == "demo" and ip_address(conn.client.host if conn.client else "").is_loopback
    except ValueError:
        return False


async def _at_home(conn: HTTPConnection, settings: Settings) -> None:
    if not is_at_home(conn, settings):
        raise NotFound


router = APIRouter(dependencies=[Depends(_at_home)])


async def show(request: Request, store: Db, ctx: Context, settings: AllSettings) -> Response:
    """The first page of the demonstration, for whoever is not signed in."""
    here = urlsplit(str(request.base_url))
    port = f":{here.port}" if here.port else ""
    ahead = await store.read(doorway.ahead, ctx)
    return render(
        request,
        "doorway.html",
        doors=[(door, _origin(f"http://{door.key}.localhost{port}", settings)) for door in DOORS],
        private=f"http://127.0.0.1{port}",
        next=ahead[0] if ahead else None,
    )


@router.get("/enter/sample-list.json")
async def sample_list(store: Store, ctx: Anyone) -> Response:
    """A court list to import."""
    content = await store.read(doorway.sample_list, ctx)
    headers = {"Content-Disposition": 'attachment; filename="sample-list.json"'}
    return Response(content, media_type="application/json", headers=headers)


@router.get("/enter/{key}")
async def ask(request: Request, key: str) -> Response:
    """A door. It opens by itself where scripts run; whoever is through already is led on."""
    door = _door(key)
    who = await recognise(request)
    if key in people.BY_KEY and who and who.signed_in and who.signed_in.email == people.BY_KEY[key].email:
        return RedirectResponse("/", 303)
    return render(request, "doorway-enter.html", door=door, reference="")


@router.post("/enter/{key}")
async def enter(
    request: Request, key: str, store: Store, ctx: Anyone, settings: Settings, wall: Wall
) -> Response:
    """Sign in as the person behind a door. Behind the public's, a reference is handed over instead."""
    door = _door(key)
    if key == PUBLIC:
        reference = await store.write(doorway.reference, ctx, following_key(settings))
        return render(request, "doorway-enter.html", door=door, reference=reference)
    new = await store.write(people.sign_in, ctx, key, wall.now(), settings)
    before = await recognise(request)
    if before and before.signed_in:
        leaving = Context(before.actor, ctx.request_id)
        await store.write(sessions.end, leaving, before.signed_in.id, wall.now())
    response = RedirectResponse("/", 303)
    set_cookie(response, new.token, settings)
    return response


def _door(key: str) -> Door:
    if key not in _BY_KEY:
        raise NotFound
    return _BY_KEY[key]


def _origin(own: str, settings: AllSettings) -> str:
    """The door's own origin; this one, where that is not among the origins that pages may come from."""
    return own if own in settings.origins else ""
