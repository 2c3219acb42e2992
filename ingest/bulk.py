"""Index many short texts without queue and child processes, for test sets and measurements."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ingest.extract.extracted import RawPage
from ingest.extracted_item import Content
from ingest.points import embedded_texts, points_of, prepared_for, rows_of
from ingest.text.clean import clean
from ingest.text.passage_rules import rules_of, token_counter
from ingest.text.split import split_passages
from kb.domain import Kind, Passage, Status, Verdict
from kb.embedding.late import LateVectors, embed_with_sentences
from kb.runtime.index_sync import filter_values
from kb.runtime.services import Services
from kb.storage.tables import Document, new_id
from kb.text.language import detect

AT_ONCE = 500
"""Texts per transaction."""


EmbedTexts = Callable[[Sequence[str], Sequence[int]], LateVectors]
"""Gets texts and the offsets of their bodies, see ``ingest.points.embedded_texts``."""


@dataclass(frozen=True)
class PlainText:
    id: str
    title: str
    text: str


def add(services: Services, texts: Sequence[PlainText]) -> dict[str, str]:
    """Index the texts, split and embedded with the same rules as documents. Returns the text's id
    by the id of its item."""
    items: dict[str, str] = {}
    _ = services.index  # made while the base is empty: one that is missing later is an error
    for start in range(0, len(texts), AT_ONCE):
        items |= _add_batch(services, texts[start : start + AT_ONCE])
    return items


def _add_batch(services: Services, texts: Sequence[PlainText]) -> dict[str, str]:
    contents = [_split_text(services, text) for text in texts]
    items = [_document_row(content, text) for content, text in zip(contents, texts, strict=True)]
    vectors = embed_together(services, contents)
    points = []
    with services.database.transaction() as session:
        session.add_all(items)
        session.flush()
        for item, content, part in zip(items, contents, vectors, strict=True):
            session.add_all(rows_of(item.id, content.passages, part))
            points += points_of(
                services, filter_values(item), content.title, content.passages, part
            )
    services.index.upsert(points)
    return {item.id: text.id for item, text in zip(items, texts, strict=True)}


def _split_text(services: Services, text: PlainText) -> Content:
    settings = services.settings
    cleaned = clean([RawPage(1, text.text, Verdict.TEXT)], laid_out=False)
    language = detect(text.text).language
    passages = split_passages(
        cleaned,
        [],
        title=text.title,
        content_key=f"{text.id}/{text.title}/{text.text}",
        rules=rules_of(settings),
        count=token_counter(settings),
        language_of=lambda part: detect(part, language).language,
    )
    return Content(text.title, passages, language)


def _document_row(content: Content, text: PlainText) -> Document:
    return Document(
        kind=Kind.DOCUMENT,
        id=new_id(),
        title=text.title or text.id,
        language=content.language,
        status=Status.READY,
        content_sha256=hashlib.sha256(text.text.encode()).hexdigest(),
        filename=text.id,
        size=len(text.text),
        themes=[],
    )


def embed_together(
    services: Services, contents: Sequence[Content], embed: EmbedTexts | None = None
) -> list[LateVectors]:
    """Embed the passages of all contents in one call, so that batches hold texts of similar length:
    with ``embed``, or with the model in this process. Returns normalised vectors, one
    ``LateVectors`` for each content."""
    passages: list[Passage] = []
    texts: list[str] = []
    bodies: list[int] = []
    for content in contents:
        more_texts, more_bodies = embedded_texts(content.title, content.passages)
        passages += content.passages
        texts += more_texts
        bodies += more_bodies
    if embed is None:
        embed = partial(embed_with_sentences, services.embedder)
    made = embed(texts, bodies)
    together = prepared_for(services, passages, made)
    parts = []
    start = 0
    for content in contents:
        part = slice(start, start + len(content.passages))
        parts.append(
            LateVectors(together.passages[part], together.spans[part], together.sentences[part])
        )
        start = part.stop
    return parts
