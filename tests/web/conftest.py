"""A browser on the sample page; its test fails on any console error or request to elsewhere."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, expect, sync_playwright

from tests.web.sample import Sample

CHROMIUM = Path("/usr/bin/chromium")
expect.set_options(timeout=30_000)  # a busy machine is no fault of a page
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


@dataclass
class Site:
    """The running sample and where it is."""

    sample: Sample
    url: str


@pytest.fixture
def site() -> Iterator[Site]:
    sample = Sample()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(sample.app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline, "the sample did not start"
        time.sleep(0.01)
    yield Site(sample, f"http://127.0.0.1:{listener.getsockname()[1]}")
    sample.refusing = True  # ends its streams
    server.should_exit = True
    thread.join(timeout=10)


# Of a module and no longer: Playwright's synchronous side keeps an event loop running in this thread, in
# which no asynchronous test could run.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watched:
    """What went wrong on a page; a test that means it to go wrong says so by `expected`."""

    wrong: list[str]
    expected: tuple[str, ...] = ()


@pytest.fixture
def watched() -> Watched:
    return Watched([])


@pytest.fixture(params=[1280, 390], ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def page(chromium: Browser, site: Site, watched: Watched) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            watched.wrong.append(message.text)

    def failed(error: Error) -> None:
        watched.wrong.append(str(error))

    def sent(request: Request) -> None:
        if not request.url.startswith((site.url, "data:")):
            watched.wrong.append(request.url)

    page.on("console", console)
    page.on("pageerror", failed)
    page.on("request", sent)
    page.set_default_timeout(60_000)
    yield page
    context.close()
    unexpected = [each for each in watched.wrong if not any(word in each for word in watched.expected)]
    assert unexpected == []


#: WCAG 2.0 to 2.2, levels A and AA, and axe's best practice.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe_violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands. Works under the Content-Security-Policy."""
    page.evaluate(f"{Axe().axe_script}\n;0")
    result = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
        AXE_TAGS,
    )
    return [f"{found['id']}: {node['html']}" for found in result["violations"] for node in found["nodes"]]
