"""References as CSL-JSON items (citationstyles.org), from documents and practices.

``kb.citations.writers`` writes items in the formats of reference managers, and :func:`sentence` as
the line under “How to cite it”.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kb.domain import CARD_LANGUAGE
from kb.practices.practice import Practice, Source
from kb.storage.tables import Document
from kb.text.names import Name, as_name
from kb.text.slugs import slugify

Reference = dict[str, Any]
"""A CSL-JSON item with fields from FIELDS only."""

FIELDS = (
    "id", "type", "title", "author", "publisher", "issued", "accessed", "URL", "language", "note",
)  # fmt: skip
NAME = "Terre Comuni"
KEY_WORDS = 2
"""Words of the title in a citation key."""
MOST_AUTHORS = 20
"""Authors written in full (APA 7, 9.8)."""


def of_document(document: Document, address: str) -> Reference:
    """``address``: URL of the document here, cited if it has no other. A fetched web page is cited
    as one, with the day on which it was read."""
    read_at = document.accessed_at
    is_page = read_at is not None and document.media_type == "text/html"
    return _make_item(
        id=document.id,
        type="webpage" if is_page else "report",
        title=document.title,
        author=[name.as_json() for name in names_of(document)],
        publisher=document.publisher,
        issued=document.year,
        accessed=_as_date(read_at) if read_at else None,
        URL=document.source_url or address,
        language=document.language,
    )


def of_practice(practice: Practice, address: str, language: str = CARD_LANGUAGE) -> Reference:
    """The practice card itself, as an entry of this knowledge base, by its title in ``language`` if
    it has one."""
    english = language != CARD_LANGUAGE and practice.title_en
    opened = practice.reading.opened_on
    return _make_item(
        id=practice.id,
        type="entry",
        title=practice.title_en if english else practice.title,
        author=[],
        publisher=NAME,
        issued=opened.year if opened else None,
        URL=address,
        language="en" if english else CARD_LANGUAGE,
    )


def of_source(practice: Practice, source: Source) -> Reference:
    return _make_item(
        id=f"{practice.id}-{source.id}",
        type="webpage" if source.url else "document",
        title=source.title,
        author=[],
        publisher=source.publisher,
        issued=source.year,
        URL=source.url or "",
        language=source.language,
    )


def of_practice_and_sources(
    practice: Practice, address: str, language: str = CARD_LANGUAGE
) -> list[Reference]:
    """The card, then each of its sources."""
    sources = (of_source(practice, source) for source in practice.sources)
    return [of_practice(practice, address, language), *sources]


def unique(references: Iterable[Reference]) -> list[Reference]:
    """The references without repetitions, because practices share sources."""
    kept: dict[tuple[str, ...], Reference] = {}
    for item in references:
        same = tuple(str(item.get(name, "")) for name in ("title", "publisher", "issued", "URL"))
        kept.setdefault(same, item)
    return list(kept.values())


def names_of(document: Document) -> list[Name]:
    """The authors as people and bodies; parsed from the display names if not stored as parts."""
    if len(document.author_names or ()) == len(document.authors):
        return [as_name(name) for name in document.author_names]
    return [as_name(author) for author in document.authors if author.strip()]


def sentence(item: Reference) -> tuple[str, str, str]:
    """A reference in APA style (7th edition, 9.7 to 9.12): the text before the title, the title,
    the text after it."""
    authors = _apa_authors([_apa_author(author) for author in item.get("author", ())])
    publisher = str(item.get("publisher", ""))
    before = authors or publisher
    year = year_of(item)
    if year:
        before = f"{before} ({year})".strip()
    after = publisher if authors else ""
    return before, str(item["title"]), ". ".join(text for text in (after, item.get("URL")) if text)


def _apa_author(author: Mapping[str, str]) -> str:
    """“Bianchi, L. M.”; a body by its full name."""
    if "literal" in author:
        return author["literal"]
    given = re.findall(r"(^|[\s.-])([^\W\d_])", author.get("given", ""))
    initials = "".join(("-" if mark == "-" else " ") + f"{letter}." for mark, letter in given)
    return ", ".join(part for part in (author["family"], initials.strip()) if part)


def _apa_authors(authors: Sequence[str]) -> str:
    """Up to twenty authors; of more, the first nineteen and the last."""
    if len(authors) > MOST_AUTHORS:
        return ", ".join(authors[: MOST_AUTHORS - 1]) + f", … {authors[-1]}"
    if len(authors) < 2:
        return "".join(authors)
    return ", ".join(authors[:-1]) + f", & {authors[-1]}"


def authors_of(item: Reference) -> list[str]:
    """Authors in list form: “Bianchi, Lucia”, “Comune di Siena”."""
    return [Name(**author).filed for author in item.get("author", ())]


def year_of(item: Reference) -> str:
    issued = item.get("issued")
    return str(issued["date-parts"][0][0]) if issued else ""


def accessed_on(item: Reference, between: str) -> str:
    """The day on which a web page was read, as year, month and day; empty if unknown."""
    accessed = item.get("accessed")
    if not accessed:
        return ""
    year, month, day = accessed["date-parts"][0]
    return between.join((f"{year:04}", f"{month:02}", f"{day:02}"))


def keys(references: Sequence[Reference]) -> list[str]:
    """A distinct citation key for each reference, in order: first author or publisher, year, first
    words of the title."""
    taken: dict[str, int] = {}
    made = []
    for item in references:
        author = (authors_of(item) or [str(item.get("publisher", ""))])[0]
        first = slugify(author.split(",")[0]).split("-")[:1]
        words = [word for word in slugify(str(item["title"])).split("-") if len(word) > 3]
        key = "".join([*first, year_of(item), *words[:KEY_WORDS]]) or "reference"
        count = taken[key] = taken.get(key, 0) + 1
        made.append(key if count == 1 else f"{key}-{count}")
    return made


def _as_date(moment: datetime) -> dict[str, list[list[int]]]:
    return {"date-parts": [[moment.year, moment.month, moment.day]]}


def _make_item(issued: int | None, **values: Any) -> Reference:
    if issued is not None:
        values["issued"] = {"date-parts": [[issued]]}
    return {name: values[name] for name in FIELDS if values.get(name)}
