"""Text of unknown origin as one clean line."""

from __future__ import annotations

import re

LONGEST_LINE = 2000
"""Characters kept."""

_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    r"\ufff9-\ufffd\U000e0000-\U000e007f]+"
)
_SOFT = re.compile("\u00ad+")


def one_line(text: object) -> str:
    """Text on one line, without control characters; empty for anything that is not text."""
    if not isinstance(text, str):
        return ""
    return " ".join(_UNSEEN.sub(" ", _SOFT.sub("", text[:LONGEST_LINE])).split())


def several_lines(text: str) -> str:
    """Text with its line breaks, without control characters and blanks at the ends; not cut."""
    lines = (" ".join(_UNSEEN.sub(" ", _SOFT.sub("", line)).split()) for line in text.splitlines())
    return "\n".join(lines).strip()


def clean_text(text: str) -> str:
    """Text without control characters, its line breaks and the blanks in its lines kept, as
    Markdown needs them."""
    return "\n".join(_UNSEEN.sub("", line) for line in text.splitlines()).strip("\n")
