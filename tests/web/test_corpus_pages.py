"""The pages about the base of practices itself."""

import html
import re

import pytest

from kb.corpus.card_files import load_corpus
from kb.corpus.loading import CORPUS


@pytest.mark.parametrize("address", ["/about/corpus", "/contribute"])
@pytest.mark.parametrize("language", ["it", "en"])
def test_page_in_both_languages(client, address, language):
    answer = client.get(address, params={"lang": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text


def test_the_tables_count_what_is_in_the_base(client):
    text = client.get("/about/corpus", params={"lang": "en"}).text
    practices = load_corpus(CORPUS).practices
    assert f"The base holds {len(practices)} practices" in text
    in_italy = sum(practice.place.country == "IT" for practice in practices)
    row = re.search(r'country=IT">Italy</a></th>\s*<td[^>]*>(\d+)', text)
    assert row is not None
    assert int(row[1]) == in_italy


def test_a_bar_says_nothing_that_the_number_beside_it_does_not(client):
    text = client.get("/about/corpus").text
    bars = re.findall(r"<svg[^>]*>", text)
    assert bars[1:]
    charts = [bar for bar in bars if 'viewBox="0 0 160 10"' in bar]
    assert charts
    assert all('aria-hidden="true"' in bar for bar in charts)


def test_the_way_to_contribute_shows_a_card_and_its_validator(client):
    text = client.get("/contribute").text
    assert "kb corpus check" in text
    assert "## Problema" in text


def test_both_pages_are_linked_from_every_page(client):
    text = client.get("/privacy").text
    assert 'href="/about/corpus"' in text
    assert 'href="/contribute"' in text


def test_the_pages_of_a_list_lead_to_each_other_and_show_every_practice_once(client):
    shown, address = [], "/practices"
    while address:
        answer = client.get(address)
        assert answer.status_code == 200
        shown += re.findall(r'<h3><a href="/practices/([^"]+)"', answer.text)
        following = re.search(r'rel="next" href="([^"]+)"', answer.text)
        address = following and html.unescape(following[1])
    assert sorted(shown) == sorted(practice.id for practice in load_corpus(CORPUS).practices)
