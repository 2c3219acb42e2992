"""Titles of a document: declared title, large line, first heading, file name, first line, in this
order. Names of programs, templates and sections are skipped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from ingest.extract.extracted import Extracted, Statement
from ingest.extract.shared.about import is_section_word, one_line, sensible_title
from ingest.guessing.file_names import title_of_name
from kb.domain import Guess, GuessedField, GuessReason, Page, PageUnit

TABULAR = ("text/csv", "text/tab-separated-values")
FIRST_PAGES = 2
"""Pages on which a heading can be the title."""
LONGEST_LINE = 120
"""Characters; of a longer first line only the first sentence can be a title."""
SHOUTED = 0.7
"""Share of capitals among the letters from which a title counts as written in capitals."""
SHOUTED_WORDS = 2
"""Fewest words of a title that counts as written in capitals; a single word may be an acronym."""
_SENTENCE = re.compile(r"^(.{4,}?[^\W\d].)[.!?](?:\s|$)")
_ROMAN = re.compile(r"[IVXLCDM]+\b")

_DECLARED = (GuessReason.PUBLISHED, GuessReason.PROPERTIES, GuessReason.LARGE_LINE)


def title_guesses(
    statements: Sequence[Statement], extracted: Extracted, pages: Sequence[Page], filename: str
) -> list[Guess]:
    """Title candidates, best first. Never empty: the last one is the file name."""
    found = list(_candidates(statements, extracted, pages, filename))
    best = found[0]
    calm = sentence_cased(str(best.value))
    if calm:
        found.insert(1, Guess(GuessedField.TITLE, calm, best.reason, str(best.value)))
    return found


def _candidates(
    statements: Sequence[Statement], extracted: Extracted, pages: Sequence[Page], filename: str
) -> Iterator[Guess]:
    said = [s for s in statements if s.field is GuessedField.TITLE]
    for reason in _DECLARED:
        for statement in said:
            title = sensible_title(statement.text)
            if statement.reason is reason and title and not _is_file_name(title, filename):
                yield Guess(GuessedField.TITLE, title, reason)
    heading = _first_heading(said, extracted)
    if sensible_title(heading) and not is_section_word(heading):
        yield Guess(GuessedField.TITLE, sensible_title(heading), GuessReason.HEADING)
    named = title_of_name(filename, heading if is_section_word(heading) else "")
    if named:
        yield Guess(GuessedField.TITLE, named, GuessReason.FILE_NAME, filename)
    line = "" if _is_table(extracted) else _first_line(pages)
    if line:
        yield Guess(GuessedField.TITLE, line, GuessReason.FIRST_LINE)
    if not named:
        stem = one_line(PurePath(filename).stem) or one_line(filename) or "?"
        yield Guess(GuessedField.TITLE, stem, GuessReason.NAME_ALONE, filename)


def _is_table(extracted: Extracted) -> bool:
    return extracted.unit is PageUnit.SHEET or extracted.media_type in TABULAR


def _is_file_name(title: str, filename: str) -> bool:
    """Whether a declared title is only the file name, as scanners and some programs write it."""
    return title.casefold() in (filename.casefold(), PurePath(filename).stem.casefold())


def _first_heading(said: Sequence[Statement], extracted: Extracted) -> str:
    """The first heading: the one the extractor stated, else the first in the outline of the first
    pages."""
    for statement in said:
        if statement.reason is GuessReason.HEADING:
            return one_line(statement.text)
    if extracted.unit is PageUnit.SHEET or not extracted.headings:
        return ""
    first = extracted.headings[0]
    return one_line(first.title) if first.page <= FIRST_PAGES else ""


def _first_line(pages: Sequence[Page]) -> str:
    """The first line that can be a title; of a paragraph its first sentence, if that is short."""
    for page in pages:
        for line in map(one_line, page.text.splitlines()):
            if not sensible_title(line) or is_section_word(line):
                continue
            sentence = _SENTENCE.match(line)
            title = sentence[1] if sentence else line
            return title if len(title) <= LONGEST_LINE else ""
    return ""


def sentence_cased(title: str) -> str:
    """A title in capitals, in sentence case; empty if it is not in capitals. Proper names lose
    their capitals, so it is only a candidate."""
    letters = [letter for letter in title if letter.isalpha()]
    words = title.split()
    if len(words) < SHOUTED_WORDS or len(letters) < 8:
        return ""
    if sum(map(str.isupper, letters)) < SHOUTED * len(letters):
        return ""
    calm = " ".join(word if _keeps_capitals(word) else word.lower() for word in words)
    return calm[:1].upper() + calm[1:]


def _keeps_capitals(word: str) -> bool:
    """Whether a word stays in capitals: abbreviations with digits or dots, without vowels, and
    Roman numerals."""
    letters = re.sub(r"[^\w]", "", word)
    if len(letters) > 1 and _ROMAN.fullmatch(letters):
        return True
    if any(map(str.isdigit, letters)) or word.count(".") > 1:
        return True
    return 1 < len(letters) < 6 and not re.search(r"[AEIOUYÀÈÉÌÒÙÄÖÜ]", letters, re.IGNORECASE)
