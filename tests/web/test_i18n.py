"""Negotiation of the language, and numbers, dates and names as each reader writes them."""

from datetime import date

import pytest

from kb.messages import Message
from web.rendering.i18n import choose_locale, load_locales

ITALIAN, ENGLISH = load_locales()["it"], load_locales()["en"]


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "code"),
    [
        (None, None, "", "it"),
        (None, None, "de,fr;q=0.5", "it"),
        (None, None, "en-GB,it;q=0.5", "en"),
        (None, None, "de, it;q=0.4, en;q=0.8", "en"),
        (None, None, "en;q=0, it", "it"),
        (None, None, ";q=x,,en;q=", "en"),
        (None, "en", "it", "en"),
        ("it", "en", "en", "it"),
        ("xx", "yy", "en", "en"),
    ],
)
def test_negotiation(asked, remembered, accepted, code):
    assert choose_locale(asked, remembered, accepted).code == code


def test_numbers_and_dates():
    assert ITALIAN.number(12345.678) == "12.345,678"
    assert ENGLISH.number(12345.678) == "12,345.678"
    assert ITALIAN.date(date(2026, 3, 7)) == "07/03/2026"
    assert ITALIAN.size(1_530_000) == "1,5 MB"
    assert ENGLISH.size(12) == "12 B"


def test_names():
    assert ITALIAN.country("DE") == "Germania"
    assert ENGLISH.country("de") == "Germany"
    assert ITALIAN.country("??") == "??"
    assert ITALIAN.language("fr") == "francese"
    assert ("IT", "Italia") in ITALIAN.all_countries()


def test_an_error_is_said_in_the_readers_language():
    message = Message(
        "The question has {length} characters: shorten it to {limit}.",
        {"length": 2000, "limit": 1000},
    )
    assert ITALIAN.say(message) == "La domanda ha 2000 caratteri: accorciala a 1000."
    assert ENGLISH.say(message) == str(message)
