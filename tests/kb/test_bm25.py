"""Term weights: what counts as the same word, and how often a word counts."""

import pytest

from kb.vectors.opening import Bm25


def shared(model: Bm25, query: str, passage: str, language: str = "") -> int:
    asked = model.query(query, language).indices
    return len(set(asked) & set(model.passage(passage, language).indices))


@pytest.mark.parametrize(
    ("query", "passage"),
    [
        ("COMUNITÀ", "una comunita montana"),
        ("energia", "il costo dell’energia"),
        ("energia", "il costo dell'energia"),
        ("2019", "nel 2019/2020"),
        ("Müll", "mull"),
        ("158", "legge n. 158/2017"),
        ("10.000", "10.000 abitanti"),
    ],
)
def test_the_neutral_words_are_lower_case_without_accents_and_elisions(query, passage):
    assert shared(Bm25(), query, passage)


def test_stemming_joins_forms_of_a_word_and_drops_stop_words():
    assert shared(Bm25(), "il comune", "i comuni") == 0
    assert shared(Bm25(), "il comune", "i comuni", "it") == 1
    assert shared(Bm25(), "il comune", "il parco") == 1
    assert shared(Bm25(), "il comune", "il parco", "it") == 0


def test_a_language_without_stemmer_is_neutral():
    assert Bm25().passage("Občina Ljubljana", "sl") == Bm25().passage("Občina Ljubljana")


def test_a_query_counts_each_word_once_and_a_passage_more_the_more_often():
    assert set(Bm25().query("acqua acqua vento").values) == {1.0}
    weights = sorted(Bm25().passage("acqua acqua vento").values)
    assert weights[0] < weights[1] < 2 * weights[0]


def test_a_long_passage_weighs_its_words_less():
    short = max(Bm25().passage("acqua " + "vento " * 10).values)
    long = Bm25().passage("acqua " + " ".join(f"parola{n}" for n in range(600)))
    assert max(long.values) < short


def test_nothing_has_no_words():
    assert Bm25().query(" ,;! ").indices == ()
