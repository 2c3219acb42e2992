"""Odd questions by HTTP: each gets a sentence and a way on, none a list of what has no bearing."""

import pytest
from fastapi.testclient import TestClient
from lxml import html

from ingest.bulk import PlainText, add
from kb.runtime.services import open_services
from kb.settings import Settings
from tests.web.base import UNLIMITED
from web.app import create_app

TEXTS = {
    "Tariffa puntuale": "Con la tariffa puntuale ogni famiglia paga i rifiuti che produce davvero.",
    "Mensa scolastica": "La mensa scolastica compra verdure biologiche dagli orti del paese.",
    "Comunità energetica": "Quaranta famiglie dividono l'energia dei pannelli della scuola.",
    "Cooperativa": "La cooperativa di comunità gestisce la bottega e l'albergo del borgo.",
    "Autobus a chiamata": "Il trasporto a chiamata porta gli anziani al mercato e dal medico.",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory, cache_dir, database):
    folder = tmp_path_factory.mktemp("odd")
    fields = {"data_dir": folder / "data", "cache_dir": cache_dir, "worker": False} | database
    with open_services(Settings(_env_file=None, **UNLIMITED | fields), own=True) as opened:
        add(opened, [PlainText(name, name, text * 3) for name, text in TEXTS.items()])
        with TestClient(create_app(opened), headers={"Accept-Language": "it"}) as client:
            yield client


def ask(site, text, status=200):
    answer = site.get("/search", params={"q": text})
    assert answer.status_code == status, answer.text[:300]
    return html.fromstring(answer.text)


def words(page, path):
    return " ".join(" ".join(one.text_content().split()) for one in page.xpath(path))


ALERT = "//*[contains(@class, 'alert')]"
HITS = "//ol[@class='hits']/li"


@pytest.mark.parametrize("text", ["?!", "...", "«»", '""', "🙂", "+ - *"])
def test_signs_only(site, text):
    page = ask(site, text, 422)
    assert "La domanda contiene solo segni" in words(page, ALERT)
    assert not page.xpath(HITS)
    assert page.xpath("//input[@id='question']")
    told = site.get("/api/v1/search", params={"q": text})
    assert told.status_code == 422


@pytest.mark.parametrize("text", ["e", "il la di che", "con il ", "and the of"])
def test_words_that_say_nothing(site, text):
    page = ask(site, text, 422)
    assert "aggiungi di che cosa tratta" in words(page, ALERT)
    assert not page.xpath(HITS)


def test_an_empty_question_is_an_invitation(site):
    for text in ("", "   "):
        page = ask(site, text)
        assert page.xpath("//div[@class='empty']/h2")
        assert not page.xpath(HITS)


def test_a_thousand_characters_are_read_and_more_are_refused(site):
    long = ("mensa scolastica biologica e verdure degli orti " * 30)[:1000].strip()
    page = ask(site, long)
    assert "Mensa scolastica" in words(page, HITS)
    page = ask(site, long + "x" * 100, 422)
    assert "1000" in words(page, ALERT).replace(".", "")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("水道料金はいくらですか", "giapponese"),
        ("كم عدد سكان القمر؟", "arabo"),
        ("Πόσο ψηλό είναι το βουνό;", "greco"),
    ],
)
def test_another_script(site, text, language):
    page = ask(site, text)
    said = words(page, ALERT)
    if "Non è stata trovata" in said:
        assert f"La domanda è in {language}" in said
    assert len(page.xpath(HITS)) <= 3
    assert words(page, "//section[@aria-labelledby='rephrase-title']")


def test_a_name_that_is_nowhere(site):
    page = ask(site, "Zuckerberg")
    assert "Questa parola non è in nessun testo: «Zuckerberg»" in words(page, ALERT)
    assert len(page.xpath(HITS)) <= 3
    assert not page.xpath("//mark")
    assert page.xpath("//a[@href='/contribute']")


def test_only_a_place(site):
    page = ask(site, "Sinalunga")
    assert "Nessuna pratica a Sinalunga" in words(page, "//p[contains(@class, 'asked-place')]")
    assert page.xpath("//a[contains(@class, 'filter-chip')]")
