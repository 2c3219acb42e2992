"""Electronic books: a page for each document of the spine (EPUB 3.3)."""

from __future__ import annotations

import posixpath
import zipfile
from urllib.parse import unquote

from ingest.extract.extracted import (
    Extracted,
    ExtractRequest,
    RawHeading,
    RawPage,
    Statement,
    statements,
)
from ingest.extract.markup.html import parsed
from ingest.extract.markup.html_blocks import HtmlBlocks
from ingest.extract.shared.about import (
    one_line,
    sensible_authors,
    sensible_language,
    sensible_title,
)
from ingest.extract.shared.blocks import join_blocks
from ingest.extract.shared.decode import decode
from ingest.extract.shared.verdict import judge
from ingest.extract.shared.xml_stream import attribute, events, fields
from ingest.extract.sniff import EPUB
from kb.constants import MEGABYTE
from kb.domain import GuessedField, GuessReason, PageUnit
from kb.messages import N_, PermanentError
from kb.text.storable import storable

AUTHOR = "aut"
DATES = {
    "modification": GuessReason.MODIFIED,
    "creation": GuessReason.CREATED,
    "conversion": GuessReason.CREATED,
}
"""Guess reasons of dates by their event, for dates other than publication."""
MAX_DOCUMENT = 50 * MEGABYTE
"""Bytes of one document of the book."""
PAGES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document")
SUFFIXES = (".xhtml", ".html", ".htm")
FONTS_ONLY = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def extract_epub(source: ExtractRequest) -> Extracted:
    with zipfile.ZipFile(source.path) as archive:
        _refuse_protected(archive)
        package = _package(archive)
        about = fields(archive, package)
        said = _statements(archive, package)
        chapters = _spine(archive, package)
        pages: list[RawPage] = []
        headings: list[RawHeading] = []
        for number, member in enumerate(chapters, 1):
            text, marks, tables = join_blocks(_page(archive, member, source).blocks())
            text = storable(text)
            pages.append(RawPage(number, text, judge(text), tables=tuple(tables)))
            headings += [RawHeading(m.level, m.title, number, m.offset) for m in marks]
            source.on_page(number, len(chapters))
    title = sensible_title(about.get("dc:title"))
    return Extracted(
        media_type=EPUB,
        unit=PageUnit.CHAPTER,
        pages=tuple(pages),
        headings=tuple(headings),
        title=title,
        authors=sensible_authors([s.text for s in said if s.field is GuessedField.AUTHORS]),
        publisher=one_line(about.get("dc:publisher")),
        language=sensible_language(about.get("dc:language")),
        statements=said,
    )


def _statements(archive: zipfile.ZipFile, package: str) -> tuple[Statement, ...]:
    """Authors and dates by role and event (EPUB 3.3, 5.5.3; OPF 2.0, 2.2). Illustrators and
    translators are left out if there are authors; a date of change is not a date of publication."""
    creators: list[tuple[str, str, str]] = []
    roles: dict[str, str] = {}
    dates: list[Statement] = []
    for event, name, element in events(archive, package):
        text = (element.text or "").strip()
        if event != "end" or not text:
            continue
        if name == "dc:creator":
            given = "opf:role" if attribute(element, "opf:role") else "role"
            creators.append((attribute(element, "id"), attribute(element, given), text))
        elif name == "dc:date":
            event_name = (attribute(element, "opf:event") or attribute(element, "event")).lower()
            reason = DATES.get(event_name, GuessReason.PUBLISHED)
            dates.append(Statement(GuessedField.YEAR, text, reason))
        elif name.endswith("meta") and element.get("property") == "role":
            roles[str(element.get("refines", "")).lstrip("#")] = text
        elif name.endswith("meta") and element.get("property") == "dcterms:modified":
            dates.append(Statement(GuessedField.YEAR, text, GuessReason.MODIFIED))
    named = [(roles.get(one) or role or AUTHOR, text) for one, role, text in creators]
    wrote = [text for role, text in named if role == AUTHOR] or [text for _, text in named]
    # A date with an event is more specific than one without.
    dates.sort(key=lambda one: one.reason is not GuessReason.PUBLISHED)
    return (*statements(GuessedField.AUTHORS, GuessReason.PUBLISHED, *wrote), *dates)


def _refuse_protected(archive: zipfile.ZipFile) -> None:
    for event, name, element in events(archive, "META-INF/encryption.xml"):
        method = element.get("Algorithm") if name.endswith("EncryptionMethod") else None
        if event == "start" and method and method not in FONTS_ONLY:
            raise PermanentError(
                N_("The book is protected by DRM: upload a version without protection.")
            )


def _package(archive: zipfile.ZipFile) -> str:
    for _, name, element in events(archive, "META-INF/container.xml"):
        if name == "container:rootfile" and (path := element.get("full-path")):
            return str(path)
    raise PermanentError(N_("The book is damaged: it does not say where its content is."))


def _spine(archive: zipfile.ZipFile, package: str) -> list[str]:
    """The members in reading order; without a spine, in the order of the manifest."""
    folder = posixpath.dirname(package)
    members = set(archive.namelist())
    files: dict[str, str] = {}
    pages: list[str] = []
    order: list[str] = []
    for event, name, element in events(archive, package):
        if event == "end" and name == "opf:item":
            href = unquote(element.get("href", "")).partition("#")[0]
            member = posixpath.normpath(posixpath.join(folder, href))
            files[element.get("id", "")] = member
            is_contents = "nav" in element.get("properties", "").split()
            if element.get("media-type") in PAGES and not is_contents:
                pages.append(member)
        elif event == "end" and name == "opf:itemref":
            order.append(element.get("idref", ""))
    spine = [files[item] for item in order if files.get(item) in members]
    listed = [member for member in pages if member in members]
    return spine or listed or sorted(one for one in members if one.lower().endswith(SUFFIXES))


def _page(archive: zipfile.ZipFile, member: str, source: ExtractRequest) -> HtmlBlocks:
    with archive.open(member) as file:
        return parsed(decode(file.read(MAX_DOCUMENT)), source.patience_s)
