"""Each rule of ranking with numbers small enough to follow by hand: no model, no index."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy.orm import Session

from kb.domain import Kind, Visibility
from kb.filters import BY_NAME, choose
from kb.vectors.opening import Bm25, Filter, HybridQuery, SparseVector
from search.query import (
    LEXICAL_WEIGHT,
    OWN_LANGUAGE_DISCOUNT,
    SATURATION,
    EmbeddedQuestion,
    build_arms,
)
from search.ranking import sentence_rerank
from search.ranking.answering_sentences import (
    find_answering_sentences,
    split_fragments,
)
from search.ranking.asked_figures import asked_figure
from search.ranking.exact_words import LEAD, MOST_ITEMS, keep_phrases, raise_rare_words
from search.ranking.facets import count_values
from search.ranking.figure_nouns import FigureKind
from search.ranking.figures_in_sentences import OF_THE_KIND
from search.ranking.grouping import CANDIDATES_PER_ITEM, group_by_item
from search.ranking.lexical_baseline import LARGEST, NEAREST, subtract_lexical_baseline
from search.ranking.named_rows import NAMED_ROW
from search.ranking.same_answer import merge_same_answers
from search.ranking.scored_passage import ScoredPassage, sort_best_first
from search.ranking.sentence_rerank import SENTENCE_SHARE, rerank_by_best_sentence
from search.results import Fragment, Question
from tests.search.by_hand import item_fields, passage, ranked, with_sentences


def ids(passages: list[ScoredPassage]) -> list[str]:
    return [one.id for one in passages]


# The baseline of shared words


def test_a_shared_word_earns_nothing_where_the_whole_language_shares_it() -> None:
    """Ten passages with the saturation score, whose share is a half: half the weight is taken."""
    alike = [passage(f"p{n}", 0.8, own=0.5, lexical=SATURATION) for n in range(NEAREST)]
    subtract_lexical_baseline(alike, "it")
    assert [one.score for one in alike] == pytest.approx([0.8 - LEXICAL_WEIGHT * 0.5] * NEAREST)


def test_the_baseline_is_subtracted_and_not_added() -> None:
    one = passage("p", 0.8, own=0.5, lexical=SATURATION)
    subtract_lexical_baseline([one], "it")
    assert one.score < 0.8


def test_a_single_passage_is_not_measured_against_itself() -> None:
    """Its half is a mean of one value and two zeros."""
    one = passage("p", 0.8, own=0.5, lexical=SATURATION)
    subtract_lexical_baseline([one], "it")
    assert one.score == pytest.approx(0.8 - LEXICAL_WEIGHT * 0.5 / LARGEST)


def test_those_with_most_words_make_the_baseline() -> None:
    """Of ten near passages, three share words: their mean is subtracted, not that of all ten."""
    near = [passage(f"p{n}", 0.8, own=0.5, lexical=SATURATION * (n < LARGEST)) for n in range(10)]
    subtract_lexical_baseline(near, "it")
    assert [one.score for one in near] == pytest.approx([0.8 - LEXICAL_WEIGHT * 0.5] * 10)


def test_each_language_has_its_own_baseline() -> None:
    """The foreign passage, without shared words, overtakes ten that only share the language."""
    own = [passage(f"it{n}", 0.70, own=0.5, lexical=SATURATION) for n in range(NEAREST)]
    foreign = passage("en", 0.60, language="en", other=0.6)
    order = subtract_lexical_baseline([*own, foreign], "it")
    assert foreign.score == 0.60
    assert ids(order)[0] == "en"


def test_the_foreign_half_of_a_card_has_the_baseline_of_the_other() -> None:
    own = [passage(f"it{n}", 0.70, own=0.5, lexical=SATURATION) for n in range(NEAREST)]
    card = passage("card", 0.60, language="en", other=0.6, item=item_fields("c", Kind.PRACTICE))
    subtract_lexical_baseline([*own, card], "it")
    assert card.score == pytest.approx(0.60 - LEXICAL_WEIGHT * 0.5)


def test_only_the_passages_nearest_in_meaning_make_the_baseline() -> None:
    near = [passage(f"near{n}", 0.9, own=0.9) for n in range(NEAREST)]
    far = passage("far", 0.5, own=0.1, lexical=10 * SATURATION)
    subtract_lexical_baseline([*near, far], "it")
    assert far.score == 0.5


def test_a_passage_that_only_its_words_found_counts_as_far_in_meaning() -> None:
    assert passage("p", lexical=3.0).cosine == -1.0
    assert passage("p", other=0.4, lexical=3.0).cosine == 0.4


def test_equal_scores_are_ordered_by_id() -> None:
    passages = [passage("b", 0.5), passage("c", 0.7), passage("a", 0.5)]
    assert ids(sort_best_first(passages)) == ["c", "a", "b"]


# The best sentence


def embedded(text: str) -> EmbeddedQuestion:
    dense = np.ones(2, np.float32)
    arms = build_arms(frozenset({"it"}), dense, OWN_LANGUAGE_DISCOUNT, SparseVector([], []))
    where = Filter(frozenset(Visibility), {}, None)
    hybrid = HybridQuery(arms=arms, filter=where, limit=10, depth=10, saturation=SATURATION)
    return EmbeddedQuestion(text, "it", dense, arms, hybrid)


def rerank(passages: list[ScoredPassage], text: str = "A question") -> list[ScoredPassage]:
    """All contents are loaded, so that no database is asked."""
    return rerank_by_best_sentence(Session(), embedded(text), passages)


def test_the_best_sentence_replaces_its_share_of_the_cosine() -> None:
    one = with_sentences(passage("p", 0.5, other=0.5), ["One.", "Two."], [0.2, 0.9])
    rerank([one])
    assert one.score == pytest.approx((1 - SENTENCE_SHARE) * 0.5 + SENTENCE_SHARE * 0.9)


def test_a_worse_best_sentence_lowers_the_score() -> None:
    one = with_sentences(passage("p", 0.5, other=0.5), ["One."], [0.3])
    rerank([one])
    assert one.score == pytest.approx(0.5 - SENTENCE_SHARE * 0.2)


def test_the_weight_of_the_arm_counts_for_its_sentences_too() -> None:
    """In the question's language a cosine counts for less, in sentences as in passages."""
    own = with_sentences(passage("p", 0.5, own=0.5), ["One."], [0.9])
    rerank([own])
    share = (1 - OWN_LANGUAGE_DISCOUNT) * SENTENCE_SHARE
    assert own.score == pytest.approx(0.5 + share * 0.4)


