"""Dublin Core of cards, documents and events, as values and as XML."""

import shutil
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from kb.corpus.card_files import load_corpus
from kb.corpus.loading import CORPUS
from kb.harvesting.dublin_core import (
    DC,
    ELEMENTS,
    describe_collection,
    describe_document,
    describe_practice,
    write_oai_dc,
)
from kb.storage.collections import Collection, CollectionKind
from kb.storage.tables import Document

XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def values(description, element):
    return [(one.value, one.language) for one in description if one.element == element]


def test_a_card_has_titles_subjects_and_descriptions_in_both_languages(tmp_path):
    (tmp_path / "practices").mkdir()
    shutil.copy(CORPUS / "practices" / "altena-governare-il-calo.md", tmp_path / "practices")
    (practice,) = load_corpus(tmp_path).practices
    made = describe_practice(practice, "https://kb.example.org/practices/altena", LICENCE)
    assert [language for _, language in values(made, "title")] == ["it", "en"]
    assert ("Pianificazione territoriale", "it") in values(made, "subject")
    assert ("Territorial planning", "en") in values(made, "subject")
    assert values(made, "coverage") == [("Altena, Germania", ""), ("2007/", "")]
    assert values(made, "date") == [("2026-11-22", "")]
    assert values(made, "rights") == [(LICENCE, "")]
    assert values(made, "source")[1] == ("Altena. URBACT. https://archive.urbact.eu/altena", "")
    assert [one.element for one in made] == sorted(
        (one.element for one in made), key=ELEMENTS.index
    )


def test_a_document_has_people_by_their_family_name_and_no_empty_element():
    document = Document(
        title="Rapporto\x01 finale",
        language="it",
        authors=["Anna Rossi", "ISPRA"],
        author_names=[{"family": "Rossi", "given": "Anna"}, {"literal": "ISPRA"}],
        publisher="",
        licence="CC BY 4.0",
        source_url="",
        media_type="application/pdf",
        year=2021,
        country="",
    )
    made = describe_document(document, "https://kb.example.org/documents/1")
    assert values(made, "creator") == [("Rossi, Anna", ""), ("ISPRA", "")]
    assert values(made, "title") == [("Rapporto finale", "it")]
    assert all(one.value for one in made)
    assert not values(made, "publisher")
    element = etree.fromstring(etree.tostring(write_oai_dc(made)))
    assert element.findtext(f"{{{DC}}}date") == "2021"
    assert element.find(f"{{{DC}}}title").get(XML_LANGUAGE) == "it"


@pytest.mark.parametrize(
    ("until", "days"), [(None, "2026-05-03"), (date(2026, 5, 4), "2026-05-03/2026-05-04")]
)
def test_an_event_has_its_days_people_and_recordings(until, days):
    event = Collection(
        title="Master",
        title_en="",
        language="it",
        argument="Perché.",
        kind=CollectionKind.EVENT,
        organiser="Comune di Siena",
        people=[{"name": "Anna Rossi", "part": "docente"}, {"name": "Lia Neri", "part": ""}],
        recordings=["https://video.example.org/1"],
        held_on=date(2026, 5, 3),
        held_until=until,
        held_in="Siena",
        licence="",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    made = describe_collection(event, "https://kb.example.org/collections/1", LICENCE)
    assert values(made, "type") == [("Event", "")]
    assert values(made, "date") == [(days, "")]
    assert values(made, "contributor") == [("Anna Rossi (docente)", ""), ("Lia Neri", "")]
    assert values(made, "relation") == [("https://video.example.org/1", "")]
    assert values(made, "rights") == [(LICENCE, "")]
