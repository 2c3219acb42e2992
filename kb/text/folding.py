"""Text as it is compared: what people type, what tables say, what ids are made of."""

from __future__ import annotations

import unicodedata


def fold_text(text: str) -> str:
    """Lower case, without accents; all that is neither letter nor digit is a single blank."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = (c for c in decomposed if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())
