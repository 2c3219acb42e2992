"""Errors as a page in the reader's language, or as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from urllib.parse import quote, urlencode

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import iter_route_contexts
from starlette import status as http
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import Scope

from kb.access import PUBLIC
from kb.flaws import flaw_of
from kb.messages import (
    N_,
    ConfigurationError,
    KbError,
    Message,
    NotFound,
    ServiceRefuses,
    ServiceUnavailable,
    TransientError,
    describe_duration,
)
from kb.projects.validated import InvalidFields, NotNow, ProjectConflict
from kb.storage.db import DatabaseUnavailable
from kb.storage.originals import FilesAway
from web.http.addresses import local_path
from web.http.context import NotAllowed, RequestContext, context_of_error, locale_of
from web.http.htmx import wants_fragment
from web.http.identity import BadToken
from web.http.limits import TooManyRequests
from web.http.problems import (
    PROBLEM_JSON,
    TITLES,
    ProblemDetails,
    ProblemField,
    ProblemType,
    RefusedRequest,
)
from web.http.programs import is_for_programs
from web.http.queues import ServerBusy
from web.http.requests import FailureMiddleware
from web.rendering.i18n import Locale

log = structlog.get_logger()

SENTENCES = {
    400: N_("The request could not be understood: go back and try again."),
    401: N_("This needs an account: sign in, or send an API token."),
    403: N_("The request came from another site and was refused: open this site and try again."),
    404: N_("There is nothing at this address: it was removed, or the address has a mistake."),
    405: N_("This address does not accept this kind of request."),
    406: N_("This address has no answer of the kind that was asked for: ask for another."),
    408: N_("The request took too long to arrive and was given up: send it again."),
    409: N_("It was changed meanwhile: read it again, then repeat the change."),
    410: N_("This link was used or is too old: ask for another."),
    413: N_("The upload is too large: send fewer or smaller files."),
    412: N_("It was changed meanwhile: read it again, then repeat the change."),
    415: N_("This address does not read content of this kind: send another."),
    421: N_("This site does not answer under this name: see KB_ALLOWED_HOSTS."),
    422: N_("A part of the request is missing or not valid: check what you filled in."),
    429: N_("Too many requests: try again in a moment."),
    431: N_("The headers of the request are too large: delete the cookies of this site."),
    500: N_("Something went wrong here, not with you: the problem was written to the log."),
    503: N_("The service is not ready yet: try again in a moment."),
}
REFUSED = N_("The request was refused: check it, then try again.")
"""Of a status from 400 to 499 without a sentence of its own."""
SAFE_IN_PATH = "/:@!$&'()*+,;=~"
"""Characters of a path that stay as they are."""
NO_RIGHT = Message(N_("Your account may not do this: ask an administrator."))
SIGN_IN = Message(N_("This needs an account: sign in, or send an API token."))
SEARCH_AWAY = Message(
    N_("Search does not answer at the moment: try again in a few minutes. Everything else works.")
)
"""What is said of a server's outage; its reason is for the log and for /health."""
RETRY_AFTER_S = 10
"""Seconds after which what was not possible may be."""
TOO_MANY = N_("Too many attempts: try again in {wait}.")
BUSY = N_("Too many requests are waiting at this moment: try again in {wait}.")
FILES_AWAY = Message(
    N_("The storage of files cannot be used at the moment: try again in a few minutes.")
)
DATABASE_AWAY = Message(
    N_("The database cannot be used at the moment: try again in a few minutes.")
)
BAD_TOKEN = Message(N_("The API token is invalid or has expired: make a new one."))


def install(app: FastAPI) -> None:
    app.exception_handler(HTTPException)(_on_http)
    app.exception_handler(NotFound)(_on_not_found)
    app.exception_handler(RequestValidationError)(_on_validation)
    app.exception_handler(KbError)(_on_kb_error)
    app.exception_handler(NotAllowed)(_on_not_allowed)
    app.exception_handler(TooManyRequests)(_on_too_many)
    app.exception_handler(ServerBusy)(_on_busy)
    app.exception_handler(BadToken)(_on_bad_token)
    app.add_middleware(FailureMiddleware, answer=_on_unexpected)


