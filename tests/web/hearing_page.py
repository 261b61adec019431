"""The hearing's page at a service made up in the page: the states it is told, and a media server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.routing import Route as Path

from court_link.api.headers import SecurityHeaders
from court_link.api.pages import room
from court_link.api.pages.rendering import Frame
from court_link.api.pages.static import VersionedFiles

ME = "00000000-0000-0000-0000-000000000001"
#: Answers what the page offers and asks for, inside the page: every seat shows a moving number. It keeps what
#: the page said by its socket, and which tracks were going out at that moment.
_MEDIA = """
window.made = [];
window.said = [];
window.standing = [];
const count = () => {
  const connected = window.made.filter((each) => !each.serves && each.connectionState === "connected").length;
  if (connected !== window.standing.at(-1)) window.standing.push(connected);
};
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    window.made.push(this);
    this.addEventListener("connectionstatechange", count);
  }
  close() { super.close(); count(); }
};
window.going = () => {
  const page = window.made.filter((each) => !each.serves && each.signalingState !== "closed").at(-1);
  return page?.getSenders().filter((each) => each.track?.enabled).map((each) => each.track.kind).sort() ?? [];
};
let shared;
window.endsSharing = () => shared.dispatchEvent(new Event("ended"));
navigator.mediaDevices.getDisplayMedia = async () => {
  shared = picture(99);
  return new MediaStream([shared]);
};
window.court = { answers: true, refuse: "", state: null };
window.WebSocket = class {
  static OPEN = 1;
  readyState = 0;
  constructor() {
    window.court.socket = this;
    setTimeout(() => {
      if (!window.court.answers) { this.close(1012); return; }
      this.readyState = 1;
      this.onopen();
    });
  }
  send(text) {
    const message = JSON.parse(text);
    const { state, refuse } = window.court;
    window.said.push({ ...message, going: window.going() });
    if (message.type === "hello") this.hear(state);
    if (message.id) this.hear({ type: refuse ? "refused" : "done", message: refuse, id: message.id });
  }
  hear(message) { setTimeout(() => this.onmessage({ data: JSON.stringify(message) })); }
  close(code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    setTimeout(() => this.onclose({ code }));
  }
};
const plainFetch = window.fetch;
let sessions = 0;
window.fetch = async (address, options = {}) => {
  if (!String(address).startsWith("/api/media/")) return plainFetch(address, options);
  if (options.method === "DELETE") return new Response(null);
  if (options.method === "PATCH") return new Response("{}", { status: 404 });
  const server = new RTCPeerConnection();
  server.serves = true;
  await server.setRemoteDescription({ type: "offer", sdp: options.body });
  let number = 0;
  for (const line of server.getTransceivers()) {
    if (line.direction === "recvonly" && !options.body.includes(`a=mid:${line.mid}\\r\\n`)) continue;
    line.direction = "sendrecv";
    if (line.receiver.track.kind === "video") await line.sender.replaceTrack(picture(number++));
  }
  await server.setLocalDescription();
  while (server.iceGatheringState !== "complete") await new Promise((go) => setTimeout(go, 10));
  const headers = { Location: `${address}/${++sessions}`, ETag: '"1"' };
  return new Response(server.localDescription.sdp, { status: 201, headers });
};
function picture(number) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
  const paint = canvas.getContext("2d");
  let frame = 0;
  setInterval(() => {
    paint.fillStyle = ["#2c5234", "#16324f", "#59323c", "#5b4a1e"][number % 4];
    paint.fillRect(0, 0, 320, 180);
    paint.fillStyle = "#fff";
    paint.font = "60px arial";
    paint.fillText(String(number), 20 + (frame++ % 60) * 3, 110);
  }, 100);
  return canvas.captureStream(10).getVideoTracks()[0];
}
"""


def app() -> SecurityHeaders:
    """The room's page alone, as the service serves it."""

    async def page(request: Request) -> Response:
        request.state.frame = Frame()
        return await room.room(request, ME, None)  # type: ignore[arg-type]

    routes = [Path(f"/room/{ME}", page), Mount("/static", VersionedFiles())]
    return SecurityHeaders(Starlette(routes=routes), https=False)


def link(number: int, label: str, words: str = "Prosecutor", **changes: Any) -> dict[str, Any]:
    """Somebody, as the states name them."""
    return {
        "link": f"00000000-0000-0000-0000-0000000000{number:02}",
        "label": label,
        "part_words": words,
    } | changes


def seat(number: int, label: str, words: str = "Prosecutor") -> dict[str, Any]:
    return link(number, label, words, part="prosecutor", connected=True, quality="Good")


def person(number: int, label: str, words: str, *acts: str, **changes: Any) -> dict[str, Any]:
    """Somebody, as those who run the hearing see them."""
    seen = {
        "part": "advocate",
        "admission": "admitted",
        "identified": True,
        "directed": True,
        "moderates": False,
        "here": True,
        "says": "Good",
        "kit": "Kit tried and working",
        "place": "hearing",
        "place_words": "In the hearing",
        "grants": [],
        "acts": list(acts),
    }
    return link(number, label, words) | seen | changes


