"""No request body is larger than its address takes."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DEFAULT = 1024 * 1024
IMPORT = 129 * 1024 * 1024  # what `importing.reading` takes, and the form around it
ROTA = 33 * 1024 * 1024  # what `importing.rota` takes, and the form around it
STAFF = 9 * 1024 * 1024  # what `importing.csvs` takes, and the form around it
EXHIBIT = 5 * 1024 * 1024  # what `media.exhibits` takes
#: Addresses (and those below them) that take more.
LARGER: Mapping[str, int] = {
    "/staff/import": STAFF,
    "/api/staff/imports": STAFF,
    "/imports": IMPORT,
    "/api/imports": IMPORT,
    "/sittings/rota": ROTA,
    "/api/rotas": ROTA,
}


class TooLarge(HTTPException):
    """Raised where the body is read, so that it is answered as any other problem."""

    def __init__(self) -> None:
        super().__init__(413, headers={"Connection": "close"})


def limit_of(path: str) -> int:
    if path.startswith("/api/hearings/") and path.endswith("/exhibits"):
        return EXHIBIT
    return next(
        (most for start, most in LARGER.items() if path == start or path.startswith(f"{start}/")), DEFAULT
    )


class BodyLimits:
    """Refuses a declared length at once, and stops reading an undeclared one where it passes the limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most, read = limit_of(scope["path"]), 0
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")

        async def receive_within() -> Message:
            nonlocal read
            if declared.isdigit() and int(declared) > most:
                raise TooLarge()
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise TooLarge()
            return message

        await self._app(scope, receive_within, send)
