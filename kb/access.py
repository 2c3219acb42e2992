"""Who may see what. Handed to every function that reads for a person."""

from __future__ import annotations

from dataclasses import dataclass

from kb.domain import Visibility


@dataclass(frozen=True)
class Access:
    """The visibilities a reader has the right to. None at all means: nothing is found."""

    visibilities: frozenset[Visibility]


PUBLIC = Access(frozenset({Visibility.PUBLIC}))
OPERATOR = Access(frozenset(Visibility))
"""Whoever runs the program on its own machine."""
