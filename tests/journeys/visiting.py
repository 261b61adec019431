"""People before their browsers, and a watch over every page that they open."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    WebError,
    expect,
)

from tests.media.rig import until

DESK, PHONE = 1280, 390
_HEIGHTS = {DESK: 900, PHONE: 844}
#: WCAG 2.0 to 2.2, levels A and AA, and axe's best practice.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Keeps every connection that a page makes, whatever the page itself thinks of them.
_WITNESS = """
window.connectionsMade = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.connectionsMade.push(this); }
};
"""
_FIGURES = """async () => {
  const lines = [];
  for (const connection of window.connectionsMade) {
    if (connection.signalingState === "closed") continue;
    for (const { mid, receiver } of connection.getTransceivers()) {
      for (const report of (await receiver.getStats()).values()) {
        if (report.type === "inbound-rtp") lines.push({
          mid, kind: report.kind, packets: report.packetsReceived ?? 0,
          frames: report.framesDecoded ?? 0, energy: report.totalAudioEnergy ?? 0,
        });
      }
    }
  }
  return { connections: window.connectionsMade.length, lines };
}"""

#: Whether what has the focus looks otherwise than without it.
_FOCUS_SHOWS = """() => {
  const focused = document.activeElement;
  const look = () => {
    const { outlineStyle, outlineColor, boxShadow, backgroundColor } = getComputedStyle(focused);
    return [outlineStyle, outlineColor, boxShadow, backgroundColor].join();
  };
  const withFocus = look();
  focused.blur();
  const without = look();
  focused.focus();
  return withFocus !== without;
}"""


@dataclass
class Watch:
    """What went wrong on the pages of a test. What a test means to go wrong, it says by `expected`."""

    url: str
    wrong: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)

    def leave(self, context: BrowserContext) -> None:
        """What a page has to say while its window closes, nobody reads."""
        context.remove_listener("console", self._console)

    def unexpected(self) -> list[str]:
        return [each for each in self.wrong if not any(word in each for word in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _error(self, error: WebError) -> None:
        self.wrong.append(f"page error: {error.error}")

    def _request(self, sent: Request) -> None:
        host = urlsplit(sent.url).netloc
        ours = urlsplit(self.url).netloc
        own_name = host.endswith(f".localhost:{ours.rpartition(':')[2]}")
        if host != ours and not own_name and not sent.url.startswith(("data:", "blob:")):
            self.wrong.append(f"external request: {sent.url}")

    def _response(self, answer: Response) -> None:
        if answer.status >= 500:
            self.wrong.append(f"answer {answer.status}: {answer.url}")


@dataclass(frozen=True)
class Figures:
    """What a page receives. `connections` counts all that it ever made."""

    connections: int
    lines: list[dict[str, Any]]

    @property
    def packets(self) -> int:
        return sum(line["packets"] for line in self.lines)

    @property
    def frames(self) -> int:
        return sum(line["frames"] for line in self.lines)

    def seen(self, frames: int) -> int:
        """How many others were seen for so many frames."""
        return sum(line["kind"] == "video" and line["frames"] >= frames for line in self.lines)

    def heard(self) -> int:
        """How many others were heard: beeps and even the quiet tone pass this, silence never does."""
        return sum(line["kind"] == "audio" and line["energy"] > 1e-5 for line in self.lines)


@dataclass
class Visitor:
    """One person with a browser profile of their own."""

    page: Page
    url: str

    async def goes(self, path: str) -> None:
        await self.page.goto(path if path.startswith("http") else f"{self.url}{path}")

    async def signs_in(self, email: str, password: str) -> None:
        await self.goes("/sign-in")
        await self.page.get_by_label("Email address").fill(email)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.presses("Sign in")
        await expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    async def presses(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def sends_empty(self, button: str) -> None:
        """Clears every field that a person could clear in the form of this button, and presses it."""
        pressed = self.page.get_by_role("button", name=button, exact=True)
        form = self.page.locator("main form").filter(has=pressed)
        for each in await form.locator("input, textarea").filter(visible=True).all():
            match await each.get_attribute("type"):
                case "checkbox":
                    await each.uncheck()
                case "radio" | "file":
                    pass
                case _:
                    await each.fill("")
        await pressed.click()

    async def tabs_to(self, name: str | re.Pattern[str]) -> None:
        """Presses Tab until the link or button of this name has the focus, which must be seen."""
        wanted = self.page.get_by_role("link", name=name).or_(self.page.get_by_role("button", name=name))
        for _ in range(120):
            await self.page.keyboard.press("Tab")
            if await wanted.evaluate_all("all => all.includes(document.activeElement)"):
                outline = await self.page.evaluate(_FOCUS_SHOWS)
                assert outline, f"the focus on {name} cannot be seen"
                return
        raise AssertionError(f"{name} cannot be reached with the Tab key")

    async def follows(self, name: str) -> None:
        await self.page.get_by_role("link", name=name, exact=True).first.click()

    async def reads(self, *texts: str | re.Pattern[str], within: float = 15) -> None:
        """Waits until each text can be seen on the page."""
        for text in texts:
            found = self.page.get_by_text(text).filter(visible=True).first
            await expect(found).to_be_visible(timeout=within * 1000)

    async def text(self) -> str:
        return await self.page.locator("main").inner_text()

    # In a hearing

    async def joins(self, link: UUID) -> None:
        """Comes to a hearing by being signed in, with the camera and microphone as they are."""
        await self.goes(f"/room/{link}")
        await self.is_at("kit")
        await self.presses("Join")

    async def is_at(self, stage: str, within: float = 20) -> None:
        """Waits for a stage of the hearing's page: kit, lobby, hearing, over, refused."""
        shown = self.page.locator(f'[data-stage="{stage}"]')
        await expect(shown).to_be_visible(timeout=within * 1000)

    async def figures(self) -> Figures:
        return Figures(**await self.page.evaluate(_FIGURES))

    async def meets(self, others: int, frames: int = 40, within: float = 45) -> None:
        """Waits until so many others were each seen for so many frames, and heard."""

        async def seen_and_heard() -> bool:
            figures = await self.figures()
            return figures.seen(frames) >= others and figures.heard() >= others

        await until(seen_and_heard, within, f"seeing and hearing {others} others")

    async def sees_more(self, frames: int = 20, within: float = 20) -> None:
        """Waits until so many more frames have been decoded than now."""
        before = (await self.figures()).frames

        async def more() -> bool:
            return (await self.figures()).frames >= before + frames

        await until(more, within, f"{frames} more frames")

    async def receives_now(self) -> tuple[int, int]:
        """From how many others pictures are decoded, and from how many sound is heard, within a second."""
        before = {line["mid"] + line["kind"]: line for line in (await self.figures()).lines}
        await self.page.wait_for_timeout(1000)
        pictures = sounds = 0
        for line in (await self.figures()).lines:
            was = before.get(line["mid"] + line["kind"], {"frames": 0, "energy": 0})
            pictures += line["kind"] == "video" and line["frames"] > was["frames"]
            sounds += line["kind"] == "audio" and line["energy"] > was["energy"]
        return pictures, sounds

    async def gets_nothing(self, within: float = 15) -> None:
        """Waits for a second in which not one packet of sound or picture came."""

        async def a_silent_second() -> bool:
            before = (await self.figures()).packets
            await self.page.wait_for_timeout(1000)
            return (await self.figures()).packets == before

        await until(a_silent_second, within, "a second with no sound and no picture")

    # For everyone

    async def faults_of_page(self) -> list[str]:
        """What axe finds on the page as it stands, and what is wider than a desk's or a phone's screen."""
        before, faults = self.page.viewport_size, []
        await self.page.evaluate(f"{Axe().axe_script}\n;0")
        for width, height in _HEIGHTS.items():
            await self.page.set_viewport_size({"width": width, "height": height})
            found = await self.page.evaluate(
                "tags => axe.run({runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
                AXE_TAGS,
            )
            for each in found["violations"]:
                faults += [f"{width} px: {each['id']}: {node['html']}" for node in each["nodes"]]
            wide = await self.page.evaluate("() => document.documentElement.scrollWidth")
            if wide > width:
                faults.append(f"{width} px: {wide} px wide")
        if before:
            await self.page.set_viewport_size(before)
        return faults


@asynccontextmanager
async def visitor(browser: Browser, url: str, watch: Watch, width: int) -> AsyncIterator[Visitor]:
    """Somebody with an empty profile, a camera and a microphone, at a screen of this width."""
    context = await browser.new_context(
        viewport={"width": width, "height": _HEIGHTS[width]},
        locale="en-GB",
        timezone_id="Europe/London",
        permissions=["camera", "microphone"],
        has_touch=width == PHONE,
    )
    await context.add_init_script(_WITNESS)
    watch.over(context)
    page = await context.new_page()
    page.set_default_timeout(60_000)
    try:
        yield Visitor(page, url)
    finally:
        watch.leave(context)
        await context.close()
