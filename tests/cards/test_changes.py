"""What a review says has changed: in sentences, and nothing where only the order did."""

import copy
from pathlib import Path

import pytest

from kb.corpus.card_files import load_corpus
from web.forms.card_changes import summarize_changes
from web.rendering.i18n import load_locales

CARD = "contarina-tariffa-puntuale"
CORPUS = Path(__file__).parents[2] / "corpus"


@pytest.fixture(scope="module")
def before():
    cards = load_corpus(CORPUS).practices
    return next(card for card in cards if card.id == CARD).model_dump(mode="json")


@pytest.fixture
def after(before):
    return copy.deepcopy(before)


def told(before, after, code="it"):
    return summarize_changes(before, after, load_locales()[code])


def test_the_order_of_terms_and_entries_is_no_change(before, after):
    for name in ("themes", "sectors", "keywords", "sdgs"):
        after[name].reverse()
    assert told(before, after).changes == told(before, after).reordered == ()
    after["sources"].reverse()
    assert told(before, after).changes == ()
    assert told(before, after).reordered == ("Fonti",)
    after["sources"][0]["title"] += ", seconda edizione"
    assert told(before, after).reordered == ()
    assert told(before, after).also_reordered == ("Fonti",)


def test_empty_fields_defaults_and_spaces_are_no_change(before, after):
    after["results"] = [
        {name: value for name, value in one.items() if value not in (None, "")}
        for one in after["results"]
    ]
    after["problem"] = after["problem"].replace("\n", "\r\n") + "\n"
    after["cost_not_reported"] = False
    assert told(before, after).changes == ()


def test_changes_are_told_in_sentences(before, after):
    after["results"][0] |= {"value": 28.5}
    after["sources"].append({"id": "nuova", "title": "Bilancio 2024", "publisher": "Comune"})
    after["themes"] = [*after["themes"][1:], "welfare"]
    after["summary"] += " E altro ancora."
    after["actors"][0]["name"] = "Un nome nuovo"
    gone = after["costs"].pop(0)["text"]
    said = "\n".join(told(before, after).sentences)
    result = before["results"][0]
    assert f"Risultato «{result['indicator']}»: valore passa da" in said
    assert f"a 28,5 {result['unit']}." in said
    assert "Aggiunta la fonte «Bilancio 2024»." in said
    assert f"Tolto il costo «{gone}»." in said
    assert "parole tolte: 0, aggiunte: 3" in said
    assert "Attore «Un nome nuovo»: nome passa da" in said
    assert "Temi: aggiunto " in said
    english = "\n".join(told(before, after, "en").sentences)
    assert "Source added: «Bilancio 2024»." in english


def test_only_the_words_that_changed_are_marked(before, after):
    after["summary"] = before["summary"] + " E altro ancora."
    (change,) = told(before, after).changes
    assert [text for text, new in change.after_pieces if new] == ["E altro ancora."]
    assert [text for text, gone in change.before_pieces if gone] == []
    assert "".join(text for text, _ in change.after_pieces) == change.after
