"""Visit an address: follow its redirects, each checked like the first, down to a file or page."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import IO

import httpx

from ingest.fetching.addresses import parse_address
from ingest.fetching.exchange import Answer, Exchange
from ingest.fetching.politeness import REDIRECTS, Sites
from ingest.fetching.refusal import NotFetched
from kb.messages import N_
from kb.storage.sources import SourceState

MOST_HOPS = 10
PERMANENT = frozenset({301, 308})
NOT_MODIFIED = 304
LONGEST_WAIT_S = 3600.0
"""Longest wait that a site may ask for."""
_WALLS = {
    401: N_("The site asks to sign in: read it there, or ask its publisher for a copy."),
    402: N_("The site asks to be paid: read it there, or ask its publisher for a copy."),
    403: N_("The site refuses to give it to programs: download it in a browser and upload it."),
    407: N_("The site asks to sign in: read it there, or ask its publisher for a copy."),
    451: N_("The site may not show it for legal reasons."),
}
_LOST = N_("It is not there any more ({status}): look for its new address.")
_LOOP = N_("The address leads round in circles: open it in a browser and correct it.")
_COOKIES = N_("The site opens only with cookies: download it in a browser and upload it.")


@dataclass(frozen=True)
class Visited:
    """The last answer, 200 or 304. ``moved``: every redirect on the way was permanent, and there
    was one."""

    answer: Answer
    moved: bool

    @property
    def url(self) -> str:
        return str(self.answer.url)


@dataclass(frozen=True)
class Visitor:
    exchange: Exchange
    sites: Sites

    def visit(
        self,
        url: httpx.URL,
        into: IO[bytes],
        headers: Mapping[str, str] | None = None,
        *,
        cut_at: int | None = None,
    ) -> Visited:
        """Ask an address and follow its redirects. ``into`` receives the body, up to ``cut_at``
        bytes.

        Raises:
            NotFetched: there is nothing to be had there; the message has the reason.
            Stopped: the program stops.
        """
        seen: set[str] = set()
        codes: list[int] = []
        left_s = float(self.exchange.total_s)
        cookies = False
        while len(seen) <= MOST_HOPS:
            if str(url) in seen:
                raise _loop(cookies=cookies)
            seen.add(str(url))
            self.sites.require_allowed(url)
            with self.sites.turn(url, self.sites.delay_of(url)):
                started = time.monotonic()
                limited = replace(self.exchange, total_s=max(1, int(left_s)))
                answer = limited.get(url, into, headers, cut_at=cut_at)
                left_s -= time.monotonic() - started
            cookies = cookies or "set-cookie" in answer.headers
            target = answer.headers.get("location")
            if answer.status not in REDIRECTS or not target:
                _require_success(answer)
                return Visited(answer, bool(codes) and PERMANENT.issuperset(codes))
            codes.append(answer.status)
            url = parse_address(target, base=url)
        raise _loop(cookies=cookies)


def _require_success(answer: Answer) -> None:
    status, host = answer.status, answer.url.host
    if status in (200, NOT_MODIFIED):
        return
    if answer.headers.get("cf-mitigated", "").lower() == "challenge":
        raise NotFetched(SourceState.WALL, _WALLS[403], status=status)
    if status in (404, 410):
        raise NotFetched(SourceState.GONE, _LOST, status=status)
    if status in _WALLS:
        raise NotFetched(SourceState.WALL, _WALLS[status], status=status)
    raise NotFetched(
        SourceState.FAILED,
        N_("{host} answers with an error ({status}): try again later."),
        retry=status in (408, 425, 429) or status >= 500,
        wait_s=_wait_asked(answer),
        status=status,
        host=host,
    )


def _wait_asked(answer: Answer) -> float | None:
    asked = answer.headers.get("retry-after", "").strip()
    return min(float(asked), LONGEST_WAIT_S) if asked.isdigit() else None


def _loop(*, cookies: bool) -> NotFetched:
    if cookies:
        return NotFetched(SourceState.WALL, _COOKIES)
    return NotFetched(SourceState.REFUSED, _LOOP)
