"""The best sentence or header of a passage moves it; nothing here needs a model or a database."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy.orm import Session

from kb.access import OPERATOR
from kb.domain import Kind
from kb.vectors.opening import Arm, Filter, HybridQuery, SparseVector
from search.query import EmbeddedQuestion, PerArm
from search.ranking.scored_passage import ItemFields, PassageText, ScoredPassage
from search.ranking.sentence_rerank import SENTENCE_SHARE, rerank_by_best_sentence


def question(text: str = "biblioteca") -> EmbeddedQuestion:
    dense = np.zeros(4, np.float32)
    words = SparseVector((), ())
    arms = PerArm(Arm(dense, 1.0), Arm(dense, 1.0), Arm(words, 0.5))
    hybrid = HybridQuery(arms, Filter(OPERATOR.visibilities), 10, 10, 40.0)
    return EmbeddedQuestion(text, "it", dense, arms, hybrid)


def passage(id: str, cosine: float, sentences: list[float], header: float | None = None):
    text = " ".join("Frase." for _ in sentences)
    ranges = [(7 * n, 7 * n + 6) for n in range(len(sentences))]
    item = ItemFields(id, Kind.DOCUMENT, id, "it", "IT", None, (), {})
    return ScoredPassage(
        id, "it", cosine, PerArm(cosine, None, None), item,
        content=PassageText(id, text, (), (), ranges, b""),
        sentence_cosines=np.array(sentences, np.float32),
        header_cosine=header,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sentences", "header", "nearest"),
    [
        ([0.3, 0.6], None, 0.6),
        ([0.3, 0.6], 0.5, 0.6),
        ([0.3, 0.6], 0.9, 0.9),
        ([], 0.7, 0.7),
    ],
)
def test_the_header_counts_as_one_more_sentence(sentences, header, nearest):
    (found,) = rerank_by_best_sentence(
        Session(), question(), [passage("a", 0.5, sentences, header)]
    )
    assert found.score == pytest.approx(0.5 + SENTENCE_SHARE * (nearest - 0.5))


def test_what_has_neither_sentence_nor_header_keeps_its_score():
    (found,) = rerank_by_best_sentence(Session(), question(), [passage("a", 0.5, [])])
    assert found.score == 0.5


def test_a_title_that_is_the_question_leads_over_a_nearer_passage():
    titled = passage("titled", 0.50, [0.45, 0.40], header=0.95)
    nearer = passage("nearer", 0.60, [0.62], header=0.30)
    found = rerank_by_best_sentence(Session(), question(), [nearer, titled])
    assert [one.id for one in found] == ["titled", "nearer"]
