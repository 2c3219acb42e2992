"""Pages of practices, collections, documents and the site itself, on the real corpus."""

import html

import pytest

from ingest.extract.word.old_office import find_libreoffice

ENGLISH = {"Accept-Language": "en"}

SIMPLE = ["/", "/practices", "/collections", "/documents", "/upload", "/unanswered",
          "/accessibility", "/privacy", "/credits", "/api/docs", "/search"]  # fmt: skip


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("address", SIMPLE)
def test_page_in_both_languages(researcher, address, language):
    answer = researcher.get(address, params={"lang": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["content-language"] == language
    assert "HX-Request" in answer.headers["vary"]


def test_the_chosen_language_is_remembered(client):
    assert '<html lang="it">' in client.get("/").text
    client.get("/?lang=en")
    assert '<html lang="en">' in client.get("/").text


def test_every_practice_and_collection_of_the_corpus_has_a_page(client):
    practices, page = [], 1
    while found := client.get("/api/v1/practices", params={"page": page}).json()["practices"]:
        practices += found
        page += 1
    assert len(practices) >= 24
    for practice in practices:
        italian = client.get(f"/practices/{practice['id']}").text
        assert f"<h1>{escaped(practice['title'])}</h1>" in italian
        english = client.get(f"/practices/{practice['id']}", headers=ENGLISH).text
        assert escaped(practice["title_en"]) in english
    for collection in client.get("/api/v1/collections").json()["collections"]:
        text = client.get(f"/collections/{collection['id']}").text
        places = [text.index(f'href="/practices/{item["id"]}"') for item in collection["items"]]
        assert places == sorted(places)


def escaped(text):
    return text.replace("&", "&amp;").replace("'", "&#39;").replace('"', "&#34;")


def test_a_practice_shows_what_was_only_hoped_for_apart(client):
    """What is expected or aimed at never stands in the table of achieved results."""
    found = [
        p
        for page in (1, 2)
        for p in client.get(f"/api/v1/practices?page={page}").json()["practices"]
    ]
    hopeful = [p for p in found if any(r["nature"] in ("expected", "target") for r in p["results"])]
    for practice in hopeful:
        text = client.get(f"/practices/{practice['id']}").text
        before, after = text.split("Attesi, non raggiunti")
        for result in practice["results"]:
            where = after if result["nature"] in ("expected", "target") else before
            assert escaped(result["indicator"]) in where


def test_filters_of_the_list(client):
    some = client.get("/practices", params={"theme": "energy"}).text
    assert 'href="/practices"' in some
    assert "rimuovi questo filtro" in some
    none = client.get("/practices", params={"country": "ZZ"}).text
    assert "Nessuna pratica" in none


def test_english_text_of_a_card_for_italian_readers(client):
    practice = client.get("/api/v1/practices").json()["practices"][0]
    text = client.get(f"/practices/{practice['id']}?text=en").text
    assert f'<h1 lang="en">{escaped(practice["title_en"])}</h1>' in text
    assert '<html lang="it">' in text


def test_health_is_live_before_it_is_ready(client):
    assert client.get("/health/live").status_code == 200
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["detail"]


def test_empty_question_gets_a_hint_and_long_one_a_sentence(client):
    assert client.get("/search", params={"q": "   "}).status_code == 200
    answer = client.get("/search", params={"q": "x" * 10_000})
    assert answer.status_code == 422
    assert "10000 caratteri" in answer.text
    assert client.get("/api/v1/search", params={"q": ""}).status_code == 422
    assert client.get("/api/v1/search", params={"q": "x" * 10_000}).status_code == 422


def test_the_upload_page_names_every_format_that_can_be_read(researcher):
    page = html.unescape(researcher.get("/upload").text)
    hint = " ".join(page.partition('id="file-hint">')[2].partition("</p>")[0].split())
    for name in ("PDF", "Word", "OpenDocument", "RTF", "EPUB", "e-mail (.eml, .msg)", "(.p7m)"):
        assert name in hint
    accepted = page.partition('accept="')[2].partition('"')[0].split(",")
    assert {".rtf", ".fodt", ".msg", ".csv"} <= set(accepted)
    assert (
        (".doc" in accepted) == (find_libreoffice() is not None) == ("(.doc, .xls, .ppt)" in hint)
    )
