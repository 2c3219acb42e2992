"""Draw PDF pages as images, with the boxes of given ranges of their text.

Images are cached in the cache folder. Pages are drawn in child processes.
"""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from ingest.processes.child_errors import ChildTookTooLong
from ingest.processes.child_process import ProcessLimits
from ingest.processes.isolation import Child
from ingest.processes.page_images import PageImages
from ingest.text.alignment import to_raw
from kb.constants import MEGABYTE
from kb.domain import Page
from kb.messages import KbError, TransientError
from kb.settings import Settings

WIDTH_PX = 1240
"""Width of page images: an A4 page at 150 dots per inch."""
LARGE_PX = 2480
"""Width of the images of enlarged pages: 300 dots per inch."""
THUMBNAIL_PX = 240
"""Width of thumbnails."""
MEMORY_MB = 2048
"""Memory limit of a rendering child."""
SILENCE_S = 20
"""Longest time without a sign of life while a page is drawn."""
LONGEST_S = 20.0
"""Longest time for drawing one page."""
STRANGERS_S = 5.0
"""Longest time for drawing a page for somebody without an account."""
CHILDREN = 2
"""Rendering children, that is documents drawn at the same time."""
PATIENCE_S = 10.0
"""Seconds a request waits for its page behind other requests."""
MOST_WAITING = 8
"""Requests waiting at once; each occupies a thread of the web server."""
MOST_THUMBNAILS = 12
"""Thumbnails waiting at once. They are counted apart, so that they keep no page waiting."""
MAX_FAILURES = 3
"""Failed pages after which a document is not drawn any more."""
MEDIA_TYPE = "application/pdf"

log = structlog.get_logger()


@dataclass(frozen=True)
class PageBox:
    """A rectangle in points (1/72 inch) from the top left corner of the page as shown."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class DrawnPage:
    """A drawn page: size in points, image file, and boxes."""

    width: float
    height: float
    image: Path
    boxes: tuple[PageBox, ...]


@dataclass(frozen=True)
class DrawRequest:
    """A page to draw. ``raw`` is the extracted page text and ``ranges`` are character ranges of it
    to be boxed. No boxes are given if pdfium's page text differs, as on scanned pages."""

    path: Path
    number: int
    raw: str
    ranges: tuple[tuple[int, int], ...]
    image: Path
    width_px: int = WIDTH_PX


class Renderer:
    """Draws pages: one at a time per document, two documents at once.

    A page on which the child crashes or hangs is not tried again in this process, nor is a document
    after ``MAX_FAILURES`` of its pages, because each attempt keeps others waiting for seconds.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.images = PageImages(settings.page_images_of(), settings.page_images_mb * MEGABYTE)
        self._children: list[Child[DrawnPage]] = [
            Child(
                "ingest.processes.render_child:draw",
                ProcessLimits(MEMORY_MB, SILENCE_S, calls=200),
                DrawnPage,
            )
            for _ in range(CHILDREN)
        ]
        self._free: queue.Queue[Child[DrawnPage]] = queue.Queue()
        for child in self._children:
            self._free.put(child)
        self._patient = threading.Semaphore(MOST_WAITING)
        self._thumbnails = threading.Semaphore(MOST_THUMBNAILS)
        self._at_work: set[str] = set()
        self._failed: dict[str, set[int]] = {}
        self._too_long: dict[tuple[str, int], float] = {}
        self._changed = threading.Condition()

    def image_path(self, sha256: str, number: int, width_px: int = WIDTH_PX) -> Path:
        return self._settings.page_images_of(sha256) / f"{number}-{width_px}.webp"

    def draw(
        self,
        original: Path,
        sha256: str,
        page: Page,
        spans: Sequence[tuple[int, int]] = (),
        *,
        within_s: float = LONGEST_S,
        width_px: int = WIDTH_PX,
    ) -> DrawnPage | None:
        """Draw the page, ``width_px`` wide, within ``within_s`` seconds, with boxes around the
        character ranges ``spans`` of its cleaned text.

        ``None`` if it cannot be drawn, not in time, or the disk is too full; the caller then shows
        the text only.
        """
        if self._has_failed(sha256, page.number, within_s) or not self._has_room():
            return None
        request = DrawRequest(
            original,
            page.number,
            page.raw,
            tuple(to_raw(page, start, end) for start, end in spans),
            self.image_path(sha256, page.number, width_px),
            width_px,
        )
        waiting = self._thumbnails if width_px == THUMBNAIL_PX else self._patient
        if not waiting.acquire(blocking=False):
            return None
        try:
            return self._draw_in_child(request, sha256, page, within_s)
        finally:
            waiting.release()

    def _draw_in_child(
        self, request: DrawRequest, sha256: str, page: Page, within_s: float
    ) -> DrawnPage | None:
        with self._reserve_child(sha256) as child:
            if child is None or self._has_failed(sha256, page.number, within_s):
                return None
            cached = self.images.use(request.image)
            try:
                picture = child.call(request, within_s=within_s)
            except TransientError:
                return None
            except ChildTookTooLong:
                self._too_long[sha256, page.number] = within_s
                return None
            except KbError as error:
                log.warning("page not drawn", sha256=sha256, page=page.number, reason=str(error))
                self._failed.setdefault(sha256, set()).add(page.number)
                return None
        if not cached:
            self.images.note_added()
        return picture

    @contextmanager
    def _reserve_child(self, sha256: str) -> Iterator[Child[DrawnPage] | None]:
        """Reserve a child for a document that no other thread is drawing; ``None`` if that takes
        too long."""
        deadline = time.monotonic() + PATIENCE_S
        with self._changed:
            if not self._changed.wait_for(lambda: sha256 not in self._at_work, PATIENCE_S):
                yield None
                return
            self._at_work.add(sha256)
        try:
            try:
                child = self._free.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                yield None
                return
            try:
                yield child
            finally:
                self._free.put(child)
        finally:
            with self._changed:
                self._at_work.discard(sha256)
                self._changed.notify_all()

    def _has_room(self) -> bool:
        settings = self._settings
        settings.cache_dir.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(settings.cache_dir).free >= settings.disk_reserve_mb << 20

    def _has_failed(self, sha256: str, number: int, within_s: float) -> bool:
        """Whether the page has failed, or was given as much time before and not drawn."""
        failed = self._failed.get(sha256, set())
        given = self._too_long.get((sha256, number), 0.0)
        return number in failed or len(failed) >= MAX_FAILURES or given >= within_s

    def close(self) -> None:
        for child in self._children:
            child.close()
