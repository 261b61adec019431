"""Firefox ESR over WebDriver BiDi (W3C): as much of it as one page with one function needs."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.enabled": False,
}


class Tab:
    """One page; `evaluate` has the shape of Playwright's."""

    def __init__(self, socket: ClientConnection, context: str) -> None:
        self._socket = socket
        self._context = context

    async def evaluate(self, function: str, argument: Any = None) -> Any:
        """Call a JavaScript function with one argument and wait for what it promises."""
        answer = await command(
            self._socket,
            "script.callFunction",
            functionDeclaration=f"async x => JSON.stringify(await ({function})(JSON.parse(x)) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            awaitPromise=True,
            target={"context": self._context},
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])


_numbers = itertools.count(1)


async def command(socket: ClientConnection, method: str, **parameters: Any) -> Any:
    """Send one command and take its result; events between are not for us."""
    number = next(_numbers)
    await socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
    async for message in socket:
        answer = json.loads(message)
        if answer.get("id") == number:
            assert answer["type"] == "success", answer
            return answer["result"]
    raise ConnectionError("Firefox went away")


@asynccontextmanager
async def firefox(profile: Path, port: int, url: str) -> AsyncIterator[Tab]:
    """A headless Firefox with a fake camera, on one page."""
    lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    program = os.environ.get("COURT_LINK_FIREFOX", "firefox-esr")
    process = await asyncio.create_subprocess_exec(
        program,
        "--headless",
        "--no-remote",
        "--profile",
        str(profile),
        "--remote-debugging-port",
        str(port),
        "about:blank",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"},
    )
    try:
        async with asyncio.timeout(60):
            socket = None
            while socket is None:
                try:
                    socket = await connect(f"ws://127.0.0.1:{port}/session", max_size=None, proxy=None)
                except OSError:
                    assert process.returncode is None, "Firefox ended at once"
                    await asyncio.sleep(0.2)
        async with socket:
            await command(socket, "session.new", capabilities={})
            context = (await command(socket, "browsingContext.create", type="tab"))["context"]
            await command(socket, "browsingContext.navigate", context=context, url=url, wait="complete")
            yield Tab(socket, context)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@contextmanager
def reachable_address() -> Iterator[str]:
    """An address beyond the loopback, or Firefox gathers no candidates; one is made where there is none."""
    found = _addresses()
    if found:
        yield found[0]
        return
    subprocess.run(["ip", "link", "add", "court-link-t", "type", "dummy"], check=True)
    try:
        subprocess.run(["ip", "addr", "add", "198.51.100.1/24", "dev", "court-link-t"], check=True)
        subprocess.run(["ip", "link", "set", "court-link-t", "up"], check=True)
        yield _addresses()[0]
    finally:
        subprocess.run(["ip", "link", "del", "court-link-t"], check=True)


def _addresses() -> list[str]:
    listed = subprocess.run(
        ["ip", "-json", "-4", "address", "show", "scope", "global", "up"], check=True, capture_output=True
    )
    return [info["local"] for link in json.loads(listed.stdout) for info in link.get("addr_info", ())]
