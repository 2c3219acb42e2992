"""Dates as written in imprints, file names and file metadata, in five languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

_MONTHS = (
    "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre|"
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre|"
    "décembre|decembre|januar|jänner|februar|märz|maerz|juni|juli|oktober|dezember|"
    "enero|febrero|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|"
    "gen|feb|mar|apr|mag|giu|lug|ago|set|sett|ott|nov|dic|jan|jun|jul|aug|sept?|oct|dec|okt|dez"
)
_YEAR = r"(?P<year>1[5-9]\d\d|20\d\d)"
_PLAIN = _YEAR.replace("year", "plain")
_DAY_MONTH = (
    rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th|°|º|er)?\.?\s+)?(?:de\s+|di\s+)?(?:{_MONTHS})\.?"
    rf"(?:\s+\d{{1,2}}(?:st|nd|rd|th)?,)?\s+(?:de\s+|del\s+)?|\d{{1,2}}\s?[/.-]\s?\d{{1,2}}\s?[/.-]\s?)"
)
_ISO = r"(?P<iso>1[5-9]\d\d|20\d\d)-\d\d-\d\d"
_DATE = rf"(?:{_DAY_MONTH}{_YEAR}|{_ISO})"
_END = r"(?=[\s.,;)\]]*$)"

_ACTS = (
    r"delibera\w*|determina\w*|ordinanza|verbale|seduta|adunanza|prot(?:\.|ocollo)|approvat[oa]|"
    r"adottat[oa]|pubblicat[oa]|aggiornat[oa]|decreto (?:sindacale|del presidente)|resolution|"
    r"approved|adopted|published|updated|publié\w*|adopté\w*|beschlossen|veröffentlicht|stand|"
    r"publicado|aprobado|acuerdo|décision|délibération|beschluss"
)
IMPRINTS: tuple[tuple[float, re.Pattern[str]], ...] = tuple(
    (sure, re.compile(pattern, re.IGNORECASE))
    for sure, pattern in (
        # © 2021, Copyright 2015-2021 Ente
        (0.9, rf"(?:©|\(c\)|\bcopyright)\D{{0,40}}?(?:(?:1[5-9]|20)\d\d\s*[-–,]\s*)?{_YEAR}(?!\d)"),
        # Dicembre 2021; 12/03/2021
        (1.0, rf"^\W*{_DATE}{_END}"),
        # Roma, 12 marzo 2021; Siena, lì 12.3.2021
        (0.95, rf"^[^\W\d_][\w'’ .-]{{1,40}},\s*(?:l[iì]['’]?|il|den|le|el|on)?\s*{_DATE}{_END}"),
        # Data: 12/03/2021; Date of publication: May 2021
        (0.95, rf"^(?:data|date|datum|fecha)\b[^:]{{0,30}}:\s*{_DATE}"),
        # delibera n. 12 del 3/4/2021
        (0.85, rf"\b(?:{_ACTS})\b.{{0,60}}?\b(?:del|il|in data|of|on|du|vom|am|de|:)?\s*{_DATE}"),
        # Prima edizione 2021; Edition 2021; Auflage 2021
        (0.8, rf"\b(?:edizione|edition|ausgabe|auflage|édition|edición|ristampa|versione|version)\b"
              rf"[^\d]{{0,20}}(?:\d{{1,2}}[ª°.]\s*)?(?:{_DATE}|{_PLAIN}){_END}"),
        # finito di stampare nel mese di marzo 2021
        (0.9, rf"\b(?:finito di stampare|stampato|printed|gedruckt|imprimé|impreso)\b.{{0,40}}?"
              rf"{_DATE}"),
        # Firenze 2021; Siena, 2021; 2021
        (0.7, rf"^(?:[^\W\d_][\w'’-]{{2,20}}(?: [^\W\d_][\w'’-]{{2,20}})?,? )?"
              rf"{_PLAIN}$"),
    )
)  # fmt: skip
"""Patterns of lines with a publication date, each with a confidence from 0 to 1."""

TEMPLATE_DAYS = frozenset(
    map(
        date.fromisoformat,
        (
            "2013-12-23",  # python-docx
            "2013-01-27",  # python-pptx
            "2006-09-16",  # Excel 2007 and later, openpyxl
            "2006-09-13",  # Excel 2007
            "2006-08-16",  # PowerPoint 2007 and later
            "2015-06-05",  # Excel 2016
            "1996-10-14",  # Excel 97
            "1996-11-05",  # Excel 97
            "1995-05-23",  # PowerPoint 95
            "2000-01-01",
            "1999-12-31",
            "1980-01-01",  # the first day of FAT and ZIP
            "1980-01-02",
            "1970-01-01",  # of Unix
            "1904-01-01",  # of Mac OS
            "1601-01-01",  # of Windows
        ),
    )
)
"""Creation dates stored in templates and default values of programs, which say nothing about the
document."""

_NAME_DATE = re.compile(
    r"(?<!\d)(?:(?P<year>19[5-9]\d|20\d\d)[-_. ]?(?:0[1-9]|1[0-2])[-_. ]?(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-_. ](?:0?[1-9]|1[0-2])[-_. ](?P<last>19[5-9]\d|20\d\d)"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?P<packed>19[5-9]\d|20\d\d)"
    r"|(?P<month>19[5-9]\d|20\d\d)[-_. ](?:0[1-9]|1[0-2])(?![-_. ]?\d)"
    r"|(?P<plain>19[5-9]\d|20\d\d))(?!\d)"
)
_RANGE = re.compile(r"(?<!\d)(?:19|20)\d\d\s?[-_–]\s?(?:19|20)\d\d(?!\d)")
_DAY = re.compile(r"(?:D:)?\s*(\d{4})[-/:.]?(\d\d)?[-/:.]?(\d\d)?")


def year_in_imprint(line: str) -> tuple[float, int] | None:
    """Confidence (0 to 1) and year of a line that matches a pattern of ``IMPRINTS``, else None."""
    for sure, pattern in sorted(IMPRINTS, key=lambda pair: -pair[0]):
        found = pattern.search(line)
        if found:
            year = next(text for text in found.groupdict().values() if text)
            return sure, int(year)
    return None


def days_in_name(filename: str) -> Iterator[tuple[int, str]]:
    """Year and matched words of each date in a file name, complete dates first. Periods (2021-2027)
    are skipped."""
    stem = _RANGE.sub(" ", filename.rpartition(".")[0] or filename)
    found = list(_NAME_DATE.finditer(stem))
    for match in sorted(found, key=lambda match: match["plain"] is not None):
        year = next(text for text in match.groupdict().values() if text)
        yield int(year), match[0]


def day_in(text: str) -> date | None:
    """The date of an XML (ISO 8601) or PDF timestamp; a missing month or day counts as 1. None if
    unreadable."""
    found = _DAY.match(text.strip())
    if found:
        with suppress(ValueError):
            return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    return None


def is_template_day(day: date) -> bool:
    return day in TEMPLATE_DAYS
