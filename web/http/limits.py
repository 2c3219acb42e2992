"""Rate limits for sign-in, search, upload, printing, summaries and messages."""

from __future__ import annotations

import enum
import hmac
import math
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import Any

from fastapi import Depends, Request
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage

from kb.access import OPERATOR, Access
from kb.messages import N_, TransientError
from kb.settings import Settings
from kb.storage.db import Database
from kb.storage.shared_secret import load_or_make_secret
from web.http.context import AccessDep
from web.http.counters import open_counters


class RateLimited(enum.StrEnum):
    """What is counted. Sign-in is counted by name and address, by address, and, with a higher
    limit, by name."""

    SIGN_IN = "sign_in"
    SIGN_IN_NAME = "sign_in_name"
    SIGN_IN_ADDRESS = "sign_in_address"
    SEARCH = "search"
    UPLOAD = "upload"
    PAPER = "paper"
    SUMMARY = "summary"
    CONTRIBUTION = "contribution"
    ENROLMENT = "enrolment"


class TooManyRequests(Exception):
    """The limit is reached for another ``wait_s`` seconds."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class RateLimits:
    """The counters of an application. Accounts, addresses and questions leave this process as HMAC
    by a secret of the base only."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Raises ConfigurationError if the storage of the counters cannot be used."""
        self._counters = open_counters(settings, database)
        self._database = database
        self._items: dict[RateLimited, RateLimitItem] = {
            RateLimited.SIGN_IN: parse(settings.rate_sign_in),
            RateLimited.SIGN_IN_NAME: _times(parse(settings.rate_sign_in), NAME_WIDE),
            RateLimited.SIGN_IN_ADDRESS: parse(settings.rate_sign_in_address),
            RateLimited.SEARCH: parse(settings.rate_search),
            RateLimited.UPLOAD: parse(settings.rate_upload),
            RateLimited.PAPER: parse(settings.rate_paper),
            RateLimited.SUMMARY: parse(settings.rate_summary),
            RateLimited.CONTRIBUTION: parse(settings.rate_contribution),
            RateLimited.ENROLMENT: parse(settings.rate_enrolment),
        }

    def count(self, what: RateLimited, who: str) -> None:
        """Count one use by ``who``.

        Raises:
            TooManyRequests: beyond the limit.
            TransientError: the counters cannot be reached.
        """
        item = self._items[what]
        with _said_plainly():
            name = self._name(who)
            if not self._counters.hit(item, what, name):
                raise self._refusal(what, name)

    def check(self, what: RateLimited, who: str) -> None:
        """Count nothing. Raises as ``count`` would."""
        item = self._items[what]
        with _said_plainly():
            name = self._name(who)
            if not self._counters.test(item, what, name):
                raise self._refusal(what, name)

    def is_first_asked(self, question: str) -> bool:
        """Whether no process counted the question of a reader today (UTC); True where each process
        counts for itself.

        Raises TransientError if the counters cannot be reached.
        """
        if isinstance(self._counters.storage, MemoryStorage):
            return True
        with _said_plainly():
            # With the day in the key: in a sliding window the question of yesterday would weigh.
            day = int(time.time() // DAY_S)
            return self._counters.hit(ONCE_A_DAY, "asked", self._name(f"{day} {question}"))

    def forgive(self, what: RateLimited, who: str) -> None:
        """Reset the counter. Raises TransientError if the counters cannot be reached."""
        with _said_plainly():
            self._counters.clear(self._items[what], what, self._name(who))

    def _name(self, who: str) -> str:
        """``who`` as the counters know them. Raises TransientError."""
        return hmac.new(self._secret, who.encode("utf-8", "surrogatepass"), "sha256").hexdigest()

    @cached_property
    def _secret(self) -> bytes:
        if isinstance(self._counters.storage, MemoryStorage):
            return secrets.token_bytes()
        return load_or_make_secret(self._database, "counters")

    def _refusal(self, what: RateLimited, name: str) -> TooManyRequests:
        reset = self._counters.get_window_stats(self._items[what], what, name).reset_time
        return TooManyRequests(max(1, math.ceil(reset - time.time())))


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Raises TransientError for an error of Redis."""
    try:
        yield
    except StorageError as error:
        raise TransientError(
            N_("The counters of the rate limits do not answer ({reason}): try again in a moment."),
            reason=type(error.storage_error).__name__,
        ) from error


ONCE_A_DAY = parse("1/day")
DAY_S = 86_400
NAME_WIDE = 10
"""Factor of the limit for a name from all addresses together."""
IPV6_NETWORK = 64
"""Prefix length in bits that identifies an IPv6 network; a sender can vary the rest."""


def _times(item: RateLimitItem, factor: int) -> RateLimitItem:
    return type(item)(item.amount * factor, item.multiples)


def address_of(request: Request) -> str:
    """The client's IP address; for IPv6 its network."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network(f"{address}/{IPV6_NETWORK}", strict=False))


def limited(what: RateLimited) -> Any:
    """A dependency for routes that counts by account, or by address without an account."""

    def check(request: Request, access: AccessDep) -> None:
        count_request(what, request, access)

    return Depends(check)


def within_limit(what: RateLimited) -> Any:
    """A dependency for routes that count only some of their requests: refuses all when the limit is
    reached."""

    def check(request: Request, access: AccessDep) -> None:
        check_limit(what, request, access)

    return Depends(check)


def count_request(what: RateLimited, request: Request, access: Access) -> None:
    """Count one use by the caller. Raises TooManyRequests beyond the limit."""
    if access is not OPERATOR:
        limits: RateLimits = request.app.state.limits
        limits.count(what, access.account_id or address_of(request))


def check_limit(what: RateLimited, request: Request, access: Access) -> None:
    """Count nothing. Raises TooManyRequests if one more use by the caller is beyond the limit."""
    if access is not OPERATOR:
        limits: RateLimits = request.app.state.limits
        limits.check(what, access.account_id or address_of(request))
