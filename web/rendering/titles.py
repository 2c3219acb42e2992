"""Titles, summaries and places in the reader's language, where the data has them in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kb.domain import CARD_LANGUAGE
from kb.practices.field_texts import country_name
from kb.storage.tables import PracticeRow
from web.rendering.i18n import Locale

ENGLISH = "en"


class TitleText(NamedTuple):
    text: str
    language: str


def title_of(named: Any, reader: Locale) -> TitleText:
    """The title of a practice, its row or its draft's record, a document, a collection or a result.

    In English for a reader of English, if there is an English title.
    """
    return _text_of(named, "title", reader)


def summary_of(named: Any, reader: Locale) -> TitleText:
    """The summary of a practice, its row or its record; as ``title_of``."""
    return _text_of(named, "summary", reader)


def place_name(name: str, country: str, reader: Locale) -> str:
    """The name of a place. That of a whole country, which cards write in Italian, is the reader's;
    other names stay as they are."""
    return reader.country(country) if name == country_name(country) else name


def where(name: str, country: str, reader: Locale) -> str:
    """A place with its country, which is not said twice where the place is the country."""
    parts = (place_name(name or "", country, reader), reader.country(country) if country else "")
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _text_of(named: Any, field: str, reader: Locale) -> TitleText:
    record = named.record if isinstance(named, PracticeRow) else named
    english = _read(record, f"{field}_en")
    if reader.code == ENGLISH and english:
        return TitleText(english, ENGLISH)
    language = _read(record, "title_language") or _read(record, "language") or CARD_LANGUAGE
    return TitleText(_read(record, field), language)


def _read(record: Any, field: str) -> str:
    value = record.get(field, "") if isinstance(record, Mapping) else getattr(record, field, "")
    return str(value or "")
