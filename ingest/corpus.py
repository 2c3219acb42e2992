"""Brings the corpus folder into the knowledge base. Loading twice changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from ingest.cards import Corpus, Problem, load_corpus
from kb.domain import Kind, Status
from kb.messages import N_, PermanentError
from kb.practice import Collection as CollectionRecord
from kb.practice import Practice
from kb.services import Services
from kb.storage import jobs
from kb.storage.collections import Collection, CollectionEntry
from kb.storage.tables import Operation, PracticeRow

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
LANGUAGE = "it"
"""Cards are written in Italian."""


class CorpusRefused(PermanentError):
    """Some cards are not valid, so that none was loaded; ``problems`` names each reason."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(
            N_("The corpus has {count} problems and was not loaded: mend the cards named."),
            count=len(problems),
        )
        self.problems = problems


@dataclass(frozen=True)
class Loaded:
    """Ids of the practices that are new or have changed, and how many there are in all."""

    changed: tuple[str, ...]
    practices: int
    collections: int


def load(services: Services, folder: Path = CORPUS) -> Loaded:
    """Validate all cards, then store practices and collections and queue what has changed.

    Raises:
        CorpusRefused: a card is not valid; nothing was loaded.
        PermanentError: the folder has no cards.
    """
    corpus = load_corpus(folder)
    if corpus.problems:
        raise CorpusRefused(corpus.problems)
    with services.database.transaction() as session:
        changed = [practice.id for practice in corpus.practices if _store(session, practice)]
        _store_collections(session, corpus.collections)
    services.work_arrived.set()
    return _loaded(changed, corpus)


def _loaded(changed: Iterable[str], corpus: Corpus) -> Loaded:
    return Loaded(tuple(changed), len(corpus.practices), len(corpus.collections))


def _store(session: Session, practice: Practice) -> bool:
    """Write a practice and queue it, unless it is here as it is."""
    record = practice.model_dump(mode="json")
    content = json.dumps(record, sort_keys=True, ensure_ascii=False)
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    row = session.get(PracticeRow, practice.id)
    if row is not None and row.content_sha256 == sha256 and row.status != Status.FAILED:
        return False
    if row is None:
        row = PracticeRow(id=practice.id, kind=Kind.PRACTICE, language=LANGUAGE)
        session.add(row)
    row.record = record
    row.content_sha256 = sha256
    row.title = practice.title
    row.year = practice.start
    row.country = practice.place.country
    row.themes = list(practice.themes)
    row.status, row.reason = Status.QUEUED, None
    session.flush()
    jobs.enqueue(session, practice.id, Operation.INDEX)
    return True


def _store_collections(session: Session, collections: Iterable[CollectionRecord]) -> None:
    for record in collections:
        row = session.get(Collection, record.id) or Collection(id=record.id)
        row.title, row.title_en = record.title, record.title_en
        row.argument, row.visibility = record.argument, record.visibility
        wanted = [
            (position, item.practice or item.document or "", item.note)
            for position, item in enumerate(record.items)
        ]
        if [(entry.position, entry.item_id, entry.note) for entry in row.entries] != wanted:
            row.entries.clear()
            session.flush()
            row.entries.extend(
                CollectionEntry(position=position, item_id=item_id, note=note)
                for position, item_id, note in wanted
            )
        session.add(row)