def state(*seats: dict[str, Any], you: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A whole state message: somebody in a hearing that is in session, but for the changes."""
    mine = {
        "link": ME,
        "label": "A. Advocate, for the defendant",
        "part": "advocate",
        "part_words": "Defence advocate",
        "admission": "admitted",
        "identified": True,
        "inside": True,
        "moderates": False,
        "lobby_open": True,
        "lobby_opens": "10am, Monday 23 November",
        "place": "hearing",
        "move": 1,
        "settled": True,
        "grants": ["camera", "microphone", "receive", "text"],
        "withdrawn": [],
        "called": None,
        "words": "You are in the hearing. Everybody in it can hear and see you.",
        "consult": {"may": []},
    } | (you or {})
    return {
        "type": "state",
        "hearing": HEARING,
        "you": mine,
        "media": {
            "ready": True,
            "epoch": "first",
            "negotiate": True,
            "send": ["audio", "video"],
            "receive": True,
            "ice_servers": [],
        },
        "seats": [*seats, *[None] * (15 - len(seats))],
        "consultation": None,
        "screen": None,
        "exhibits": [],
        "recording": None,
    } | changes


HEARING = {
    "id": "00000000-0000-0000-0000-0000000000aa",
    "title": "R v Example",
    "type": "Remand",
    "reference": "BCDFG-HJKLM-NPQRS-TVWXZ",
    "state": "in_session",
    "words": "The hearing is in session",
    "time": "10:30am to 10:50am",
    "day": "Monday 23 November",
    "room": "Courtroom 1, St Albans Magistrates’ Court",
}


class Hearing:
    """The page of one participant, at a service that says what it is told; `wrong` are the page's faults."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.wrong: list[str] = []
        self._url = url
        self._first: dict[str, Any] = {}
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", self._console)

    def opens(self, first: dict[str, Any]) -> None:
        """Opens the page and comes in with the first state."""
        self._first = first
        self.page.route("**/api/join", self._introduce)
        held = {f"court-link-join:{ME}": "token", f"court-link-ready:{ME}": "yes"}
        self.page.add_init_script(
            f"Object.assign(sessionStorage, {json.dumps(held)}); window.court.state = {json.dumps(first)}"
        )
        self.page.goto(f"{self._url}/room/{ME}")

    def tells(self, message: dict[str, Any]) -> None:
        """Says another state."""
        self.page.evaluate(
            "state => { window.court.state = state; window.court.socket.hear(state) }", message
        )

    def refuses(self, words: str) -> None:
        """From now on the service refuses what it is asked for, with these words."""
        self.page.evaluate("words => { window.court.refuse = words }", words)

    def loses_its_service(self) -> None:
        """The socket closes, and no other opens until `finds_its_service`."""
        self.page.evaluate("() => { window.court.answers = false; window.court.socket.close(1001) }")

    def finds_its_service(self) -> None:
        self.page.evaluate("() => { window.court.answers = true }")

    def at(self, stage: str) -> None:
        """Waits for a stage of the page."""
        expect(self.page.locator(f'[data-stage="{stage}"]')).to_be_visible(timeout=30_000)

    def asked(self, kind: str, times: int = 1) -> dict[str, Any]:
        """Waits for the page's request, or for so many of the kind; `going` are the tracks it then sent."""
        count = "([kind, times]) => window.said.filter((each) => each.type === kind).length >= times"
        self.page.wait_for_function(count, arg=[kind, times])
        said: list[dict[str, Any]] = self.page.evaluate("() => window.said")
        return [each for each in said if each["type"] == kind][times - 1]

    def connects(self, times: int = 1) -> None:
        """Waits until a transport is connected, the last of so many, and no other stands."""
        ready = """times => {
          const own = window.made.filter((each) => !each.serves);
          return own.length === times && own.at(-1).connectionState === "connected"
            && own.slice(0, -1).every((each) => each.signalingState === "closed");
        }"""
        self.page.wait_for_function(ready, arg=times)

    def goes_out(self, *kinds: str) -> None:
        """Waits until just these kinds of track are sent."""
        self.page.wait_for_function(
            "kinds => JSON.stringify(window.going()) === JSON.stringify(kinds)", arg=sorted(kinds)
        )

    @property
    def connections(self) -> int:
        """How many transports the page has made."""
        made: int = self.page.evaluate("() => window.made.filter((each) => !each.serves).length")
        return made

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(message.text)

    def _introduce(self, route: Route) -> None:
        now = {"now": "2026-11-23T10:40:00+00:00"}
        route.fulfill(json={"hearing": self._first["hearing"], "you": self._first["you"]} | now)


@contextmanager
def hearing(browser: Browser, url: str, width: int = 1280) -> Iterator[Hearing]:
    """Somebody with camera and microphone at the page."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="en-GB", permissions=["camera", "microphone"]
    )
    context.add_init_script(_MEDIA)
    page = context.new_page()
    page.set_default_timeout(60_000)
    try:
        yield Hearing(page, url)
    finally:
        context.close()
