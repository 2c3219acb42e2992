"""Verdicts against what a test set says, and test sets some of whose answers are taken out."""

import json

import numpy as np
import pytest

from kb.messages import PermanentError
from search.evaluation.emptied import choose_removed, remove_answers
from search.evaluation.metrics import read_test_set
from search.evaluation.verdicts import JudgedQuery, area_under_curve, measure_verdicts
from search.results import AnswerVerdict

ANSWERED, NEAR, NOTHING = AnswerVerdict


def test_precision_and_recall_of_each_verdict():
    quality = measure_verdicts(
        [
            JudgedQuery(0.9, ANSWERED, answerable=True),
            JudgedQuery(0.8, ANSWERED, answerable=True),
            JudgedQuery(0.7, ANSWERED, answerable=False),
            JudgedQuery(0.4, NEAR, answerable=True),
            JudgedQuery(0.3, NEAR, answerable=False),
            JudgedQuery(0.1, NOTHING, answerable=True),
            JudgedQuery(0.05, NOTHING, answerable=False),
        ]
    )
    assert (quality.answerable, quality.unanswerable) == (4, 3)
    assert [(one.answerable, one.unanswerable) for one in quality.counts] == [
        (2, 1),
        (1, 1),
        (1, 1),
    ]
    assert quality.precision(ANSWERED) == pytest.approx(2 / 3)
    assert quality.recall(ANSWERED) == pytest.approx(2 / 4)
    assert quality.precision(NOTHING) == pytest.approx(1 / 2)
    assert quality.recall(NOTHING) == pytest.approx(1 / 3)
    assert quality.auc == pytest.approx(9 / 12)


def test_without_unanswerable_queries_there_is_no_auc_and_no_precision_of_unused_verdicts():
    quality = measure_verdicts([JudgedQuery(0.9, ANSWERED, answerable=True)])
    assert quality.auc is None
    assert quality.precision(NOTHING) is None
    assert quality.recall(NOTHING) is None
    assert quality.recall(ANSWERED) == 1.0


def test_equal_scores_count_half_in_the_area_under_the_curve():
    scores, positive = np.array([0.5, 0.5, 0.9]), np.array([True, False, True])
    assert area_under_curve(scores, positive) == pytest.approx(0.75)


def test_reliability_compares_the_relevance_with_the_share_that_is_answered():
    judged = [JudgedQuery(0.95, ANSWERED, answerable=n < 3) for n in range(4)]
    judged += [JudgedQuery(0.12, NOTHING, answerable=False), JudgedQuery(1.0, ANSWERED, True)]
    low, high = measure_verdicts(judged).reliability
    assert (low.low, low.high, low.queries, low.answerable) == (0.1, 0.2, 1, 0.0)
    assert (high.queries, high.answerable) == (5, 0.8)
    assert high.mean == pytest.approx(0.96)


@pytest.fixture
def test_set(tmp_path):
    lines = {
        "corpus": [{"_id": f"d{n}", "text": f"Text {n}."} for n in range(10)],
        "queries": [{"_id": f"q{n}", "text": f"Question {n}?"} for n in range(8)],
    }
    for name, records in lines.items():
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, records)))
    rows = [f"q{n}\td{n}\t1" for n in range(8)] + ["q0\td1\t1"]
    (tmp_path / "qrels.tsv").write_text("\n".join(rows))
    return read_test_set(tmp_path)


def test_taking_out_half_of_the_answers_leaves_queries_that_nothing_answers(test_set):
    removed = choose_removed(test_set, 0.5, seed=3)
    assert removed == choose_removed(test_set, 0.5, seed=3)
    assert removed != choose_removed(test_set, 0.5, seed=4)
    assert len(removed) == 4
    emptied = remove_answers(test_set, removed)
    assert {one.id for one in emptied.documents} == {f"d{n}" for n in range(10)} - removed
    assert {one.id for one in emptied.queries} | {one.id for one in emptied.unanswerable} == {
        f"q{n}" for n in range(8)
    }
    for query in emptied.queries:
        assert set(emptied.qrels[query.id]).isdisjoint(removed)
    assert all(not one.answerable for one in emptied.unanswerable)


def test_a_query_with_another_answer_stays_answerable(test_set):
    emptied = remove_answers(test_set, frozenset({"d0"}))
    assert [one.id for one in emptied.queries] == [f"q{n}" for n in range(8)]
    assert emptied.qrels["q0"] == {"d1": 1}


def test_a_set_without_any_answer_left_is_refused(test_set):
    with pytest.raises(PermanentError, match="remove fewer"):
        remove_answers(test_set, choose_removed(test_set, 1.0, seed=0))
