"""Suggest sentences of a document that may be measured results, by a score."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.storage.revisions import DiscardedCandidate
from kb.storage.tables import Document, PageRow
from kb.text.quantities import quantities
from kb.text.sentences import sentences

FEWEST_WORDS = 6
"""Words of a suggested sentence."""
MOST_WORDS = 90
"""Words of a suggested sentence; longer ones are lists or tables."""
MOST_NUMBERS = 0.34
"""Share of words with digits above which a sentence is a table row."""

_CHANGE = re.compile(
    r"\b(?:riduzion\w+|ridott\w+|ridur\w+|diminu\w+|calat\w+|calo|aument\w+|crescit\w+|cresciut\w+|"
    r"risparmi\w*|raddoppi\w+|"
    r"reduc\w+|decreas\w+|increas\w+|fell|fallen|rose|risen|grew|grown|saved|savings?|dropped|"
    r"doubled|halved|"
    r"gesunken|sank|gestiegen|stieg|senk\w+|gesenkt|verringer\w+|reduzier\w+|erhöh\w+|"
    r"zugenommen|eingespart|gewachsen|"
    r"réduct\w+|rédui\w+|baiss\w+|hausse|augment\w+|progress\w+|économis\w+|"
    r"reducc\w+|reduj\w+|reducid\w+|disminu\w+|creci\w+|ahorr\w+)\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\b(?:da(?:l|lla|i|gli|lle)? (?:[^.;]|[.]\d){1,40} a(?:l|lla|i|gli|lle)?|rispetto a\w*|contro|"
    r"from (?:[^.;]|[.]\d){1,40} to|compared (?:to|with)|against|versus|"
    r"von (?:[^.;]|[.]\d){1,40} auf|gegenüber|im vergleich|"
    r"de (?:[^.;]|[.]\d){1,40} à|par rapport (?:à|au)|contre|"
    r"de (?:[^.;]|[.]\d){1,40} a|respecto (?:a|al)|frente a)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19[5-9]\d|20[0-4]\d)\b")
_HOPED = re.compile(
    r"\b(?:previst\w+|attes\w+|stimat\w+|obiettiv\w+|entro il|expected|estimated|target\w*|"
    r"forecast\w*|planned|by 20\d\d|erwart\w+|geplant\w*|geschätzt\w*|ziel\w*|prévu\w*|estim\w+|"
    r"objectif\w*|esperad\w+|objetivo\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class SuggestedResult:
    """A sentence with a quantity. ``spans``: character ranges of its quantities in ``text``."""

    key: str
    page: int
    text: str
    spans: tuple[tuple[int, int], ...]
    hoped: bool
    """Whether it sounds like a forecast, target or estimate."""
    weight: float


def find_suggestions(session: Session, document: Document) -> Sequence[SuggestedResult]:
    """Suggestions that were not discarded, best first, then in the document's order."""
    pages = session.scalars(
        select(PageRow).where(PageRow.document_id == document.id).order_by(PageRow.number)
    )
    gone = set(
        session.scalars(
            select(DiscardedCandidate.sentence_sha256).where(
                DiscardedCandidate.document_id == document.id
            )
        )
    )
    found: dict[str, SuggestedResult] = {}
    for candidate in _suggest(pages):
        if candidate.key not in gone:
            found.setdefault(candidate.key, candidate)
    return sorted(found.values(), key=lambda one: (-one.weight, one.page))


def discard_suggestion(session: Session, access: Access, document: Document, key: str) -> None:
    """Stop suggesting a sentence, for all users."""
    session.merge(
        DiscardedCandidate(
            document_id=document.id, sentence_sha256=key, account_id=access.account_id
        )
    )


def restore_suggestion(session: Session, document: Document) -> None:
    """Suggest all discarded sentences of the document again."""
    for row in session.scalars(
        select(DiscardedCandidate).where(DiscardedCandidate.document_id == document.id)
    ):
        session.delete(row)


def count_discarded(session: Session, document: Document) -> int:
    query = select(DiscardedCandidate.sentence_sha256)
    return len(session.scalars(query.where(DiscardedCandidate.document_id == document.id)).all())


def sounds_hoped(text: str) -> bool:
    """Whether a sentence sounds like a forecast, target or estimate."""
    return bool(_HOPED.search(text))


def _suggest(pages: Iterable[PageRow]) -> Iterator[SuggestedResult]:
    for page in pages:
        for start, end in sentences(page.text):
            text = page.text[start:end]
            spans = tuple((one.start, one.end) for one in quantities(text))
            if spans and _is_prose(text):
                yield SuggestedResult(
                    key=hashlib.sha256(" ".join(text.split()).encode()).hexdigest(),
                    page=page.number,
                    text=text,
                    spans=spans,
                    hoped=sounds_hoped(text),
                    weight=_score(text, len(spans)),
                )


def _is_prose(text: str) -> bool:
    words = text.split()
    numbers = sum(any(c.isdigit() for c in word) for word in words)
    return FEWEST_WORDS <= len(words) <= MOST_WORDS and numbers <= MOST_NUMBERS * len(words)


def _score(text: str, quantities_in_it: int) -> float:
    """Score of a sentence: highest for a change, then a comparison, a time, the number of figures;
    lower for forecasts."""
    return (
        3 * bool(_CHANGE.search(text))
        + 2 * bool(_COMPARED.search(text))
        + bool(_YEAR.search(text))
        + min(quantities_in_it, 3) / 2
        - 2 * sounds_hoped(text)
    )
