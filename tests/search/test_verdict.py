"""The rules of the verdict by numbers: signals, model, thresholds, the end of relevance."""

import math
from dataclasses import replace

import numpy as np
import pytest

from kb.domain import Kind
from kb.messages import ConfigurationError
from kb.vectors.sparse import Bm25
from search.query import EmbeddedQuestion, PerArm
from search.ranking.exact_words import WITHOUT_PHRASE
from search.ranking.figures_in_sentences import NO_FIGURE, OF_KIND, OF_NOUN
from search.ranking.grouping import RankedItem
from search.ranking.leading import STEP, TEMPLATE_PENALTY, place_unfit_passages
from search.ranking.scored_passage import ItemFields, PassageText, ScoredPassage
from search.results import AnswerVerdict
from search.verdict.background import Background
from search.verdict.judging import NEAREST, cut_irrelevant, estimate_relevance, judge
from search.verdict.model import SHIPPED, VerdictModel, fit_logistic
from search.verdict.question_words import read_words
from search.verdict.signals import (
    MARGIN_OF_LEAD,
    NO_SECOND,
    OF_SUBJECT,
    UNRELATED,
    measure_signals,
)
from search.verdict.subject import NO_SENTENCE, Subject, drop_title, measure_subject

LONG = "Il Comune ha riaperto la bottega del paese con una cooperativa di dodici abitanti."
MODEL = VerdictModel(
    ("a", "b"),
    (1.0, 2.0),
    (2.0, 4.0),
    (1.0, -0.5),
    0.25,
    answered=0.6,
    near=0.3,
    end=0.1,
    floor=0.2,
)


def passage(id, score, text=LONG, cosines=(0.5,), sentences=None):
    item = ItemFields(id, Kind.PRACTICE, f"Scheda {id}", "it", "IT", 2020, (), {})
    content = PassageText(id, text, (), (), sentences or [(0, len(text))], b"")
    found = ScoredPassage(id, "it", score, PerArm(score, None, None), item, content)
    found.sentence_cosines = np.array(cosines, np.float32)
    return found


def item(id, relevance):
    one = passage(id, 0.5)
    return RankedItem(one.item, frozenset({"it"}), 0.5, (one,), relevance)


def terms(bm25, text, language):
    return frozenset(bm25.passage(text, language).indices)


def ids(ranked):
    return [one.id for one in ranked]


def test_the_model_is_a_logistic_regression_of_standardised_signals():
    logit = (3.0 - 1.0) / 2.0 * 1.0 + (6.0 - 2.0) / 4.0 * -0.5 + 0.25
    found = MODEL.probabilities(np.array([[3.0, 6.0], [1.0, 2.0]]))
    assert found == pytest.approx([1 / (1 + math.exp(-logit)), 1 / (1 + math.exp(-0.25))])


def test_a_model_is_saved_and_loaded_and_a_damaged_one_refused(tmp_path):
    MODEL.save(tmp_path / "weights.json")
    assert VerdictModel.load(tmp_path / "weights.json") == MODEL
    (tmp_path / "short.json").write_text('{"names": ["a"], "means": []}')
    for name in ("short.json", "missing.json"):
        with pytest.raises(ConfigurationError, match=name):
            VerdictModel.load(tmp_path / name)
    shipped = VerdictModel.load(SHIPPED)
    assert 0 < shipped.end < shipped.near < shipped.answered < 1
    measured = measure("bottega", [passage("a", 0.5)])["a"]
    assert set(shipped.names) <= set(measured)


def test_the_fit_finds_the_weights_that_made_the_labels():
    random = np.random.default_rng(1)
    signals = random.normal(size=(4000, 2))
    chance = 1 / (1 + np.exp(-(signals @ [1.5, -0.5] + 0.3)))
    labels = (random.random(4000) < chance).astype(float)
    weights, intercept = fit_logistic(signals, labels, np.ones(4000))
    assert weights == pytest.approx([1.5, -0.5], abs=0.15)
    assert intercept == pytest.approx(0.3, abs=0.1)


@pytest.mark.parametrize(
    ("relevance", "verdict"),
    [
        ((0.2, 0.6), AnswerVerdict.ANSWERED),
        ((0.59, 0.1), AnswerVerdict.NEAR),
        ((0.3,), AnswerVerdict.NEAR),
        ((0.29, 0.1), AnswerVerdict.NOTHING),
        ((), AnswerVerdict.NOTHING),
    ],
)
def test_the_verdict_is_that_of_the_most_relevant_item(relevance, verdict):
    items = [item(f"{number}", value) for number, value in enumerate(relevance)]
    assert judge(items, MODEL) is verdict


