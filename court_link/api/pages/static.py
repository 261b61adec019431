"""The files a page needs: each named with the hash of its content, so browsers may keep it for a year."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from urllib.parse import parse_qs

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from court_link.paths import WEB

STATIC = WEB / "static"


@cache
def _version(path: str) -> str:
    return sha256((STATIC / path).read_bytes()).hexdigest()[:16]


def static(path: str) -> str:
    """The address of a file under `web/static`, which changes when its content does.

    Raises FileNotFoundError for a file that is not there, so that a page with a wrong name fails in a test.
    """
    return f"/static/{path}?v={_version(path)}"


class VersionedFiles(StaticFiles):
    """Serves `web/static`: for ever under its own version, else asked about each time.

    A module or an image that a static file itself names carries no version; browsers ask whether it changed.
    """

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("v")
        if response.status_code in (200, 304):
            current = asked == [_version(path)]
            response.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if current else "no-cache"
            )
        return response
