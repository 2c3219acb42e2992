"""Security headers on answers; checks of host, origin and size on requests."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.access import PUBLIC, Access, Right
from kb.constants import A_YEAR_S
from kb.messages import TransientError
from kb.runtime.metrics import REFUSED_REQUESTS
from kb.runtime.services import Services
from kb.settings import Settings
from web.http.cookies import SESSION_COOKIE
from web.http.identity import BadToken, access_of
from web.http.queues import RefusedAtOnce

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
STRICT_TRANSPORT = f"max-age={A_YEAR_S}"
NOT_KEPT = "private, no-store"
"""``Cache-Control`` of answers to signed-in readers, unless the endpoint sets its own."""
UNDER_ANY_NAME = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})
"""Addresses that supervisors ask by the address of a process or pod; nothing that they answer
depends on ``Host``."""
HARVESTING = "/oai"
"""It answers nonsense in its own words."""
THE_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
FORM_BYTES = 2 << 20
"""Largest body without a file; many times that of the longest card."""
UPLOADS = (
    (re.compile(r"/upload|(/api/v1)?/documents(/[^/]+/versions)?"), Right.DOCUMENTS),
    (re.compile(r"/collections/[^/]+(/edit|/photographs)?"), Right.COLLECTIONS),
    (re.compile(r"/practices/[^/]+/picture"), Right.PRACTICES),
    (
        re.compile(r"(/api/v1)?/projects/[^/]+/indicators/[^/]+/(measure|measurements)"),
        Right.PROJECTS,
    ),
)
"""Addresses that take files, and the right each needs."""
ONE_CLICK = re.compile(r"/(?:magazine|news)/leave/[^/]+")
"""Addresses that other sites may post to: the token in them is all that is needed (RFC 8058)."""
MOST_UPLOADS = 8
"""Large bodies read at the same time; each is on the disk until complete."""
RETRY_S = 10
UNKNOWN = 1 << 40
"""Size assumed for a body without a declared length: above every limit."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Refusal = Callable[[Scope, int], Awaitable[Response]]


@dataclass(frozen=True)
class RequestRules:
    """Configuration of the middleware. Without ``hosts`` any host name is accepted."""

    max_body_size: int
    hosts: frozenset[str] = frozenset()
    origin: str = ""
    """Scheme, host and port of the site, if known."""

    @property
    def is_https(self) -> bool:
        return self.origin.startswith("https:")


def hosts_of(settings: Settings, listening: str) -> frozenset[str]:
    """The host names that requests may have; empty accepts all.

    A program on loopback accepts loopback names only, against DNS rebinding; one that listens on
    the network accepts all names until its own is configured.
    """
    public = urlsplit(settings.public_url or "").hostname
    allowed = {host.strip().casefold() for host in (settings.allowed_hosts or "").split(",")}
    named = (allowed | {public or ""}) - {""}
    if listening not in THE_MACHINE and not named:
        return frozenset()
    return frozenset(named | THE_MACHINE | {listening})


