"""Words of the command line, which may hold bytes that are no characters."""

from __future__ import annotations


def printable(words: str) -> str:
    """Each byte that is no character (a lone surrogate, PEP 383) becomes a question mark."""
    return words.encode("utf-8", "replace").decode()
