"""Which queries of a BEIR folder are measured: those that something in it answers."""

import json

from search.evaluation.metrics import compare_runs, measure_run, read_test_set


def test_only_queries_that_a_document_answers_are_measured(tmp_path):
    lines = {
        "corpus": [{"_id": "d1", "text": "Bus."}, {"_id": "d2", "text": "Mill."}],
        "queries": [{"_id": "q1", "text": "Bus?"}, {"_id": "q2", "text": "Useless?"}],
    }
    for name, records in lines.items():
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, records)))
    (tmp_path / "qrels.tsv").write_text("q1\td1\t1\nq1\td2\t0\nq2\td2\t0\nq9\td1\t1\n")
    test_set = read_test_set(tmp_path)
    assert [query.id for query in test_set.queries] == ["q1"]
    assert test_set.qrels == {"q1": {"d1": 1, "d2": 0}}
    assert measure_run(test_set.qrels, {"q1": {"d1": 1.0}})["mrr@10"] == [1.0]


def test_a_run_is_compared_with_a_baseline_query_by_query():
    found = compare_runs({"mrr@10": [1.0, 0.5, 1.0]}, {"mrr@10": [1.0, 1.0, 0.25]})
    assert found.scores["mrr@10"].mean == 0.75
    assert round(found.gains["mrr@10"].mean, 4) == 0.0833
    assert found.gains["mrr@10"].low == -0.5
    assert found.gains["mrr@10"].high == 0.75
