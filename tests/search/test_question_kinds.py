"""Quality by kind of question: each kind is measured on its own questions."""

from search.evaluation.question_kinds import by_kind

QRELS = {"q1": {"a": 3}, "q2": {"a": 1, "b": 3}, "q3": {"b": 2}}


def test_each_kind_is_measured_on_its_own_questions():
    run = {"q1": {"a": 2.0, "b": 1.0}, "q2": {"c": 2.0, "b": 1.0}, "q3": {"c": 1.0}}
    places, firms = by_kind(QRELS, run, {"q1": "firm", "q2": "place", "q3": "place"})
    assert (places.kind, places.queries) == ("place", 2)
    assert places.scores["mrr@10"].mean == 0.25
    assert (firms.kind, firms.queries) == ("firm", 1)
    assert firms.scores["ndcg@10"].mean == 1.0


def test_a_set_that_names_no_kinds_has_none():
    assert by_kind(QRELS, {}, {"q1": "", "q2": ""}) == []
