"""The sections of a card's story are the same, in the same order, wherever they are listed."""

import html

from sqlalchemy import select

from kb.practices.passage_headings import BY_HEADING
from kb.practices.practice import SECTIONS, Practice
from kb.practices.terms import StoryPart
from kb.storage.tables import PassageRow, PracticeRow
from web.forms.card_fields import STORY as STORY_FORM
from web.presenters.quoting import TARGETS
from web.presenters.story import STORY, section_anchor


def test_every_list_of_sections_has_those_of_the_card():
    parts = [part.value for part in StoryPart]
    assert list(SECTIONS) == parts
    assert list(STORY) == parts
    assert [field.name for field in STORY_FORM.fields] == parts
    assert [target for target in TARGETS if target in parts] == parts
    assert [name for name in Practice.model_fields if name in parts] == parts


def test_every_passage_of_a_card_leads_to_the_section_of_its_page_with_its_words(searcher, indexed):
    """Whatever headings the index has, for one card of each."""
    with indexed.database.session() as session:
        rows = session.execute(
            select(PassageRow.heading_path, PassageRow.item_id).join(
                PracticeRow, PracticeRow.id == PassageRow.item_id
            )
        ).all()
    cards = {heading: card for (heading,), card in rows}
    assert set(cards) == set(BY_HEADING)
    for heading, card in cards.items():
        anchor = section_anchor(heading)
        assert f'id="{anchor[1:]}"' in searcher.get(f"/practices/{card}").text, heading


def test_a_result_says_the_field_in_the_readers_language_and_leads_there(searcher):
    for language, label in (("it", "Chi l'ha adottata"), ("en", "Adopted by")):
        page = searcher.get(
            "/search?q=Rosignano+Marittimo", headers={"Accept-Language": language}
        ).text
        first = page.partition('<article class="hit')[2].partition("</article>")[0]
        assert "#adopted-title" in first
        assert f'class="heading-path">{label}<' in html.unescape(first)


def test_programs_are_told_the_field(searcher):
    found = searcher.get("/api/v1/search?q=Rosignano+Marittimo").json()["results"][0]
    assert "adopted" in [passage["field"] for passage in found["passages"]]


def test_headings_of_documents_have_no_section_on_a_card():
    assert section_anchor("2.1 Metodo") == ""