async def refuse(scope: Scope, status: int) -> Response:
    """The error answer to a request that does not reach an endpoint."""
    return answer(Request(scope), status)


async def refuse_busy(scope: Scope, wait_s: int) -> Response:
    """503 with the time to wait. It is made without the database, which may be what is busy: the
    page does not show who is signed in."""
    request = Request(scope)
    reader = locale_of(request)
    sentence = reader.say(Message(BUSY, {"wait": describe_duration(wait_s)}))
    response: Response
    if is_for_programs(request):
        response = _describe_problem(request, reader, 503, sentence)
    else:
        template = "errors/_busy.html" if wants_fragment(request) else "errors/busy.html"
        again = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        response = RequestContext(request, reader, PUBLIC).page(
            template,
            status=503,
            sentence=sentence,
            again=local_path(again) if request.method in ("GET", "HEAD") else "",
        )
    response.headers["Retry-After"] = str(wait_s)
    return response


def answer(
    request: Request,
    status: int,
    message: Message | None = None,
    flaws: Sequence[ProblemField] = (),
    kind: ProblemType = ProblemType.BLANK,
) -> Response:
    """The error page, or problem details for programs."""
    message = message or _say_status(status)
    seen = context_of_error(request)
    sentence = seen.reader.say(message)
    if is_for_programs(request):
        return _describe_problem(request, seen.reader, status, sentence, flaws, kind)
    template = "errors/_error.html" if wants_fragment(request) else "errors/page.html"
    return seen.page(
        template,
        status=status,
        code=status,
        sentence=sentence,
        reference=_reference_of(request, status),
    )


def _say_status(status: int) -> Message:
    return Message(SENTENCES.get(status) or (REFUSED if status < 500 else SENTENCES[500]))


def _describe_problem(  # what a problem says
    request: Request,
    reader: Locale,
    status: int,
    sentence: str,
    flaws: Sequence[ProblemField] = (),
    kind: ProblemType = ProblemType.BLANK,
) -> Response:
    if flaws and kind is ProblemType.BLANK:
        kind = ProblemType.INVALID_FIELDS
    title = TITLES.get(kind)
    problem = ProblemDetails(
        type=kind,
        title=reader.gettext(title) if title else HTTPStatus(status).phrase,
        status=status,
        detail=sentence,
        instance=quote(request.url.path, safe=SAFE_IN_PATH),
        problems=list(flaws),
        request=_reference_of(request, status),
    )
    return JSONResponse(problem.model_dump(exclude_defaults=True), status, media_type=PROBLEM_JSON)


def _reference_of(request: Request, status: int) -> str:
    """The number of the request in the log, where something broke."""
    return getattr(request.state, "request_id", "") if status >= 500 else ""


def status_of(error: KbError) -> int:
    """HTTP status of an error: 503 for temporary and configuration errors, 409 for a change of
    something that changed meanwhile, otherwise 422, or its own."""
    if isinstance(error, RefusedRequest):
        return error.status
    if isinstance(error, ProjectConflict):
        return http.HTTP_409_CONFLICT
    temporary = isinstance(error, TransientError | ConfigurationError)
    return http.HTTP_503_SERVICE_UNAVAILABLE if temporary else http.HTTP_422_UNPROCESSABLE_CONTENT


def sentence_of(error: KbError) -> Message:
    """What readers are told: of a server behind the program only that it is away."""
    if isinstance(error, DatabaseUnavailable):
        return DATABASE_AWAY
    if isinstance(error, FilesAway):
        return FILES_AWAY
    away = isinstance(error, ServiceUnavailable | ServiceRefuses)
    return SEARCH_AWAY if away else error.message


def announce_retry(response: Response, status: int) -> None:
    """Say when to ask again, if this was not possible at the moment."""
    if status == http.HTTP_503_SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)


async def _on_not_found(request: Request, error: NotFound) -> Response:
    return answer(request, http.HTTP_404_NOT_FOUND, error.message)