def test_the_list_ends_where_relevance_ends_and_the_rest_follows_when_asked_for():
    items = [item("a", 0.3), item("b", 0.09), item("c", 0.1), item("d", 0.0)]
    assert ids(cut_irrelevant(items, MODEL, far=False)) == ["a", "c"]
    assert ids(cut_irrelevant(items, MODEL, far=True)) == ["a", "c", "b", "d"]


def test_beside_a_sure_answer_faint_ones_are_left_out():
    items = [item("a", 0.8), item("b", 0.19), item("c", 0.2)]
    assert ids(cut_irrelevant(items, MODEL, far=False)) == ["a", "c"]
    there = [replace(one, order=(0.0,)) for one in items]
    assert ids(cut_irrelevant(there, MODEL, far=False)) == ["a", "b", "c"]


def test_where_nothing_answers_the_nearest_few_are_listed():
    items = [item(f"{number}", 0.2) for number in range(8)]
    assert ids(cut_irrelevant(items, MODEL, far=False)) == ["0", "1", "2"]
    assert len(cut_irrelevant(items, MODEL, far=True)) == 8 > NEAREST


def test_below_the_floor_only_shared_words_make_an_item_relevant():
    near = {"a": 1.0, "b": 2.0, "score": 0.2, "words": 0.0}
    far = near | {"score": 0.19}
    found = estimate_relevance({"near": near, "far": far, "named": far | {"words": 0.3}}, MODEL)
    assert found["far"] == 0.0
    assert found["named"] == found["near"] == pytest.approx(1 / (1 + math.exp(-0.25)))
    without_phrase = near | {"score": 0.5 - WITHOUT_PHRASE, "words": 1.0}
    assert estimate_relevance({"quoted": without_phrase}, MODEL) == {"quoted": 0.0}


def test_an_item_without_any_of_one_or_two_words_does_not_come_near():
    signals = {"a": 3.0, "b": 2.0, "score": 0.5, "words": 0.0}
    found = estimate_relevance({"known": signals, "not": signals | {"unknown": 1.0}}, MODEL)
    assert found["known"] > MODEL.near > found["not"]
    assert judge([item("not", found["not"])], MODEL) is AnswerVerdict.NOTHING


def test_rare_words_count_more_than_frequent_ones():
    bm25 = Bm25()
    [common], [rare] = bm25.query("comune", "it").indices, bm25.query("bottega", "it").indices
    background = Background(100, {common: 90, rare: 2}, np.empty((0, 4), np.float32))
    words = read_words(bm25, background, "Quale comune ha la bottega?", "it")
    assert words.words == ("comune", "bottega"), "stop words are left out"
    assert words.share({"it": frozenset({rare})}) > 0.9
    assert words.share({"it": frozenset({common})}) < 0.1
    assert words.share({"it": frozenset({common, rare})}) == pytest.approx(1.0)
    assert words.share({}) == 0.0
    assert read_words(bm25, background, "che cosa?", "it").share({}) == 1.0


def test_other_names_of_a_concept_count_as_its_words():
    bm25 = Bm25()
    background = Background(100, {}, np.empty((0, 4), np.float32))
    words = read_words(bm25, background, "tariffa puntuale", "it")
    assert words.share({"en": terms(bm25, "pay-as-you-throw charges", "en")}) == pytest.approx(1.0)
    assert words.share({"en": terms(bm25, "school canteens", "en")}) == 0.0
    plan = read_words(bm25, background, "PEBA", "it")
    assert plan.share({"it": terms(bm25, "Il piano del traffico", "it")}) == 0.0, (
        "a part says nothing"
    )
    whole = terms(bm25, "il piano di eliminazione delle barriere architettoniche", "it")
    assert plan.share({"it": whole}) == pytest.approx(1.0)


def test_the_spread_of_a_base_is_that_of_its_sentences():
    sentences = np.array([[1, 0], [0, 1], [0, -1]], np.float32)
    mean, deviation = Background(3, {}, sentences).spread(np.array([1, 0], np.float32))
    assert (mean, deviation) == pytest.approx((1 / 3, math.sqrt(2) / 3))
    empty = Background(0, {}, np.empty((0, 2), np.float32))
    assert empty.spread(np.array([1, 0], np.float32)) == (0.0, 1.0)


