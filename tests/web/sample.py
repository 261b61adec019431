"""A small application of one page, on which every shared part of the look stands once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from court_link.api.headers import SecurityHeaders
from court_link.api.pages.rendering import Frame, NavItem, render, templates
from court_link.api.pages.static import VersionedFiles
from court_link.domain.errors import FieldError
from court_link.domain.hearing import HearingState

NOW = datetime(2026, 11, 23, 9, 50, tzinfo=UTC)
FRAME = Frame(
    signed_in_as="A Listing-Officer, Hertfordshire courts",
    csrf_token="token",
    nav=(NavItem("/sample", "Today"), NavItem("/book", "Find a time"), NavItem("/report", "Capacity")),
    demo=True,
)


class Sample:
    """`count` is the state of the page; the stream can be refused, to see a page go stale and come back."""

    def __init__(self) -> None:
        self.count = 0
        self.sent: list[dict[str, str]] = []
        self.origins: list[str] = []
        self.refusing = False
        self.asked_after: list[str] = []
        self.hold = 600
        self._page = templates.from_string((Path(__file__).parent / "sample.html").read_text())
        routes = [
            Route("/sample", self.page),
            Route("/sample", self.post, methods=["POST"]),
            Route("/live", self.live),
            Route("/errors/{status:int}", self.error),
            Mount("/static", VersionedFiles()),
        ]
        self.app = SecurityHeaders(Starlette(routes=routes), https=False)

    async def page(self, request: Request) -> Response:
        return self._answer(request)

    async def post(self, request: Request) -> Response:
        form = await request.form()
        self.sent.append({name: str(value) for name, value in form.items()})
        self.origins.append(request.headers.get("origin", ""))
        await asyncio.sleep(0.3)  # long enough for a second press to arrive
        errors = [
            FieldError("reference", "Enter a case reference"),
            FieldError("medium", "Say how they take part"),
        ]
        return self._answer(request, status=422, errors=errors, values=form)

    def _answer(self, request: Request, **more: object) -> Response:
        request.state.frame = FRAME
        return render(
            request,
            self._page,
            live=("sample",),
            live_after=str(self.count),
            count=self.count,
            states=list(HearingState),
            now=NOW,
            start=NOW + timedelta(seconds=self.hold),
            **more,  # type: ignore[arg-type]
        )

    async def live(self, request: Request) -> Response:
        after = request.headers.get("last-event-id") or request.query_params["after"]
        self.asked_after.append(after)
        if self.refusing:
            return PlainTextResponse("busy", status_code=503)
        return StreamingResponse(self._stream(int(after)), media_type="text/event-stream")

    async def _stream(self, seen: int) -> AsyncIterator[str]:
        yield "retry: 200\n\n"
        while not self.refusing:
            if self.count > seen:
                seen = self.count
                yield f"id: {seen}\ndata: sample\n\n"
            await asyncio.sleep(0.02)

    async def error(self, request: Request) -> Response:
        request.state.frame = FRAME
        status = request.path_params["status"]
        return render(request, f"errors/{status}.html", status=status, request_id="CLNK-1234")
