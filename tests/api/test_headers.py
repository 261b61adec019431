"""Security headers stand on every response, whatever made it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from importlib.resources import files

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from court_link.api.headers import SecurityHeaders, content_security_policy
from court_link.api.pages.static import VersionedFiles, static


async def fine(request: Request) -> Response:
    return PlainTextResponse("fine")


async def kept(request: Request) -> Response:
    return PlainTextResponse("kept", headers={"Cache-Control": "max-age=60"})


async def broken(request: Request) -> Response:
    raise RuntimeError("a fault")


ROUTES = [
    Route("/fine", fine),
    Route("/kept", kept),
    Route("/broken", broken),
    Mount("/static", VersionedFiles()),
]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = SecurityHeaders(Starlette(routes=ROUTES), https=True)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://court.example") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status"), [("/fine", 200), ("/none", 404), ("/broken", 500), ("/static/x", 404)]
)
async def test_every_response_carries_the_headers(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == content_security_policy()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "camera=(self), microphone=(self)" in answer.headers["permissions-policy"]
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_fault_outside_the_application_goes_out_with_the_headers_and_without_the_fault() -> None:
    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("a secret")

    transport = httpx.ASGITransport(SecurityHeaders(bare, https=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://court.example") as client:
        answer = await client.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["content-security-policy"] == content_security_policy()
    assert "strict-transport-security" not in answer.headers


async def test_a_response_that_may_be_kept_says_so_itself(client: httpx.AsyncClient) -> None:
    assert (await client.get("/kept")).headers["cache-control"] == "max-age=60"


async def test_static_files_are_kept_for_ever_under_their_own_version_alone(
    client: httpx.AsyncClient,
) -> None:
    address = static("css/court-link.css")
    assert "immutable" in (await client.get(address)).headers["cache-control"]
    assert (await client.get(address + "0")).headers["cache-control"] == "no-cache"
    plain = await client.get("/static/css/court-link.css")
    assert plain.headers["cache-control"] == "no-cache"
    again = await client.get("/static/css/court-link.css", headers={"If-None-Match": plain.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/static/../pyproject.toml", "/static/%2e%2e/%2e%2e/pyproject.toml"])
async def test_static_files_do_not_reach_beyond_their_directory(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


def test_the_policy_allows_the_one_inline_script_of_the_installed_template_and_no_other() -> None:
    template = (files("govuk_frontend_jinja") / "templates/template.html").read_text()
    inline = re.findall(r"<script[^>]*>(.+?)</script>", template)
    hashes = [f"'sha256-{b64encode(sha256(line.encode()).digest()).decode()}'" for line in inline]
    assert len(hashes) == 1
    directives = dict(each.split(" ", 1) for each in content_security_policy().split("; "))
    assert directives["script-src"] == f"'self' {hashes[0]}"
    assert "unsafe" not in content_security_policy()
    assert directives["default-src"] == directives["frame-ancestors"] == directives["base-uri"] == "'none'"
