"""Target function of the extraction child: read a file into pages and passages."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ingest.attached_files import set_aside
from ingest.duplicates.minhash import minhash_signature
from ingest.extract.extracted import Extracted
from ingest.extract.registry import extract
from ingest.extract.shared.about import is_junk_heading
from ingest.extract.sniff import is_pdf
from ingest.extracted_item import Content
from ingest.guessing import best, guesses_of
from ingest.processes.child_errors import ChildCrashed, ChildOutOfMemory, ChildTimedOut
from ingest.processes.child_process import ProcessLimits
from ingest.processes.isolation import Child
from ingest.text.alignment import to_text
from ingest.text.clean import clean
from ingest.text.passage_rules import rules_of, token_counter
from ingest.text.split import split_passages
from kb.domain import GuessedField, Heading, Page
from kb.messages import N_, PermanentError
from kb.settings import Settings
from kb.text.language import detect
from kb.text.names import as_name

Progress = tuple[int, int]
"""Pages done, pages in total."""
MAX_AVOIDED = 3
"""Pages given to the second reader per document before it is rejected; each costs a restart of
the child."""
LANGUAGE_SAMPLE = 20_000
"""Characters of text from which the document's language is detected."""


@dataclass(frozen=True)
class ReadRequest:
    """A file to read. ``content_key`` is the base of the passage ids. ``avoid``: pages (from 1) on
    which the child crashed or hung before; 0 stands for opening the file. ``language``: code given
    by a person, or empty."""

    path: Path
    filename: str
    content_key: str
    settings: Settings
    language: str = ""
    avoid: frozenset[int] = frozenset()


def read(request: ReadRequest, report: Callable[[Progress], None]) -> Content:
    """Extract, clean and split a file. Reports progress after every page.

    Raises:
        PermanentError: the file has no readable text; the message has the reason and what to do.
    """
    extracted = extract(
        request.path,
        request.filename,
        request.settings,
        lambda done, total: report((done, total)),
        request.avoid,
    )
    pages = clean(extracted.pages, extracted.laid_out, extracted.headings)
    outline = _place_headings(extracted, pages)
    language = detect(
        _language_sample(pages), request.language or extracted.language or None
    ).language
    guesses = guesses_of(extracted, pages, request.filename, date.today())
    title = str(best(guesses, GuessedField.TITLE))
    names = [as_name(name) for name in best(guesses, GuessedField.AUTHORS) or ()]

    def language_of(text: str) -> str:
        report(
            (len(pages), len(pages))
        )  # splitting a thousand passages takes long: restart the silence clock
        return detect(text, request.language or language).language

    passages = split_passages(
        pages,
        outline,
        title=title,
        content_key=request.content_key,
        rules=rules_of(request.settings),
        count=token_counter(request.settings),
        language_of=language_of,
    )
    if not passages:
        raise PermanentError(
            N_("Hardly anything was found in the file that can be read: check that it is right.")
        )
    return Content(
        title=title,
        passages=passages,
        language=language,
        pages=pages,
        outline=outline,
        media_type=extracted.media_type,
        unit=extracted.unit,
        authors=[name.shown for name in names],
        author_names=[name.as_json() for name in names],
        publisher=best(guesses, GuessedField.PUBLISHER) or "",
        year=best(guesses, GuessedField.YEAR),
        guesses=guesses,
        fingerprint=minhash_signature(page.text for page in pages),
        notes=extracted.notes,
        signatures=extracted.signatures,
        attached=set_aside(extracted.attached, request.settings),
    )


def reading_child(settings: Settings) -> Child[Content]:
    limits = ProcessLimits(settings.extract_memory_mb, settings.extract_timeout_s)
    return Child("ingest.processes.extract_child:read", limits, Content)


def read_in(
    child: Child[Content], request: ReadRequest, report: Callable[[Progress], None]
) -> Content:
    """Run ``read`` in a child process, within ``extract_total_s`` seconds in all.

    A PDF page on which the child crashes or hangs is left to the second reader and the call is
    repeated, a limited number of times, so that the other pages are still read.

    Raises:
        PermanentError: see ``read`` and ``Child.call``.
    """
    began = time.monotonic()
    total_s = request.settings.extract_total_s
    while True:
        watch = _Watch(report)
        try:
            content = child.call(request, watch, total_s - (time.monotonic() - began))
        except (ChildCrashed, ChildTimedOut, ChildOutOfMemory):
            page = watch.working_on
            if page is None or page in request.avoid or not is_pdf(request.path):
                raise
            if len(request.avoid) == MAX_AVOIDED:
                raise
            request = replace(request, avoid=request.avoid | {page})
        else:
            return content


class _Watch:
    """Tracks the page being read: 0 while the file is opened, None after the last page."""

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self._report = report
        self.working_on: int | None = 0

    def __call__(self, progress: Progress) -> None:
        done, total = progress
        self.working_on = done + 1 if done < total else None
        self._report(progress)


def _place_headings(extracted: Extracted, pages: Sequence[Page]) -> tuple[Heading, ...]:
    """The headings with offsets in the cleaned text, on pages that have text."""
    page_of = {page.number: page for page in pages if page.text}
    return tuple(
        Heading(raw.level, raw.title, raw.page, to_text(page_of[raw.page].edits, raw.offset))
        for raw in extracted.headings
        if raw.page in page_of and not is_junk_heading(raw.title)
    )


def _language_sample(pages: Sequence[Page]) -> str:
    """Text from which the document's language is detected; not the first lines, often names and
    numbers."""
    return "\n".join(page.text for page in pages)[:LANGUAGE_SAMPLE]
