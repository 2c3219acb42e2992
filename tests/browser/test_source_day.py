"""From a card without pages to proven figures: fetched, found, taken, reviewed, published."""

import os
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import expect

from kb.access import Role
from kb.corpus.card_files import load_corpus
from kb.practices.practice import Practice
from kb.practices.publishing import publish_practice
from kb.runtime.services import open_services
from kb.settings import Settings
from tests.browser.conftest import LONG_S, Server, Window, serve_for_all_roles
from tests.browser.test_researcher_day import is_fine
from tests.front_door import SHARED
from tests.kb_command import ROOT

pytestmark = pytest.mark.browser

DOCUMENTS = {
    "acqua": ("it/055_risparmio-idrico-azioni-pratiche.pdf", "it"),
    "verbale": ("it/058_verbale-2024-01-25.pdf", "it"),
    "cerema": ("fr/019_CEREMA.pdf", "fr"),
    "reti": ("fr/026_FCU-dossier-presentation.pdf", "fr"),
    "polo": ("it/209_polo-strategico-nazionale.md", "it"),
}
CARD = "cinque-fonti"
FIGURES = [
    ("Dotazione idrica pro capite", 200, "litri per abitante al giorno", "acqua", None),
    ("Comuni gestiti da AMAP", 47, "comuni", "verbale", None),
    ("Quota massima della parte variabile sul prezzo del calore", 70, "%", "cerema", None),
    ("CO2 evitata dalle reti di calore", 5600000, "t", "reti", 2020),
    ("Base d'asta della gara", 4400000000, "euro", "polo", None),
    ("Biblioteche aperte di notte", 31, "biblioteche", "acqua", 2019),
]
PROVEN = FIGURES[:5]


@pytest.fixture(scope="module")
def reports() -> Iterator[str]:
    """A site with five real documents."""
    folder = SHARED / "docs" / "real"
    missing = [name for name, _ in DOCUMENTS.values() if not (folder / name).is_file()]
    if missing:
        pytest.skip(f"documents are not there: {', '.join(missing)}")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        thread = Thread(target=site.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def server(reports: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The program, allowed to fetch from that site, with a card that cites it and has no pages."""
    folder = tmp_path_factory.mktemp("kb")
    publish_card(folder / "data", reports)
    environment = {
        **os.environ,
        "KB_DATA_DIR": str(folder / "data"),
        "KB_FETCH": "true",
        "KB_FETCH_CONTACT": "library@example.org",
        "KB_FETCH_ALLOW": reports.removeprefix("http://"),
        "KB_FETCH_DELAY_S": "0.2",
    }
    with serve_for_all_roles(folder, environment) as running:
        yield running


def publish_card(data_dir: Path, site: str) -> None:
    record = load_corpus(ROOT / "corpus").practices[0].model_dump(mode="json")
    first = {**record["sources"][0], "id": "acqua", "accessed": "cited", "read_on": None}
    sources = [
        {
            **first, "id": name, "title": f"Rapporto {name}", "language": language,
            "url": f"{site}/{path}", "year": 2024,
        }
        for name, (path, language) in DOCUMENTS.items()
    ]  # fmt: skip
    record |= {
        "id": CARD,
        "sources": sources,
        "quotations": [],
        "adopted_by": [],
        "duration_source": None,
        "costs": [],
        "results": [
            {
                "indicator": indicator, "indicator_en": indicator, "value": value, "unit": unit,
                "unit_en": unit, "year": year, "evidence": "secondary", "source": source,
                "no_year": None if year else "not-reported", "no_baseline": "not-reported",
            }
            for indicator, value, unit, source, year in FIGURES
        ],
    }  # fmt: skip
    practice = Practice.model_validate(record)
    with (
        open_services(Settings(_env_file=None, data_dir=data_dir), own=True) as services,
        services.database.transaction() as session,
    ):
        publish_practice(session, practice)


@pytest.mark.timeout(2 * LONG_S)
def test_a_card_without_pages_is_proven_and_published(signed_in, server):
    window = signed_in(Role.RESEARCHER)
    page = window.page
    page.goto(f"/practices/{CARD}")
    page.get_by_role("link", name="Fonti della scheda").click()
    is_fine(page, "sources, not asked")
    page.get_by_role("button", name="Scarica le fonti").click()
    expect(page.locator("#source-lines .badge-word").filter(has_text="scaricata")).to_have_count(
        len(DOCUMENTS), timeout=LONG_S * 1000
    )
    server.wait_for_jobs()
    page.reload()
    is_fine(page, "sources")
    page.get_by_role("link", name="Trova le cifre della scheda nelle fonti").click()
    expect(page.get_by_text(f"0 di {len(FIGURES)} cifre con pagina.")).to_be_visible()
    expect(page.locator("section[aria-labelledby=not-found] a")).to_have_count(1)
    is_fine(page, "figures")
    for number, (indicator, *_) in enumerate(PROVEN):
        take_first_place(page, number, indicator)
    expect(page.get_by_text(f"{len(PROVEN)} di {len(FIGURES)} cifre con pagina.")).to_be_visible()
    assert window.problems == []
    page.get_by_role("link", name="Apri la bozza").click()
    expect(page.get_by_text("Non manca nulla")).to_be_visible()
    page.get_by_role("button", name="Invia in revisione").click()
    approve(signed_in(Role.CURATOR))
    server.wait_for_jobs()
    page.goto("/sources")
    expect(
        page.get_by_text(f"{len(PROVEN)} di {len(FIGURES)} risultati con la pagina")
    ).to_be_visible()
    is_fine(page, "sources of all cards")
    page.goto(f"/practices/{CARD}")
    page.locator("#all-results > summary").click()
    page.get_by_text("Che cosa dice la fonte").first.click()
    page.locator(".quoted").first.get_by_role("link").click()
    expect(page.locator("mark#passage")).to_contain_text("200 litri per abitante")
    assert page.locator("svg rect.highlight").count() >= 1


def take_first_place(page, number, indicator):
    """Look at the first place beside its page, and take it with one click."""
    page.locator(f"#results-{number}").get_by_role("link", name=indicator).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(indicator)
    if number == 0:
        assert page.locator("svg rect.highlight").count() >= 1
        is_fine(page, "a figure beside its page")
    page.locator("#place-1").get_by_role("button", name="Prendi pagina e citazione").click()
    expect(page.locator(f"#results-{number}")).to_contain_text("p. ")


def approve(window: Window) -> None:
    page = window.page
    page.goto("/review")
    page.locator(".container a[href^='/review/']").first.click()
    page.get_by_role("button", name="Approva e pubblica").click()
