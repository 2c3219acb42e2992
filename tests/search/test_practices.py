"""Practices among the results: a card is quoted in the language of the question."""

from __future__ import annotations

import shutil

import pytest

from ingest.worker import Worker
from kb.access import PUBLIC
from kb.corpus.loading import CORPUS, load
from kb.runtime.services import open_services
from search.results import Question
from search.service import search

CARDS = ("capannori-rifiuti-zero", "besancon-compostaggio-diffuso")


@pytest.fixture
def services(settings, tmp_path):
    folder = tmp_path / "corpus" / "practices"
    folder.mkdir(parents=True)
    for name in CARDS:
        shutil.copy(CORPUS / "practices" / f"{name}.md", folder)
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
        assert {result.id for result in page.results} == set(CARDS)
        assert [result.passages[0].language for result in page.results] == [language, language]
