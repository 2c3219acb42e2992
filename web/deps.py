"""What endpoints ask for: the reader's view of the site, and the services behind it."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import compare_digest
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from ingest.page_image import Renderer
from kb.access import OPERATOR, PUBLIC, Access
from kb.services import Services
from web.htmx import vary
from web.i18n import LANGUAGE_COOKIE, Reader, negotiate, readers
from web.templating import environment

YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True)
class View:
    """A request and the language it is answered in."""

    request: Request
    reader: Reader

    def page(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """Render a template. Names it does not get are an error, so a page cannot half render."""
        html = (
            environment(self.reader)
            .get_template(template)
            .render(
                path=self.request.url.path,
                language_links=self._language_links(),
                **context,
            )
        )
        response = HTMLResponse(html, status, {"Content-Language": self.reader.code})
        response.headers["Vary"] = "Accept-Language, Cookie"
        vary(response)
        if self.request.query_params.get("lang") == self.reader.code:
            response.set_cookie(
                LANGUAGE_COOKIE, self.reader.code, max_age=YEAR_S, httponly=True, samesite="lax"
            )
        return response

    def _language_links(self) -> list[tuple[Reader, str]]:
        others = [(k, v) for k, v in self.request.query_params.multi_items() if k != "lang"]
        return [
            (reader, "?" + urlencode([*others, ("lang", code)]))
            for code, reader in readers().items()
        ]


def view(request: Request) -> View:
    return View(
        request,
        negotiate(
            request.query_params.get("lang"),
            request.cookies.get(LANGUAGE_COOKIE),
            request.headers.get("accept-language", ""),
        ),
    )


ViewDep = Annotated[View, Depends(view)]


def services(request: Request) -> Services:
    """The services the application was started with."""
    opened: Services = request.app.state.services
    return opened


ServicesDep = Annotated[Services, Depends(services)]


def is_operator(request: Request, opened: ServicesDep) -> bool:
    """Whether the request shows the token that only users who can read the data folder know."""
    owner = opened.ownership.owner
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return (
        owner is not None
        and scheme.lower() == "bearer"
        and compare_digest(token.encode(), owner.token.encode())
    )


OperatorDep = Annotated[bool, Depends(is_operator)]


def access(operator: OperatorDep) -> Access:
    """What this reader may see: what is public, or everything for who runs this installation."""
    return OPERATOR if operator else PUBLIC


AccessDep = Annotated[Access, Depends(access)]


def renderer(request: Request) -> Renderer:
    """What draws the pages of documents."""
    opened: Renderer = request.app.state.renderer
    return opened


RendererDep = Annotated[Renderer, Depends(renderer)]
