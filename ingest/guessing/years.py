"""Year of publication of a document.

Skipped are years in the future, the end of periods, target years (“2021-2027”, “verso il 2050”),
and creation dates of templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from ingest.extract.extracted import Statement
from ingest.extract.shared.about import one_line
from ingest.guessing.dates import day_in, days_in_name, is_template_day, year_in_imprint
from kb.domain import Guess, GuessedField, GuessReason, Page

FIRST_PAGES, LAST_PAGES = 2, 1
"""Pages from the start and from the end that are searched for an imprint."""
LINES = 60
"""Lines read at the start and at the end of each such page."""
LONGEST_LINE = 100
"""Characters; a longer line is running text, not an imprint."""
EARLIEST = 1500
"""Earlier years are not years of publication."""
EARLIEST_OF_FILES = 1985
"""Earlier file dates are errors of the clock or default values."""

_YEAR = re.compile(r"(?<![\d./-])(1[5-9]\d\d|20\d\d)(?![\d/]|-\d|\.\d)")
_PERIOD = re.compile(
    r"(?<!\d)((?:1[5-9]|20)\d\d)\s*(?:[-–—/]|\ba\b|\bal\b|\bto\b|\bbis\b|à|\bau\b|\bhasta\b)\s*"
    r"((?:1[5-9]|20)?\d\d)(?!\d)"
)
_AIM = re.compile(
    r"(?:\bverso (?:il|un)|\bentro (?:il|la fine del)|\bal\b|\ball['’]anno|\borizzonte|"
    r"\bobiettiv\w+|"
    r"\btraguard\w+|\bagenda|\bvision\w*|\bstrategi\w+|\bhorizon\w*|\bby\b|\buntil\b|\btowards?\b|"
    r"\btargets?\b|\bgoals?\b|\bbis(?: zum| zu)?\b|\bziel\w*|\bd['’]ici(?: à)?|\bvers\b|\bhasta\b|"
    r"\bhacia\b|\bpara\b|\bobjeti\w+|\bobjectifs?\b|\beuropa?e?\b|\bfino al\b|\bscenari\w*)"
    r"(?:\s+(?:il|the|year|anno|to|el|al|zum|l['’]an))*\s*$",
    re.IGNORECASE,
)
_LAW = re.compile(
    r"(?:\blegg[ei]|\bl\.\s?r?\.?|\bd\.?\s?lgs|\bd\.?\s?p\.?\s?[rc]\.?|\bdecreto[ -]legge|"
    r"\bdecreto legislativo|\bdirettiv\w+|\bdirective|\brichtlinie|\bregolament\w+|\bregulation|"
    r"\bverordnung|\breglement|\bgesetz|\bloi\b|\bley\b|\bact\b|\bart\.|\bgazzetta|\bcostituzione)",
    re.IGNORECASE,
)


def year_guesses(
    statements: Sequence[Statement],
    pages: Sequence[Page],
    *,
    title: str,
    filename: str,
    today: date,
) -> list[Guess]:
    """Year candidates in this order: declared publication date, imprint, title, file name, file
    dates, start of a period in the title. Years after the file's last change are skipped in the
    title."""
    files = list(_read_file_years(statements, today))
    newest = max((year for year, *_ in files), default=today.year)
    found = [
        *_read_publication_years(statements),
        *_find_imprints(pages),
        *_find_in_title(title, newest),
        *((year, GuessReason.FILE_NAME, words, None) for year, words in days_in_name(filename)),
        *files,
        *_find_periods(title),
    ]
    return [
        Guess(GuessedField.YEAR, year, reason, words, page)
        for year, reason, words, page in found
        if EARLIEST <= year <= today.year
    ]


Found = tuple[int, GuessReason, str, int | None]


def _read_publication_years(statements: Sequence[Statement]) -> Iterator[Found]:
    for statement in statements:
        if statement.field is GuessedField.YEAR and statement.reason is GuessReason.PUBLISHED:
            years = _YEAR.findall(one_line(statement.text).replace("-", " "))
            if years:
                yield int(years[0]), GuessReason.PUBLISHED, "", None


def _read_file_years(statements: Sequence[Statement], today: date) -> Iterator[Found]:
    """Year of the last change, then of the creation of the file, without template dates."""
    for reason in (GuessReason.MODIFIED, GuessReason.CREATED):
        for statement in statements:
            if statement.field is not GuessedField.YEAR or statement.reason is not reason:
                continue
            day = day_in(statement.text)
            if day and not is_template_day(day) and EARLIEST_OF_FILES <= day.year <= today.year:
                yield day.year, reason, "", None


def _find_imprints(pages: Sequence[Page]) -> list[Found]:
    """Years in lines of the first and last pages that look like imprints, by falling confidence;
    equal ones in the order of the text."""
    shown = [*pages[:FIRST_PAGES], *pages[max(FIRST_PAGES, len(pages) - LAST_PAGES) :]]
    found: list[tuple[float, Found]] = []
    for page in shown:
        lines = [one_line(line) for line in page.text.splitlines() if line.strip()]
        if len(lines) > 2 * LINES:
            lines = [*lines[:LINES], *lines[-LINES:]]
        for line in lines:
            if len(line) > LONGEST_LINE or _LAW.search(line):
                continue
            sure = year_in_imprint(line)
            if sure:
                found.append((sure[0], (sure[1], GuessReason.IMPRINT, line, page.number)))
    return [one for _, one in sorted(found, key=lambda pair: -pair[0])]


def _find_in_title(title: str, newest: int) -> Iterator[Found]:
    """Years in the title, last one first, without periods, target years and numbers of laws."""
    plain = _PERIOD.sub(lambda match: " " * len(match[0]), title)
    for match in reversed(list(_YEAR.finditer(plain))):
        before = plain[: match.start()]
        if int(match[1]) <= newest and not _AIM.search(before) and not _LAW.search(before):
            yield int(match[1]), GuessReason.TITLE, "", None


def _find_periods(title: str) -> Iterator[Found]:
    for match in _PERIOD.finditer(title):
        yield int(match[1]), GuessReason.PERIOD, match[0], None
