"""How the vectors of an index are made, as the name of the index says it."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass

from kb.vectors.base import Quantization

PARTS = 5
_GENERATION = re.compile(r"\.g(\d+)$")


@dataclass(frozen=True)
class Recipe:
    """``model``: fingerprint of the embedding model, dimension included; the others are versions
    and the kind of quantization. Only ``model`` may have hyphens."""

    model: str
    splitter: str
    preparation: str
    bm25: str
    quantization: str

    @property
    def name(self) -> str:
        return "-".join(astuple(self))

    @classmethod
    def read(cls, name: str) -> Recipe | None:
        """The recipe of the index with this name; None where the name is of another form."""
        parts = recipe_of(name).rsplit("-", PARTS - 1)
        stored = {str(kind) for kind in Quantization}
        return cls(*parts) if len(parts) == PARTS and parts[-1] in stored else None

    def answers(self, other: Recipe) -> bool:
        """Whether questions made after ``other`` can be compared with the points of an index made
        after this: the texts may be cut otherwise and stored otherwise, the vectors must not
        differ."""
        own = self.model, self.preparation, self.bm25
        return own == (other.model, other.preparation, other.bm25)


def recipe_of(name: str) -> str:
    """The part of an index name that identifies its vectors: without the generation."""
    return _GENERATION.sub("", name)


def successor(name: str, recipe: str) -> str:
    """Name of an index to replace ``name``: the recipe, or its next generation."""
    if recipe_of(name) != recipe:
        return recipe
    generation = _GENERATION.search(name)
    return f"{recipe}.g{int(generation[1]) + 1 if generation else 2}"
