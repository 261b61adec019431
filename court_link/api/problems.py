"""Every refusal as HTTP: RFC 9457 problem details from the API, an HTML page from the pages.

The one place that maps the domain's kinds of error to status codes. A body says nothing of the request but
the names of its fields: a foreign object's answer is the very bytes of an absent one's.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from court_link.api.asking import NotSignedIn, request_id
from court_link.api.pages.rendering import render
from court_link.domain.errors import (
    Conflict,
    CourtLinkError,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    SlotTaken,
    Stale,
    Unavailable,
)
from court_link.identity.throttle import TooManyTries

_STATUS: Sequence[tuple[type[CourtLinkError], int]] = (
    (TooManyTries, 429),
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (Invalid, 422),
    (Unavailable, 503),
)

#: What a status means when nothing more is known.
_SAID: Mapping[int, str] = {
    400: "The request could not be understood.",
    401: "Sign in, or send a valid API token.",
    403: Forbidden.__doc__ or "",
    404: NotFound.__doc__ or "",
    405: "This address does not do that. Look at its allowed methods.",
    413: "This is larger than is accepted here.",
    415: "This kind of content is not accepted here.",
    422: Invalid.__doc__ or "",
    500: "Sorry, there is a problem with the service. Try again later.",
}

MEDIA_TYPE = "application/problem+json"

#: How the API's description shows a problem.
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457)",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Names the kind of problem, for programs"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for the person"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "examples": [
        {
            "type": "urn:court-link:problem:invalid",
            "title": "Unprocessable Content",
            "status": 422,
            "detail": "Something in what you entered needs changing.",
            "errors": [{"field": "email", "message": "Enter an email address in the correct format"}],
        }
    ],
}


class OutOfRange(Invalid):
    """A number or a date here is beyond anything that can be reckoned with."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal, before it becomes JSON or a page."""

    status: int
    kind: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


def problem_of(error: CourtLinkError, *, conditional: bool = False) -> Problem:
    """The problem of a refusal. `conditional` says that the request carried If-Match (RFC 9110, 13.1.1)."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if status == 500:
        return Problem(500, "error", _SAID[500])
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    if isinstance(error, Stale):
        status = 412 if conditional else status
        more |= jsonable_encoder(error.details)  # what it is now, beside what was sent
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Invalid):
        more["errors"] = [{"field": each.field, "message": each.message} for each in error.errors]
    if isinstance(error, SlotTaken):
        more["refusals"] = jsonable_encoder(error.refusals)
    return Problem(status, _kebab(type(error).__name__), error.message, headers, more)


async def answer(request: Request, problem: Problem) -> Response:
    """The problem as the asker reads it: JSON under `/api`, a page elsewhere."""
    if is_api(request):
        body = {
            "type": f"urn:court-link:problem:{problem.kind}",
            "title": HTTPStatus(problem.status).phrase,
            "status": problem.status,
            "detail": problem.detail,
            **problem.more,
        }
        return JSONResponse(body, problem.status, dict(problem.headers), MEDIA_TYPE)
    more = {"retry_after": int(problem.headers["Retry-After"])} if "Retry-After" in problem.headers else {}
    return render(
        request,
        f"errors/{_PAGES.get(problem.status, 422 if problem.status < 500 else 500)}.html",
        status=problem.status,
        headers=problem.headers,
        message=problem.detail,
        request_id=request_id(request) if problem.status >= 500 else "",
        **more,
    )


#: The page that tells of a status; any other is something to change, or our own fault.
_PAGES: Mapping[int, int] = {403: 403, 404: 404, 405: 404, 409: 409, 429: 429, 503: 503}


def is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/") or request.url.path in {"/healthz", "/readyz", "/metrics"}


async def _refused(request: Request, error: Exception) -> Response:
    error = cast(CourtLinkError, error)
    return await answer(request, problem_of(error, conditional="if-match" in request.headers))


async def _not_signed_in(request: Request, error: Exception) -> Response:
    if is_api(request):
        challenge = {"WWW-Authenticate": 'Bearer realm="Court Link"'}
        return await answer(request, Problem(401, "not-signed-in", _SAID[401], challenge))
    where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    asked = f"?next={quote(where, safe='/')}" if request.method == "GET" and where != "/" else ""
    return RedirectResponse(f"/sign-in{asked}", 303)


async def _not_valid(request: Request, error: Exception) -> Response:
    error = cast(RequestValidationError, error)
    places = {str(each["loc"][0]) for each in error.errors()}
    if "path" in places:  # an address that cannot be anything's: absent like any other
        return await answer(request, problem_of(NotFound()))
    found = [FieldError(_field(each["loc"]), _sentence(each)) for each in error.errors()]
    return await answer(request, problem_of(Invalid(errors=found)))


async def _beyond(request: Request, error: Exception) -> Response:
    return await answer(request, problem_of(OutOfRange()))


async def _http(request: Request, error: Exception) -> Response:
    error = cast(HTTPException, error)
    status = error.status_code
    said = _SAID.get(status) or f"{HTTPStatus(status).phrase}."
    kind = _kebab(HTTPStatus(status).phrase.replace(" ", ""))
    return await answer(request, Problem(status, kind, said, dict(error.headers or {})))


async def _failed(request: Request, error: Exception) -> Response:
    return await answer(request, Problem(500, "error", _SAID[500]))


def install(app: FastAPI) -> None:
    """Answer every refusal and failure of this application as a problem."""
    handlers: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        CourtLinkError: _refused,
        NotSignedIn: _not_signed_in,
        RequestValidationError: _not_valid,
        HTTPException: _http,
        OverflowError: _beyond,
        Exception: _failed,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _field(place: Sequence[str | int]) -> str:
    """A validator's place as a JSON path or form field: `body, rooms, 0, name` is `rooms[0].name`."""
    inner = [each for each in place[1:] if isinstance(each, int) or not each.startswith("function-")]
    text = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in inner)
    return text.lstrip(".") or str(place[0])


#: Pydantic's kinds of error in words, by how the kind begins.
_SENTENCES: Sequence[tuple[str, str]] = (
    ("missing", "This is required"),
    ("json_invalid", "This is not valid JSON"),
    ("string_too_long", "This must be {max_length} characters or fewer"),
    ("string_too_short", "This must be {min_length} characters or more"),
    ("enum", "This must be one of {expected}"),
    ("literal_error", "This must be one of {expected}"),
    ("extra_forbidden", "There is no such field here"),
    ("uuid", "This is not an id"),
    ("date", "This is not a date and time with its zone, like 2026-11-23T10:15:00Z"),
    ("timezone", "This is not a date and time with its zone, like 2026-11-23T10:15:00Z"),
    ("greater_than_equal", "This must be {ge} or more"),
    ("greater_than", "This must be more than {gt}"),
    ("less_than_equal", "This must be {le} or less"),
    ("less_than", "This must be less than {lt}"),
    ("int", "This must be a whole number"),
    ("float", "This must be a number"),
)


def _sentence(error: Mapping[str, Any]) -> str:
    """What is wrong in a few words. Never the value, which may be personal."""
    said = next(
        (words for kind, words in _SENTENCES if error["type"].startswith(kind)), "This is not right here"
    )
    return said.format_map(error.get("ctx") or {})
