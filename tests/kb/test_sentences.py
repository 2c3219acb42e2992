"""Sentences are found across languages, and never lose a character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.sentences import LONGEST, sentences
from tests.kb.growth import assert_linear


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Il comune ha speso 1.200 euro. La spesa è calata del 5 %.",
            ["Il comune ha speso 1.200 euro.", "La spesa è calata del 5 %."],
        ),
        ("Vedi l'art. 12 della legge. Poi basta!", ["Vedi l'art. 12 della legge.", "Poi basta!"]),
        ("Das gilt z.B. Für alle. Ende.", ["Das gilt z.B. Für alle.", "Ende."]),
        ("M. Dupont arrive. Il parle.", ["M. Dupont arrive.", "Il parle."]),
        ("¿Cuánto cuesta? ¡Mucho!", ["¿Cuánto cuesta?", "¡Mucho!"]),
        ("Sono calate.[3] Poi sono salite.", ["Sono calate.[3]", "Poi sono salite."]),
        ("Titolo\n\nUn paragrafo", ["Titolo", "Un paragrafo"]),
        (
            "Art. 1 Il servizio\na) alle scuole;\n(b) agli asili\n2.1 Tariffe",
            ["Art. 1 Il servizio", "a) alle scuole;", "(b) agli asili\n2.1 Tariffe"],
        ),
        ("Elenco:\n- uno\n- due", ["Elenco:", "- uno", "- due"]),
        ("", []),
    ],
)
def test_sentences_of_several_languages(text, expected):
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=2000))
def test_only_space_lies_between_sentences(text):
    spans = sentences(text)
    rest = list(text)
    for start, end in spans:
        assert 0 < end - start <= LONGEST
        rest[start:end] = " " * (end - start)
    assert not "".join(rest).strip()
    assert spans == sorted(spans)


@pytest.mark.parametrize(
    "row", ["A. ", "....", ".!?", "Rossi A. Bianchi B. ", '." ', "\n ", "   ", "((", ".[3]", "a\n"]
)
def test_time_grows_with_length(row):
    assert_linear(sentences, row)


def test_each_row_of_a_table_is_a_sentence():
    text = "Prima riga.\nScuola | Via\nPascoli | Via S. Anna 3. Nord\n| 12\nDopo la tabella"
    assert [text[start:end] for start, end in sentences(text)] == [
        "Prima riga.",
        "Scuola | Via",
        "Pascoli | Via S. Anna 3. Nord",
        "| 12",
        "Dopo la tabella",
    ]
