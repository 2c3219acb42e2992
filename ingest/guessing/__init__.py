"""What a document is called, who wrote it and when it appeared: candidates in order, each with
the reason it is believed for, for a person to confirm."""

from __future__ import annotations

from ingest.guessing.guesses import best, guesses_of

__all__ = ["best", "guesses_of"]
