"""Dates in headers of HTTP and of mail (RFC 9110, section 5.6.7; RFC 5322, section 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def read_http_date(text: str) -> datetime | None:
    """The time with its offset, UTC where none is given; None if the text is not a valid date."""
    try:
        given = parsedate_to_datetime(text)
        time = given if given.tzinfo else given.replace(tzinfo=UTC)
        time.astimezone(UTC)  # raises what comparing with another time would
    except (ValueError, IndexError, OverflowError):
        return None
    return time
