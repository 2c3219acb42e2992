"""Whole ingest of a born-digital PDF against the embedding alone of its passages.

``KB_BENCH_PDF`` names the file; without it a PDF of the shared test documents is used.
"""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

from sqlalchemy import func, select

from bench.measuring import seconds
from ingest.from_sql import from_passages
from ingest.points import embedded_texts
from ingest.submit import submit
from ingest.worker import Worker
from ingest.worker_processes import ProcessPool
from kb.runtime.logs import configure
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from kb.storage.tables import Document, PageRow

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
    whole = seconds(worker.step)
    worker.stop()
    pages, texts, bodies = _texts(services, document.id)
    children = ProcessPool(services)
    hands = children.of(0)
    hands.embed(texts[:1], bodies[:1], lambda *_: None)
    alone = seconds(lambda: hands.embed(texts, bodies, lambda *_: None))
    children.close()
    print("| what | value |\n| --- | --- |")
    print(f"| pages, passages | {pages}, {len(texts)} |")
    print(f"| whole ingest | {whole:.1f} s, {pages / whole:.1f} pages/s |")
    print(f"| embedding alone | {alone:.1f} s, {len(texts) / alone:.1f} passages/s |")
    print(f"| whole / embedding | {whole / alone:.2f} × |")


def _texts(services: Services, item_id: str) -> tuple[int, list[str], list[int]]:
    with services.database.session() as session:
        content = from_passages(session, session.get_one(Document, item_id))
        pages = session.scalar(select(func.count()).where(PageRow.document_id == item_id)) or 0
    return pages, *embedded_texts(content.title, content.passages)