def test_a_passage_whose_sentence_answers_overtakes() -> None:
    vague = with_sentences(passage("vague", 0.60, other=0.60), ["One."], [0.60])
    exact = with_sentences(passage("exact", 0.55, other=0.55), ["One.", "Two."], [0.1, 0.8])
    assert ids(rerank([vague, exact])) == ["exact", "vague"]


def test_a_passage_without_sentences_keeps_its_score() -> None:
    none = with_sentences(passage("p", 0.5, other=0.5), [], [])
    rerank([none])
    assert none.score == 0.5


def test_only_the_leading_passages_are_reranked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_rerank, "LEADING", 1)
    first = with_sentences(passage("first", 0.6, other=0.6), ["One."], [0.6])
    second = with_sentences(passage("second", 0.5, other=0.5), ["One."], [1.0])
    assert ids(rerank([first, second])) == ["first", "second"]
    assert second.score == 0.5


# Rows of tables that the question names by a number

ROWS = ["Bando 3 | 12.000 euro | Siena", "Bando 4 | 15.000 euro | Pisa"]


def cosines_after(text: str, sentences: list[str]) -> list[float]:
    one = with_sentences(passage("p", 0.5, other=0.5), sentences, [0.4] * len(sentences))
    rerank([one], text)
    assert one.sentence_cosines is not None
    return [round(float(value), 6) for value in one.sentence_cosines]


def test_a_row_named_by_its_number_is_raised_above_the_others() -> None:
    assert cosines_after("Che cosa dà il bando 4?", ROWS) == pytest.approx([0.4, 0.4 + NAMED_ROW])


def test_a_number_in_running_text_or_of_another_row_raises_nothing() -> None:
    assert cosines_after("Il bando 4?", ["Il bando 4 dà 15.000 euro."]) == pytest.approx([0.4])
    assert cosines_after("Che cosa dà il bando 5?", ROWS) == pytest.approx([0.4, 0.4])
    assert cosines_after("Che cosa dà il bando?", ROWS) == pytest.approx([0.4, 0.4])


