"""Harvesting by OAI-PMH 2.0."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette import status as http
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from kb.harvesting import public_records
from kb.messages import N_
from kb.runtime.services import Services
from kb.storage.db import Database
from web.exports.oai.answers import Repository, write_answer, write_error
from web.exports.oai.arguments import OaiError, OaiRequest, read_request
from web.http.addresses import site_of
from web.http.context import ServicesDep, ViewDep
from web.http.limits import RateLimited, limited
from web.http.queues import QueuedWork, WorkQueues
from web.rendering.i18n import Locale

MEDIA_TYPE = "text/xml; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
HEADERS = {"Cache-Control": "no-cache", "Vary": "Accept-Language"}

HARVESTING = [limited(RateLimited.SEARCH)]
LISTING = frozenset({"ListIdentifiers", "ListRecords"})
"""Verbs that list records."""

_TOO_MANY = N_(
    "The body cannot be read as a form, or has too many fields: send the arguments alone."
)

router = APIRouter(include_in_schema=False)


@router.get("/oai", dependencies=HARVESTING)
@router.post("/oai", dependencies=HARVESTING)
async def harvest(request: Request, view: ViewDep, services: ServicesDep) -> Response:
    """Answer one of the six verbs about what everybody may see, whoever asks."""
    given = request.query_params.multi_items()
    repository = Repository(site_of(request), services.settings)
    try:
        given += await _read_form(request)
    except OaiError as error:
        body = write_error(repository, {}, error, view.reader)
        return Response(body, media_type=MEDIA_TYPE, headers=HEADERS)
    queues: WorkQueues = request.app.state.queues
    async with queues[QueuedWork.HARVEST].place(request):
        body = await run_in_threadpool(_answer, services, repository, given, view.reader)
    return Response(body, media_type=MEDIA_TYPE, headers=HEADERS)


async def _read_form(request: Request) -> list[tuple[str, str]]:
    """The arguments in the body, if there is one. Raises OaiError."""
    if request.method != "POST" or not request.headers.get("content-type", "").startswith(FORM):
        return []
    try:
        async with request.form() as form:
            return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    except HTTPException as error:
        if error.status_code != http.HTTP_400_BAD_REQUEST:
            raise
        raise OaiError("badArgument", _TOO_MANY) from error


def _answer(
    services: Services, repository: Repository, given: list[tuple[str, str]], reader: Locale
) -> bytes:
    try:
        asked = read_request(given)
        _bring_up_to_date(services.database, repository, asked)
        with services.database.session() as session:
            return write_answer(session, repository, asked)
    except OaiError as error:
        return write_error(repository, dict(given), error, reader)


def _bring_up_to_date(database: Database, repository: Repository, asked: OaiRequest) -> None:
    """Everything where a list begins, a single record where it is asked for. Other answers do not
    depend on when records changed."""
    if asked.verb in LISTING and asked.resumed is None:
        public_records.refresh(database)
    elif key := repository.key_of(asked.identifier):
        public_records.refresh_one(database, key)
