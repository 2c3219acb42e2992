"""Quality by language: each pair is measured on its own questions and its own answers."""

from search.evaluation.language_pairs import by_pair

QRELS = {"q1": {"en": 1, "it": 1, "other": 0}, "q2": {"it": 2}}
ASKED_IN = {"q1": "it", "q2": "de"}
WRITTEN_IN = {"en": "en", "it": "it", "other": "it"}


def pairs(run):
    return {(pair.query, pair.document): pair for pair in by_pair(QRELS, run, ASKED_IN, WRITTEN_IN)}


def test_an_answer_in_another_language_is_not_in_the_way():
    found = pairs({"q1": {"it": 3.0, "en": 2.0}, "q2": {"other": 2.0, "it": 1.0}})
    assert set(found) == {("it", "en"), ("it", "it"), ("de", "it")}
    assert found["it", "en"].scores["ndcg@10"].mean == 1.0
    assert found["it", "it"].scores["mrr@10"].mean == 1.0
    assert found["de", "it"].scores["mrr@10"].mean == 0.5


def test_what_answers_nothing_stays_in_the_way_and_silence_counts_as_none():
    found = pairs({"q1": {"other": 3.0, "en": 2.0}})
    assert found["it", "en"].scores["mrr@10"].mean == 0.5
    assert found["it", "it"].scores["recall@10"].mean == 0.0
    assert found["de", "it"].scores["recall@10"].mean == 0.0
    assert found["de", "it"].queries == 1
