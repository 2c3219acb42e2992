"""Read what a person filled in, and collect what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from kb.messages import N_, Message, PermanentError
from kb.practices.validation import Finding, validate_record

Record = TypeVar("Record", bound=BaseModel)


class InvalidFields(PermanentError):
    """``findings``: what is wrong, each with the path to its field."""

    def __init__(self, findings: list[Finding]) -> None:
        first = findings[0].message
        super().__init__(first.template, **first.params)
        self.findings = findings

    def __reduce__(self) -> tuple[Any, ...]:
        return (InvalidFields, (self.findings,))


class NotNow(PermanentError):
    """Something is missing before a project can go on. ``missing``: all of it."""

    def __init__(self, missing: list[Message]) -> None:
        super().__init__(missing[0].template, **missing[0].params)
        self.missing = missing

    def __reduce__(self) -> tuple[Any, ...]:
        return (NotNow, (self.missing,))


class ProjectConflict(PermanentError):
    """The project was changed by somebody else since it was opened for editing."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Somebody changed this project while you were writing. What you wrote is still"
                " here: compare it with the project as it is now, then save again."
            )
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return (ProjectConflict, ())


def read_fields(record: type[Record], values: Mapping[str, Any]) -> Record:
    """Raises InvalidFields."""
    made, findings = validate_record(record, dict(values))
    if made is None:
        raise InvalidFields(findings)
    return made
