"""The sections of a card's story are the same, in the same order, wherever they are listed."""

from kb.practices.practice import SECTIONS, Practice
from kb.practices.terms import StoryPart
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


def test_a_heading_of_a_passage_leads_to_its_section():
    assert section_anchor("Soluzione") == "#solution-title"
    assert section_anchor("Risultati") == "#results-title"
    assert section_anchor("2.1 Metodo") == ""
