"""The list of openly licensed reports: its form, and `kb sources fetch --starter`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from kb.corpus.loading import CORPUS
from kb.corpus.starter_reports import LIST, check_starter_reports, read_starter_reports
from kb.domain import Status, Visibility
from kb.runtime.services import open_services
from kb.storage.tables import Document
from kb.text.licences import is_open
from kb.vocabulary import vocabularies
from tests.fetching.conftest import Base
from tests.fetching.site import Site, page, status
from tests.fetching.test_fetch import pdf, with_etag

REPORT = {
    "id": "orti", "title": "Orti di comunità", "publisher": "Comune di Fontechiara", "year": 2021,
    "language": "it", "licence": "CC BY 4.0", "url": "https://example.org/orti.pdf",
    "licence_seen": "https://example.org/note-legali", "themes": ["green-economy"],
}  # fmt: skip


def test_the_shipped_list_is_valid():
    assert [str(one) for one in check_starter_reports(CORPUS / LIST)] == []
    reports, _ = read_starter_reports(CORPUS / LIST)
    assert len(reports) == 20
    assert all(is_open(one.licence) for one in reports)
    assert {theme for one in reports for theme in one.themes} == set(vocabularies.load("themes"))
    assert {one.language for one in reports} >= {"it", "en", "fr", "de"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"licence": "CC BY-NC 4.0"}, "open licence"),
        ({"themes": ["dragons"]}, "dragons"),
        ({"themes": []}, "Themes"),
        ({"url": "http://example.org/orti.pdf"}, "https"),
        ({"url": "ftp://example.org"}, "url"),
        ({"title": ""}, "itle"),
        ({"author": "A. Rossi"}, "author"),
    ],
)
def test_a_wrong_entry_is_named_with_its_line(tmp_path: Path, change: dict[str, Any], said: str):
    path = tmp_path / LIST
    path.write_text(yaml.safe_dump([{**REPORT, **change}], sort_keys=False), "utf-8")
    problems = [str(one) for one in check_starter_reports(path)]
    assert len(problems) == 1
    assert problems[0].startswith(f"{LIST}:1: orti: ")
    assert said in problems[0]


def test_a_repeated_entry_and_what_is_no_list_are_named(tmp_path: Path):
    path = tmp_path / LIST
    path.write_text(yaml.safe_dump([REPORT, REPORT], sort_keys=False), "utf-8")
    assert ["earlier" in str(one) for one in check_starter_reports(path)] == [True] * 3
    for text in ("orti: 1", "[", "- 3"):
        path.write_text(text, "utf-8")
        assert len(list(check_starter_reports(path))) == 1
    assert list(check_starter_reports(tmp_path / "missing.yaml")) == []


@pytest.fixture(scope="module")
def base(site: Site, make_base: Callable[..., Base], tmp_path_factory) -> Base:
    """A list of three reports, one of which is gone. A card cites one of them."""
    made = make_base(site)
    site.routes |= {
        "/orti.pdf": with_etag(pdf("Gli orti di comunità sono 14 e servono 320 famiglie"), '"v1"'),
        "/energia": page("<p>La comunità energetica riunisce 41 famiglie del paese.</p>"),
        "/sparito": status(404),
    }
    made.cite({"s-energia": f"{site.url}/energia"})
    entries = [
        {**REPORT, "url": f"{site.url}/orti.pdf"},
        {**REPORT, "id": "energia", "title": "Energia", "url": f"{site.url}/energia",
         "themes": ["energy", "social-enterprise"]},
        {**REPORT, "id": "sparito", "title": "Sparito", "url": f"{site.url}/sparito"},
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("list") / LIST
    path.write_text(yaml.safe_dump(entries), "utf-8")
    made.environment["KB_STARTER_REPORTS"] = str(path)
    return made


@pytest.fixture(scope="module")
def fetched(base: Base) -> dict[str, dict[str, Any]]:
    return base.sources("fetch", "--starter")


def test_reports_become_documents_for_everybody(fetched, base: Base):
    assert {name: line["state"] for name, line in fetched.items()} == {
        "orti": "fetched", "energia": "fetched", "sparito": "gone",
    }  # fmt: skip
    with open_services(base.settings()) as services, services.database.session() as session:
        documents = {one.title: one for one in session.scalars(select(Document))}
        assert documents.keys() == {"Orti di comunità", "Energia"}
        for one in documents.values():
            assert (one.status, one.visibility) == (Status.READY, Visibility.PUBLIC)
            assert (one.publisher, one.year, one.licence) == (
                "Comune di Fontechiara", 2021, "CC BY 4.0",
            )  # fmt: skip
        assert sorted(documents["Energia"].themes) == ["energy", "social-enterprise"]
        assert "320 famiglie" in documents["Orti di comunità"].pages[0].text


def test_a_second_run_asks_only_for_what_is_missing(fetched, base: Base, site: Site):
    site.asked.clear()
    again = base.sources("fetch", "--starter")
    assert [again[name]["document"] for name in again] == [
        fetched[name]["document"] for name in again
    ]
    asked = {one.path for one in site.asked} - {"/robots.txt"}
    assert asked == {"/sparito"}


def test_a_card_that_cites_a_report_has_its_document(fetched, base: Base):
    cited = base.sources()
    assert cited["s-energia"]["document"] == fetched["energia"]["document"]


def test_refusals_say_what_to_do(base: Base, tmp_path: Path):
    code, out, err = base.run("fetch", "--starter", KB_FETCH="", KB_FETCH_CONTACT="")
    assert (code, out) == (2, "")
    assert "KB_FETCH=true" in err
    code, _, err = base.run("fetch", "--starter", "contarina-tariffa-puntuale")
    assert code == 2
    assert "--starter" in err
    wrong = tmp_path / "list.yaml"
    wrong.write_text(json.dumps([{**REPORT, "licence": "all rights reserved"}]), "utf-8")
    code, _, err = base.run("fetch", "--starter", KB_STARTER_REPORTS=str(wrong))
    assert code != 0
    assert "open licence" in err
