"""The arguments of a request of OAI-PMH, checked as the protocol says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kb.harvesting.public_records import SET_NAME, RecordRange
from kb.messages import N_, Message
from web.exports.oai.tokens import BadResumption, ResumptionToken

PREFIX = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
SECOND = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
LONGEST = 2000
"""Characters of an argument."""


@dataclass(frozen=True)
class Verb:
    """Which arguments a verb needs and may have; ``resumes``: whether it takes a token, which then
    is the only one."""

    needed: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    resumes: bool = False


LISTED = Verb(frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"}), resumes=True)
VERBS: Mapping[str, Verb] = {
    "Identify": Verb(),
    "ListMetadataFormats": Verb(optional=frozenset({"identifier"})),
    "ListSets": Verb(resumes=True),
    "GetRecord": Verb(frozenset({"identifier", "metadataPrefix"})),
    "ListIdentifiers": LISTED,
    "ListRecords": LISTED,
}
TOKEN = "resumptionToken"  # noqa: S105 - the name of an argument

_BAD_VERB = N_("The argument verb must be given once, as one of: {verbs}.")
_REPEATED = N_("The argument “{name}” is given more than once.")
_UNKNOWN = N_("{verb} takes no argument “{name}”.")
_MISSING = N_("{verb} needs the argument “{name}”.")
_ALONE = N_("A resumptionToken must be the only argument beside verb.")
_TOO_LONG = N_("The argument “{name}” is too long.")
_BAD_TOKEN = N_("This resumptionToken is not one of {verb} here: begin the list again.")
_BAD_DATE = N_("“{value}” is no date: write 2026-01-31, or 2026-01-31T12:00:00Z in UTC.")
_TWO_GRANULARITIES = N_("from and until must both be days, or both have a time.")
_TURNED_ROUND = N_("until is earlier than from.")
_BAD_VALUE = N_("“{value}” cannot be the value of {name}.")


class OaiError(Exception):
    """An error of the protocol. ``code``: one of those that it names."""

    def __init__(self, code: str, template: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = Message(template, params)


@dataclass(frozen=True)
class OaiRequest:
    """A checked request. ``arguments``: as given, with the verb."""

    verb: str
    arguments: Mapping[str, str]
    range: RecordRange = field(default_factory=RecordRange)
    prefix: str = ""
    resumed: ResumptionToken | None = None

    @property
    def identifier(self) -> str:
        return self.arguments.get("identifier", "")


def read_request(given: Iterable[tuple[str, str]]) -> OaiRequest:
    """Check names, numbers and forms of the arguments. Raises OaiError."""
    pairs = list(given)
    counts = Counter(name for name, _ in pairs)
    arguments = dict(pairs)
    verb = arguments.get("verb", "")
    if counts["verb"] != 1 or verb not in VERBS:
        raise OaiError("badVerb", _BAD_VERB, verbs=", ".join(VERBS))
    _check_names(verb, arguments, counts)
    if TOKEN in arguments:
        return _resume(verb, arguments)
    _check_forms(arguments)
    return OaiRequest(
        verb, arguments, read_range(arguments), prefix=arguments.get("metadataPrefix", "")
    )


def read_range(arguments: Mapping[str, str]) -> RecordRange:
    """The range of from, until and set. A day of ``until`` is meant to its end. Raises OaiError."""
    since, until = arguments.get("from"), arguments.get("until")
    if since and until and len(since) != len(until):
        raise OaiError("badArgument", _TWO_GRANULARITIES)
    first = _read_date(since) if since else None
    last = _read_date(until) if until else None
    if last is not None and DAY.fullmatch(until or ""):
        last += timedelta(days=1, seconds=-1)
    if first is not None and last is not None and last < first:
        raise OaiError("badArgument", _TURNED_ROUND)
    return RecordRange(first, last, arguments.get("set", ""))


def _check_names(verb: str, arguments: Mapping[str, str], counts: Counter[str]) -> None:
    known = VERBS[verb]
    allowed = known.needed | known.optional | {"verb"} | ({TOKEN} if known.resumes else set())
    for name, value in arguments.items():
        if name not in allowed:
            raise OaiError("badArgument", _UNKNOWN, verb=verb, name=name[:100])
        if counts[name] > 1:
            raise OaiError("badArgument", _REPEATED, name=name)
        if len(value) > LONGEST:
            raise OaiError("badArgument", _TOO_LONG, name=name)
        if "\0" in value:
            raise OaiError("badArgument", _BAD_VALUE, name=name, value=value[:100])
    if TOKEN in arguments:
        if len(arguments) > 2:
            raise OaiError("badArgument", _ALONE)
        return
    for name in sorted(known.needed):
        if not arguments.get(name):
            raise OaiError("badArgument", _MISSING, verb=verb, name=name)


def _check_forms(arguments: Mapping[str, str]) -> None:
    for name, form in (("metadataPrefix", PREFIX), ("set", SET_NAME)):
        if name in arguments and not form.fullmatch(arguments[name]):
            raise OaiError("badArgument", _BAD_VALUE, name=name, value=arguments[name][:100])
    for name in ("from", "until"):
        if name in arguments:
            _read_date(arguments[name])


def _resume(verb: str, arguments: Mapping[str, str]) -> OaiRequest:
    try:
        token = ResumptionToken.read(arguments[TOKEN])
        if token.verb != verb:
            raise BadResumption
        return OaiRequest(verb, arguments, read_range(token.arguments()), token.prefix, token)
    except (BadResumption, OaiError) as error:
        raise OaiError("badResumptionToken", _BAD_TOKEN, verb=verb) from error


def _read_date(text: str) -> datetime:
    if not (DAY.fullmatch(text) or SECOND.fullmatch(text)):
        raise OaiError("badArgument", _BAD_DATE, value=text[:100])
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError as error:
        raise OaiError("badArgument", _BAD_DATE, value=text[:100]) from error