# Figures that a question asks for


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Quanto costa la mensa?", FigureKind.MONEY),
        ("How much does a meal cost?", FigureKind.MONEY),
        ("Was kostet die Fernwärme?", FigureKind.MONEY),
        ("Quanti posti ha creato l'investimento?", FigureKind.NUMBER),
        ("Quanti fondi sono stati spesi?", FigureKind.MONEY),
        ("Was the budget spent? How much?", FigureKind.NUMBER),
        ("What was the cost of the lift?", FigureKind.MONEY),
        ("Quel est le coût ?", FigureKind.MONEY),
        ("¿Cuánto cuesta el comedor?", FigureKind.MONEY),
        ("Quando è nata la cooperativa?", FigureKind.DATE),
        ("Quando conviene fondere due comuni?", None),
        ("¿Cuándo se peatonalizó el centro?", FigureKind.DATE),
        ("Quand a ouvert la recyclerie ?", FigureKind.DATE),
        ("Che percentuale di rifiuti si ricicla?", FigureKind.SHARE),
        ("What share of the heat is renewable?", FigureKind.SHARE),
        ("Wie viel Prozent der Haushalte?", FigureKind.SHARE),
        ("Per quanti anni dura?", FigureKind.TIME),
        ("How many months did it take?", FigureKind.TIME),
        ("Combien d'années faut-il ?", FigureKind.TIME),
        ("In che anno?", FigureKind.DATE),
        ("Wann wurde die Schule geschlossen?", FigureKind.DATE),
        ("Quanto tempo serve?", FigureKind.TIME),
        ("Wie lange dauert es?", FigureKind.TIME),
        ("Quanti abitanti compostano?", FigureKind.NUMBER),
        ("Combien de ménages ?", FigureKind.NUMBER),
        ("Per quanto riguarda i rifiuti", None),
        ("Che fare quando chiude la scuola?", None),
        ("mense biologiche", None),
        ("stipendio di un autista di scuolabus", FigureKind.MONEY),
        ("erba sintetica: costo al metro quadro", FigureKind.MONEY),
        ("gasolio delle scuole, costo annuo", FigureKind.MONEY),
        ("mediatori notturni costo", FigureKind.MONEY),
        ("What does a course for craftsmen cost?", FigureKind.MONEY),
        ("prix de l'eau en régie", FigureKind.MONEY),
        ("Kosten einer Kita", FigureKind.MONEY),
        ("percentuale di cooperative che chiudono", FigureKind.SHARE),
        ("tempi dei permessi", FigureKind.TIME),
        ("numero di soci della cooperativa", FigureKind.NUMBER),
        ("Quanto rende un ettaro di bosco?", FigureKind.MONEY),
        ("Quanto pesa il sacco dove si paga a svuotamento?", FigureKind.NUMBER),
        ("Quando dimettono il nonno nessuno sa chi lo segue", None),
        ("Come ridurre il costo della mensa?", None),
        ("la spesa a domicilio", None),
        ("edilizia a basso costo", None),
        ("tagliare la spesa comunale senza tagliare i servizi", None),
    ],
)
def test_the_kind_of_figure_that_a_question_asks_for(text: str, kind: FigureKind | None) -> None:
    asked = asked_figure(text)
    assert (asked and asked.kind) is kind


def test_a_sentence_with_a_figure_of_the_kind_is_raised() -> None:
    sentences = ["Nasce nel 2008.", "Costa 178 euro l'anno.", "Serve 50 comuni.", "Dura 12 mesi."]
    for text, raised in (
        ("Quanto costa?", [1]),
        ("Quando è nata?", [0]),
        ("Quanto tempo dura?", [3]),
        ("Quanti comuni?", [1, 2, 3]),
    ):
        expected = [0.4 + OF_THE_KIND * (n in raised) for n in range(len(sentences))]
        assert cosines_after(text, sentences) == pytest.approx(expected)


# Words that must stand as they are asked for


def found(name: str, text: str, score: float, lexical: float | None = 5.0) -> ScoredPassage:
    return with_sentences(passage(name, score, own=score, lexical=lexical), [text], [score])


def test_the_one_text_with_a_rare_word_leads() -> None:
    named = found("named", "I soci di Pienza recitano.", 0.2)
    other = found("other", "Il teatro del paese.", 0.5, lexical=None)
    asked = embedded("Pienza")
    assert ids(raise_rare_words(Session(), Bm25(), asked, [other, named])) == ["named", "other"]
    assert named.score == pytest.approx(0.5 + LEAD)


def test_a_word_of_many_texts_and_a_question_in_words_change_nothing() -> None:
    many = [found(str(n), "Il teatro del paese.", 0.5 - n / 100) for n in range(MOST_ITEMS + 1)]
    few = [found("one", "Il teatro vive.", 0.2), found("two", "Il paese recita.", 0.5)]
    for text, passages in (("teatro", many), ("come vive il teatro", few)):
        before = [one.score for one in passages]
        raise_rare_words(Session(), Bm25(), embedded(text), passages)
        assert [one.score for one in passages] == before


