"""Practices among the results: a card is quoted in the language of the question."""

from __future__ import annotations

import shutil

import pytest

from ingest.worker import Worker
from kb.access import PUBLIC
from kb.corpus.loading import CORPUS, load
from kb.practices.practice import ENGLISH_SUMMARY
from kb.runtime.services import open_services
from kb.settings import Settings
from search.results import Question
from search.service import search

CARDS = ("capannori-rifiuti-zero", "besancon-compostaggio-diffuso")
OTHERS = (
    "altena-governare-il-calo",
    "monticchiello-teatro-povero",
    "mouans-sartoux-mense-biologiche",
    "alto-adige-casaclima",
)


@pytest.fixture(scope="module")
def services(tmp_path_factory, cache_dir, database):
    base = tmp_path_factory.mktemp("practices")
    folder = base / "corpus" / "practices"
    folder.mkdir(parents=True)
    for name in CARDS + OTHERS:
        shutil.copy(CORPUS / "practices" / f"{name}.md", folder)
    settings = Settings(_env_file=None, data_dir=base / "data", cache_dir=cache_dir, **database)
    with open_services(settings, own=True) as opened:
        load(opened, folder.parent)
        Worker(opened).run_until_idle()
        yield opened


def test_a_card_is_quoted_in_the_language_of_the_question(services):
    for text, language in (
        ("Di quanto è sceso il rifiuto residuo per abitante?", "it"),
        ("How far did residual waste per inhabitant fall?", "en"),
    ):
        page = search(Question(text), services, PUBLIC)
        first = page.results[: len(CARDS)]
        assert {result.id for result in first} == set(CARDS)
        assert [result.passages[0].language for result in first] == [language, language]


@pytest.mark.parametrize(
    ("text", "card", "heading"),
    [
        ("Pienza", "monticchiello-teatro-povero", "Luogo e attori"),
        ("Rosignano Marittimo", "mouans-sartoux-mense-biologiche", "Chi l'ha adottata"),
        ("Stellwerk", "altena-governare-il-calo", None),
        ("vetrine vuote", "altena-governare-il-calo", None),
        ("negozi vuoti", "altena-governare-il-calo", "Parole chiave"),
        ("Val d'Orcia", "monticchiello-teatro-povero", "Parole chiave"),
        ("costo completo del pasto", "mouans-sartoux-mense-biologiche", "Note ai risultati"),
        ("esperienze in Provenza", "mouans-sartoux-mense-biologiche", None),
    ],
)
def test_every_field_of_a_card_is_searched(services, text, card, heading):
    first = search(Question(text), services, PUBLIC).results[0]
    assert first.id == card
    if heading:
        assert heading in [passage.heading for passage in first.passages]


@pytest.mark.parametrize("text", ["negozi vuoti", "Val d'Orcia", "fab lab", "CivicWise"])
def test_a_card_is_never_shown_by_its_keywords_first(services, text):
    for result in search(Question(text), services, PUBLIC).results:
        assert result.passages[0].heading != "Parole chiave"


def test_places_of_a_region_are_found_though_the_card_names_only_its_municipality(services):
    results = search(Question("esperienze in Toscana"), services, PUBLIC).results
    assert {result.id for result in results[:2]} == {CARDS[0], "monticchiello-teatro-povero"}


def test_the_title_is_never_marked(services):
    for text in ("Capannori: rifiuti zero", "compostaggio di prossimità", "Capannori zero waste"):
        for result in search(Question(text), services, PUBLIC).results:
            for passage in result.passages:
                opening = passage.fragments[0]
                assert not (opening.answer and result.title.startswith(opening.text[:30]))
                assert not (passage.heading == ENGLISH_SUMMARY and opening.answer)
