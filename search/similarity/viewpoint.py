"""The reader's viewpoint: own municipality or firm, and the weight of context similarity."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from kb.practices.terms import Economy, Territory

INFLUENCE = 0.35
"""Default λ: share of the score lost at similarity 0."""


class Lens(enum.StrEnum):
    """Group of variables to weigh more."""

    GENERAL = "general"
    DEMOGRAPHIC = "demographic"
    TERRITORIAL = "territorial"
    ECONOMIC = "economic"


class FirmSize(enum.StrEnum):
    """By employees, as in Commission Recommendation 2003/361/EC: fewer than 10, 50 and 250, or
    more."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class FirmGrowth(enum.StrEnum):
    """Growth per year over the last three years; ``HIGH`` is above 10 % (Eurostat and OECD: 20
    %)."""

    SHRINKING = "shrinking"
    STABLE = "stable"
    GROWING = "growing"
    HIGH = "high"


@dataclass(frozen=True)
class Viewpoint:
    """``place`` is an ISTAT code, ``ateco`` a code of ATECO 2025; ``territory`` and ``economy``
    are the reader's own statement about the place. ``influence`` (λ) goes from 0, relevance
    only, to 1."""

    place: str | None = None
    territory: Territory | None = None
    economy: Economy | None = None
    ateco: str | None = None
    size: FirmSize | None = None
    growth: FirmGrowth | None = None
    lens: Lens = Lens.GENERAL
    influence: float = INFLUENCE

    @property
    def is_firm(self) -> bool:
        return any((self.ateco, self.size, self.growth))

    @property
    def is_place(self) -> bool:
        return any((self.place, self.territory, self.economy))
