"""Load the corpus folder into the knowledge base. Loading it again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import OPERATOR
from kb.accounts import audit
from kb.corpus.card_files import CardProblem, load_corpus
from kb.corpus.collections import store_collection
from kb.domain import Status
from kb.messages import N_, PermanentError
from kb.practices.publishing import publish_practice, unpublish_practice
from kb.runtime.services import Services
from kb.storage.revisions import PracticeRevision
from kb.storage.tables import PracticeRow

CORPUS = Path(__file__).resolve().parents[2] / "corpus"


class CorpusRefused(PermanentError):
    """Some cards are invalid and none was loaded; ``problems`` has the reasons."""

    def __init__(self, problems: tuple[CardProblem, ...]) -> None:
        super().__init__(
            N_("The corpus has {count} problems and was not loaded: mend the cards named."),
            count=len(problems),
        )
        self.problems = problems


@dataclass(frozen=True)
class CorpusLoad:
    """Result of a load, as ids. ``changed``: practices that are new or changed. ``kept`` and
    ``kept_collections``: edited here, therefore not overwritten. ``gone``: practices from the
    corpus whose file is gone; deleted if ``removed``."""

    practices: int
    collections: int
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    kept_collections: tuple[str, ...]
    gone: tuple[str, ...]
    removed: bool


def load(services: Services, folder: Path = CORPUS, *, prune: bool = False) -> CorpusLoad:
    """Validate all cards, then store practices and collections and queue what changed.

    ``prune``: delete practices from the corpus whose file is gone.

    Raises:
        CorpusRefused: a card is invalid; nothing was loaded.
        PermanentError: the folder has no cards.
    """
    corpus = load_corpus(folder)
    if corpus.problems:
        raise CorpusRefused(corpus.problems)
    with services.database.transaction() as session:
        ours = set(session.scalars(select(PracticeRevision.practice_id).distinct()))
        theirs = [practice for practice in corpus.practices if practice.id not in ours]
        gone = _find_gone(session, ours | {practice.id for practice in theirs})
        loaded = CorpusLoad(
            practices=len(corpus.practices),
            collections=len(corpus.collections),
            changed=tuple(
                practice.id for practice in theirs if publish_practice(session, practice)
            ),
            kept=tuple(practice.id for practice in corpus.practices if practice.id in ours),
            kept_collections=tuple(
                one.id for one in corpus.collections if not store_collection(session, one)
            ),
            gone=gone,
            removed=prune,
        )
        for practice_id in gone if prune else ():
            unpublish_practice(session, practice_id)
            audit.record_event(session, OPERATOR, "practice.delete", practice_id)
    return loaded


def _find_gone(session: Session, known: set[str]) -> tuple[str, ...]:
    here = select(PracticeRow.id).where(PracticeRow.status != Status.DELETED)
    return tuple(sorted(set(session.scalars(here)) - known))
