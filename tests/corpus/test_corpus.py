"""The starter corpus is valid, broad, and honest about its figures."""

from collections import Counter
from pathlib import Path

import pytest

from kb.corpus.card_files import Corpus, load_corpus
from kb.practices.practice import EvidenceLevel, Outcome, PracticeStatus
from kb.practices.terms import Governance, SourceAccess
from kb.vocabulary import vocabularies

FOLDER = Path(__file__).parents[2] / "corpus"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus(FOLDER)


def test_every_card_and_collection_is_valid(corpus):
    assert [str(problem) for problem in corpus.problems] == []


def test_there_are_enough_practices_and_collections(corpus):
    assert len(corpus.practices) >= 100
    assert len(corpus.collections) >= 10


@pytest.mark.parametrize(
    ("vocabulary_name", "field", "least"),
    [("themes", "themes", 8), ("sectors", "sectors", 8), ("strands", "strand", 20)],
)
def test_every_theme_sector_and_strand_is_well_covered(corpus, vocabulary_name, field, least):
    counts: Counter[str] = Counter()
    for practice in corpus.practices:
        value = getattr(practice, field)
        counts.update([value] if isinstance(value, str) else value)
    thin = [slug for slug in vocabularies.load(vocabulary_name) if counts[slug] < least]
    assert thin == []


def test_small_and_rural_places_and_firms_are_well_represented(corpus):
    small = [
        practice
        for practice in corpus.practices
        if practice.place.degurba == 3 or (practice.place.population or 10**9) <= 20_000
    ]
    firms = [
        practice
        for practice in corpus.practices
        if practice.strand == "enterprises"
        or practice.place.governance in (Governance.FIRM, Governance.FIRM_NETWORK)
    ]
    assert len(small) >= 40
    assert len(firms) >= 25


def test_failures_and_disputes_are_shown_as_such(corpus):
    honest = [
        practice
        for practice in corpus.practices
        if practice.outcome in (Outcome.NULL, Outcome.CONTESTED, Outcome.NEGATIVE)
        or practice.status is PracticeStatus.STOPPED
    ]
    assert len(honest) >= 12


def test_a_contested_result_says_with_what(corpus):
    for practice in corpus.practices:
        for result in practice.results:
            if result.evidence is EvidenceLevel.CONTESTED:
                assert result.disagreement or result.note, (practice.id, result.indicator)


def test_a_figure_whose_source_nobody_consulted_is_marked_unverified(corpus):
    for practice in corpus.practices:
        for result in practice.results:
            if practice.source(result.source).accessed is SourceAccess.NOT_READ:
                assert result.evidence is EvidenceLevel.UNVERIFIED, (practice.id, result.indicator)


def test_a_primary_figure_stands_in_a_text_that_its_writer_saw(corpus):
    for practice in corpus.practices:
        for result in practice.results:
            if result.evidence is EvidenceLevel.PRIMARY:
                accessed = practice.source(result.source).accessed
                assert accessed in (SourceAccess.READ, SourceAccess.EXCERPT), (
                    practice.id,
                    result.indicator,
                )


def test_titles_are_unique(corpus):
    titles = Counter(practice.title for practice in corpus.practices)
    assert [title for title, count in titles.items() if count > 1] == []


def test_the_texts_to_embed_hold_the_results_in_words(corpus):
    practices = {practice.id: practice for practice in corpus.practices}
    contarina = practices["contarina-tariffa-puntuale"]
    sections = dict(contarina.text_sections())
    assert list(sections) == [
        "In breve", "Problema", "Soluzione", "Risultati", "Costi",
        "Risorse", "Condizioni", "Limiti", "Lezioni",
    ]  # fmt: skip
    assert "Raccolta differenziata: 85 %" in sections["Risultati"]
    assert "Separate collection rate: 85%" in dict(contarina.text_sections("en"))["Results"]


def test_places_in_italy_get_the_known_facts(corpus):
    practices = {practice.id: practice for practice in corpus.practices}
    dobbiaco = practices["dobbiaco-teleriscaldamento-cooperativo"].place
    assert dobbiaco.population == 3314
    assert dobbiaco.population_year == 2011
    assert dobbiaco.latitude is not None
