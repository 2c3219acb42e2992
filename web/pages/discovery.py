"""What programs ask a site for first: robots.txt, sitemaps, the description of its search."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response
from starlette.responses import StreamingResponse

from kb.constants import A_DAY_S
from web.exports.sitemap import (
    SitemapPart,
    list_pages,
    list_sitemaps,
    write_index,
    write_sitemap,
)
from web.http.addresses import site_of
from web.http.context import ServicesDep, ViewDep
from web.presenters.metadata.site import TAGLINE
from web.rendering.metadata import SITE_NAME
from web.rendering.templating import environment

router = APIRouter(include_in_schema=False)

XML = "application/xml; charset=utf-8"
DISALLOWED = (
    "/api/", "/search", "/compare", "/scenarios", "/network", "/login", "/upload", "/account",
    "/admin/", "/contribute/",
)  # fmt: skip
"""Pages made anew for each question, of people, and those of work; what one may see is decided
elsewhere."""


@router.get("/robots.txt")
def robots(view: ViewDep) -> Response:
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in DISALLOWED),
        "",
        f"Sitemap: {site_of(view.request)}/sitemap.xml",
        "",
    ]
    return Response("\n".join(lines), media_type="text/plain; charset=utf-8")


@router.get("/sitemap.xml")
def sitemap_index(view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        body = "".join(write_index(list_sitemaps(session), site_of(view.request)))
    return Response(body, media_type=XML)


@router.get("/sitemaps/{part}.xml")
def sitemap(
    part: SitemapPart,
    view: ViewDep,
    services: ServicesDep,
    start: Annotated[str, Query(alias="from", max_length=100)] = "",
) -> Response:
    """``from``: the key that it begins with."""
    if part is SitemapPart.ISSUES and start and not _is_number(start):
        raise HTTPException(404)
    pages = list_pages(services.database, part, start)
    return StreamingResponse(write_sitemap(pages, site_of(view.request)), media_type=XML)


@router.get("/opensearch.xml")
def search_description(view: ViewDep) -> Response:
    """OpenSearch 1.1: lets browsers and catalogues search here."""
    template = environment(view.reader).get_template("site/opensearch.xml")
    body = template.render(name=SITE_NAME, tagline=TAGLINE, site=site_of(view.request))
    headers = {"Cache-Control": f"public, max-age={A_DAY_S}", "Vary": "Accept-Language, Cookie"}
    return Response(body, media_type="application/opensearchdescription+xml", headers=headers)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