def test_a_name_of_two_words_stands_in_a_row() -> None:
    apart = found("apart", "Marittimo è il clima, dice Rosignano.", 0.5)
    named = found("named", "Rosignano Marittimo è partner.", 0.2)
    asked = embedded("Rosignano Marittimo")
    assert ids(raise_rare_words(Session(), Bm25(), asked, [apart, named])) == ["named", "apart"]


@pytest.mark.parametrize(
    "text", ['le "case vuote"', "le «Case  vuote»", "„case vuote“", "“CASE VUOTE”?"]
)
def test_a_phrase_in_quotation_marks_must_stand(text: str) -> None:
    without = found("without", "Le case sono state riempite, non più vuote.", 0.6)
    having = found("having", "Cento case vuote riaprono.", 0.3)
    assert ids(keep_phrases(Session(), embedded(text), [without, having])) == ["having"]


def test_a_foreign_document_need_not_have_a_phrase_of_a_sentence() -> None:
    without = found("without", "Le case sono state riempite, non più vuote.", 0.6)
    having = found("having", "Cento case vuote riaprono.", 0.3)
    foreign = passage("foreign", 0.5, language="de", other=0.5)
    foreign = with_sentences(foreign, ["Leere Häuser werden bewohnt."], [0.5])
    pool = [without, foreign, having]
    asked = embedded('chi riapre davvero le "case vuote"?')
    assert ids(keep_phrases(Session(), asked, pool)) == ["foreign", "having"]
    assert ids(keep_phrases(Session(), embedded('"case vuote"'), pool)) == ["having"]


def test_a_phrase_that_stands_nowhere_leaves_the_order_and_no_answer() -> None:
    one, two = found("one", "Il forno.", 0.6), found("two", "La bottega.", 0.5)
    kept = keep_phrases(Session(), embedded('"pane nero"'), [one, two])
    assert ids(kept) == ["one", "two"]
    assert all(passage.score < 0 for passage in kept)


# Items


def test_an_item_has_the_score_of_its_best_passage_and_no_more_for_having_many() -> None:
    many, one = item_fields("many"), item_fields("one")
    passages = [passage("p0", 0.9, item=one)]
    passages += [passage(f"p{n}", 0.8 - n / 100, item=many) for n in range(1, 6)]
    first, second = group_by_item(passages, "it")
    assert (first.id, first.score) == ("one", 0.9)
    assert (second.id, second.score) == ("many", 0.79)
    assert ids(list(second.passages)) == ["p1", "p2", "p3", "p4", "p5"][:CANDIDATES_PER_ITEM]


def test_a_practice_shows_passages_in_the_language_of_the_question_first() -> None:
    """Its card is indexed in two languages; a document's passages stay in order."""
    practice, document = item_fields("p", Kind.PRACTICE), item_fields("d")
    for item, shown in ((practice, ["it", "en"]), (document, ["en", "it"])):
        passages = [
            passage("en", 0.9, language="en", item=item),
            passage("it", 0.8, item=item),
        ]
        (grouped,) = group_by_item(passages, "it")
        assert grouped.score == 0.9
        assert ids(list(grouped.passages)) == shown
        assert grouped.languages == {"it", "en"}


# Sentences that answer


def test_the_sentences_that_answer_stand_near_the_best_one() -> None:
    """Mean 0.5, best 0.9: from 0.5 + 0.75 · 0.4 = 0.8 on."""
    texts = ["One.", "Two.", "Three.", "Four."]
    one = with_sentences(passage("p"), texts, [0.81, 0.1, 0.9, 0.19])
    assert one.content is not None
    shown = [one.content.text[start:end] for start, end in find_answering_sentences(one)]
    assert shown == ["One.", "Three."]


def test_at_most_three_sentences_answer_in_the_order_of_the_text() -> None:
    one = with_sentences(passage("p"), [f"S{n}." for n in range(5)], [0.5] * 5)
    assert find_answering_sentences(one) == [(0, 3), (4, 7), (8, 11)]


def test_the_parts_of_a_passage_joined_are_its_text() -> None:
    one = with_sentences(passage("p"), ["It rained.", "Waste fell by 12 kg a year.", "End."], [])
    assert one.content is not None
    parts = split_fragments(one.content, [(11, 38)])
    assert "".join(part.text for part in parts) == one.content.text
    assert parts[0] == Fragment("It rained. ")
    assert Fragment("12 kg", answer=True, quantity=True) in parts
    assert parts[-1] == Fragment(" End.")


