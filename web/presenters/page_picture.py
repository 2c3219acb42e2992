"""The image of a document's page, with boxes around words."""

from __future__ import annotations

from ingest.processes.render import LONGEST_S, MEDIA_TYPE, STRANGERS_S, Picture, Renderer
from kb.access import Access
from kb.domain import Edit, Page
from kb.runtime.services import Services
from kb.storage.history import DocumentVersion, VersionPage
from kb.storage.tables import Document, PageRow


def draw_page(
    services: Services,
    renderer: Renderer,
    document: Document | DocumentVersion,
    row: PageRow | VersionPage,
    spans: list[tuple[int, int]],
    access: Access,
) -> Picture | None:
    """Render the page, of the present version or an older one.

    None for a format without pages to render.
    """
    if document.media_type != MEDIA_TYPE:
        return None
    edits = tuple(Edit(*edit) for edit in row.edits)
    page = Page(row.number, row.label, row.raw, row.text, edits, row.verdict)
    original = services.originals.path(document.content_sha256)
    within_s = LONGEST_S if access.rights else STRANGERS_S
    return renderer.draw(original, document.content_sha256, page, spans, within_s=within_s)