class SecurityMiddleware:
    """Adds the headers and refuses forged or oversized requests before reading the body.

    ``refuse(scope, status)`` builds the error answer, ``refuse_busy(scope, seconds)`` that to an
    upload beyond ``MOST_UPLOADS``. Starlette's own limit covers bodies without a
    declared length; declared ones are refused here, with an error page.
    """

    def __init__(
        self, app: ASGIApp, refuse: Refusal, refuse_busy: Refusal, rules: RequestRules
    ) -> None:
        self.app = app
        self.refuse = refuse
        self.refuse_busy = refuse_busy
        self.rules = rules
        self._uploads = 0
        self._coming = 0
        """Bytes of the bodies being read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(MutableHeaders(scope=message), scope)
            await send(message)

        status = self._objection(scope)
        limit = FORM_BYTES if status else await self._find_limit(scope)
        status = status or _check_length(scope, limit)
        if status:
            response = await self.refuse(scope, status)
            await response(scope, receive, send_with_headers)
            return
        if _declared_length(scope) <= FORM_BYTES:
            limit = FORM_BYTES
        app = RequestBodyLimitMiddleware(self.app, max_body_size=limit)
        if limit == FORM_BYTES:
            await app(scope, receive, send_with_headers)
            return
        coming = min(_declared_length(scope), limit)
        if self._uploads >= MOST_UPLOADS:
            REFUSED_REQUESTS.labels(RefusedAtOnce.UPLOAD).inc()
            response = await self.refuse_busy(scope, RETRY_S)
            await response(scope, receive, send_with_headers)
            return
        if not _has_space(scope, self._coming + coming):
            response = await self.refuse(scope, 503)
            response.headers["Retry-After"] = str(RETRY_S)
            await response(scope, receive, send_with_headers)
            return
        self._uploads += 1
        self._coming += coming
        try:
            await app(scope, receive, send_with_headers)
        finally:
            self._uploads -= 1
            self._coming -= coming

    def _add_headers(self, answered: MutableHeaders, scope: Scope) -> None:
        for name, value in HEADERS.items():
            answered.setdefault(name, value)
        if self.rules.is_https:
            answered.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
        asked = Headers(scope=scope)
        personal = SESSION_COOKIE in asked.get("cookie", "") or "authorization" in asked
        if personal and not scope["path"].startswith("/static/"):
            answered.setdefault("Cache-Control", NOT_KEPT)

    def _objection(self, scope: Scope) -> int | None:
        headers = Headers(scope=scope)
        if self._is_misdirected(headers, scope["path"]):
            return 421
        if (
            scope["method"] not in SAFE_METHODS
            and not ONE_CLICK.fullmatch(scope["path"])
            and is_cross_site(headers, self.rules.origin, scope["scheme"])
        ):
            return 403
        if b"%00" in scope.get("query_string", b"") and scope["path"] != HARVESTING:
            return 422
        if "\0" in scope["path"]:
            return 404
        return None

    def _is_misdirected(self, headers: Headers, path: str) -> bool:
        hosts = self.rules.hosts
        return bool(hosts) and path not in UNDER_ANY_NAME and host_of(headers) not in hosts

    async def _find_limit(self, scope: Scope) -> int:
        """Bytes that the body may have; large ones only at addresses that take files, from callers
        with the right. Checked before the body is read."""
        if scope["method"] in SAFE_METHODS:
            return FORM_BYTES
        right = next((right for path, right in UPLOADS if path.fullmatch(scope["path"])), None)
        if right is None:
            return FORM_BYTES
        access = await run_in_threadpool(_access_of, Request(scope))
        return self.rules.max_body_size if access.may(right) else FORM_BYTES


def _has_space(scope: Scope, coming: int) -> bool:
    """Whether the reserve of disk space remains after ``coming`` more bytes."""
    services: Services = scope["app"].state.services
    try:
        services.require_space(coming)
    except TransientError:
        return False
    return True


def _access_of(request: Request) -> Access:
    try:
        return access_of(request, request.app.state.services)
    except (BadToken, SQLAlchemyError, TransientError):
        return PUBLIC


def _declared_length(scope: Scope) -> int:
    """Content-Length in bytes; ``UNKNOWN`` for a chunked body or an invalid header, 0 without a
    body."""
    headers = Headers(scope=scope)
    if "content-length" not in headers:
        return UNKNOWN if "transfer-encoding" in headers else 0
    declared = headers["content-length"]
    return int(declared) if declared.isdecimal() and len(declared) <= 18 else UNKNOWN


def _check_length(scope: Scope, limit: int) -> int | None:
    """413 if the declared length is above the limit."""
    declared = _declared_length(scope)
    is_declared = "content-length" in Headers(scope=scope)
    return 413 if is_declared and declared > limit else None


def host_of(headers: Headers) -> str:
    """The host name of the ``Host`` header without port; empty if invalid."""
    try:
        return (urlsplit("//" + headers.get("host", "")).hostname or "").casefold()
    except ValueError:
        return ""


def is_cross_site(headers: Headers, own_origin: str, scheme: str) -> bool:
    """Whether another site caused the browser to send this request.

    Pages cannot make a browser omit or forge ``Sec-Fetch-Site`` and ``Origin`` (W3C Fetch
    Metadata). Programs other than browsers send neither, and carry no victim's cookies.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None or (own_origin and origin == own_origin):
        return False
    return origin != f"{scheme}://{headers.get('host', '')}"
