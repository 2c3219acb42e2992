"""Controlled vocabularies with labels in five languages, and the glossary for query expansion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

LANGUAGES = ("it", "en", "fr", "de", "es")


@dataclass(frozen=True)
class Term:
    """A vocabulary term. ``names``: by language, the label followed by synonyms."""

    slug: str
    names: Mapping[str, tuple[str, ...]]

    @property
    def labels(self) -> Mapping[str, str]:
        return {language: names[0] for language, names in self.names.items()}

    def label(self, language: str) -> str:
        """The label in the language, else in English."""
        return self.names.get(language, self.names["en"])[0]


@cache
def load(vocabulary: str) -> Mapping[str, Term]:
    """The terms of ``vocabulary`` by slug, in order. Raises FileNotFoundError if there is no such
    vocabulary."""
    text = files("kb.vocabulary").joinpath(f"{vocabulary}.yaml").read_text("utf-8")
    entries: dict[str, dict[str, str | list[str]]] = yaml.load(text, yaml.CSafeLoader)
    return MappingProxyType({str(slug): _term(str(slug), names) for slug, names in entries.items()})


def label(vocabulary: str, slug: str, language: str) -> str:
    """The label of a term. Raises KeyError for an unknown slug."""
    return load(vocabulary)[slug].label(language)


def _term(slug: str, names: dict[str, str | list[str]]) -> Term:
    """Keys that are no language are facts of the term, read elsewhere (``measures``)."""
    return Term(
        slug,
        MappingProxyType(
            {
                language: (value,) if isinstance(value, str) else tuple(value)
                for language, value in names.items()
                if language in LANGUAGES
            }
        ),
    )
