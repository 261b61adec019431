"""Security headers on every response, whatever made it.

This is the outermost middleware: it stands outside Starlette's own error handler (wrap the finished
application, do not `add_middleware`), or a 500 would go out bare.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: The one inline line of the GOV.UK page template, which tells style sheets that scripts run.
#: A test compares it with the installed template.
TEMPLATE_SCRIPT = (
    "document.body.className += ' js-enabled' + "
    "('noModule' in HTMLScriptElement.prototype ? ' govuk-frontend-supported' : '');"
)

SORRY = "Sorry, there is a problem with the service. Try again later.\n"


def content_security_policy() -> str:
    """Nothing but our own origin, no inline style, and one inline script, by its hash."""
    digest = b64encode(sha256(TEMPLATE_SCRIPT.encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'sha256-{digest}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "media-src 'self' blob:",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """Wraps the whole application. `https` says whether people reach it over TLS (then HSTS is sent)."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            # Nothing to other sites. Not "no-referrer": under it browsers send `Origin: null` with our own
            # forms, and the check against forged requests would refuse them all.
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                # Most pages are personal: what may be kept says so itself.
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            # Starlette answers its own 500s; this is for what fails before or outside it.
            if not started:
                plain = PlainTextResponse(SORRY, status_code=500)
                await plain(scope, receive, send_with_headers)
            raise
