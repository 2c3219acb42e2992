"""Logs: one line per event on standard error, with key and value pairs or as JSON."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

SECRETS = re.compile(r"(/invitations/|kbt_)[\w-]+")
"""Links that let their holder choose a password, and API tokens."""


def configure(level: str, form: str = "logfmt") -> None:
    """Send this program's and its libraries' logs to standard error from ``level`` upwards."""
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
    """The event with what would open a door taken out of its values."""
    return {
        name: SECRETS.sub(r"\1…", value) if isinstance(value, str) else value
        for name, value in event.items()
    }
