"""Copies of what is gone, asked of a web archive (Memento, RFC 7089)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import IO

import httpx

from ingest.fetching.addresses import parse_address
from ingest.fetching.refusal import NotFetched
from ingest.fetching.visit import Visited, Visitor
from kb.messages import N_
from kb.storage.sources import SourceState
from kb.text.http_dates import read_http_date


@dataclass(frozen=True)
class Memento:
    """A copy in the archive, and when it was made."""

    visited: Visited
    made_at: datetime


def find_memento(
    visitor: Visitor, gate: str, url: httpx.URL, year: int | None, into: IO[bytes]
) -> Memento:
    """Fetch the copy nearest to the end of the source's year, or else the newest.

    Raises:
        NotFetched: the archive has none.
    """
    headers = {}
    if year is not None:
        wanted = min(datetime(year, 12, 31, tzinfo=UTC), datetime.now(UTC))
        headers["Accept-Datetime"] = format_datetime(wanted, usegmt=True)
    visited = visitor.visit(parse_address(gate + str(url)), into, headers)
    made_at = read_http_date(visited.answer.headers.get("memento-datetime", ""))
    if made_at is None:
        raise NotFetched(SourceState.GONE, N_("The archive has no copy of it."))
    return Memento(visited, made_at.astimezone(UTC))
