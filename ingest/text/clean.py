"""Clean extracted page texts. Pure functions; every edit is kept."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ingest.extract.extracted import RawHeading, RawPage
from ingest.text.alignment import Change, Draft, to_text
from ingest.text.furniture import furniture
from ingest.text.lines import line_joins
from kb.domain import Page, Table, Verdict

LIGATURES = {
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
    "ﬅ": "st",
    "ﬆ": "st",
    "ĳ": "ij",
    "Ĳ": "IJ",
}
_CHARACTERS = re.compile(
    r"(?P<newline>\r\n?|[\x0b\x0c\x85\u2028\u2029])"
    r"|(?P<space>[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\uf020])"
    rf"|(?P<ligature>[{''.join(LIGATURES)}])"
    r"|(?P<bullet>(?:(?<=\n)|(?<![\s\S]))[\ue000-\uf01f\uf021-\uf8ff](?=[ \t\u00a0]))"
    r"|(?P<joiner>(?<![\u0590-\u180d\u180f-\u1cff\U0001f000-\U0001faff\ufe0f])[\u200c\u200d])"
    r"|[\x00-\x09\x0e-\x1f\x7f-\x9f"  # controls
    r"\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible
    r"\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\uffff"  # not assigned to characters
    r"\U0001fffe\U0001ffff\U000e0000-\U000e0fff\U000efffe-\U0010ffff]"
)
_CANDIDATES = re.compile(
    f"[{''.join(LIGATURES)}\x00-\x09\x0b-\x1f\x7f-\xa0\u1680\u180e\u2000-\u200f"
    "\u2028-\u202f\u205f-\u206f\u3000\ud800-\uf8ff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\uffff"
    "\U0001fffe\U0001ffff\U000e0000-\U000e0fff\U000efffe-\U0010ffff]"
)
"""Those and some more: one set of characters is found ten times as fast."""
_LINE_END_HYPHEN = re.compile(
    r"(?:\ufffe\s*|\u00ad[ ]*\n[ ]*|(?<=\w)[-\u2010][ ]*\n[ ]*(?=\w))(?=(?P<right>\w*))"
)
FIRST_OF_TWO = frozenset(
    "tecnico economico politico storico giuridico scientifico amministrativo organizzativo"
    " artistico urbanistico idraulico didattico finanziario contabile".split()
)
"""Italian adjectives that are written before another adjective with a hyphen."""
_WORD_BEFORE = re.compile(r"\w{0,40}\Z")
_HYPHEN_MARKS = re.compile("[\u00ad\ufffe]")
_WORD = re.compile(r"\w+(?:-\w+)*")
_TOKEN = re.compile(r"\S+")
_BLANKS = re.compile(r"[ \n]{2,}|\A[ \n]|[ \n]\Z")


def clean(
    pages: Sequence[RawPage], laid_out: bool, headings: Sequence[RawHeading] = ()
) -> tuple[Page, ...]:
    """Cleaned pages, one for each raw page; pages whose verdict is not text get none.

    ``laid_out``: the lines are those of a printed page. Running heads and page numbers are removed,
    words hyphenated at line ends rejoined, and lines joined to paragraphs, except ``headings``.
    Without it, cleaning is idempotent.
    """
    readable = [page for page in pages if page.verdict in (Verdict.TEXT, Verdict.OCR)]
    drafts = [_clean_characters(Draft(page.text)) for page in readable]
    if laid_out:
        drafts = _join_paragraphs(readable, drafts, headings)
    texts = [_tidy(draft.sub(_HYPHEN_MARKS, "")) for draft in drafts]
    cleaned = {page.number: draft for page, draft in zip(readable, texts, strict=True)}
    return tuple(_page(page, cleaned.get(page.number)) for page in pages)


def _clean_characters(draft: Draft) -> Draft:
    """Remove control and invisible characters; normalise line ends, spaces and ligatures."""

    def plain(match: re.Match[str]) -> str:
        match match.lastgroup:
            case "newline":
                return "\n"
            case "space":
                return " "
            case "ligature":
                return LIGATURES[match.group()]
            case "bullet":
                return "•"
            case _:
                return ""

    places = (found.start() for found in _CANDIDATES.finditer(draft.text))
    matches = (_CHARACTERS.match(draft.text, place) for place in places)
    return draft.apply((*match.span(), plain(match)) for match in matches if match)


def _join_paragraphs(
    pages: Sequence[RawPage], drafts: Sequence[Draft], headings: Sequence[RawHeading]
) -> list[Draft]:
    """Join the lines of printed pages to running text."""
    printed = [(p.number, p.label, d.text) for p, d in zip(pages, drafts, strict=True)]
    bare = [d.apply(gone) for d, gone in zip(drafts, furniture(printed), strict=True)]
    words = {word.lower() for draft in bare for word in _WORD.findall(draft.text)}
    whole = [
        draft.sub(_LINE_END_HYPHEN, lambda match: _mend_hyphen(match, words)) for draft in bare
    ]
    titles_of = defaultdict(list)
    for heading in headings:
        titles_of[heading.page].append(heading)
    return [
        draft.apply(
            _keep_outside(_place_tables(draft, page.tables), line_joins(draft.text, titles))
        )
        for page, draft in zip(pages, whole, strict=True)
        for titles in (_heading_lengths(draft, titles_of[page.number]),)
    ]


def _keep_outside(tables: Iterable[Table], changes: Iterable[Change]) -> Iterator[Change]:
    """The changes outside tables, whose rows stay separate lines."""
    places = list(tables)
    for change in changes:
        start, end, _ = change
        if not any(table.start <= end and start <= table.end for table in places):
            yield change


def _heading_lengths(draft: Draft, headings: Sequence[RawHeading]) -> dict[int, int]:
    """Length of each heading by the offset of the line that it starts."""
    titles = {}
    for heading in headings:
        place = to_text(draft.edits, heading.offset)
        start = draft.text.rfind("\n", 0, place) + 1
        line = draft.text[start : start + len(heading.title) + 9].lstrip().casefold()
        if heading.title and line.startswith(heading.title.split()[0].casefold()):
            titles[start] = len(heading.title)
    return titles


def _mend_hyphen(match: re.Match[str], words: set[str]) -> str:
    """Replacement for a hyphen at a line end: empty if it only broke the word.

    The hyphen stays before a capital or next to a digit ("Emilia-Romagna", "2014-2020"), where the
    document writes the word with a hyphen elsewhere, and in words made of whole words
    ("porta-a-porta", "tecnico-amministrativo").
    """
    start, right = match.start(), match["right"]
    before = _WORD_BEFORE.search(match.string, max(0, start - 40), start)
    left = before.group() if before else ""
    if match.group().startswith("\u00ad") or not (left and right):
        return ""
    cut = right[0].islower() or (left[-1].isupper() and right[0].isupper() and len(left) > 1)
    whole, hyphened = f"{left}{right}".lower(), f"{left}-{right}".lower()
    made_of_words = match.string[start - len(left) - 1 : start - len(left)] in ("-", "\u2010")
    if whole not in words and (made_of_words or left.lower() in FIRST_OF_TWO):
        return "-"
    if cut and left[-1].isalpha() and (whole in words or hyphened not in words):
        return ""
    return "-"


def _tidy(draft: Draft) -> Draft:
    """Compose accents (NFC) and reduce blanks to single spaces and single blank lines."""
    if not unicodedata.is_normalized("NFC", draft.text):
        draft = draft.sub(_TOKEN, lambda match: unicodedata.normalize("NFC", match.group()))
    return draft.sub(_BLANKS, _blank)


def _blank(match: re.Match[str]) -> str:
    if match.start() == 0 or match.end() == len(match.string):
        return ""
    return "\n" * min(2, match.group().count("\n")) or " "


def _page(raw: RawPage, draft: Draft | None) -> Page:
    if draft is None:
        draft = Draft(raw.text).apply([(0, len(raw.text), "")])
    tables = tuple(_place_tables(draft, raw.tables)) if draft.text else ()
    return Page(raw.number, raw.label, raw.text, draft.text, draft.edits, raw.verdict, tables)


def _place_tables(draft: Draft, tables: Sequence[Table]) -> Iterator[Table]:
    """The tables with their offsets in the cleaned text."""
    for table in tables:
        start, end, header_end = (
            to_text(draft.edits, place) for place in (table.start, table.end, table.header_end)
        )
        if start < end:
            yield Table(start, end, header_end)
