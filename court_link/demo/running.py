"""`court-link demo`: the API and a media worker as child processes, over data that is always now."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

import httpx

from court_link.demo import clock, people, seeding
from court_link.demo.doorway import PUBLIC
from court_link.settings import StoreSettings
from court_link.store import migrate
from court_link.wall import WallClock

#: Seconds of real time that the service may take to answer, and a child to end when it is asked to.
_STARTS_WITHIN, _ENDS_WITHIN = 60.0, 10.0


class Refused(Exception):
    """Why the demonstration does not start, in a sentence."""


def run(*, fresh: bool, host: str, port: int, beyond_loopback: bool) -> int:
    """Runs the demonstration until it is interrupted; answers the exit status.

    Everybody who reaches it can be anybody in it, so it listens beyond loopback only when told to. Its data
    is kept from one run to the next; `fresh` throws it away first.
    """
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_run(fresh, host, port, beyond_loopback))
    except Refused as refused:
        _say(str(refused))
        return 2
    return 0


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _run(fresh: bool, host: str, port: int, beyond_loopback: bool) -> None:
    if not is_loopback(host) and not beyond_loopback:
        raise Refused(
            f"{host} can be reached from other machines, and nobody needs a password in the demonstration. "
            "Add --beyond-loopback if that is what you want."
        )
    _check_free(host, port)
    directory = StoreSettings().data_dir
    if fresh:
        _throw_away(directory)
    directory.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{directory / 'court-link.sqlite3'}"
    await asyncio.to_thread(migrate.upgrade, url)
    court_time = clock.anchored(directory, WallClock())
    await seeding.seed(url, court_time, WallClock().now(), say=_say)
    environment = os.environ | _environment(directory, url, host, port)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    work = [
        asyncio.create_task(_kept("media", environment)),
        asyncio.create_task(_kept("serve", environment)),
        asyncio.create_task(seeding.keep_going(url, court_time)),
        asyncio.create_task(_tell_when_ready(host, port)),
    ]
    try:
        await stop.wait()
    finally:
        _say("Ending.")
        for task in reversed(work):
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)


def _environment(directory: Path, url: str, host: str, port: int) -> Mapping[str, str]:
    """The settings of the child processes, with secrets of this data directory's own."""
    reach = host if is_loopback(host) else _own_address()
    named = [f"http://{key}.localhost:{port}" for key in (*people.BY_KEY, PUBLIC)]
    origins = [f"http://{name}:{port}" for name in ("127.0.0.1", "localhost", reach)]
    media_host = "127.0.0.1" if is_loopback(host) else host
    return {
        "COURT_LINK_MODE": "demo",
        "COURT_LINK_LOG_LEVEL": os.environ.get("COURT_LINK_LOG_LEVEL", "warning"),
        "COURT_LINK_DATABASE_URL": url,
        "COURT_LINK_DATA_DIR": str(directory),
        "COURT_LINK_HOST": host,
        "COURT_LINK_PORT": str(port),
        "COURT_LINK_PUBLIC_URL": f"http://{reach}:{port}",
        "COURT_LINK_EXTRA_ORIGINS": json.dumps(list(dict.fromkeys([*origins, *named]))),
        "COURT_LINK_MEDIA_CONTROL_URL": f"http://127.0.0.1:{_free(8010, socket.SOCK_STREAM)}",
        "COURT_LINK_MEDIA_UDP_HOST": media_host,
        "COURT_LINK_MEDIA_UDP_PORT": str(_free(8011, socket.SOCK_DGRAM)),
        "COURT_LINK_MEDIA_ADDRESSES": json.dumps(list(dict.fromkeys(["127.0.0.1", _literal(reach)]))),
        **_secrets(directory),
    }


def _secrets(directory: Path) -> dict[str, str]:
    """Random secrets, made once and readable by their owner alone."""
    file = directory / "demo-secrets.json"
    if not file.exists():
        made = {name: secrets.token_urlsafe(32) for name in ("SECRET_KEY", "MEDIA_CONTROL_KEY")}
        with os.fdopen(
            os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as out:
            json.dump(made, out)
    kept = json.loads(file.read_text("utf-8"))
    return {f"COURT_LINK_{name}": value for name, value in kept.items()}


def _throw_away(directory: Path) -> None:
    for pattern in ("court-link.sqlite3*", "demo-clock.json", "demo-secrets.json", "*checkpoints*"):
        for file in directory.glob(pattern):
            file.unlink()


async def _kept(command: str, environment: Mapping[str, str]) -> None:
    """Runs a command of ours in a child process, again when it ends, until cancelled."""
    while True:
        # A session of its own: Ctrl-C reaches this process alone, which then ends its children in order.
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "court_link", command, env=environment, start_new_session=True
        )
        try:
            status = await child.wait()
        finally:
            await _end(child)
        _say(f"court-link {command} ended with status {status}. Starting it again.")
        await asyncio.sleep(1)


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    child.terminate()
    try:
        await asyncio.wait_for(child.wait(), _ENDS_WITHIN)
    except TimeoutError:
        child.kill()
        await child.wait()


async def _tell_when_ready(host: str, port: int) -> None:
    address = f"http://{'localhost' if is_loopback(host) else host}:{port}"
    asking = f"http://{f'[{host}]' if ':' in host else host}:{port}/healthz"
    deadline = asyncio.get_running_loop().time() + _STARTS_WITHIN
    async with httpx.AsyncClient(trust_env=False) as client:
        while asyncio.get_running_loop().time() < deadline:
            with suppress(httpx.HTTPError):
                if (await client.get(asking)).is_success:
                    _say(f"Court Link is ready: open {address} (Ctrl-C ends it)")
                    return
            await asyncio.sleep(0.2)
    _say("The service does not answer. What it says above may tell why.")


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refused(f"Court Link cannot listen on {host}, port {port}: {error.strerror}.") from None


def _free(wanted: int, kind: socket.SocketKind) -> int:
    """The wanted port, or another when something has it already."""
    for port in (wanted, 0):
        with closing(socket.socket(socket.AF_INET, kind)) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise Refused("No port is free for the media worker.")


def _own_address() -> str:
    """The address by which this machine is reached; nothing is sent to find out."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address, RFC 5737
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _literal(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
