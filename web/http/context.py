"""What endpoints ask for: the reader's view of the site, and the services behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Security
from fastapi.responses import HTMLResponse
from fastapi.security import HTTPBearer
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError

from ingest.processes.cover_image import CoverReader
from ingest.processes.render import Renderer
from kb.access import PUBLIC, Access, Right
from kb.messages import NotFound, TransientError
from kb.runtime.services import Services
from web.http import identity
from web.http.cookies import LANGUAGE_COOKIE, keep_language
from web.http.htmx import vary
from web.rendering.i18n import Locale, choose_locale, load_locales
from web.rendering.navigation import list_menu_entries
from web.rendering.templating import environment

Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A page, a version or a position, in an address or a form: as large as every database holds."""


@dataclass(frozen=True)
class RequestContext:
    """A request and the language it is answered in."""

    request: Request
    reader: Locale
    access: Access

    def page(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """Render a template. Names it does not get are an error, so a page cannot half render."""
        html = (
            environment(self.reader)
            .get_template(template)
            .render(
                path=self.request.url.path,
                access=self.access,
                navigation=list_menu_entries(self.access),
                language_links=self._language_links(),
                **context,
            )
        )
        response = HTMLResponse(html, status, {"Content-Language": self.reader.code})
        response.headers["Vary"] = "Accept-Language, Cookie"
        vary(response)
        if self.request.query_params.get("lang") == self.reader.code:
            keep_language(response, self.request, self.reader.code)
        return response

    def _language_links(self) -> list[tuple[Locale, str]]:
        others = [(k, v) for k, v in self.request.query_params.multi_items() if k != "lang"]
        return [
            (reader, "?" + urlencode([*others, ("lang", code)]))
            for code, reader in load_locales().items()
        ]


def services(request: Request) -> Services:
    """The services the application was started with."""
    opened: Services = request.app.state.services
    return opened


ServicesDep = Annotated[Services, Depends(services)]


def is_operator(request: Request, opened: ServicesDep) -> bool:
    """Whether ``kb`` asks, from the terminal of who runs the program."""
    return identity.is_operator(request, opened)


OperatorDep = Annotated[bool, Depends(is_operator)]


def access(request: Request, opened: ServicesDep) -> Access:
    """What this reader may see and do."""
    return identity.access_of(request, opened)


AccessDep = Annotated[Access, Depends(access)]


TOKEN = HTTPBearer(
    scheme_name="API token",
    auto_error=False,
    description="`Authorization: Bearer kbt_…`, made on the page of one's account. Reading what is "
    "public needs none; with one, what its account may see is found too. The scopes named at an "
    "operation are the rights its token must have.",
)


class NotAllowed(Exception):
    """The reader lacks a right: to be asked to sign in, or refused if that was done."""

    def __init__(self, access: Access) -> None:
        super().__init__()
        self.access = access


def requires(right: Right) -> Any:
    """A dependency for routes and routers: whoever lacks the right gets no further."""

    def check(access: AccessDep, _: Any = Security(TOKEN, scopes=[right.value])) -> None:
        if not access.may(right):
            raise NotAllowed(access)

    check.right = right  # type: ignore[attr-defined]  # the test of routes reads it
    return Depends(check)


def own_account(access: AccessDep) -> str:
    """The id of the account that has signed in: passwords, sessions and tokens are no business of
    programs, whatever their token may do."""
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
    """The language the request is answered in, with the time zone of the settings."""
    reader = choose_locale(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("accept-language", ""),
    )
    return reader.in_zone(services(request).settings.zone)


def request_context(request: Request, access: AccessDep) -> RequestContext:
    return RequestContext(request, locale_of(request), access)


ViewDep = Annotated[RequestContext, Depends(request_context)]


def context_of_error(request: Request) -> RequestContext:
    """The view of a request that no endpoint answers; it needs no database that works."""
    opened = services(request)
    try:
        seen = access(request, opened)
    except (SQLAlchemyError, TransientError, identity.BadToken):
        seen = PUBLIC
    return RequestContext(request, locale_of(request), seen)


def renderer(request: Request) -> Renderer:
    """What draws the pages of documents."""
    opened: Renderer = request.app.state.renderer
    return opened


RendererDep = Annotated[Renderer, Depends(renderer)]


def covers(request: Request) -> CoverReader:
    """What decodes the images of collections."""
    opened: CoverReader = request.app.state.covers
    return opened


CoversDep = Annotated[CoverReader, Depends(covers)]
