"""What every answer carries and every request must pass: headers, origin and size."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Refusal = Callable[[Scope, int], Awaitable[Response]]


class SecurityMiddleware:
    """Adds the headers, and refuses a forged or an oversized request before it is read.

    ``refuse(scope, status)`` makes the error page. Starlette's own limit holds for bodies that do
    not declare their length; declared ones are refused here so that people get a page.
    """

    def __init__(self, app: ASGIApp, refuse: Refusal, max_body_size: int) -> None:
        self.app = app
        self.refuse = refuse
        self.max_body_size = max_body_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if status := self._objection(scope):
            response = await self.refuse(scope, status)
            await response(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)

    def _objection(self, scope: Scope) -> int | None:
        headers = Headers(scope=scope)
        if scope["method"] not in SAFE_METHODS and is_cross_site(headers):
            return 403
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self.max_body_size:
            return 413
        return None


def is_cross_site(headers: Headers) -> bool:
    """Whether another site makes a browser send this request.

    Browsers cannot be made to leave out or to forge ``Sec-Fetch-Site`` and ``Origin`` (W3C Fetch
    Metadata); scripts outside a browser send neither and carry no cookies of a victim.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")
