"""Logging: one line per event on standard error, as key=value pairs or JSON."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

SECRET_PATHS = (
    "/invitations/",
    "/enrolments/",
    "/magazine/confirm/",
    "/magazine/leave/",
    "/network/answer/",
    "/network/confirm/",
    "/news/leave/",
)
"""Beginnings of the addresses of links that were mailed; what follows is a secret token."""
SECRETS = re.compile(rf"({'|'.join(map(re.escape, SECRET_PATHS))}|kbt_)[\w-]+")
"""Tokens in addresses of mailed links, and API tokens."""


def configure(level: str, form: str = "logfmt") -> None:
    """Log events of the program and its libraries from ``level`` upwards to standard error."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_secrets,
            structlog.processors.JSONRenderer()
            if form == "json"
            else structlog.processors.LogfmtRenderer(bool_as_flag=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def without_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The event with secrets masked in its values."""
    return {
        name: SECRETS.sub(r"\1…", value) if isinstance(value, str) else value
        for name, value in event.items()
    }
