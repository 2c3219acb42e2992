import subprocess
import sys

import pytest

from kb.text.language import detect

SENTENCES = {
    "it": "Le case vuote del paese sono state ristrutturate e date in affitto alle famiglie.",
    "en": "The empty houses of the village were renovated and rented out to families.",
    "fr": "Les maisons vides du village ont été rénovées et louées à des familles.",
    "de": "Die leerstehenden Häuser des Dorfes wurden saniert und an Familien vermietet.",
    "es": "Las casas vacías del pueblo se rehabilitaron y se alquilaron a familias.",
    "pt": "As casas vazias da aldeia foram recuperadas e arrendadas a famílias.",
    "ca": "Les cases buides del poble es van rehabilitar i es van llogar a famílies.",
    "nl": "De leegstaande huizen van het dorp werden gerenoveerd en aan gezinnen verhuurd.",
    "da": "De tomme huse i landsbyen blev renoveret og lejet ud til familier.",
    "sv": "De tomma husen i byn renoverades och hyrdes ut till familjer.",
    "fi": "Kylän tyhjät talot kunnostettiin ja vuokrattiin perheille.",
    "pl": "Puste domy we wsi zostały odnowione i wynajęte rodzinom.",
    "cs": "Prázdné domy ve vesnici byly opraveny a pronajaty rodinám.",
    "sl": "Prazne hiše v vasi so obnovili in jih oddali družinam.",
    "ro": "Casele goale din sat au fost renovate și închiriate familiilor.",
    "el": "Τα άδεια σπίτια του χωριού ανακαινίστηκαν και νοικιάστηκαν σε οικογένειες.",
    "hu": "A falu üres házait felújították és családoknak adták bérbe.",
}


@pytest.mark.parametrize(("language", "sentence"), SENTENCES.items())
def test_a_sentence_outweighs_what_was_expected(language: str, sentence: str):
    other = "de" if language == "it" else "it"
    found = detect(sentence, prior=other)
    assert found.language == language
    assert found.probability > 0.8


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("ripopolare borghi", "it"),
        ("aree interne", "it"),
        ("case vuote", "it"),
        ("rural depopulation", "en"),
        ("empty houses", "en"),
        ("fire prevention", "en"),
        ("déserts médicaux", "fr"),
        ("leerstehende Häuser", "de"),
        ("despoblación rural", "es"),
    ],
)
def test_questions_of_two_words_from_an_italian_screen(question: str, language: str):
    assert detect(question, prior="it").language == language


@pytest.mark.parametrize("text", ["2030", "", "  ", "—", "12.500 — 37%"])
@pytest.mark.parametrize("prior", ["it", "en"])
def test_a_text_without_letters_is_in_the_expected_language(text: str, prior: str):
    assert detect(text, prior=prior).language == prior


@pytest.mark.parametrize(("prior", "language"), [("it", "it"), ("es", "es"), ("pt", "pt")])
def test_a_word_of_several_languages_is_in_the_expected_one(prior: str, language: str):
    assert detect("energia" if prior != "es" else "agua", prior=prior).language == language


def test_without_letters_and_expectation_nothing_is_determined():
    assert detect("12.500 — 37%") == ("und", 0.0)


def test_broken_characters_do_no_harm():
    assert detect("La strada \ud800 è aperta per i residenti").language == "it"


def test_the_model_loads_on_first_use_only():
    code = "import sys, kb.text.language; assert 'py3langid' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
