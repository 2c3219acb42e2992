"""Fold text for comparison: of input, table headers and ids."""

from __future__ import annotations

import unicodedata


def fold_text(text: str) -> str:
    """Lower case without accents; every run of other characters than letters and digits becomes one
    blank."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = (c for c in decomposed if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())
