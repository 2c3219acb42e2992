"""How a new base gets its first documents: first steps, the empty list, the list of reports."""

import html
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient
from lxml.html import fromstring

from ingest.submit import submit
from kb.access import Role
from kb.corpus.starter_reports import load_starter_reports
from kb.messages import PermanentError
from kb.settings import Settings
from kb.storage.sources import FetchedSource, address_id
from tests.web.base import base, sign_in_as
from web.app import create_app
from web.rendering.i18n import load_locales

COMMAND = "kb sources fetch --starter"
UPLOAD = "carica un rapporto in PDF citato dalla sua scheda"
LINK = 'href="/documents/starter"'


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    """Two bases without documents: without and with fetching."""
    with ExitStack() as opened:
        made = {}
        for fetching in (False, True):
            folder = tmp_path_factory.mktemp("empty")
            fields = {"fetch": fetching, "fetch_contact": "library@example.org"}
            services = opened.enter_context(base(folder, **fields))
            browser = TestClient(create_app(services), headers={"Accept-Language": "it"})
            made[fetching] = (opened.enter_context(browser), services, fetching)
        yield made


@pytest.fixture(params=[False, True], ids=["offline", "fetching"])
def opened(request, bases):
    return bases[request.param]


def said(page):
    return " ".join(fromstring(page.text).text_content().split())


def test_first_steps_and_the_empty_list_say_how_to_begin(opened):
    browser, services, fetching = opened
    sign_in_as(browser, services, f"a-{Role.ADMIN}")
    for path in ("/", "/documents"):
        page = browser.get(path)
        assert (COMMAND in said(page), UPLOAD in said(page)) == (fetching, not fetching)
        assert LINK in page.text
    sign_in_as(browser, services, f"a-{Role.RESEARCHER}")
    assert COMMAND not in said(browser.get("/documents"))
    assert UPLOAD in said(browser.get("/documents"))


def test_the_list_of_reports_has_addresses_and_licences(opened):
    browser, services, fetching = opened
    browser.cookies.clear()
    page = browser.get("/documents/starter")
    assert page.status_code == 200
    for report in load_starter_reports(services.settings):
        assert f'href="{html.escape(report.url)}"' in page.text
        assert f'href="{html.escape(report.licence_seen)}"' in page.text
        assert report.publisher in said(page)
        assert report.licence in said(page)
    assert COMMAND not in said(page)
    assert "È nella banca dati" not in said(page)
    sign_in_as(browser, services, f"a-{Role.ADMIN}")
    assert (COMMAND in said(browser.get("/documents/starter"))) is fetching


def test_a_report_that_is_here_is_linked(opened, tmp_path):
    browser, services, _ = opened
    report = load_starter_reports(services.settings)[0]
    path = tmp_path / "linee.txt"
    path.write_text("Linee guida per l'apertura dei dati.")
    with path.open("rb") as file:
        document = submit(services, file, path.name).id
    with services.database.transaction() as session:
        session.add(
            FetchedSource(id=address_id(report.url), url=report.url, site="", document_id=document)
        )
    page = browser.get("/documents/starter")
    assert f'href="/documents/{document}"' in page.text
    assert said(page).count("È nella banca dati") == 1


def test_a_list_that_cannot_be_used_says_why(tmp_path):
    path = tmp_path / "reports.yaml"
    path.write_text("- id: orti\n  title: Orti\n", "utf-8")
    settings = Settings(_env_file=None, starter_reports=path)
    with pytest.raises(PermanentError) as refused:
        load_starter_reports(settings)
    said = load_locales()["it"].say(refused.value.message)
    assert said.startswith("L'elenco dei rapporti non si può usare: reports.yaml:1: Manca il")
