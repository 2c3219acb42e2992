"""One HTTP request and its answer, limited in time and size. No cookies, no redirects, no proxy."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import IO, TYPE_CHECKING

import httpcore
import httpx

from ingest.fetching.addresses import AddressRules, port_of
from ingest.fetching.connection import CheckedBackend, Deadline
from ingest.fetching.refusal import NotFetched
from kb.constants import MEGABYTE
from kb.messages import N_
from kb.settings import Settings
from kb.storage.sources import SourceState

if TYPE_CHECKING:
    import ssl

PROGRAM = "TerreComuniKB"
"""Name of the program in the user agent and in robots.txt."""
ACCEPT = "application/pdf,text/html;q=0.9,*/*;q=0.8"
TOO_LARGE = N_("The file is larger than {limit} MB: it was not fetched.")


@dataclass(frozen=True)
class Answer:
    url: httpx.URL
    status: int
    headers: httpx.Headers


@dataclass(frozen=True)
class Exchange:
    """Limits and checks of requests. ``max_bytes`` holds for the unpacked body."""

    rules: AddressRules
    user_agent: str
    timeout_s: int
    total_s: int
    max_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> Exchange:
        contact = settings.fetch_contact or settings.public_url or ""
        return cls(
            AddressRules.of(settings),
            f"{PROGRAM}/{version('terre-comuni-kb')} (+{contact})",
            settings.fetch_timeout_s,
            settings.fetch_total_s,
            settings.fetch_max_mb * MEGABYTE,
        )

    def get(
        self,
        url: httpx.URL,
        into: IO[bytes],
        headers: Mapping[str, str] | None = None,
        *,
        cut_at: int | None = None,
    ) -> Answer:
        """Ask an address; the body of an answer 200 is written to ``into``.

        ``cut_at``: bytes after which the rest is left unread, instead of refusing a larger body.

        Raises:
            NotFetched: there was no complete answer within the limits.
        """
        deadline = Deadline.after(self.total_s)
        try:
            with (
                httpcore.ConnectionPool(
                    ssl_context=_trusted(),
                    network_backend=CheckedBackend(self.rules, deadline),
                    max_connections=1,
                ) as pool,
                pool.stream(
                    "GET",
                    _target(url),
                    headers=self._headers(url, headers or {}),
                    extensions={
                        "timeout": dict.fromkeys(("connect", "read", "write"), self.timeout_s)
                    },
                ) as response,
            ):
                answer = Answer(url, response.status, httpx.Headers(response.headers))
                if response.status == 200:
                    self._read_body(answer, response.iter_stream(), into, cut_at)
                return answer
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise _broken_off(url, error) from error
        except ValueError as error:  # what h11 and ssl raise on impossible names and numbers
            raise _broken_off(url, error) from error

    def _headers(self, url: httpx.URL, more: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": self.user_agent,
            "Accept": ACCEPT,
            "Accept-Encoding": "gzip",
            "Connection": "close",
            **more,
        }
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]

    def _read_body(
        self, answer: Answer, chunks: Iterable[bytes], into: IO[bytes], cut_at: int | None
    ) -> None:
        encoding = answer.headers.get("content-encoding", "").strip().lower()
        declared = answer.headers.get("content-length", "")
        largest = self.max_bytes if cut_at is None else cut_at
        if cut_at is None and declared.isdigit() and int(declared) > largest:
            raise _too_large(largest)
        size = 0
        for piece in _unpacked(chunks, encoding, largest):
            kept = piece[: largest - size]
            size += len(kept)
            into.write(kept)
            if len(kept) < len(piece):
                if cut_at is None:
                    raise _too_large(largest)
                return


def _unpacked(chunks: Iterable[bytes], encoding: str, largest: int) -> Iterator[bytes]:
    """The decoded body in pieces of at most a megabyte, so that a small body that unpacks to a huge
    one (a gzip bomb) is noticed at the limit."""
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise NotFetched(
            SourceState.FAILED,
            N_("The site sent the file in an encoding that was not asked for ({encoding})."),
            encoding=encoding[:50],
        )
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting and not unpacker.eof:
                yield unpacker.decompress(waiting, min(MEGABYTE, largest + 1))
                waiting = unpacker.unconsumed_tail
    except zlib.error as error:
        raise _incomplete() from error
    if not unpacker.eof:
        raise _incomplete()


def _incomplete() -> NotFetched:
    return NotFetched(
        SourceState.FAILED,
        N_("The answer of the site is incomplete or packed wrongly: try again later."),
        retry=True,
    )


def _too_large(limit: int) -> NotFetched:
    return NotFetched(SourceState.REFUSED, TOO_LARGE, limit=max(1, limit // MEGABYTE))


def _target(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path
    )


def _broken_off(url: httpx.URL, error: Exception) -> NotFetched:
    reason = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return NotFetched(
            SourceState.FAILED,
            N_("The certificate of {host} is not valid: open the address in a browser."),
            host=url.host,
        )
    if isinstance(error, httpcore.TimeoutException):
        return NotFetched(
            SourceState.FAILED,
            N_("{host} does not answer: try again later."),
            retry=True,
            host=url.host,
        )
    return NotFetched(
        SourceState.FAILED,
        N_("The connection to {host} broke off ({reason}): try again later."),
        retry=True,
        host=url.host,
        reason=reason[:100],
    )


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
