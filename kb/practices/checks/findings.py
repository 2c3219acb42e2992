"""Make findings of checks."""

from __future__ import annotations

from typing import Any

from kb.messages import Message
from kb.practices.validation import Finding, Loc, Severity


def error(where: Loc, template: str, **params: Any) -> Finding:
    return Finding(where, Message(template, params))


def warning(where: Loc, template: str, **params: Any) -> Finding:
    return Finding(where, Message(template, params), Severity.WARNING)