# The same answer twice

ANSWER = "Nine villages closed their school kitchens and saved 30 % of the energy."
OTHER = "The council meets on Thursdays in the town hall by the river, as before."


def result(name: str, score: float, sentences: list[str], cosines: list[float], **fields):
    best = passage(name, score, item=item_fields(name, **fields))
    return ranked(name, score, with_sentences(best, sentences, cosines))


def merged(*items) -> list[tuple[str, list[str]]]:
    return [(one.id, [same.id for same in one.also_in]) for one in merge_same_answers(items)]


def test_the_same_answer_in_two_documents_becomes_one_result() -> None:
    first = result("first", 0.9, [ANSWER, OTHER], [0.8, 0.1])
    again = result("again", 0.7, [OTHER, ANSWER.upper()], [0.1, 0.8])
    assert merged(first, again) == [("first", ["again"])]


@pytest.mark.parametrize("changed", [("30 %", "31 %"), ("30 %", "-30 %"), ("30 %", "30 kg")])
def test_a_number_that_differs_keeps_two_results(changed: tuple[str, str]) -> None:
    first = result("first", 0.9, [ANSWER], [0.8])
    other = result("other", 0.7, [ANSWER.replace(*changed)], [0.8])
    assert merged(first, other) == [("first", []), ("other", [])]


def test_a_sentence_that_both_carry_but_that_answers_in_neither_merges_nothing() -> None:
    """Far from the question beside the best answer of all: a notice of rights."""
    best = result("best", 0.9, [OTHER], [0.8])
    first = result("first", 0.5, [ANSWER], [0.3])
    again = result("again", 0.4, [ANSWER], [0.3])
    assert merged(best, first, again) == [("best", []), ("first", []), ("again", [])]


def test_a_practice_and_a_document_are_never_one_result() -> None:
    first = result("first", 0.9, [ANSWER], [0.8])
    card = result("card", 0.7, [ANSWER], [0.8], kind=Kind.PRACTICE)
    assert merged(first, card) == [("first", []), ("card", [])]


def test_short_answers_are_alike_by_chance() -> None:
    first = result("first", 0.9, ["See chapter 3."], [0.8])
    other = result("other", 0.7, ["See chapter 3."], [0.8])
    assert merged(first, other) == [("first", []), ("other", [])]


# Counts beside the filters


def counted(name: str, *items, **chosen) -> list[tuple[str, int, bool]]:
    asked = Question("q", filters=choose(**chosen))
    values = count_values(
        BY_NAME[name], asked, [ranked(i.id, 1, passage("p", item=i)) for i in items]
    )
    return [(one.value, one.count, one.selected) for one in values]


def test_counts_come_largest_first_and_say_what_is_chosen() -> None:
    themes = [("energy",), ("energy", "water"), ("water", "energy"), ("tourism",)]
    items = [item_fields(f"d{n}", themes=own) for n, own in enumerate(themes)]
    assert counted("theme", *items, theme=["water"]) == [
        ("energy", 3, False),
        ("water", 2, True),
        ("tourism", 1, False),
    ]


def test_chosen_values_are_counted_in_what_is_listed() -> None:
    items = [
        ranked(f"d{n}", 1, passage(f"p{n}", item=item_fields(f"d{n}", themes=(theme,))))
        for n, theme in enumerate(("energy", "water", "water", "water"))
    ]
    question = Question("q", choose(theme=["water"]))
    values = count_values(BY_NAME["theme"], question, items[:2], items[1:])
    assert [(one.value, one.count, one.selected) for one in values] == [
        ("water", 3, True),
        ("energy", 1, False),
    ]


def test_years_are_counted_latest_first_and_chosen_by_their_bounds() -> None:
    items = [item_fields(f"d{n}", year=year) for n, year in enumerate((2019, 2021, 2021, None))]
    assert counted("year", *items, year=(2020, None)) == [("2021", 2, True), ("2019", 1, False)]
    assert counted("year", *items, year=(None, 2020)) == [("2021", 2, False), ("2019", 1, True)]


def test_the_languages_counted_are_those_of_the_passages_found() -> None:
    item = item_fields("d", language="de")
    found = group_by_item(
        [passage("a", 1, language="en", item=item), passage("b", 1, language="fr", item=item)], "it"
    )
    values = count_values(BY_NAME["language"], Question("q"), found)
    assert [(one.value, one.count) for one in values] == [("en", 1), ("fr", 1)]
