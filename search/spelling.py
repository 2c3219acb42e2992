"""“Did you mean”: words of a question that stand nowhere in the base, and near words that do.

The words are those of the base itself: titles, passages, the glossary, names of municipalities. Of
passages a sample is read, more of it at each question with an unknown word; ids of passages are
random, so that the sample is, too. Whether a word stands in the base for this reader, the index
tells, within the filters of access.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from weakref import WeakKeyDictionary

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Status, Visibility
from kb.places import municipalities
from kb.places.place_names import read_adjectives
from kb.runtime.services import Services
from kb.storage.db import Database
from kb.storage.kept import keep_until_change
from kb.storage.tables import Item, PassageRow
from kb.text.folding import fold_text
from kb.vectors.opening import Arm, Filter, HybridQuery
from kb.vocabulary.vocabularies import load

SHORTEST = 6
"""Letters of a word that is looked at: shorter ones have too many neighbours."""
LONG = 9
"""Letters from which two letters may be wrong instead of one."""
READ_AT_ONCE = 4000
"""Passages read at a question with an unknown word; a third of a second."""
TRIED = 12
"""Near words that are looked up in the index."""
ONE_PIECE = 3
"""Tokens of a word that the model has whole: the word and a special token at both ends."""
FEWEST = 2
"""Passages in which a near word stands at least, unless it is in a title or the glossary."""

_WORD = re.compile(r"[^\W\d_]+")
_TRUNCATED = re.compile(r"\b([^\W\d_]{4,})\*")


@dataclass(frozen=True)
class Spelling:
    """``corrected``: the question with misspelt words replaced, if there are any. ``unknown``:
    words that stand in no text that the reader may see, and have no near word."""

    corrected: str | None
    unknown: tuple[str, ...]


@dataclass
class _Vocabulary:
    """Words as written most, by their folded form, with the number of passages they stand in.
    ``read``: the last passage read, in the order of ids."""

    counts: Counter[str] = field(default_factory=Counter)
    written: dict[str, str] = field(default_factory=dict)
    read: str = ""
    titles: set[str] = field(default_factory=set)
    """Those that were counted."""
    items: frozenset[str] = frozenset()
    """Ids of the items that could be seen when it was last read."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def forget_hidden(self, items: frozenset[str]) -> None:
        """Begin anew if something that could be seen is not among ``items``, those that can be."""
        with self.lock:
            if not self.items <= items:
                self.counts.clear()
                self.written.clear()
                self.titles.clear()
                self.read = ""
            self.items = items

    def extend(self, session: Session, visibilities: frozenset[Visibility]) -> None:
        """Read the titles and some more passages of items that may be seen."""
        with self.lock:
            if not self.read:
                self._add(_list_glossary(), times=FEWEST)
            visible = _select_seen(visibilities)
            titles = set(session.connection().scalars(select(_item.title).where(visible)).all())
            self._add(titles - self.titles, times=FEWEST)
            self.titles |= titles
            rows = session.connection().execute(
                select(_passage.id, _passage.text)
                .join(Item.__table__, _item.id == _passage.item_id)
                .where(_passage.id > self.read, visible)
                .order_by(_passage.id)
                .limit(READ_AT_ONCE)
            )
            for id, text in rows:
                self._add([text])
                self.read = id

    def _add(self, texts: Iterable[str], times: int = 1) -> None:
        for text in texts:
            for word in set(_WORD.findall(text)):
                folded = fold_text(word)
                self.counts[folded] += times
                if folded not in self.written or word.islower():
                    self.written[folded] = word

    def find_longer(self, beginning: str) -> str | None:
        with self.lock:
            found = [word for word in self.counts if word.startswith(beginning)]
        best = max(found, key=lambda word: (self.counts[word], word), default=None)
        return self.written[best] if best else None

    def find_near(self, folded: str, most: int) -> list[tuple[str, int]]:
        """(folded word, wrong letters) of the words with at most so many wrong letters, the nearest
        first, of equally near ones the most frequent."""
        with self.lock:
            known = [word for word, times in self.counts.items() if times >= FEWEST]
        found = extract(folded, known, scorer=OSA.distance, score_cutoff=most, limit=5 * TRIED)
        near = [(word, int(wrong)) for word, wrong, _ in found if word[:1] == folded[:1]]
        return sorted(near, key=lambda one: (one[1], -self.counts[one[0]], one[0]))[:TRIED]


_passage, _item = PassageRow.__table__.c, Item.__table__.c


def _select_seen(visibilities: frozenset[Visibility]) -> ColumnElement[bool]:
    return and_(_item.visibility.in_(visibilities), _item.status != Status.DELETED)


def _list_seen(session: Session, visibilities: frozenset[Visibility]) -> frozenset[str]:
    seen = select(_item.id).where(_select_seen(visibilities))
    return frozenset(session.connection().scalars(seen).all())


_vocabularies: WeakKeyDictionary[Database, dict[frozenset[Visibility], _Vocabulary]] = (
    WeakKeyDictionary()
)
"""A vocabulary for each set of visibilities: no reader learns of words that only others may see."""
_making = threading.Lock()


