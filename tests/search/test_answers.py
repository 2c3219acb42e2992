"""Which passages of a result are shown, and which of their sentences are marked."""

import pytest

from kb.domain import Kind
from kb.practices import passage_headings
from kb.vectors.opening import Bm25
from search.ranking.answers import LEAST_LIKE, AskedWords, choose_answers
from search.ranking.asked_figures import AskedFigure, asked_figure
from search.ranking.figure_nouns import FigureKind
from search.ranking.figures_in_sentences import (
    NO_FIGURE,
    OF_KIND,
    OF_NOUN,
    fit_of_figure,
    has_figure,
)
from search.ranking.grouping import RankedItem
from tests.search.by_hand import item_fields, passage, with_sentences

ITEM = item_fields("p", Kind.PRACTICE, title="Contarina: tariffa puntuale in 50 comuni")


def section(heading, sentences, cosines, language="it", item=ITEM):
    name = f"{heading}-{language}"
    loaded = with_sentences(passage(name, item=item, language=language), sentences, cosines)
    loaded.content = loaded.content._replace(heading_path=[heading])
    return loaded


def shown(question, *passages, language="it", page="it"):
    """(heading, marked sentences) of each passage shown, in order."""
    item = RankedItem(passages[0].item, frozenset({"it"}), 0.5, passages)
    chosen = choose_answers(item, AskedWords(question, language, page, Bm25()))
    return [
        (one.content.heading_path[0], [one.content.text[a:b] for a, b in one.answers])
        for one in chosen.passages
    ]


@pytest.mark.parametrize(
    ("sentence", "kind", "has"),
    [
        ("Costa 178 euro l'anno.", FigureKind.MONEY, True),
        ("Poco più di € 3 mln.", FigureKind.MONEY, True),
        ("Circa un milione e mezzo di euro in vent'anni.", FigureKind.MONEY, True),
        ("Costava e rendeva poco.", FigureKind.MONEY, False),
        ("Nasce nel 2008.", FigureKind.DATE, True),
        ("Il 3 marzo 2011 apre.", FigureKind.DATE, True),
        ("Soci: 56 soci (2021).", FigureKind.DATE, False),
        ("Dura 12 mesi.", FigureKind.TIME, True),
        ("Il passaggio durò circa un anno.", FigureKind.TIME, True),
        ("It took three years.", FigureKind.TIME, True),
        ("Es dauerte zwei Jahre.", FigureKind.TIME, True),
        ("Durò a lungo.", FigureKind.TIME, False),
        ("Raccolta differenziata: 85 %.", FigureKind.SHARE, True),
        ("Un terzo del rifiuto era organico.", FigureKind.SHARE, True),
        ("Four in five households are members.", FigureKind.SHARE, True),
        ("Le auto sono 30.", FigureKind.SHARE, False),
        ("Nel 2008 apre la scuola.", FigureKind.NUMBER, False),
        ("Sono 40 imprese.", FigureKind.NUMBER, True),
    ],
)
def test_a_figure_of_a_kind_stands_in_digits_or_in_words(sentence, kind, has):
    assert has_figure(sentence, kind) is has


@pytest.mark.parametrize(
    ("question", "sentence", "fit"),
    [
        ("Quanti soci ha?", "Soci: 56 da 9 (1991).", OF_NOUN),
        ("Quanti soci ha?", "Ne fanno parte duecento soci.", OF_NOUN),
        ("Quanti posti di lavoro?", "Sono oltre 650 nuovi addetti.", OF_NOUN),
        ("How many jobs?", "Addetti nel parco: 650.", OF_NOUN),
        ("Wie viele Haushalte?", "Sono 80 famiglie allacciate.", OF_NOUN),
        ("Combien de communes ?", "Riunisce 50 comuni.", OF_NOUN),
        ("Quanti soci ha?", "Il servizio sociale costa 3 euro.", OF_KIND),
        ("Quanti soci ha?", "I soci recitano insieme.", NO_FIGURE),
        ("Quanti soci ha?", "Dal 2009 i soci recitano.", NO_FIGURE),
    ],
)
def test_a_number_of_what_is_counted_fits_better_than_another(question, sentence, fit):
    asked = asked_figure(question)
    assert isinstance(asked, AskedFigure)
    assert fit_of_figure(sentence, asked) == fit


