"""Problem details of the JSON API, and their OpenAPI descriptions."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

MEANINGS = {
    400: "The body cannot be read.",
    401: "This needs an account, or the token is not valid.",
    403: "The account or its token may not do this.",
    404: "There is no such thing here.",
    409: "It was changed since it was read: read it again, then repeat the change.",
    413: "The upload is too large.",
    422: "A part of the request is missing or not valid.",
    429: "Too often in a short time: `Retry-After` has the seconds to wait.",
    503: "Not possible at the moment: try again later.",
}
Responses = dict[int | str, dict[str, Any]]


class ProblemField(BaseModel):
    field: list[str | int] = Field(description="Where in the request.")
    problem: str


class ProblemDetails(BaseModel):
    detail: str = Field(description="What is wrong and what to do, in the reader's language.")
    status: int
    problems: list[ProblemField] = Field(default=[], description="Fields that are not valid.")
    request: str = Field(default="", description="Its number in the log, when something broke.")


def problems(*statuses: int) -> Responses:
    """The ``responses`` of an operation that may answer with these statuses."""
    return {
        status: {"model": ProblemDetails, "description": MEANINGS[status]} for status in statuses
    }


ALWAYS = problems(401, 503)
"""Every operation may meet an invalid token or an unavailable base."""