@dataclass(frozen=True)
class _Speller:
    services: Services
    session: Session
    access: Access
    language: str

    def check(self, text: str, kept: frozenset[str]) -> Spelling:
        """Folded words in ``kept`` are left as they are."""
        corrected = _TRUNCATED.sub(lambda found: self._complete(found.group(1)), text)
        unknown = []
        for word in dict.fromkeys(_WORD.findall(text)):
            folded = fold_text(word)
            if len(folded) < SHORTEST or folded in kept or word.isupper() or not folded.isascii():
                continue
            if self._is_known(word, folded):
                continue
            near = self._find(word, folded, may_be_town=_may_be_town(text, word))
            if near:
                corrected = re.sub(rf"\b{re.escape(word)}\b", _like(near, word), corrected)
            else:
                unknown.append(word)
        return Spelling(corrected if corrected != text else None, tuple(unknown))

    def _complete(self, beginning: str) -> str:
        """The most frequent word with the beginning, for «rifiut*»."""
        self._begin()
        return self._vocabulary.find_longer(fold_text(beginning)) or beginning

    @property
    def _vocabulary(self) -> _Vocabulary:
        with _making:
            of_base = _vocabularies.setdefault(self.services.database, {})
            return of_base.setdefault(frozenset(self.access.visibilities), _Vocabulary())

    def _extend(self) -> None:
        self._vocabulary.extend(self.session, frozenset(self.access.visibilities))

    def _is_known(self, word: str, folded: str) -> bool:
        """Whether it stands in the base, is the name of a place, or is one piece for the model,
        which then has read it often."""
        self._begin()
        if folded in self._vocabulary.counts or folded in _town_names() or folded in _adjectives():
            return True
        return self._count_pieces(word) == ONE_PIECE or self._stands(word)

    def _begin(self) -> None:
        seen = frozenset(self.access.visibilities)
        read = partial(_list_seen, self.session, seen)
        self._vocabulary.forget_hidden(keep_until_change(self.session, (_list_seen, seen), read))
        if not self._vocabulary.read:
            self._extend()

    def _stands(self, word: str, *, own_language: bool = False) -> bool:
        """Whether some passage that the reader may see has the word in any form, or some passage in
        the question's language does."""
        terms = self.services.bm25.query(word, self.language)
        if not terms.indices:
            return True
        visible = Filter(self.access.visibilities)
        languages = frozenset({self.language}) if own_language else None
        arm = Arm(terms, languages=languages)
        query = HybridQuery(arms=(arm,), filter=visible, limit=1, depth=1)
        return bool(self.services.index.search(query))

    def _find(self, word: str, folded: str, *, may_be_town: bool) -> str | None:
        vocabulary = self._vocabulary
        self._extend()
        if folded in vocabulary.counts:
            return None
        most = 2 if len(folded) >= LONG and not word[:1].isupper() else 1
        for near, _ in vocabulary.find_near(folded, most):
            written = vocabulary.written[near]
            whole = self._count_pieces(written) <= self._count_pieces(word)
            if whole and self._stands(written, own_language=True):
                return written
        return _find_town(folded) if may_be_town else None

    def _count_pieces(self, word: str) -> int:
        """Into how many pieces the model's vocabulary cuts a word: more if it is misspelt."""
        return self.services.embedder.count_tokens(word.lower())


def check_spelling(
    services: Services, session: Session, access: Access, text: str, language: str
) -> Spelling:
    """What is misspelt in a question, or unknown to the base.

    Words between quotation marks, in capitals, of fewer than ``SHORTEST`` letters, and those that
    stand in the base are left alone.

    Raises:
        TransientError: the index cannot answer at the moment.
    """
    quoted = frozenset(fold_text(" ".join(re.findall(r'["“«]([^"”»]*)["”»]', text))).split())
    return _Speller(services, session, access, language).check(text, quoted)


def _may_be_town(text: str, word: str) -> bool:
    """Whether a word with a capital stands alone or after a preposition, as a place does."""
    if not word[:1].isupper():
        return False
    return text.strip(" ?!.") == word or bool(
        re.search(rf"\b(?:a|ad|in|di|near|à|en|bei|comune di) {re.escape(word)}\b", text)
    )


def _like(near: str, word: str) -> str:
    """The near word with a capital where the word has one."""
    return near[:1].upper() + near[1:] if word[:1].isupper() else near.lower()


def _list_glossary() -> Iterable[str]:
    for term in load("glossary").values():
        for names in term.names.values():
            yield from names


@cache
def _town_names() -> Mapping[str, str]:
    """Names of municipalities of one word, by their folded form."""
    return {
        fold_text(place.name): place.name
        for place in municipalities.all_places()
        if " " not in place.name
    }


@cache
def _adjectives() -> frozenset[str]:
    """Adjectives of places in every form, folded: «piemontesi»."""
    return frozenset(read_adjectives())


def _find_town(folded: str) -> str | None:
    found = extract(folded, list(_town_names()), scorer=OSA.distance, score_cutoff=1, limit=2)
    names = [_town_names()[name] for name, _, _ in found if name[:1] == folded[:1]]
    return names[0] if len(names) == 1 else None