async def _on_http(request: Request, error: HTTPException) -> Response:
    """OPTIONS, for which there is no route, is answered by the methods that there are."""
    if error.status_code == http.HTTP_405_METHOD_NOT_ALLOWED and request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": _list_methods(request)})
    response = answer(request, error.status_code)
    response.headers.update(error.headers or {})
    if error.status_code == http.HTTP_405_METHOD_NOT_ALLOWED:
        response.headers["Allow"] = _list_methods(request)
    return response


def _list_methods(request: Request) -> str:
    """The methods of all routes that match the address; HEAD where GET is, and OPTIONS. What is no
    route, such as a folder of files, is read only."""
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.path is not None and compile_path(route.path)[0].match(request.scope["path"]):
            methods |= route.methods or set()
    methods = methods or {"GET"}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set()) | {"OPTIONS"}))


async def _on_validation(request: Request, error: RequestValidationError) -> Response:
    """The first flaw is the message; JSON lists all of them. Pages and files of which the address
    itself is wrong are not there."""
    errors = error.errors()
    if not is_for_programs(request) and any(one["loc"][:1] == ("path",) for one in errors):
        return answer(request, http.HTTP_404_NOT_FOUND)
    say = context_of_error(request).reader.say
    flaws = [ProblemField(field=list(one["loc"]), problem=say(flaw_of(one))) for one in errors]
    first = flaw_of(errors[0]) if errors else None
    return answer(request, http.HTTP_422_UNPROCESSABLE_CONTENT, first, flaws)


async def _on_kb_error(request: Request, error: KbError) -> Response:
    status = status_of(error)
    log.warning("request refused", path=request.url.path, status=status, reason=str(error))
    say = context_of_error(request).reader.say
    kind = ProblemType.BLANK
    if isinstance(error, ProjectConflict):
        kind = ProblemType.CHANGED_MEANWHILE
    elif isinstance(error, RefusedRequest):
        kind = error.type
    flaws = [*_list_flaws(error, say)]
    response = answer(request, status, sentence_of(error), flaws, kind)
    announce_retry(response, status)
    return response


def _list_flaws(error: KbError, say: Callable[[Message], str]) -> Iterator[ProblemField]:
    """What is wrong field by field, and all that a project lacks for a stage."""
    if isinstance(error, InvalidFields):
        for one in error.findings:
            yield ProblemField(field=list(one.where), problem=say(one.message))
    if isinstance(error, NotNow):
        for missing in error.missing:
            yield ProblemField(field=["stage"], problem=say(missing))


async def _on_not_allowed(request: Request, error: NotAllowed) -> Response:
    """Redirect people without a session to the sign-in page; answer 401 or 403 otherwise."""
    if error.access.account_id is not None:
        return answer(request, 403, NO_RIGHT)
    if is_for_programs(request) or "authorization" in request.headers:
        return _unauthorized(request, SIGN_IN)
    back = request.url.path if request.method == "GET" else "/"
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    address = "/login?" + urlencode({"next": back + query})
    if wants_fragment(request):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


async def _on_too_many(request: Request, error: TooManyRequests) -> Response:
    log.warning("limit reached", path=request.url.path, wait_s=error.wait_s)
    response = answer(request, 429, Message(TOO_MANY, {"wait": describe_duration(error.wait_s)}))
    response.headers["Retry-After"] = str(error.wait_s)
    return response


async def _on_busy(request: Request, error: ServerBusy) -> Response:
    log.warning("too busy", path=request.url.path, wait_s=error.wait_s)
    return await refuse_busy(request.scope, error.wait_s)


async def _on_bad_token(request: Request, error: BadToken) -> Response:
    return _unauthorized(request, BAD_TOKEN)


def _unauthorized(request: Request, message: Message) -> Response:
    refused = answer(request, 401, message)
    refused.headers["WWW-Authenticate"] = "Bearer"
    return refused


async def _on_unexpected(scope: Scope, error: Exception) -> Response:
    log.error("request failed", path=scope["path"], exc_info=error)
    return answer(Request(scope), http.HTTP_500_INTERNAL_SERVER_ERROR)
