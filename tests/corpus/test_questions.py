"""The two sets of questions in the corpus: what they hold, how many of each kind, no slips."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from search.evaluation.metrics import read_cards, read_test_set

CORPUS = Path(__file__).parents[2] / "corpus"
CARDS = {path.stem for path in (CORPUS / "practices").glob("*.md")}
KINDS = {
    "theme", "result", "cost", "evidence", "comparison", "failure", "short", "name", "place",
    "firm", "indirect", "near-miss", "off-topic",
}  # fmt: skip
UNANSWERABLE = {"near-miss", "off-topic"}


def questions(name):
    lines = (CORPUS / name / "queries.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def judgements(name):
    with (CORPUS / name / "qrels.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(params=["eval", "eval-documents"])
def name(request):
    return request.param


def test_every_question_has_a_number_a_kind_and_a_language_and_none_is_there_twice(name):
    records = questions(name)
    assert len({record["id"] for record in records}) == len(records)
    texts = Counter(record["text"].casefold().strip(" ?!.") for record in records)
    assert [text for text, count in texts.items() if count > 1] == []
    for record in records:
        assert record["kind"] in KINDS, record
        assert record["lang"] in {"it", "en", "de", "fr"}, record
        assert record["text"] == record["text"].strip() != "", record


def test_a_question_is_judged_or_has_no_answer(name):
    records = questions(name)
    rows = judgements(name)
    for record in records:
        assert record.get("answerable", True) is (record["kind"] not in UNANSWERABLE), record
    answerable = {record["id"] for record in records if record.get("answerable", True)}
    assert {row["query-id"] for row in rows} == answerable
    pairs = Counter((row["query-id"], row["corpus-id"]) for row in rows)
    assert [pair for pair, count in pairs.items() if count > 1] == []
    best = {}
    for row in rows:
        assert row["score"] in {"1", "2", "3"}, row
        best[row["query-id"]] = max(best.get(row["query-id"], 0), int(row["score"]))
    assert [query for query, grade in best.items() if grade < 2] == []


def test_judged_cards_exist_and_every_card_answers_a_question():
    rows = judgements("eval")
    assert {row["corpus-id"] for row in rows} <= CARDS
    assert {row["corpus-id"] for row in rows if row["score"] != "1"} == CARDS


def test_questions_on_the_cards_are_of_all_kinds():
    records = questions("eval")
    assert len(records) >= 170
    kinds = Counter(record["kind"] for record in records)
    for kind, least in {"near-miss": 50, "short": 30, "name": 20, "place": 20, "firm": 15}.items():
        assert kinds[kind] >= least, kinds
    assert set(kinds) == KINDS
    languages = Counter(record["lang"] for record in records)
    for language in ("en", "de", "fr"):
        assert languages[language] >= 10, languages
    short = [record["text"] for record in records if record["kind"] == "short"]
    assert [text for text in short if len(text.split()) > 3] == []


def test_short_foreign_texts_are_asked_in_italian():
    folder = CORPUS / "eval-documents"
    assert read_cards(folder) is None
    test_set = read_test_set(folder)
    assert len(test_set.documents) >= 30
    languages = Counter(text.language for text in test_set.documents)
    assert set(languages) == {"en", "de", "fr", "es", "nl"}
    assert min(languages.values()) >= 5
    for text in test_set.documents:
        assert 150 <= len(text.text.split()) <= 300, text.id
    assert {query.language for query in test_set.queries + test_set.unanswerable} == {"it"}
    assert len(test_set.queries) + len(test_set.unanswerable) >= 40
    assert len(test_set.unanswerable) >= 15
    judged = {document for documents in test_set.qrels.values() for document in documents}
    assert judged == {text.id for text in test_set.documents}


def test_foreign_texts_say_that_they_are_invented():
    lines = (CORPUS / "eval-documents" / "corpus.jsonl").read_text("utf-8").splitlines()
    assert [line for line in lines if not json.loads(line)["invented"]] == []
    assert "inventat" in (CORPUS / "eval-documents" / "README.md").read_text("utf-8")
