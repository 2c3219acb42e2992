"""Counting what a corpus covers; the example card; the questions that judge search."""

from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from kb.corpus.card_files import Corpus, load_corpus
from kb.practices.counts import size_of, tally
from kb.practices.practice import PracticePlace
from search.evaluation.metrics import read_cards, read_test_set

FOLDER = Path(__file__).parents[2] / "corpus"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(FOLDER)


def test_counts_agree_with_the_cards(corpus):
    tallies = {one.name: dict(one.counts) for one in tally(corpus.practices)}
    for once in ("strand", "country", "size", "outcome", "status"):
        assert sum(tallies[once].values()) == len(corpus.practices)
    assert tallies["country"] == Counter(p.place.country for p in corpus.practices)
    assert sum(tallies["evidence"].values()) == sum(len(p.results) for p in corpus.practices)
    assert tallies["theme"]["energy"] == sum("energy" in p.themes for p in corpus.practices)


def test_what_nobody_has_is_counted_as_none():
    (themes, *_, countries, _size, _outcome, _status, evidence) = tally([])
    assert set(dict(themes.counts).values()) == {0}
    assert countries.counts == ()
    assert evidence.most == 0


@pytest.mark.parametrize(
    ("population", "size"),
    [(None, "not-given"), (0, "up-to-1000"), (1000, "up-to-1000"), (1001, "up-to-5000"),
     (100_000, "up-to-100000"), (100_001, "over-100000")],
)  # fmt: skip
def test_the_size_of_a_place(population, size):
    assert size_of(PracticePlace(name="X", country="IT", population=population,
                                 population_source="Y")) == size  # fmt: skip


def test_the_example_card_is_valid(tmp_path):
    folder = tmp_path / "practices"
    folder.mkdir()
    text = files("kb.practices").joinpath("example.md").read_text("utf-8")
    (folder / "example.md").write_text(text, "utf-8")
    assert [str(problem) for problem in load_corpus(tmp_path).problems] == []


def test_questions_are_judged_on_the_cards_themselves(corpus):
    folder = FOLDER / "eval"
    assert read_cards(folder) == FOLDER
    test_set = read_test_set(folder)
    assert test_set.documents == ()
    assert len(test_set.queries) + len(test_set.unanswerable) >= 60
    assert len(test_set.unanswerable) >= 8
    known = {practice.id for practice in corpus.practices}
    for query in test_set.queries:
        judged = test_set.qrels[query.id]
        assert set(judged) <= known
        assert set(judged.values()) <= {1, 2, 3}
        assert max(judged.values()) >= 2, query.text
