"""Front matter of Markdown files (YAML or TOML), as written by Hugo, Jekyll, Quarto and pandoc."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import yaml

from ingest.extract.extracted import Statement
from kb.domain import GuessedField, GuessReason

FENCES = {"---": "yaml", "+++": "toml"}
_FRONT_MATTER = re.compile(
    r"\A\ufeff?(---|\+\+\+)[ \t]*\n(?![ \t]*\n)(.{0,20000}?)\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)",
    re.DOTALL,
)
_FIELD = re.compile(r"^(\w+)[ \t]*[:=][ \t]*[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE)

TITLES = ("title", "titolo", "titel", "titre", "titulo")
AUTHORS = ("authors", "author", "by", "byline", "creator", "creators", "autore", "autori", "autor",
           "auteur", "auteurs", "autores")  # fmt: skip
PUBLISHED = ("date", "published", "publishdate", "pubdate", "issued", "year", "anno", "data")
MODIFIED = ("lastmod", "updated", "modified", "last_modified_at")
PUBLISHERS = ("publisher", "institution", "organization", "editore")
LANGUAGES = ("lang", "language", "lingua")


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The fields with lower-case names, and the text after them; no fields if there is no front
    matter."""
    front = _FRONT_MATTER.match(text)
    if front is None:
        return {}, text
    fields = _parse_fields(FENCES[front[1]], front[2])
    if not fields and front[2].strip():  # a horizontal rule and text, not front matter
        return {}, text
    return {str(name).lower(): value for name, value in fields.items()}, text[front.end() :]


def front_matter_statements(fields: Mapping[str, Any]) -> tuple[Statement, ...]:
    return tuple(_statements(fields))


def first_text(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((_as_text(fields[name]) for name in names if _as_text(fields.get(name))), "")


def _parse_fields(kind: str, text: str) -> dict[Any, Any]:
    try:
        found = tomllib.loads(text) if kind == "toml" else yaml.safe_load(text)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError):
        return dict(_FIELD.findall(text))
    return found if isinstance(found, dict) else {}


def _statements(fields: Mapping[str, Any]) -> Iterator[Statement]:
    for name in TITLES:
        if title := _as_text(fields.get(name)):
            yield Statement(GuessedField.TITLE, title, GuessReason.PUBLISHED)
    key = next((name for name in AUTHORS if fields.get(name)), "")
    for author in _names(fields.get(key)):
        yield Statement(GuessedField.AUTHORS, author, GuessReason.PUBLISHED)
    for names, reason in ((PUBLISHED, GuessReason.PUBLISHED), (MODIFIED, GuessReason.MODIFIED)):
        if day := first_text(fields, names):
            yield Statement(GuessedField.YEAR, day, reason)
    if publisher := first_text(fields, PUBLISHERS):
        yield Statement(GuessedField.PUBLISHER, publisher, GuessReason.PUBLISHED)


def _names(value: Any) -> Iterator[str]:
    """Names from a text, a list, or mappings with ``name`` or ``given`` and ``family``."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _names(one)
    elif isinstance(value, Mapping):
        name = value.get("name") or value.get("literal") or value.get("title")
        family = _as_text(value.get("family") or value.get("last") or value.get("lastname"))
        if isinstance(name, Mapping | list):
            yield from _names(name)
        elif family:
            given = value.get("given") or value.get("first") or value.get("firstname")
            yield ", ".join(part for part in (family, _as_text(given)) if part)
        elif name or len(value) != 1:
            yield _as_text(name)
        else:  # "- Lucia Bianchi: {affiliation: …}"
            yield _as_text(next(iter(value)))
    else:
        yield _as_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return (
        str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    )