def test_the_passage_with_the_figure_asked_for_comes_first_and_is_marked_alone():
    brief = section("In breve", ["Una tariffa premia chi differenzia."], [0.6])
    costs = section("Costi", ["Costo per famiglia: 178 euro.", "Importi del 2019."], [0.5, 0.4])
    assert shown("Quanto costa la raccolta?", brief, costs) == [
        ("Costi", ["Costo per famiglia: 178 euro."]),
        ("In breve", []),
    ]


def test_no_sentence_is_marked_where_none_has_the_figure_asked_for():
    limits = section("Limiti", ["La durata non è riportata.", "I dati sono pochi."], [0.7, 0.2])
    assert shown("Quanto dura il progetto?", limits) == [("Limiti", [])]


def test_sentences_are_compared_across_the_passages_of_an_item():
    """The one sentence of a passage is not marked for being alone in it."""
    brief = section("In breve", ["Un comune di montagna cambia."], [0.3])
    solution = section("Soluzione", ["Riapre la bottega.", "Piove."], [0.6, 0.1])
    assert shown("come riaprire un negozio", brief, solution) == [
        ("Soluzione", ["Riapre la bottega."]),
        ("In breve", []),
    ]


@pytest.mark.parametrize(
    ("cosines", "marked"),
    [
        ([0.5, 0.2, 0.2], 1),
        ([0.5], 1),
        ([LEAST_LIKE - 0.01, 0.0, 0.0], 0),
        ([0.5, 0.49, 0.49], 0),
    ],
)
def test_nothing_is_marked_where_no_sentence_stands_out(cosines, marked):
    sentences = [f"Frase numero {n}." for n in range(len(cosines))]
    ((_, answers),) = shown("alberi", section("Soluzione", sentences, cosines))
    assert len(answers) == marked


def test_titles_headings_questions_and_keywords_are_no_answers():
    brief = section(
        "In breve",
        ["Contarina: tariffa puntuale in 50 comuni.", "Paga chi svuota.", "Piove."],
        [0.9, 0.5, 0.1],
    )
    keywords = section("Parole chiave", ["tariffa puntuale, rifiuti."], [0.9])
    faq = section("Come si paga?", ["Come si paga?", "Con la bolletta.", "Piove."], [0.9, 0.5, 0.1])
    assert ("In breve", ["Paga chi svuota."]) in shown("tariffa puntuale", brief, keywords)
    assert ("Parole chiave", []) in shown("tariffa puntuale", brief, keywords)
    assert shown("pagamento", faq) == [("Come si paga?", ["Con la bolletta."])]


def test_a_list_of_keywords_never_comes_first():
    keywords = section("Parole chiave", ["mensa biologica, legno."], [0.9])
    solution = section("Soluzione", ["La mensa diventa biologica nel 2004.", "Piove."], [0.4, 0.1])
    found = shown("mensa biologica", keywords, solution)
    assert [heading for heading, _ in found] == ["Soluzione", "Parole chiave"]


def test_a_section_found_in_two_languages_is_shown_in_that_of_the_question():
    italian = section("Risultati", ["Soci: 56 soci.", "Piove."], [0.6, 0.1])
    english = section("Results", ["Members: 56 members.", "Rain."], [0.5, 0.1], language="en")
    assert [one for one, _ in shown("Quanti soci?", english, italian)] == ["Risultati"]
    assert [one for one, _ in shown("How many members?", italian, english, language="en")] == [
        "Results"
    ]


def test_a_section_in_two_other_languages_is_shown_in_that_of_the_page():
    italian = section("Costi", ["Costo di un pasto: 2 euro."], [0.5])
    english = section("Costs", ["Cost of a meal: 2 euros."], [0.55], language="en")
    for page, heading in (("it", "Costi"), ("en", "Costs")):
        (first,) = shown("Combien coûte un repas ?", english, italian, language="fr", page=page)
        assert first[0] == heading


def test_a_better_answer_in_another_language_is_not_folded_away():
    english = section("Summary", ["A town has fewer cars.", "Rain."], [0.4, 0.1], language="en")
    italian = section("Soluzione", ["Il centro si chiude nel 1999.", "Piove."], [0.55, 0.1])
    first, *_ = shown("When was the centre closed?", english, italian, language="en")
    assert first == ("Soluzione", ["Il centro si chiude nel 1999."])


def test_the_table_of_passages_names_every_heading_once():
    rows = passage_headings.CARD_PASSAGES
    assert len(passage_headings.BY_HEADING) == sum(1 + bool(row.heading_en) for row in rows)
    assert len({row.name for row in rows}) == len(rows)
