"""The terms that stand anywhere in a practice card: an answer may lie beside the passage found."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kb.storage.db import Database
from kb.storage.tables import Item, PassageRow
from kb.vectors.opening import Bm25
from search.verdict.question_words import TermsByLanguage

REMEMBERED = 1000
"""Cards whose terms are kept."""


class _Cards:
    """The terms of the cards of one database; of a card that has other passages than before, they
    are read anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[frozenset[str], TermsByLanguage]] = OrderedDict()

    def read(
        self, session: Session, bm25: Bm25, item_ids: Sequence[str]
    ) -> dict[str, TermsByLanguage]:
        passages: dict[str, set[str]] = defaultdict(set)
        for item_id, id in session.connection().execute(_IDS, {"items": list(item_ids)}):
            passages[item_id].add(id)
        with self._lock:
            found = {id: self._known.get(id) for id in passages}
        changed = [id for id, known in found.items() if known is None or known[0] != passages[id]]
        fresh = _read_terms(session, bm25, changed) if changed else {}
        with self._lock:
            for id, terms in fresh.items():
                self._known[id] = (frozenset(passages[id]), terms)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        kept = {id: known[1] for id, known in found.items() if known is not None}
        return kept | fresh


_bases: WeakKeyDictionary[Database, _Cards] = WeakKeyDictionary()
_making = threading.Lock()


def read_card_terms(
    database: Database, session: Session, bm25: Bm25, item_ids: Sequence[str]
) -> dict[str, TermsByLanguage]:
    """The terms of all passages of each item, titles and headings included, by item; kept between
    calls."""
    with _making:
        cards = _bases.setdefault(database, _Cards())
    return cards.read(session, bm25, item_ids)


def _read_terms(
    session: Session, bm25: Bm25, item_ids: Sequence[str]
) -> dict[str, TermsByLanguage]:
    found: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    rows = session.connection().execute(_TEXTS, {"items": list(item_ids)})
    for item_id, title, language, headings, text in rows:
        whole = "\n".join((title, *headings, text))
        found[item_id][language].update(bm25.passage(whole, language).indices)
    return {
        id: {language: frozenset(terms) for language, terms in by_language.items()}
        for id, by_language in found.items()
    }


_passage, _item = PassageRow.__table__.c, Item.__table__.c
_IDS = select(_passage.item_id, _passage.id).where(
    _passage.item_id.in_(bindparam("items", expanding=True))
)
_TEXTS = (
    select(
        _passage.item_id, _item.title, _passage.language, _passage.heading_path, _passage.text
    )
    .join_from(PassageRow.__table__, Item.__table__, _item.id == _passage.item_id)
    .where(_passage.item_id.in_(bindparam("items", expanding=True)))
)  # fmt: skip
