"""What a page of a document is called on screen: page, slide, sheet, chapter or section."""

from __future__ import annotations

from kb.domain import PageUnit
from kb.messages import N_
from kb.storage.history import DocumentVersion, VersionPage
from kb.storage.tables import Document, PageRow
from web.rendering.i18n import Locale

NAMES = {
    PageUnit.PAGE: N_("Page {number}"),
    PageUnit.SLIDE: N_("Slide {number}"),
    PageUnit.SHEET: N_("Sheet {number}"),
    PageUnit.CHAPTER: N_("Chapter {number}"),
    PageUnit.SECTION: N_("Section {number}"),
}


def name_page(
    document: Document | DocumentVersion, page: PageRow | VersionPage, reader: Locale
) -> str:
    """Unit and number, and in brackets the printed label if it differs from the number."""
    name = reader.gettext(NAMES[document.unit]).format(number=page.number)
    if page.label and page.label != str(page.number):
        return f"{name} ({page.label})"
    return name
