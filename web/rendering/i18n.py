"""Locales: message catalogues, negotiation, and formats of numbers, dates and names.

A language is a folder ``web/locale/<code>/LC_MESSAGES`` with a ``messages.po``, which is read at
start. Message ids are English. ``python -m web.catalogues`` updates the catalogues.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from datetime import date as CalendarDay
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path

import babel
from babel.core import negotiate_locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from kb.domain import DEFAULT_LANGUAGE
from kb.messages import Message

LOCALE_DIR = Path(__file__).parent.parent / "locale"
USUAL_LANGUAGES = ("it", "en", "fr", "de", "es")
USUAL_COUNTRIES = ("IT", "GB", "FR", "DE", "ES")
"""Codes listed first among the choices: languages and countries of most documents."""


@dataclass(frozen=True)
class Locale:
    """A language of the user interface: translations, number and date formats, names."""

    code: str
    translations: GNUTranslations
    zone: tzinfo = UTC
    """The time zone in which moments are shown."""

    def in_zone(self, zone: tzinfo) -> Locale:
        """The same locale with another time zone."""
        return replace(self, zone=zone)

    @property
    def locale(self) -> babel.Locale:
        return babel.Locale.parse(self.code)

    @property
    def own_name(self) -> str:
        """The language's name in that language: «italiano», “English”."""
        return (self.locale.get_display_name(self.code) or self.code).capitalize()

    def gettext(self, template: str) -> str:
        return self.translations.gettext(template) if template else ""

    def ngettext(self, one: str, many: str, n: int) -> str:
        return self.translations.ngettext(one, many, n)

    def say(self, message: Message) -> str:
        """Translate a message; its dates and moments are written by ``date``."""
        days = {k: self.date(v) for k, v in message.params.items() if isinstance(v, CalendarDay)}
        return Message(message.template, message.params | days).translated(self.gettext)

    def number(self, value: float, decimals: int | None = None) -> str:
        pattern = None if decimals is None else f"#,##0.{'0' * decimals}"
        return format_decimal(value, format=pattern, locale=self.locale)

    def date(self, value: date | datetime) -> str:
        """A calendar day; of a moment, its day in the reader's zone."""
        day = value.astimezone(self.zone) if isinstance(value, datetime) else value
        return format_date(day, format="dd/MM/yyyy", locale=self.locale)

    def moment(self, value: datetime) -> str:
        """Day, hour and minute in the reader's zone.

        In the hour that daylight saving time repeats, the zone's abbreviation (CEST or CET) is
        added.
        """
        local = value.astimezone(self.zone)
        text = format_datetime(local.replace(tzinfo=None), "dd/MM/yyyy HH:mm", locale=self.locale)
        twice = local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
        return f"{text} {local.tzname()}" if twice else text

    def clock(self, value: datetime) -> str:
        """Hour and minute in the reader's zone."""
        local = value.astimezone(self.zone).replace(tzinfo=None)
        return format_datetime(local, "HH:mm", locale=self.locale)

    def today(self) -> CalendarDay:
        """The present calendar day in the reader's zone."""
        return datetime.now(self.zone).date()

    def country(self, code: str) -> str:
        """Name of an ISO 3166 country code; the code itself when it is unknown."""
        return str(self.locale.territories.get(code.upper(), code))

    def language(self, code: str) -> str:
        """Name of an ISO 639 language code; the code itself when it is unknown."""
        return str(self.locale.languages.get(code.lower(), code))

    def all_countries(self) -> list[tuple[str, str]]:
        """Code and name of every ISO 3166 country: the usual ones first, the others by name."""
        import pycountry

        codes = (country.alpha_2 for country in pycountry.countries)
        named = sorted(((code, self.country(code)) for code in codes), key=_by_name)
        return _move_first(USUAL_COUNTRIES, named)

    def all_languages(self) -> list[tuple[str, str]]:
        """Code and name of every language with an ISO 639-1 code: the usual ones first, the others
        by name."""
        named = ((code, name) for code, name in self.locale.languages.items() if len(code) == 2)
        return _move_first(USUAL_LANGUAGES, sorted(named, key=_by_name))

    def size(self, count: int) -> str:
        """A number of bytes with a suitable unit."""
        amount, unit = float(count), "B"
        for unit in ("B", "KB", "MB", "GB"):
            if amount < 1000 or unit == "GB":
                break
            amount /= 1000
        return f"{self.number(amount, 0 if amount >= 100 or unit == 'B' else 1)} {unit}"


def _move_first(codes: Sequence[str], named: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Move the pairs with the given codes to the front, in the order of the codes."""
    names = dict(named)
    return [*((code, names[code]) for code in codes), *(p for p in named if p[0] not in codes)]


def _by_name(pair: tuple[str, str]) -> str:
    """Sort key: the name without accents, so that «Åland» sorts under A."""
    return unicodedata.normalize("NFKD", pair[1]).casefold()


@lru_cache(maxsize=1)
def load_locales() -> Mapping[str, Locale]:
    """Every language with a catalogue by code, the default first."""
    codes = sorted(path.parent.parent.name for path in LOCALE_DIR.glob("*/LC_MESSAGES/messages.po"))
    codes.sort(key=lambda code: code != DEFAULT_LANGUAGE)
    return {code: Locale(code, _translations(code)) for code in codes}


def _translations(code: str) -> GNUTranslations:
    with catalogue_path(code).open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def catalogue_path(code: str) -> Path:
    return LOCALE_DIR / code / "LC_MESSAGES" / "messages.po"


def choose_locale(asked: str | None, remembered: str | None, accept_language: str) -> Locale:
    """The locale that the address asks for, else the stored one, else the browser's preference."""
    known = load_locales()
    for code in (asked, remembered):
        if code is not None and code in known:
            return known[code]
    return known[negotiate_locale(_preferences(accept_language), list(known)) or DEFAULT_LANGUAGE]


def _preferences(accept_language: str) -> list[str]:
    """Language codes of an ``Accept-Language`` header (RFC 9110, 12.5.4), best first."""
    weighted: list[tuple[float, str]] = []
    for part in accept_language.split(","):
        code, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if code and weight > 0:
            weighted.append((weight, code.replace("-", "_")))
    return [code for _, code in sorted(weighted, key=lambda pair: -pair[0])]
