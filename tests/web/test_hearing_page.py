"""The hearing's page in every state that it can be told: what it says and sends, and that all can use it."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Route, expect, sync_playwright

from tests.media.rig import CHROMIUM
from tests.web.conftest import axe_violations
from tests.web.hearing_page import ME, Hearing, app, hearing, link, person, seat, state

CLIENT = "Defendant, Video room 1, Hatfield custody suite"
PRIVATE = {"place": "consultation", "move": 2}
CONSULTATION: dict[str, Any] = {
    "id": "c1",
    "with": [link(2, CLIENT, "Defendant"), link(3, "Ivo Interpreter", "Interpreter")],
    "closes_at": None,
    "closes_words": "",
    "recalled": False,
}
RECALLED = CONSULTATION | {
    "recalled": True,
    "closes_at": "2026-11-23T10:42:00+00:00",
    "closes_words": "The court has called you back. This consultation ends at 10:42am.",
}
EXHIBIT = {
    "id": "e1",
    "title": "Custody record",
    "url": "/api/exhibits/e1/content",
    "media_type": "image/png",
    "source": link(4, "")["link"],
    "source_label": "B. Advocate",
    "live": False,
    "shown": True,
}
BENCH = {"moderates": True, "part": "bench", "grants": ["camera", "microphone", "screen", "receive", "text"]}
PEOPLE = [
    person(10, "Ivo Interpreter", "Interpreter", "identify", "refuse", admission="waiting", place="lobby"),
    person(11, "PC 1187 Demo", "Police officer", "call", "mute", "stop-video", "send-back", "remove"),
    person(12, CLIENT, "Defendant", "mute", "stop-video", "allow-screen", "consult", "send-back", "remove"),
    person(13, "A. Advocate", "Defence advocate", "unmute", "allow-video", "consult", "remove"),
]
STAFF = {
    "people": PEOPLE,
    "problems": [{"id": "p1", "words": "PC 1187 Demo hears an echo", "time": "10:31am"}],
    "outcomes": ["adjourned"],
    "consultations": [
        {"id": "c2", "people": [CLIENT, "A. Advocate"], "since": "2026-11-23T10:31:00Z", "closes_at": None}
    ],
}
SEATS = [seat(20 + number, f"Person {number}") for number in range(15)]
MUTED = {"withdrawn": ["Muted by the court"], "grants": ["camera", "receive", "text"]}
STATES: dict[str, dict[str, Any]] = {
    "alone": state(),
    "with one other": state(*SEATS[:1]),
    "with fifteen others": state(*SEATS),
    "a screen shown, and recorded": state(
        *SEATS[:5],
        screen=link(20, "P. Prosecutor"),
        recording={"since": "", "power": "a rule", "ordered_by": "The judge", "stalled": False},
    ),
    "muted by the court": state(*SEATS[:2], you=MUTED),
    "may consult": state(
        *SEATS[:2],
        you={
            "consult": {"may": [link(2, CLIENT)]},
            "agreements": [{"client": "c", "label": CLIENT, "agrees": True}],
        },
        exhibits=[EXHIBIT],
    ),
    "in private": state(*SEATS[:2], you=PRIVATE, consultation=CONSULTATION),
    "called back": state(*SEATS[:2], you=PRIVATE, consultation=RECALLED),
    "not called": state(you={"part": "officer", "called": False, "words": "You are waiting to be called."}),
    "interpreting": state(
        *SEATS[:2], you={"part": "interpreter", "whisper": {"may": [link(2, CLIENT)], "to": None}}
    ),
    "running the hearing": state(*SEATS[:3], you=BENCH, exhibits=[EXHIBIT | {"shown_to": []}], **STAFF),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The page, served."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app(), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield running
        running.close()


@pytest.fixture
def me(browser: Browser, url: str) -> Iterator[Hearing]:
    with hearing(browser, url) as one:
        yield one
        assert one.wrong == []


def test_every_state_of_the_page_is_accessible_and_fits(me: Hearing) -> None:
    me.opens(STATES["alone"])
    me.at("hearing")
    for name, told in STATES.items():
        me.tells(told)
        expect(me.page.locator('[data-part-of-page="seats"] > li:visible')).to_have_count(
            sum(each is not None for each in told["seats"]) if told["you"]["called"] is None else 0
        )
        for width in (1280, 390):
            me.page.set_viewport_size({"width": width, "height": 900})
            assert axe_violations(me.page) == [], f"{name} at {width}"
            wide = me.page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"{name} at {width}"


def test_whoever_is_moved_stops_sending_before_saying_so(me: Hearing) -> None:
    me.opens(state(*SEATS[:1]))
    me.at("hearing")
    me.connects()
    me.tells(state(you=PRIVATE | {"settled": False}, consultation=CONSULTATION))
    expect(me.page.locator('[data-part-of-page="told"]')).to_have_text("Moving you to a private room")
    settled = me.asked("settled")
    assert (settled["move"], settled["going"]) == (2, [])
    me.tells(state(*SEATS[:2], you=PRIVATE, consultation=CONSULTATION))
    expect(me.page.get_by_role("heading", name="Private consultation").first).to_be_focused()
    me.goes_out("audio", "video")


def test_a_private_room_says_so_in_words_and_counts_down_when_called_back(me: Hearing) -> None:
    me.opens(state(*SEATS[:2], you=PRIVATE, consultation=CONSULTATION))
    me.at("hearing")
    room = me.page.get_by_role("region", name="Private: nobody else can hear you")
    expect(room).to_contain_text(f"{CLIENT} (defendant) and Ivo Interpreter (interpreter)")
    me.tells(state(*SEATS[:2], you=PRIVATE, consultation=RECALLED))
    expect(room).to_contain_text(RECALLED["closes_words"])
    expect(room).to_contain_text(re.compile(r"[12]:\d\d left"))
    expect(me.page.locator("[data-announcer]")).to_have_text(RECALLED["closes_words"])
    room.get_by_role("button", name="Leave the private room").click()
    me.asked("leave-consultation")
    me.tells(state(*SEATS[:2]))
    expect(room).to_be_hidden()
    expect(me.page.get_by_role("heading", name="R v Example")).to_be_focused()


def test_an_advocate_consults_a_client_from_the_lobby(me: Hearing) -> None:
    waiting = {"place": "lobby", "inside": False, "admission": "waiting", "words": "You are in the lobby."}
    nothing: dict[str, Any] = {"ready": True, "epoch": None, "negotiate": False, "send": [], "receive": False}
    may = {"consult": {"may": [link(2, CLIENT)]}}
    me.opens(state(you=waiting | may, media=nothing))
    me.at("lobby")
    refusal = "This person is in another private consultation."
    me.refuses(refusal)
    button = me.page.get_by_role("button", name=f"Consult {CLIENT} in private")
    button.click()
    expect(me.page.get_by_role("alert").filter(visible=True)).to_have_text(refusal)
    assert me.asked("consult")["links"] == [link(2, CLIENT)["link"]]


def test_what_the_court_takes_is_said_and_cannot_be_taken_back(me: Hearing) -> None:
    me.opens(state(*SEATS[:1]))
    me.at("hearing")
    me.connects()
    me.goes_out("audio", "video")
    only_video = state(*SEATS[:1])["media"] | {"send": ["video"]}
    me.tells(state(*SEATS[:1], you=MUTED, media=only_video))
    expect(me.page.locator('[data-part-of-page="withdrawn"]')).to_have_text("Muted by the court")
    expect(me.page.get_by_role("button", name="Mute", exact=True)).to_be_disabled()
    expect(me.page.locator("[data-announcer]")).to_have_text("Muted by the court")
    me.goes_out("video")


def test_a_screen_is_shared_and_ended_by_the_browsers_own_button(me: Hearing) -> None:
    may = {"grants": ["camera", "microphone", "screen", "receive", "text"]}
    with_screen = state()["media"] | {"send": ["audio", "screen", "video"]}
    me.opens(state(*SEATS[:1], you=may))
    me.at("hearing")
    me.connects()
    me.page.get_by_role("button", name="Share your screen").click()
    assert me.asked("share")["on"] is True
    me.tells(state(*SEATS[:1], you=may, media=with_screen))
    me.goes_out("audio", "video", "video")
    me.page.evaluate("() => window.endsSharing()")
    expect(me.page.get_by_role("button", name="Share your screen")).to_be_visible()
    assert me.asked("share", 2)["on"] is False
    me.goes_out("audio", "video")


def test_staff_send_people_to_a_private_room_and_recall_them(me: Hearing) -> None:
    me.opens(STATES["running the hearing"])
    me.at("hearing")
    me.page.get_by_role("button", name="Send people to a private room").click()
    dialog = me.page.get_by_role("dialog", name="Send people to a private room")
    dialog.get_by_role("button", name="Send them").click()
    expect(dialog.get_by_text("Choose at least two people")).to_be_focused()
    for name in (CLIENT, "A. Advocate"):
        dialog.get_by_label(re.compile(re.escape(name))).check()
    assert axe_violations(me.page) == []
    dialog.get_by_role("button", name="Send them").click()
    expect(dialog).to_be_hidden()
    assert me.asked("consult")["links"] == [link(12, "")["link"], link(13, "")["link"]]
    me.page.get_by_role("button", name=f"Recall {CLIENT} and A. Advocate").click()
    assert me.asked("recall")["consultation"] == "c2"
    me.page.get_by_role("button", name="Call PC 1187 Demo").click()
    assert me.asked("call")["link"] == link(11, "")["link"]
    me.page.get_by_role("button", name="Mute everybody").click()
    me.asked("mute-all")


def test_staff_choose_who_sees_an_exhibit(me: Hearing) -> None:
    me.opens(STATES["running the hearing"])
    me.at("hearing")
    me.page.get_by_role("button", name="Choose who sees it Custody record").click()
    dialog = me.page.get_by_role("dialog", name="Show Custody record")
    dialog.get_by_label("PC 1187 Demo, Police officer").check()
    dialog.get_by_role("button", name="Permit and show").click()
    permitted = me.asked("exhibit-permit")
    assert (permitted["exhibit"], permitted["links"]) == ("e1", [link(11, "")["link"]])
    # Another choice among the same people is another choice.
    me.page.get_by_role("button", name="Send people to a private room").click()
    goes = me.page.get_by_role("dialog", name="Send people to a private room")
    goes.get_by_text(re.compile(re.escape(CLIENT))).click()
    expect(goes.get_by_role("checkbox", name=re.compile(re.escape(CLIENT)))).to_be_checked()
    goes.get_by_role("button", name="Go back").click()
    me.page.get_by_role("button", name="Hide Custody record").click()
    assert me.asked("exhibit-hide")["exhibit"] == "e1"


def test_an_exhibit_is_looked_at_and_gone_when_it_is_hidden(me: Hearing) -> None:
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154"
        "789c6364f8ffbf1e0005fe02fea72d9c1d0000000049454e44ae426082"
    )
    me.page.route("**/content", lambda route: route.fulfill(body=pixel, content_type="image/png"))
    me.opens(state(*SEATS[:1], exhibits=[EXHIBIT]))
    me.at("hearing")
    me.page.get_by_role("button", name="Open Custody record").click()
    dialog = me.page.get_by_role("dialog", name="Custody record")
    expect(dialog.get_by_role("img", name="Custody record")).to_be_visible()
    assert axe_violations(me.page) == []
    me.tells(state(*SEATS[:1]))
    expect(dialog).to_be_hidden()


def test_what_one_offered_can_be_withdrawn(me: Hearing) -> None:
    gone: list[str] = []

    def destroy(route: Route) -> None:
        gone.append(route.request.method)
        route.fulfill(status=204)

    me.page.route("**/api/exhibits/e1", destroy)
    me.opens(state(exhibits=[EXHIBIT | {"source": ME, "shown": False, "shown_to": []}]))
    me.at("hearing")
    expect(me.page.get_by_text("Offered by you. Nobody else sees it")).to_be_visible()
    with me.page.expect_response("**/api/exhibits/e1"):
        me.page.get_by_role("button", name="Withdraw Custody record").click()
    assert gone == ["DELETE"]


def test_an_interpreter_speaks_to_one_person_alone(me: Hearing) -> None:
    me.opens(STATES["interpreting"])
    me.at("hearing")
    me.page.get_by_label("Who hears you").select_option(label=f"{CLIENT} alone")
    assert me.asked("whisper")["to"] == link(2, CLIENT)["link"]


def test_losing_the_service_is_said_and_so_is_coming_back(me: Hearing) -> None:
    me.opens(state(*SEATS[:1]))
    me.at("hearing")
    me.connects()
    me.loses_its_service()
    dropped = me.page.locator('[data-banner="signalling"]')
    expect(dropped).to_contain_text("Trying again. You have not left.")
    me.finds_its_service()
    expect(dropped).to_be_hidden()
    expect(me.page.get_by_text("You are back", exact=True).first).to_be_visible()
    assert me.connections == 1, "sound and picture did not depend on it"


def test_a_second_transport_is_made_before_the_first_is_closed(me: Hearing) -> None:
    """The media server knows the session no more: a fresh one takes the seats, then the old one ends."""
    me.opens(state(*SEATS[:1]))
    me.at("hearing")
    me.connects()
    me.page.evaluate("() => dispatchEvent(new Event('online'))")
    me.connects(times=2)
    assert me.page.evaluate("() => window.made[0].signalingState") == "closed"
    assert me.page.evaluate("() => window.standing") == [0, 1, 2, 1], "never none again"
    me.goes_out("audio", "video")
