"""The image of a document's page, with boxes around words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import structlog

from ingest.processes.render import (
    LONGEST_S,
    MEDIA_TYPE,
    STRANGERS_S,
    WIDTH_PX,
    DrawnPage,
    Renderer,
)
from kb.access import Access
from kb.domain import Edit, Page
from kb.messages import KbError
from kb.runtime.services import Services
from kb.storage.history import DocumentVersion, VersionPage
from kb.storage.tables import Document, PageRow

log = structlog.get_logger()


def draw_page(
    services: Services,
    renderer: Renderer,
    document: Document | DocumentVersion,
    row: PageRow | VersionPage,
    spans: list[tuple[int, int]],
    access: Access,
) -> DrawnPage | None:
    """Render the page, of the present version or an older one.

    None for a format without pages to render.
    """
    if document.media_type != MEDIA_TYPE:
        return None
    with _original(services, document.content_sha256) as original:
        if original is None:
            return None
        return renderer.draw(
            original,
            document.content_sha256,
            _page_of(row),
            spans,
            within_s=_longest_s(access),
        )


def draw_image(
    services: Services,
    renderer: Renderer,
    document: Document,
    row: PageRow,
    access: Access,
    width_px: int = WIDTH_PX,
) -> Path | None:
    """The page's image of that width, drawn unless it is cached; None if it cannot be drawn."""
    path = renderer.image_path(document.content_sha256, row.number, width_px)
    if renderer.images.use(path):
        return path
    if document.media_type != MEDIA_TYPE:
        return None
    with _original(services, document.content_sha256) as original:
        if original is None:
            return None
        drawn = renderer.draw(
            original,
            document.content_sha256,
            _page_of(row),
            within_s=_longest_s(access),
            width_px=width_px,
        )
    return drawn.image if drawn else None


@contextmanager
def _original(services: Services, sha256: str) -> Iterator[Path | None]:
    """The file to draw from; None where it cannot be had: the page's text is shown without it."""
    with ExitStack() as stack:
        try:
            path = stack.enter_context(services.originals.local_file(sha256))
        except KbError as error:
            log.warning("page not drawn", sha256=sha256, reason=str(error))
            path = None
        yield path


def _page_of(row: PageRow | VersionPage) -> Page:
    edits = tuple(Edit(*edit) for edit in row.edits)
    return Page(row.number, row.label, row.raw, row.text, edits, row.verdict)


def _longest_s(access: Access) -> float:
    return LONGEST_S if access.rights else STRANGERS_S
