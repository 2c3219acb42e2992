"""A question becomes a page: ranked across languages, filtered, counted, with verbatim evidence."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from ingest.bulk import PlainText, add
from kb.access import OPERATOR
from kb.filters import choose
from kb.messages import PermanentError
from kb.runtime.index_sync import filter_values
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.tables import Document, Item, PassageRow, UnansweredQuestion
from search.result_json import as_json
from search.results import AnswerVerdict, Question
from search.service import search
from search.unanswered import wait_until_noted
from search.verdict.card_words import read_card_terms

TEXTS = {
    "bread-en": "The old mill was restored by a cooperative. Local bread rose from 4 % to 31 %.",
    "bread-it": "Il forno del paese ha riaperto. Il pane è cotto a legna ogni sabato mattina.",
    "waste-de": "Die Gemeinde führte eine Müllgebühr nach Gewicht ein. Der Restmüll sank um 40 %.",
    "waste-it": "I cassonetti della piazza sono stati ridipinti dagli alunni della scuola.",
    "heat-fr": "Le réseau de chaleur au bois dessert 300 logements. Le MWh y coûte 72 euros.",
    "heat-it": "Il castello è aperto ai visitatori da aprile a ottobre, con guida in tre lingue.",
    "bus-en": "The dial-a-ride bus carried 4,200 passengers in 2019. A trip costs 2 euro.",
    "bus-it": "La stazione degli autobus ha una sala d'attesa e un bar aperto fino alle otto.",
    "care-es": "Las enfermeras visitan a los mayores en casa. Los ingresos bajaron un 15 %.",
}
COUNTRIES = {"en": "GB", "it": "IT", "de": "DE", "fr": "FR", "es": "ES"}


@pytest.fixture(scope="module")
def services(tmp_path_factory, cache_dir, database):
    folder = tmp_path_factory.mktemp("search")
    settings = Settings(_env_file=None, data_dir=folder / "data", cache_dir=cache_dir, **database)
    with open_services(settings, own=True) as opened:
        add(opened, [PlainText(id, id, text) for id, text in TEXTS.items()])
        with opened.database.transaction() as session:
            for document in session.scalars(select(Document)):
                document.country = COUNTRIES[document.filename[-2:]]
                document.year = 2010 + len(document.filename)
                opened.index.update_filters(filter_values(document))
        yield opened


def ask(services, text, filters=None, **asked):
    return search(Question(text, choose(**(filters or {})), **asked), services, OPERATOR)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Quanto è diminuito il rifiuto residuo con la tariffa a peso?", "waste-de"),
        ("Quanto costa il teleriscaldamento a legna?", "heat-fr"),
        ("Quanti passeggeri ha il trasporto a chiamata?", "bus-en"),
        ("Gli infermieri a domicilio riducono i ricoveri degli anziani?", "care-es"),
        ("How much of the bread is local?", "bread-en"),
        ("Wann ist das Schloss geöffnet?", "heat-it"),
    ],
)
def test_the_answer_comes_first_whatever_its_language(services, question, answer):
    assert ask(services, question).results[0].title == answer


def test_evidence_is_verbatim_and_marks_the_sentence_and_its_quantities(services):
    page = ask(services, "Quanto è diminuito il rifiuto residuo?")
    evidence = page.results[0].passages[0]
    assert evidence.text == "".join(fragment.text for fragment in evidence.fragments)
    marked = "".join(fragment.text for fragment in evidence.fragments if fragment.answer)
    assert marked == "Der Restmüll sank um 40 %."
    assert [each.text for each in evidence.fragments if each.quantity] == ["40 %"]
    assert evidence.language == "de"


def test_filters_narrow_and_counts_say_what_each_would_leave(services):
    everything = ask(services, "paese", far=True)
    assert everything.total == len(TEXTS)
    for facet in ("country", "language", "kind"):
        for value in everything.facets[facet]:
            narrowed = ask(services, "paese", {facet: (value.value,)}, far=True)
            assert narrowed.total == value.count
            again = {each.value: each for each in narrowed.facets[facet]}
            assert again[value.value].selected
            assert {each.value for each in narrowed.facets[facet]} == {
                each.value for each in everything.facets[facet]
            }
    years = {value.value: value.count for value in everything.facets["year"]}
    assert ask(services, "paese", {"year": (2017, 2017)}, far=True).total == years["2017"]


def test_a_question_put_to_some_items_is_answered_and_counted_among_them_alone(services):
    every = {
        result.title: result.id for result in ask(services, "paese", page_size=20, far=True).results
    }
    some = frozenset({every["bus-it"], every["heat-fr"], "gone"})
    page = ask(services, "paese", item_ids=some, far=True)
    assert {result.title for result in page.results} == {"bus-it", "heat-fr"}
    assert {value.value: value.count for value in page.facets["country"]} == {"IT": 1, "FR": 1}
    nothing = ask(services, "paese", item_ids=frozenset())
    assert (nothing.total, nothing.facets["country"]) == (0, ())


def test_pages_of_results_neither_repeat_nor_lose(services):
    titles = [
        result.title
        for number in (1, 2, 3, 4)
        for result in ask(services, "paese", page=number, page_size=3, far=True).results
    ]
    assert sorted(titles) == sorted(TEXTS)


def test_what_nothing_answers_is_said_and_noted_once_per_question(services):
    nonsense = "Chi ha vinto il campionato mondiale di scacchi del 1972?"
    for _ in range(2):
        page = ask(services, nonsense)
        assert page.verdict is AnswerVerdict.NOTHING
        assert not page.answered
        assert len(page.results) == page.total == 3
        assert page.relevant == 0
    assert ask(services, nonsense, page=2, page_size=3).results == ()
    wait_until_noted(services)
    with services.database.session() as session:
        noted = session.get(UnansweredQuestion, nonsense)
    assert (noted.times, noted.language) == (2, "it")
    assert ask(services, "How many passengers used the dial-a-ride bus?").answered


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (" \n\x00", "empty"),
        ("x" * 10_000, "shorten"),
        *((one, "signs only") for one in ("?", "%", "🚌")),
    ],
)
def test_questions_are_bounded(services, text, says):
    with pytest.raises(PermanentError, match=says):
        ask(services, text)


@pytest.mark.parametrize("text", ["7", "'; DROP TABLE items; --", "🚌 bus", "a" * 1000])
def test_any_other_text_is_a_question(services, text):
    assert ask(services, text).total <= len(TEXTS)


def test_what_no_database_can_hold_is_taken_out_of_a_question(services):
    assert ask(services, "rifiuti\x00 \udcff\x07").question.text == "rifiuti ?"


def test_an_item_that_is_not_ready_is_never_shown(services):
    gone = ask(services, "mulino").results[0].id
    with services.database.transaction() as session:
        session.execute(update(Item).where(Item.id == gone).values(status="processing"))
    try:
        assert gone not in {result.id for result in ask(services, "mulino").results}
    finally:
        with services.database.transaction() as session:
            session.execute(update(Item).where(Item.id == gone).values(status="ready"))


def test_a_point_without_passage_is_neither_shown_nor_counted(services):
    everything = ask(services, "mulino", page_size=20, far=True)
    first = everything.results[0]
    point = first.passages[0].passage_id
    elsewhere = "0" * len(point)
    with services.database.transaction() as session:
        session.execute(update(PassageRow).where(PassageRow.id == point).values(id=elsewhere))
    try:
        page = ask(services, "mulino", page_size=20, far=True)
    finally:
        with services.database.transaction() as session:
            session.execute(update(PassageRow).where(PassageRow.id == elsewhere).values(id=point))
    assert first.id not in {result.id for result in page.results}
    assert page.total == len(page.results) == everything.total - 1
    assert [value.count for value in page.facets["kind"]] == [page.total]


def test_the_json_form_holds_what_scripts_rely_on(services):
    page = as_json(ask(services, "autobus", page_size=2))
    assert set(page) >= {"query", "language", "took_ms", "results"}
    result = page["results"][0]
    assert set(result) >= {
        "kind", "id", "title", "score", "place", "similarity", "measured_results", "passages",
    }  # fmt: skip
    with services.database.session() as session:
        for passage in result["passages"]:
            assert session.get(PassageRow, passage["passage_id"]).text == passage["text"]


def test_a_passage_without_sentences_is_found_by_its_own_vector(services):
    question = "Wie viel Restmüll weniger durch die Müllgebühr nach Gewicht?"
    found = ask(services, question).results[0]
    with services.database.transaction() as session:
        row = session.get(PassageRow, found.passages[0].passage_id)
        sentences, vectors = row.sentences, row.sentence_vectors
        row.sentences, row.sentence_vectors = [], b""
    try:
        again = ask(services, question).results[0]
        assert again.title == found.title
        assert again.score != found.score
        assert [fragment.answer for fragment in again.passages[0].fragments] == [False]
    finally:
        with services.database.transaction() as session:
            row = session.get(PassageRow, found.passages[0].passage_id)
            row.sentences, row.sentence_vectors = sentences, vectors


def test_a_passage_stored_without_its_header_is_found_as_before(services):
    question = "Quanto è diminuito il rifiuto residuo con la tariffa a peso?"
    found = ask(services, question).results[0]
    with services.database.transaction() as session:
        row = session.get(PassageRow, found.passages[0].passage_id)
        vectors = row.sentence_vectors
        size = services.embedder.dimension
        assert len(vectors) == (len(row.sentences) + 1) * size
        row.sentence_vectors = vectors[:-size]
    try:
        again = ask(services, question).results[0]
        assert (again.title, again.passages[0].fragments) == (
            found.title,
            found.passages[0].fragments,
        )
    finally:
        with services.database.transaction() as session:
            row = session.get(PassageRow, found.passages[0].passage_id)
            row.sentence_vectors = vectors


def test_the_words_of_a_card_are_kept_until_its_passages_change(services):
    [terms] = services.bm25.query("zafferano", "it").indices
    with services.database.session() as session:
        item = session.scalar(select(Document.id).where(Document.filename == "bread-it"))

        def words():
            return read_card_terms(services.database, session, services.bm25, [item])[item]["it"]

        before = words()
        assert words() is before
        session.execute(
            update(PassageRow)
            .where(PassageRow.item_id == item)
            .values(id="another", text="Il pane ha lo zafferano.")
        )
        assert terms in words()
        assert terms not in before
        session.rollback()
        assert terms not in words()
