"""Problem details of the JSON API (RFC 9457), and their OpenAPI descriptions."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from kb.messages import N_, PermanentError

PROBLEM_JSON = "application/problem+json"
MEANINGS = {
    400: "The body, a header or the cursor cannot be read.",
    401: "This needs an account, or the token is not valid.",
    403: "The account or its token may not do this.",
    404: "There is no such thing here.",
    409: "It was changed since it was read, or is being done at this moment: read it again, then "
    "repeat the change.",
    412: "It was changed since it was read: its ETag is not the one of `If-Match`. Or it is there "
    "in a state that `If-None-Match` excludes.",
    413: "The upload is too large.",
    422: "A part of the request is missing or not valid.",
    429: "Too often in a short time: `Retry-After` has the seconds to wait.",
    500: "Something broke here; `request` is its number in the log.",
    503: "Not possible at the moment: try again later.",
}
Responses = dict[int | str, dict[str, Any]]


class ProblemType(enum.StrEnum):
    """The ``type`` of a problem; each but the first is explained at its address."""

    BLANK = "about:blank"
    """Says no more than the status."""
    INVALID_FIELDS = "/api/docs#problem-invalid-fields"
    CHANGED_MEANWHILE = "/api/docs#problem-changed-meanwhile"
    BAD_CURSOR = "/api/docs#problem-bad-cursor"
    KEY_REUSED = "/api/docs#problem-key-reused"
    KEY_IN_USE = "/api/docs#problem-key-in-use"


TITLES: Mapping[ProblemType, str] = {
    ProblemType.INVALID_FIELDS: N_("Fields that are not valid"),
    ProblemType.CHANGED_MEANWHILE: N_("Changed meanwhile"),
    ProblemType.BAD_CURSOR: N_("A cursor that is not of this list"),
    ProblemType.KEY_REUSED: N_("A key that belongs to another request"),
    ProblemType.KEY_IN_USE: N_("A key whose request is still being answered"),
}
EXPLAINED: Mapping[ProblemType, str] = {
    ProblemType.INVALID_FIELDS: N_(
        "“problems” names each field of the request that is wrong, and says why: correct them and"
        " send the request again."
    ),
    ProblemType.CHANGED_MEANWHILE: N_(
        "Somebody changed the thing after you read it: read it again, then repeat your change."
    ),
    ProblemType.BAD_CURSOR: N_(
        "The cursor was made for another list or for other filters, or is incomplete: begin again"
        " without a cursor."
    ),
    ProblemType.KEY_REUSED: N_(
        "The key came with another request within the last 24 hours: send a new one."
    ),
    ProblemType.KEY_IN_USE: N_(
        "The same request is being answered at this moment: send it again in a moment, with the"
        " same key."
    ),
}


class RefusedRequest(PermanentError):
    """A request that is refused with a status and a problem type of its own."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    type: ClassVar[ProblemType] = ProblemType.BLANK


class ProblemField(BaseModel):
    field: list[str | int] = Field(description="Where in the request.")
    problem: str


class ProblemDetails(BaseModel):
    """An error as RFC 9457 describes it."""

    type: str = Field(
        description="`about:blank`, or the address that explains this kind of problem."
    )
    title: str = Field(description="The kind of problem in a few words.")
    status: int
    detail: str = Field(description="What is wrong and what to do, in the reader's language.")
    instance: str = Field(description="The address that was asked.")
    problems: list[ProblemField] = Field(default=[], description="Fields that are not valid.")
    request: str = Field(default="", description="Its number in the log, when something broke.")


def problems(*statuses: int) -> Responses:
    """The ``responses`` of an operation that may answer with these statuses."""
    return {
        status: {"model": ProblemDetails, "description": MEANINGS[status]} for status in statuses
    }


ALWAYS = problems(401, 500, 503)
"""Every operation may meet an invalid token, a fault or an unavailable base."""
