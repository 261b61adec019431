"""Serving an application over HTTP, and its end."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp

from court_link.settings import Settings

#: Seconds that running answers and live pages get when the service is asked to end.
GRACE = 5


def server(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    """A server on the settings' address. Only trusted proxies may say for whom they ask."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=GRACE,
            ws_max_size=64 * 1024,
        )
    )
