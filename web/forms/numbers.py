"""Parsing of numbers in fields."""

from __future__ import annotations

import math
import re

from babel.numbers import NumberFormatError, parse_decimal

from web.rendering.i18n import Locale

TOO_LARGE = 1e15
_NUMBER = re.compile(r"[0-9]{1,9}")


def number(text: str) -> int | None:
    """The number of the text, digits only and at most nine of them; otherwise None."""
    return int(text) if _NUMBER.fullmatch(text) else None


def read_decimal(text: str, reader: Locale) -> float | None:
    """The number, with the decimal mark of the reader's language or with a point; None where it is
    none, or not finite."""
    plain = text.strip().replace("\u2212", "-")
    for parse in (lambda typed: parse_decimal(typed, locale=reader.locale, strict=True), float):
        try:
            value = float(parse(plain))
        except (ValueError, NumberFormatError, ArithmeticError):
            continue
        return value if math.isfinite(value) and abs(value) < TOO_LARGE else None
    return None
