"""The worker's control: only for the key's holder, and no request breaks it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from court_link.media.embedded.control import LONGEST, Control
from court_link.media.embedded.forwarder import Forwarder
from court_link.media.embedded.worker import WorkerSettings

KEY = "key"
SIGNED = {"Authorization": f"Bearer {KEY}"}
ROUTES = [
    ("GET", "/metrics"),
    ("GET", "/node"),
    ("POST", "/drain"),
    ("GET", "/events"),
    ("GET", "/rooms/r"),
    ("PUT", "/rooms/r"),
    ("DELETE", "/rooms/r"),
    ("GET", "/rooms/r/statistics"),
    ("POST", "/rooms/r/links/a/session"),
    ("PATCH", "/sessions/s"),
    ("DELETE", "/sessions/s"),
]


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    forwarder = Forwarder("127.0.0.1", 0, addresses=("127.0.0.1",), node="n", capacity=20, url="")
    transport = httpx.ASGITransport(Control(forwarder, KEY).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
        yield client
    await forwarder.stop()


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {KEY}"}]
)
async def test_without_the_key_everything_but_health_is_closed(
    http: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> None:
    assert (await http.request(method, path, headers=headers)).status_code == 401
    assert (await http.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/rooms/r", b"{", 422),
        ("PUT", "/rooms/r", b'{"room": "another", "version": 1}', 422),
        ("PUT", "/rooms/r", b'{"room": "r", "version": "x"}', 422),
        ("PUT", "/rooms/r", b"x" * (LONGEST + 1), 413),
        ("PUT", "/rooms/r", b'{"room": "r", "version": 1, "links": [{"link": "a", "place": "h"}]}', 200),
        ("POST", "/rooms/r/links/a/session", b"v=0", 403),
        ("PATCH", "/sessions/none", b"\xff\xfe", 404),
        ("DELETE", "/sessions/none", b"", 404),
        ("GET", "/nowhere", b"", 404),
    ],
)
async def test_every_request_has_its_answer(
    http: httpx.AsyncClient, method: str, path: str, body: bytes, status: int
) -> None:
    assert (await http.request(method, path, content=body, headers=SIGNED)).status_code == status


async def test_metrics_count_rooms_and_packets(http: httpx.AsyncClient) -> None:
    await http.put("/rooms/r", content=b'{"room": "r", "version": 1}', headers=SIGNED)
    text = (await http.get("/metrics", headers=SIGNED)).text
    assert "court_link_media_rooms 1.0" in text
    assert "court_link_media_packets_out_total 0.0" in text


def test_settings_refuse_an_empty_key_and_an_address_that_is_none() -> None:
    def made(key: str, *addresses: str) -> WorkerSettings:
        return WorkerSettings("127.0.0.1", 0, key, "127.0.0.1", 0, addresses, "n", 1)

    assert made(KEY, "192.0.2.1", "2001:db8::1").capacity == 1
    for wrong in (("", "192.0.2.1"), (KEY,), (KEY, "media.example")):
        with pytest.raises((ValueError, OSError)):
            made(*wrong)


async def test_an_empty_key_never_serves() -> None:
    forwarder = Forwarder("127.0.0.1", 0, addresses=("127.0.0.1",), node="n", capacity=20, url="")
    with pytest.raises(ValueError, match="key"):
        Control(forwarder, "")
    await asyncio.wait_for(forwarder.stop(), 5)
