"""Dependencies of endpoints: request context, access, services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Security
from fastapi.responses import HTMLResponse
from fastapi.security import HTTPBearer
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams

from ingest.processes.render import Renderer
from ingest.processes.uploaded_image import CoverReader, PictureReader
from kb.access import PUBLIC, Access, Right
from kb.messages import NotFound, TransientError
from kb.runtime.services import Services
from web.http import identity
from web.http.cookies import LANGUAGE_COOKIE, keep_language
from web.http.htmx import vary
from web.rendering.i18n import Locale, choose_locale, load_locales
from web.rendering.metadata import PageMetadata, SiteFacts
from web.rendering.navigation import list_menu_entries
from web.rendering.templating import environment

Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A non-negative integer that fits a 32-bit column: page, version or position."""


@dataclass(frozen=True)
class RequestContext:
    """A request, the language of its answer, and what the caller may see and do."""

    request: Request
    reader: Locale
    access: Access

    @property
    def site(self) -> SiteFacts:
        """What the page says of the site to programs."""
        settings = services(self.request).settings
        return SiteFacts(site_address(self.request), self.reader, settings.licence_address)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        metadata: PageMetadata | None = None,
        read_at: str | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """Render a template. A variable that the template lacks is an error (StrictUndefined).

        ``metadata``: what programs read of it; a page without is not to be listed by search
        engines. ``read_at``: the address of the page, if that is not the address of the request.
        """
        said = metadata if status == 200 else None
        asked = self.request.query_params.get("lang")
        html = (
            environment(self.reader)
            .get_template(template)
            .render(
                path=self.request.url.path,
                access=self.access,
                navigation=list_menu_entries(self.access),
                language_links=self._language_links(read_at),
                metadata=said,
                canonical=said.canonical(self.reader.code, asked) if said else "",
                offers_summaries=services(self.request).settings.offers_summaries,
                **context,
            )
        )
        response = HTMLResponse(html, status, {"Content-Language": self.reader.code})
        response.headers["Vary"] = "Accept-Language, Cookie"
        vary(response)
        if said is not None and (links := said.link_header()):
            response.headers["Link"] = links
        if asked == self.reader.code:
            keep_language(response, self.request, self.reader.code)
        return response

    def _language_links(self, address: str | None) -> list[tuple[Locale, str]]:
        path, _, query = (address or f"?{self.request.url.query}").partition("?")
        others = [(k, v) for k, v in QueryParams(query).multi_items() if k != "lang"]
        return [
            (reader, f"{path}?" + urlencode([*others, ("lang", code)]))
            for code, reader in load_locales().items()
        ]


def services(request: Request) -> Services:
    """The services that the application was started with."""
    opened: Services = request.app.state.services
    return opened


async def _find_services(request: Request) -> Services:
    """The same for routes: what is no coroutine is run in another thread, which takes longer."""
    return services(request)


def site_address(request: Request) -> str:
    """Scheme and host of this site without a trailing slash: from the settings, else from the
    request."""
    return services(request).settings.public_url or str(request.base_url).rstrip("/")


ServicesDep = Annotated[Services, Depends(_find_services)]


async def is_operator(request: Request, opened: ServicesDep) -> bool:
    """Whether the request comes from the ``kb`` command on this machine."""
    return identity.is_operator(request, opened)


OperatorDep = Annotated[bool, Depends(is_operator)]


def access(request: Request, opened: Services) -> Access:
    """What the caller may see and do."""
    return identity.access_of(request, opened)


async def _find_access(request: Request, opened: ServicesDep) -> Access:
    """The same for routes; only where the database must be asked, in another thread."""
    if identity.is_anonymous(request):
        return PUBLIC
    return await run_in_threadpool(access, request, opened)


AccessDep = Annotated[Access, Depends(_find_access)]


TOKEN = HTTPBearer(
    scheme_name="API token",
    auto_error=False,
    description="`Authorization: Bearer kbt_…`, made on the page of one's account. Reading what is "
    "public needs none; with one, what its account may see is found too. The scopes named at an "
    "operation are the rights its token must have.",
)


class NotAllowed(Exception):
    """The caller lacks a right: answered by the sign-in page, or by 403 if signed in."""

    def __init__(self, access: Access) -> None:
        super().__init__()
        self.access = access


def requires(right: Right) -> Any:
    """A dependency for routes and routers. Raises NotAllowed for a caller without the right."""

    def check(access: AccessDep, _: Any = Security(TOKEN, scopes=[right.value])) -> None:
        if not access.may(right):
            raise NotAllowed(access)

    check.right = right  # type: ignore[attr-defined]  # the test of routes reads it
    return Depends(check)


def own_account(access: AccessDep) -> str:
    """The id of the signed-in account.

    Raises NotAllowed for API tokens too: passwords, sessions and tokens are changed by people only.
    """
    if access.account_id is None or access.role is None:
        raise NotAllowed(access)
    return access.account_id


def require_account(access: Access) -> str:
    """The id of the account whose notes are asked for. Raises NotFound for a caller without one,
    such as the operator."""
    if access.account_id is None:
        raise NotFound()
    return access.account_id


OwnAccountDep = Annotated[str, Depends(own_account)]


def locale_of(request: Request) -> Locale:
    """The locale of the answer, with the time zone of the settings."""
    reader = choose_locale(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("accept-language", ""),
    )
    return reader.in_zone(services(request).settings.zone)


async def request_context(request: Request, access: AccessDep) -> RequestContext:
    return RequestContext(request, locale_of(request), access)


ViewDep = Annotated[RequestContext, Depends(request_context)]


def context_of_error(request: Request) -> RequestContext:
    """The context of a request that no endpoint answers; works without a database."""
    opened = services(request)
    try:
        seen = access(request, opened)
    except (SQLAlchemyError, TransientError, identity.BadToken):
        seen = PUBLIC
    return RequestContext(request, locale_of(request), seen)


def renderer(request: Request) -> Renderer:
    """The renderer of document pages."""
    opened: Renderer = request.app.state.renderer
    return opened


RendererDep = Annotated[Renderer, Depends(renderer)]


def covers(request: Request) -> CoverReader:
    """The decoder of collection images."""
    opened: CoverReader = request.app.state.covers
    return opened


CoversDep = Annotated[CoverReader, Depends(covers)]


def pictures(request: Request) -> PictureReader:
    """The decoder of pictures of practices."""
    opened: PictureReader = request.app.state.pictures
    return opened


PicturesDep = Annotated[PictureReader, Depends(pictures)]
