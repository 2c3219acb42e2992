"""The controlled lists are complete and name what the models accept."""

from enum import StrEnum
from pathlib import Path

import pytest

from kb.practices import terms
from kb.vocabulary import vocabularies

FOLDER = Path(vocabularies.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_every_term_has_a_label_in_five_languages(name):
    for term in vocabularies.load(name).values():
        assert set(term.names) == set(vocabularies.LANGUAGES), term.slug
        assert all(label.strip() for labels in term.names.values() for label in labels), term.slug


@pytest.mark.parametrize(
    ("name", "closed_list"),
    [
        ("statuses", terms.PracticeStatus),
        ("outcomes", terms.Outcome),
        ("evidence", terms.EvidenceLevel),
        ("natures", terms.Nature),
        ("access", terms.SourceAccess),
        ("territories", terms.Territory),
        ("trends", terms.Trend),
        ("economies", terms.Economy),
        ("governances", terms.Governance),
        ("costs", terms.CostKind),
    ],
)
def test_a_closed_list_and_its_labels_name_the_same(name: str, closed_list: type[StrEnum]):
    assert list(vocabularies.load(name)) == [member.value for member in closed_list]


@pytest.mark.parametrize(
    ("name", "count"), [("themes", 11), ("sectors", 5), ("strands", 3), ("sdgs", 17), ("cofog", 10)]
)
def test_a_list_has_as_many_terms_as_its_standard(name, count):
    assert len(vocabularies.load(name)) == count


def test_the_glossary_covers_the_domain():
    glossary = vocabularies.load("glossary")
    assert len(glossary) >= 150
    assert "Fernwärme" in glossary["district-heating"].names["de"]


def test_a_label_falls_back_to_english():
    assert vocabularies.label("themes", "energy", "it") == "Energia"
    assert vocabularies.label("themes", "energy", "pt") == "Energy"


def test_an_unknown_slug_is_a_key_error():
    with pytest.raises(KeyError):
        vocabularies.label("themes", "astrology", "it")
