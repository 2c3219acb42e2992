"""The lists that README's table "to add" names are whole: what one lacks is noticed here."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import web.pages
from ingest.extract.formats import FORMATS, SUFFIXES
from ingest.extract.registry import EXTRACTORS
from kb.access import ROLES, Right, Role
from kb.corpus.card_files import load_corpus
from kb.filters import FILTERS
from kb.practices.filter_values import filter_values_of
from kb.practices.practice import Practice
from kb.vocabulary import vocabularies
from search.ranking.scored_passage import ItemFields
from tests.search.by_hand import item_fields
from web.forms import card_fields
from web.rendering import names

ROOT = Path(__file__).resolve().parents[2]
NOT_FILLED_IN = {"id"}
"""Fields of a practice that its form does not show."""


def test_every_filter_of_practices_is_filled_in_for_a_card_of_the_corpus() -> None:
    cards = load_corpus(ROOT / "corpus").practices
    filled = {name for card in cards for name in filter_values_of(card)}
    of_cards = {one.name for one in FILTERS if one.of_practices and not one.of_projects}
    assert of_cards <= filled


def test_every_other_filter_is_a_field_of_the_item_or_of_its_passages() -> None:
    item = item_fields("d", themes=("energy",))
    for field in FILTERS:
        if not (field.of_practices or field.of_passage or field.of_projects):
            assert ItemFields.filter_values(item, field.name), field.name


@pytest.mark.parametrize("field", [one for one in FILTERS if one.vocabulary], ids=lambda f: f.name)
def test_the_vocabulary_of_a_filter_exists(field) -> None:
    assert vocabularies.load(field.vocabulary)


@pytest.mark.parametrize("target", EXTRACTORS.values())
def test_every_format_has_its_reader(target: str) -> None:
    module, function = target.split(":")
    assert callable(getattr(import_module(f"ingest.extract.{module}"), function))


def test_every_role_and_right_has_rights_and_a_name() -> None:
    assert set(ROLES) == set(Role) == set(names.ROLES)
    assert set(names.RIGHTS) == set(Right)


def test_every_page_is_mounted() -> None:
    files = {path.stem for path in (ROOT / "web" / "pages").glob("*.py")} - {"__init__"}
    modules = {import_module(f"web.pages.{name}") for name in files}
    own = {id(module.router) for module in modules if hasattr(module, "router")}
    assert own == {id(router) for router in web.pages.ROUTERS}


def test_every_field_of_a_practice_is_in_its_form() -> None:
    shown = card_fields.FIELDS.keys() | card_fields.GROUPS.keys()
    nested = {name.split(".")[0] for name in shown}
    assert set(Practice.model_fields) - nested <= NOT_FILLED_IN


def test_every_format_that_is_read_has_a_name_and_suffixes() -> None:
    listed = [media_type for row in FORMATS for media_type in row.media_types]
    assert sorted(listed) == sorted(EXTRACTORS)
    assert len(set(SUFFIXES)) == len(SUFFIXES)
    assert all(row.suffixes and set(row.told) <= set(row.suffixes) for row in FORMATS)
