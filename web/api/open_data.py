"""The catalogue of open data (DCAT-AP_IT) and the files that it names."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from kb.practices.practice import Practice
from web.exports.oai.answers import NO_MAIL, Repository
from web.exports.open_data import (
    describe_catalogue,
    read_public,
    write_jsonl,
    write_markdown,
    write_practices_csv,
    write_results_csv,
)
from web.http.addresses import site_of
from web.http.context import ServicesDep
from web.http.limits import RateLimited, limited
from web.http.queues import QueuedWork, queued

router = APIRouter(include_in_schema=False)


class CatalogueFormat(enum.StrEnum):
    TURTLE = "ttl"
    RDF_XML = "rdf"
    JSON_LD = "jsonld"


SERIALISERS: Mapping[CatalogueFormat, tuple[str, str]] = {
    CatalogueFormat.TURTLE: ("turtle", "text/turtle; charset=utf-8"),
    CatalogueFormat.RDF_XML: ("pretty-xml", "application/rdf+xml"),
    CatalogueFormat.JSON_LD: ("json-ld", "application/ld+json"),
}
"""Name of rdflib's serialiser and media type of each format."""


class DumpFile(enum.StrEnum):
    PRACTICES_CSV = "practices.csv"
    PRACTICES_JSONL = "practices.jsonl"
    PRACTICES_MARKDOWN = "practices.md"
    RESULTS_CSV = "results.csv"


@dataclass(frozen=True)
class Dump:
    """``write(practices, site, licence)`` gives the pieces of the file."""

    media_type: str
    write: Callable[[Iterable[Practice], str, str], Iterator[str]]


DUMPS: Mapping[DumpFile, Dump] = {
    DumpFile.PRACTICES_CSV: Dump("text/csv; charset=utf-8", write_practices_csv),
    DumpFile.PRACTICES_JSONL: Dump("application/x-ndjson", write_jsonl),
    DumpFile.PRACTICES_MARKDOWN: Dump("text/markdown; charset=utf-8", write_markdown),
    DumpFile.RESULTS_CSV: Dump("text/csv; charset=utf-8", write_results_csv),
}


@router.get(
    "/catalog.{suffix}", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)]
)
def catalogue(suffix: CatalogueFormat, request: Request, services: ServicesDep) -> Response:
    """What everybody may see, as datasets with their files, for catalogues of open data."""
    from kb.harvesting.dcat import build_graph

    site, settings = site_of(request), services.settings
    mail = Repository(site, settings).mail
    described = describe_catalogue(
        services.database,
        site,
        urlsplit(site).hostname or "localhost",
        "" if mail == NO_MAIL else mail,
        settings.licence_address,
    )
    name, media_type = SERIALISERS[suffix]
    content = build_graph(described).serialize(format=name, encoding="utf-8")
    return Response(content, media_type=media_type, headers={"Cache-Control": "no-cache"})


@router.get("/data/{file}", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)])
def dump(file: DumpFile, request: Request, services: ServicesDep) -> Response:
    """The practices that everybody may see, whoever asks."""
    wanted = DUMPS[file]
    practices = read_public(services.database)
    pieces = wanted.write(practices, site_of(request), services.settings.licence_address)
    headers = {
        "Content-Disposition": f'attachment; filename="{file.value}"',
        "Cache-Control": "no-cache",
    }
    return StreamingResponse(pieces, media_type=wanted.media_type, headers=headers)
