"""What a result of the starter corpus shows first of a card, and which words of it are marked."""

import html
import re

import pytest


def hits(client, question, language="it"):
    """The title of each hit, with heading and marked texts of each of its passages."""
    page = client.get("/search", params={"q": question}, headers={"Accept-Language": language}).text
    found = []
    for hit in page.split('<article class="hit')[1:]:
        title = plain(re.search(r"<h3>(.*?)</h3>", hit, re.DOTALL)[1])
        passages = [
            (plain("".join(re.findall(r'heading-path"[^>]*>(.*?)</span>', one))), marks(one))
            for one in hit.partition("</article>")[0].split('<figure class="passage">')[1:]
        ]
        found.append((title, passages))
    return found


def marks(passage):
    return [plain(one) for one in re.findall(r"<mark>(.*?)</mark>", passage, re.DOTALL)]


def plain(markup):
    return " ".join(html.unescape(re.sub("<[^>]+>", "", markup)).split())


@pytest.mark.parametrize(
    ("question", "card", "marked"),
    [
        ("Quanto costa la raccolta porta a porta?", "Contarina", "178 euro"),
        ("Quanto è costata la riconversione di Bottrighe?", "Bottrighe", "108 milioni di euro"),
        ("Quanti soci ha la cooperativa di comunità di Succiso?", "Succiso", "56 soci"),
        ("Quando è nata la cooperativa di comunità di Biccari?", "Biccari", "nel 2017"),
        ("Quanto si è ridotto lo spreco alimentare nella mensa?", "Mouans-Sartoux", "80 %"),
        ("quanto costa il teleriscaldamento a biomassa", "Jühnde", "5,2 milioni di euro"),
        ("quanti posti ha creato il parco di Colleretto Giacosa?", "Colleretto", "650 addetti"),
        ("¿Cuándo se peatonalizó el centro de Pontevedra?", "Pontevedra", "1999"),
        ("Combien coûte un repas bio à la cantine ?", "Mouans-Sartoux", "2,04 euro"),
        ("cooperativa di comunità", "Succiso", "fondano una cooperativa"),
        ("vetrine vuote", "Altena", "affitta vetrine vuote"),
        ("trasporto a chiamata", "Strategia nazionale", "trasporto a chiamata"),
        ("infermiere di comunità", "Buurtzorg", "infermiere di comunità"),
        ("Come si paga la mensa biologica senza aumentare il prezzo?", "Mouans", "gli sprechi"),
        ("come riaprire il negozio in un paese piccolo", "Succiso", "bottega"),
    ],
)
def test_the_first_passage_answers(searcher, question, card, marked):
    title, passages = hits(searcher, question)[0]
    assert title.startswith(card)
    assert any(marked in one for one in passages[0][1]), passages


@pytest.mark.parametrize(
    ("question", "card", "marked"),
    [
        ("How many jobs did the biotech park create?", "BioPark Regensburg", "4,000"),
        ("When was car traffic banned from the centre?", "Pontevedra", "1999"),
        ("How much did household waste fall?", "Besançon", "150 kg"),
    ],
)
def test_the_first_passage_answers_in_english(searcher, question, card, marked):
    title, passages = hits(searcher, question, "en")[0]
    assert title.startswith(card)
    assert any(marked in one for one in passages[0][1]), passages


def test_nothing_is_marked_where_the_figure_asked_for_stands_nowhere(searcher):
    question = "Quanto dura il progetto Microarea di Trieste?"
    _, passages = hits(searcher, question)[0]
    assert [one for _, one in passages] == [[]] * len(passages)


def test_no_title_question_or_list_of_keywords_is_marked(searcher):
    for question in ("tariffa puntuale", "villaggio bioenergetico", "borgo albergo diffuso"):
        for title, passages in hits(searcher, question):
            for heading, marked in passages:
                assert all(title.rstrip(".") not in one for one in marked)
                assert not (heading == "Parole chiave" and marked)


def test_figures_of_a_text_in_another_language_are_lifted_out(searcher):
    question = "How much did household waste fall?"
    for language, lifted in (("it", True), ("en", False)):
        page = searcher.get(
            "/search", params={"q": question}, headers={"Accept-Language": language}
        ).text
        first = page.partition('<figure class="passage">')[2].partition("</figure>")[0]
        assert ('<blockquote lang="en" translate="yes">' in first) is lifted
        assert ("passage-figures" in first) is lifted
        if lifted:
            assert "in inglese" in first
