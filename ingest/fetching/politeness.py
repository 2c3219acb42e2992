"""Requests to a site: one at a time, with a delay between them, and as its robots.txt allows."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import httpx
from protego import Protego
from sqlalchemy import update

from ingest.fetching.addresses import parse_address, site_of
from ingest.fetching.exchange import PROGRAM, Answer, Exchange
from ingest.fetching.refusal import NotFetched, Stopped
from kb.messages import N_
from kb.runtime.services import Services
from kb.storage.inserting import insert_missing
from kb.storage.sources import FetchSite, SourceState
from kb.storage.tables import now

ROBOTS_BYTES = 500 * 1024
"""Bytes of a robots.txt that are read (RFC 9309, 2.5)."""
ROBOTS_HOPS = 5
"""Redirects of a robots.txt that are followed (RFC 9309, 2.3.1.2)."""
ROBOTS_KEPT = timedelta(hours=24)
LONGEST_DELAY_S = 60.0
"""Longest delay that a robots.txt may ask for."""
LOOK_S = 0.5
"""Interval between looks whether a busy site is free."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Sites:
    """Whose turn it is at each site, kept in the database so that several processes share it."""

    def __init__(self, services: Services, exchange: Exchange, stopping: threading.Event) -> None:
        self._services, self._exchange, self._stopping = services, exchange, stopping
        self._delay = services.settings.fetch_delay_s

    @contextmanager
    def turn(self, url: httpx.URL, delay_s: float = 0.0) -> Iterator[None]:
        """Wait until the site may be asked, and hold it during the block.

        Raises:
            Stopped: the program stops meanwhile.
        """
        site = site_of(url)
        while (wait := self._wait_s(site)) > 0:
            if self._stopping.wait(min(wait, LOOK_S)):
                raise Stopped
        try:
            yield
        finally:
            self._release(site, max(self._delay, min(delay_s, LONGEST_DELAY_S)))

    def delay_of(self, url: httpx.URL) -> float:
        """The delay that the site's robots.txt asks for, in seconds."""
        return float(self._rules(url).crawl_delay(PROGRAM) or 0)

    def require_allowed(self, url: httpx.URL) -> None:
        """Raises NotFetched if the site's robots.txt forbids the address or cannot be read."""
        if not self._rules(url).can_fetch(str(url), PROGRAM):
            raise NotFetched(
                SourceState.ROBOTS,
                N_(
                    "The robots.txt of {host} does not allow programs to fetch this address: "
                    "download it by hand, if its terms allow, and upload it."
                ),
                host=url.host,
            )

    def release_all(self) -> None:
        """Free the sites held by a process that died; for the owner of the data folder."""
        with self._services.database.transaction() as session:
            session.execute(update(FetchSite).values(busy_until=None))

    def _rules(self, url: httpx.URL) -> Protego:
        site = site_of(url)
        with self._services.database.session() as session:
            row = session.get(FetchSite, site)
            known = row is not None and _is_recent(row.robots_read_at)
            text = row.robots if row is not None else ""
        if not known:
            text = self._read_robots(url)
            with self._services.database.transaction() as session:
                session.merge(FetchSite(site=site, robots=text, robots_read_at=now()))
        return Protego.parse(text)

    def _read_robots(self, url: httpx.URL) -> str:
        """The site's robots.txt; empty if it has none.

        Raises:
            NotFetched: it cannot be read at the moment, which forbids everything (RFC 9309).
        """
        address = url.copy_with(raw_path=b"/robots.txt")
        for _ in range(ROBOTS_HOPS + 1):
            into = io.BytesIO()
            with self.turn(address):
                answer = self._exchange.get(address, into, cut_at=ROBOTS_BYTES)
            target = answer.headers.get("location")
            if answer.status in REDIRECTS and target:
                address = parse_address(target, base=address)
                continue
            return self._robots_text(answer, into.getvalue())
        return ""

    def _robots_text(self, answer: Answer, body: bytes) -> str:
        if answer.status == 200:
            return body.decode("utf-8", errors="replace").replace("\0", "")
        if answer.status >= 500 or answer.status == 429:
            raise NotFetched(
                SourceState.FAILED,
                N_("{host} does not say what programs may fetch ({status}): try again later."),
                retry=True,
                status=answer.status,
                host=answer.url.host,
            )
        return ""

    def _wait_s(self, site: str) -> float:
        """Take the site; or the seconds until it may be tried again, if it is not free."""
        longest = timedelta(seconds=self._exchange.total_s + 60)
        with self._services.database.transaction() as session:
            insert_missing(session.connection(), FetchSite, [{"site": site}])
            row = session.get_one(FetchSite, site, with_for_update=True)
            moment = now()
            if row.busy_until is not None and row.busy_until > moment:
                return LOOK_S
            if row.next_at is not None and moment < row.next_at < moment + timedelta(days=1):
                return (row.next_at - moment).total_seconds()
            row.busy_until = moment + longest
        return 0.0

    def _release(self, site: str, delay_s: float) -> None:
        with self._services.database.transaction() as session:
            session.execute(
                update(FetchSite)
                .where(FetchSite.site == site)
                .values(busy_until=None, next_at=now() + timedelta(seconds=delay_s))
            )


def _is_recent(moment: datetime | None) -> bool:
    return moment is not None and now() - ROBOTS_KEPT < moment <= now()
