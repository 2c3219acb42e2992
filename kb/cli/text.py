"""Text for the terminal from names that may not be valid UTF-8."""

from __future__ import annotations


def printable(words: str) -> str:
    """Replace bytes that are not valid UTF-8 (lone surrogates, PEP 383) by question marks."""
    return words.encode("utf-8", "replace").decode()