def measure(text, passages, cards=None, language="it", subject=None):
    bm25 = Bm25()
    question = EmbeddedQuestion(text, language, np.ones(2, np.float32), arms=None, hybrid=None)
    background = Background(50, {}, np.empty((0, 2), np.float32))
    return measure_signals(question, passages, background, bm25, cards or {}, subject or Subject())


def test_words_are_looked_for_in_the_whole_card_and_in_the_nearest_sentences():
    bm25 = Bm25()
    text = "La bottega ha riaperto. Costa poco. Vende il pane. I ricoveri sono altrove."
    found = [(0, 23), (24, 35), (36, 50), (51, 75)]
    one = passage("a", 0.5, text, cosines=(0.9, 0.8, 0.7, 0.1), sentences=found)
    card = {"it": terms(bm25, f"{text} I ricoveri sono calati del 40 % nella valle.", "it")}
    signals = measure("bottega ricoveri valle", [one], {"a": card})["a"]
    assert signals["words"] == pytest.approx(1.0)
    assert signals["sentence_words"] == pytest.approx(1 / 3), "ricoveri is in the fourth nearest"
    assert measure("bottega ricoveri valle", [one])["a"]["words"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("Quanto costa il servizio?", 1.0),
        ("How many people use it?", 1.0),
        ("Quando è stata aperta?", 1.0),
        ("Come riaprire una bottega?", 0.0),
    ],
)
def test_questions_for_a_figure_are_told_apart(question, figure):
    language = "en" if question.startswith("How") else "it"
    one = passage("a", 0.5)
    both = {"a": {"it": frozenset({1}), "en": frozenset({1})}}
    assert measure(question, [one], both, language)["a"]["figure"] == figure


def test_of_a_text_in_another_language_words_tell_nothing():
    signals = measure("Wer hat den Laden eröffnet?", [passage("a", 0.5)], language="de")["a"]
    assert (signals["foreign"], signals["words"], signals["missing"]) == (1.0, 0.0, 0.0)
    assert signals["foreign_margin"] == pytest.approx(0.5 - UNRELATED)


def test_across_languages_the_name_of_the_leading_title_earns_little():
    subject = Subject(is_part=True, leads={"a": 2.0})
    found = measure("Wer hat den Laden eröffnet?", [passage("a", 0.5)], None, "de", subject)["a"]
    margin = 0.3 * (0.5 - UNRELATED) + OF_SUBJECT * MARGIN_OF_LEAD * 2.0
    assert found["foreign_margin"] == pytest.approx(margin)
    assert found["foreign_lead"] == pytest.approx(2.0)


def test_the_rarest_word_that_stands_nowhere_in_the_item_is_missing():
    one = passage("a", 0.5, "La bottega del paese è aperta anche la domenica mattina.")
    assert measure("bottega paese", [one])["a"]["missing"] == 0.0
    found = measure("bottega monopattini", [one])["a"]
    assert (found["missing"], found["unknown"]) == (pytest.approx(1.0), 0.0)
    assert measure("monopattini elettrici", [one])["a"]["unknown"] == 1.0
    assert measure("monopattini elettrici in affitto", [one])["a"]["unknown"] == 0.0, "three words"


def test_a_question_loses_the_words_of_the_title_of_the_item_that_leads():
    bm25, one = Bm25(), passage("microaree", 0.5)
    asked = "Quanti ricoveri in meno nelle microaree?"
    assert drop_title(asked, "it", one, bm25) == "quanti ricoveri in meno nelle"
    assert drop_title("Quanti ricoveri in meno?", "it", one, bm25) == ""
    assert drop_title("microaree", "it", one, bm25) == "", "nothing else is asked"


def test_an_item_leads_by_its_sentence_over_those_of_the_others():
    vectors = np.array([[127, 0], [0, 127], [127, 0]], np.int8).tobytes()
    content = PassageText("a", LONG, (), (), [(0, 5), (6, 10)], vectors)
    near, far = passage("a", 0.5, cosines=(0.5, 0.4)), passage("b", 0.4)
    near.content, far.content = content, content._replace(sentences=[(0, 5)])
    far.content = far.content._replace(sentence_vectors=vectors[2:4])
    near.figure_fits = np.array([NO_FIGURE, OF_KIND], np.int8)
    asked, background = np.array([1, 0], np.float32), Background(0, {}, np.empty((0, 2)))
    subject = measure_subject(None, asked, [near, far], background)
    assert not subject.is_part
    assert measure_subject(asked, asked, [near, far], background).is_part
    assert subject.leads == {"a": pytest.approx(1.0), "b": pytest.approx(-1.0)}
    assert subject.figures == {"a": pytest.approx(0.0)}, "the first sentence has no figure"
    terms_of_card = {"it": frozenset({1})}
    found = measure("Quanto costa?", [near], {"a": terms_of_card}, subject=subject)
    assert found["a"]["figure_lead"] == pytest.approx(1.0)
    assert found["a"]["figure_sentence"] == pytest.approx(0.0)
    other = measure("Quanto costa?", [far], {"b": terms_of_card}, subject=subject)
    assert other["b"]["figure_sentence"] == NO_SENTENCE
    assert measure("Come si fa?", [near], subject=subject)["a"]["figure_lead"] == 0.0


