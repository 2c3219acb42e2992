"""The catalogue of open data (DCAT-AP_IT) and the files that it names."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from importlib.metadata import version
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette import status as http

from kb.practices.practice import Practice
from kb.runtime.services import Services
from kb.storage.db import Database
from web.exports.oai.answers import NO_MAIL, Repository
from web.exports.open_data import (
    describe_catalogue,
    read_public,
    read_state,
    write_jsonl,
    write_markdown,
    write_measurements_csv,
    write_practices_csv,
    write_results_csv,
)
from web.http.addresses import site_of
from web.http.context import ServicesDep
from web.http.entity_tags import has_current
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
    MEASUREMENTS_CSV = "measurements.csv"


@dataclass(frozen=True)
class Dump:
    """``write(database, site, licence)`` gives the pieces of the file."""

    media_type: str
    write: Callable[[Database, str, str], Iterator[str]]


def _of_practices(
    write: Callable[[Iterable[Practice], str, str], Iterator[str]],
) -> Callable[[Database, str, str], Iterator[str]]:
    return lambda database, site, licence: write(read_public(database), site, licence)


DUMPS: Mapping[DumpFile, Dump] = {
    DumpFile.PRACTICES_CSV: Dump("text/csv; charset=utf-8", _of_practices(write_practices_csv)),
    DumpFile.PRACTICES_JSONL: Dump("application/x-ndjson", _of_practices(write_jsonl)),
    DumpFile.PRACTICES_MARKDOWN: Dump(
        "text/markdown; charset=utf-8", _of_practices(write_markdown)
    ),
    DumpFile.RESULTS_CSV: Dump("text/csv; charset=utf-8", _of_practices(write_results_csv)),
    DumpFile.MEASUREMENTS_CSV: Dump("text/csv; charset=utf-8", write_measurements_csv),
}


@router.get(
    "/catalog.{suffix}", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)]
)
def catalogue(suffix: CatalogueFormat, request: Request, services: ServicesDep) -> Response:
    """What everybody may see, as datasets with their files, for catalogues of open data."""
    from kb.harvesting.dcat import build_graph

    answer = _begin(request, services)
    if answer.status_code == http.HTTP_304_NOT_MODIFIED:
        return answer
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
    return Response(content, media_type=media_type, headers=dict(answer.headers))


@router.get("/data/{file}", dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)])
def dump(file: DumpFile, request: Request, services: ServicesDep) -> Response:
    """The practices or measurements that everybody may see, whoever asks."""
    answer = _begin(request, services)
    if answer.status_code == http.HTTP_304_NOT_MODIFIED:
        return answer
    wanted = DUMPS[file]
    site, licence = site_of(request), services.settings.licence_address
    pieces = wanted.write(services.database, site, licence)
    named = {"Content-Disposition": f'attachment; filename="{file.value}"'}
    headers = {**answer.headers, **named}
    return StreamingResponse(pieces, media_type=wanted.media_type, headers=headers)


def _begin(request: Request, services: Services) -> Response:
    """An empty answer with the validators of the file: 304 if the client's copy is current."""
    state, settings = read_state(services.database), services.settings
    told = (
        state.digest, request.url.path, site_of(request), settings.licence_address,
        Repository(site_of(request), settings).mail, version("terre-comuni-kb"),
    )  # fmt: skip
    etag = f'W/"{hashlib.sha256(repr(told).encode()).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Last-Modified": format_datetime(state.changed.astimezone(UTC), usegmt=True),
        "Cache-Control": "no-cache",
    }
    current = has_current(request, etag, state.changed)
    return Response(status_code=304 if current else 204, headers=headers)
