"""Catalogues hold exactly the sentences of the source, all translated, with the same fields."""

import re

import pytest

from web.catalogues import collect, dump, missing, updated
from web.rendering.i18n import catalogue_path, load_locales

CODES = list(load_locales())


@pytest.fixture(scope="module")
def template():
    return collect()


@pytest.mark.parametrize("code", CODES)
def test_catalogue_is_up_to_date(code, template):
    """Run ``make i18n`` and translate what it names."""
    assert dump(updated(code, template)) == catalogue_path(code).read_bytes()


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_untranslated(code, template):
    assert missing(updated(code, template)) == []


@pytest.mark.parametrize("code", CODES)
def test_translations_have_the_fields_of_their_sentence(code, template):
    for message in updated(code, template):
        if isinstance(message.id, str) and message.id:
            assert fields(message.string) == fields(message.id), message.id


def fields(text):
    return set(re.findall(r"\{\w+\}|%\(\w+\)s", text))


def test_italian_is_the_default_and_stands_first():
    assert CODES[0] == "it"
    assert "en" in CODES
