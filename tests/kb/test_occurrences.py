"""Words are found whatever their case and accents, where they stand in the text."""

import pytest
from sqlalchemy import create_engine, literal, select

from kb.text.occurrences import find_all_words, find_spans, like_patterns, phrase_pattern


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("citta", "La Città e la CITTÀ, non l'incittare", ["Città", "CITTÀ"]),
        ("città", "citta\u0300 e citta", ["citta\u0300", "citta"]),
        (
            "cooperativa di comunita",
            "una cooperativa\ndi «comunità»",
            ["cooperativa\ndi «comunità"],
        ),
        ("l’acqu", "l'acqua, l’acquedotto, acqua", ["l'acqu", "l’acqu"]),
        ("1.200", "1.200 abitanti, 1 200, 1200", ["1.200", "1 200"]),
        ("strasse", "Straße, STRASSE, Strase", ["Straße", "STRASSE"]),
        ("Αθηνα", "στην Αθήνα", ["Αθήνα"]),
        ("йод", "Иод, йод", ["Иод", "йод"]),
        ("a.b*c", "a b c", ["a b c"]),
        ("«», …", "«», …", []),
    ],
)
def test_a_phrase(words, text, found):
    pattern = phrase_pattern(words)
    places = find_spans(pattern, text) if pattern else []
    assert [text[slice(*place)] for place in places] == found
    if found:
        for like in like_patterns(words):
            with create_engine("sqlite://").connect() as database:
                assert database.scalar(select(literal(text).ilike(like))), like


def test_inside_of_words_and_all_words():
    text = "I costi dell'acquedotto e dei sottocosti"
    assert find_spans(phrase_pattern("costi", inside=True), text) == [(2, 7), (35, 40)]
    assert find_all_words("acque costi acquedotto", text) == [(2, 7), (13, 23)]
    assert find_all_words("acque mulino", text) == []
