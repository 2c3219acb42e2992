"""Guess title, authors, publisher and year of a document: ranked candidates, each with the reason,
for a person to confirm."""

from __future__ import annotations

from ingest.guessing.guesses import best, guesses_of

__all__ = ["best", "guesses_of"]
