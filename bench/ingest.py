"""Whole ingest of a born-digital PDF against the embedding alone of its passages.

``KB_BENCH_PDF`` names the file; without it a PDF of the shared test documents is used.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from ingest.children import Children
from ingest.points import embedded_texts
from ingest.submit import submit
from ingest.worker import Worker
from kb.domain import Passage, Span
from kb.logs import configure
from kb.services import Services, open_services
from kb.settings import Settings
from kb.storage.tables import Document, PageRow, PassageRow

SHARED = Path(__file__).resolve().parents[2] / "shared/docs/real/it/216_debian-faq.it.pdf"
WARM_UP = b"# Prova\n\nUna frase per caricare il modello."


def main() -> None:
    configure("WARNING")
    pdf = Path(os.environ.get("KB_BENCH_PDF", SHARED))
    if not pdf.exists():
        print(f"There is no {pdf}: set KB_BENCH_PDF to a born-digital PDF.")
        return
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read().scratch(Path(folder))
        settings = settings.model_copy(update={"ingest_threads": 1})
        with open_services(settings, own=True) as services:
            _measure(services, pdf)


def _measure(services: Services, pdf: Path) -> None:
    worker = Worker(services)
    submit(services, io.BytesIO(WARM_UP), "warm-up.md")
    while worker.step():
        pass
    with pdf.open("rb") as stream:
        document = submit(services, stream, pdf.name)
    whole = _seconds(worker.step)
    worker.stop()
    pages, texts, bodies = _texts(services, document.id)
    children = Children(services)
    hands = children.of(0)
    hands.embed(texts[:1], bodies[:1], lambda *_: None)
    alone = _seconds(lambda: hands.embed(texts, bodies, lambda *_: None))
    children.close()
    print("| what | value |\n| --- | --- |")
    print(f"| pages, passages | {pages}, {len(texts)} |")
    print(f"| whole ingest | {whole:.1f} s, {pages / whole:.1f} pages/s |")
    print(f"| embedding alone | {alone:.1f} s, {len(texts) / alone:.1f} passages/s |")
    print(f"| whole / embedding | {whole / alone:.2f} × |")


def _texts(services: Services, item_id: str) -> tuple[int, list[str], list[int]]:
    with services.database.session() as session:
        title = session.get_one(Document, item_id).title
        pages = session.scalar(select(func.count()).where(PageRow.document_id == item_id)) or 0
        rows = session.scalars(
            select(PassageRow).where(PassageRow.item_id == item_id).order_by(PassageRow.ordinal)
        )
        passages = [
            Passage(
                row.id,
                row.ordinal,
                row.text,
                tuple(row.heading_path),
                row.language,
                tuple(Span(*span) for span in row.spans),
            )
            for row in rows
        ]
    return pages, *embedded_texts(title, passages)


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