def test_what_no_sentence_has_a_number_of_is_uncounted():
    def uncounted(question, *fits):
        passages = [passage("a", 0.5) for _ in fits]
        for one, fit in zip(passages, fits, strict=True):
            one.figure_fits = np.array([fit], np.int8)
        return measure(question, passages, {"a": {"it": frozenset({1})}})["a"]["uncounted"]

    assert uncounted("Quanti pasti escono dalle cucine?", OF_KIND, NO_FIGURE) == 1.0
    assert uncounted("Quanti pasti escono dalle cucine?", OF_KIND, OF_NOUN) == 0.0
    assert uncounted("Quanto costano i pasti?", OF_KIND) == 0.0, "money is not counted"
    assert measure("Come si cucina?", [passage("a", 0.5)])["a"]["uncounted"] == 0.0


def test_across_languages_gap_and_second_sentence_tell_how_clear_an_answer_is():
    first = passage("a", 0.6, cosines=(0.3, 0.9), sentences=[(0, 5), (6, 10)])
    more = passage("a", 0.5, cosines=(0.7,))
    found = measure("Wer?", [first, more, passage("b", 0.45)], language="de")
    assert found["a"]["foreign_gap"] == pytest.approx(0.15)
    assert found["a"]["foreign_second"] == pytest.approx(0.7)
    assert found["b"]["foreign_gap"] == 0.0, "who does not lead has no lead"
    assert found["b"]["foreign_second"] == NO_SECOND
    alone = measure("Wer?", [passage("a", 0.6)], language="de")["a"]
    assert alone["foreign_gap"] == pytest.approx(0.6 - UNRELATED)
    own = measure("bottega", [first, more])["a"]
    assert (own["foreign_gap"], own["foreign_second"]) == (0.0, 0.0)


def test_the_margin_is_the_lead_over_the_items_behind():
    passages = [passage(f"{number}", 0.9 - number / 20) for number in range(12)]
    found = measure("bottega", passages)
    behind = sum(0.9 - number / 20 for number in range(5, 12)) / 7
    assert found["0"]["margin"] == pytest.approx(0.9 - behind)
    assert found["3"]["margin"] == pytest.approx(0.75 - behind)


def test_very_short_passages_do_not_lead():
    short, next_best, other = passage("a", 0.9, "Foto 3"), passage("b", 0.7), passage("c", 0.5)
    placed = place_unfit_passages([short, next_best, other])
    assert ids(placed) == ["b", "a", "c"]
    assert placed[1].score == pytest.approx(0.7 - STEP)


@pytest.mark.parametrize(
    "text",
    [
        "Mapeo de partes interesadas. Asociación local de ciudadanos XYZ, vecinos y otros.",
        "Il sottoscritto ____________ nato a ____________ chiede l'iscrizione al servizio.",
        "Titolo del progetto: [inserire il titolo]. Obiettivi del progetto e risultati attesi qui.",
        "Name of the town: [insert name]. Describe the practice in ten lines for the reader.",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor.",
        "Ente proponente ............ Sede ............ Referente della pratica per il Comune",
    ],
)
def test_templates_do_not_lead(text):
    template, answer, third = passage("a", 0.9, text), passage("b", 0.6), passage("c", 0.58)
    placed = place_unfit_passages([template, answer, third])
    assert placed[0].id == "b"
    assert template.score <= 0.9 - TEMPLATE_PENALTY


def test_where_no_passage_may_lead_the_order_stays():
    placed = place_unfit_passages([passage("a", 0.9, "Foto 3"), passage("b", 0.7, "Foto 4")])
    assert [(one.id, one.score) for one in placed] == [("a", 0.9), ("b", 0.7)]
