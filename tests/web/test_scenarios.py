"""Scenarios as pages and papers: the range with every row behind it, and the worksheet's memo."""

import io

import pytest
from docx import Document
from lxml import html
from sqlalchemy import select

from kb.access import Role
from kb.accounts.accounts import access_of, get
from kb.domain import Kind, Status, Visibility
from kb.projects.commands import create_project, save_indicator
from kb.projects.indicators import IndicatorFields
from kb.projects.measurements import CheckResult, MeasurementFields, decide, report
from kb.storage.projects import CheckDecision
from kb.storage.tables import Document as KeptDocument
from kb.storage.worksheets import Worksheet

MEMBERS = {"measure": "members", "value": "40", "place": "052032"}
CARD = "capannori-rifiuti-zero"


def words(answer):
    return " ".join(html.fromstring(answer.text).text_content().split())


def test_a_range_with_every_row_and_no_forecast(client):
    answer = client.get("/scenarios", params=MEMBERS | {"id": CARD})
    page = html.fromstring(answer.text)
    said = words(answer)
    assert "Non è una previsione" in said
    assert "In 3 pratiche con un valore prima e dopo" in said
    assert "Sui tuoi 40 soci: tra" in said
    assert "sugli stessi temi" in said
    rows = page.xpath("//table//tbody/tr")
    assert len(rows) >= 7
    assert len(page.xpath("//figure//*[local-name()='circle']")) <= len(rows)
    assert all(row.xpath(".//a[starts-with(@href, '/practices/')]") for row in rows)
    assert "manca il valore di prima" in said
    assert page.xpath("//th[contains(., 'A confronto con')]")


def test_few_results_are_only_listed(client):
    said = words(client.get("/scenarios", params={"measure": "food-cost-per-meal", "value": "5"}))
    assert "solo l'elenco" in said
    assert "Non è una previsione" in said
    assert "Sui tuoi" not in said


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"measure": "members", "value": "molti"}, "«molti» non è un numero"),
        ({"measure": "members", "value": "-3"}, "minore di zero"),
        ({"measure": "members", "value": "nan"}, "non è un numero"),
        ({"measure": "separate-collection", "value": "120"}, "tra 0 e 100"),
        ({"measure": "happiness", "value": "3"}, "Questa misura non c'è"),
    ],
)
def test_wrong_values_are_told_and_kept(client, given, sentence):
    answer = client.get("/scenarios", params=given)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert f'value="{given["value"]}"' in answer.text


def test_it_is_taken_along_and_stands_in_the_memo_of_the_worksheet(sign_in, services):
    client = sign_in(Role.OFFICER)
    for suffix in ("docx", "pdf", "csv"):
        assert client.get(f"/scenarios.{suffix}", params=MEMBERS).status_code == 200
    assert client.get("/scenarios.pdf").status_code == 404
    client.post("/worksheets", data={"practice": CARD, "place": "052032"})
    with services.database.session() as session:
        worksheet = session.scalars(select(Worksheet).order_by(Worksheet.created_at.desc())).first()
    given = MEMBERS | {"worksheet": worksheet.id}
    assert "Mettilo nella mia scheda" in words(client.get("/scenarios", params=given))
    page = client.post("/scenarios", data=given)
    assert "Sui tuoi 40 soci" in words(page)
    memo = Document(io.BytesIO(client.get(f"/worksheets/{worksheet.id}.docx").content))
    told = [paragraph.text for paragraph in memo.paragraphs]
    assert any("Sui tuoi 40 soci" in text for text in told)
    assert any("Non è una previsione" in text for text in told)
    assert len(memo.tables[-1].rows) >= 8
    assert client.post("/scenarios", data=given | {"value": ""}).status_code == 422
    assert sign_in(Role.MEMBER).post("/scenarios", data=given).status_code == 404
    path = f"/worksheets/{worksheet.id}/scenarios/delete"
    page = sign_in(Role.OFFICER).post(path, data={"measure": "members"})
    assert "Sui tuoi" not in words(page)


def test_checked_values_of_projects_stand_as_rows(sign_in, services):
    indicator = {
        "text": "Soci", "measure": "members", "baseline": 40, "baseline_on": "2026-12-31",
        "target": 80, "target_on": "2029-12-31", "every_months": 12, "owner": "Ufficio",
    }  # fmt: skip
    year = {"period_start": "2027-01-01", "period_end": "2027-12-31"}
    with services.database.transaction() as session:
        people = {role: access_of(get(session, f"a-{role}")) for role in Role}
        homes = {}
        file = KeptDocument(
            id="soci", kind=Kind.DOCUMENT, title="Soci", content_sha256="0" * 64,
            filename="s.pdf", size=1, status=Status.READY, visibility=Visibility.RESEARCHERS,
        )  # fmt: skip
        session.add(file)
        session.flush()
        for title in ("Cooperativa a Pienza", "Cooperativa a Siena"):
            given = {"title": title, "municipality": "052032", "lead_body": "Comune"}
            row = create_project(session, people[Role.OFFICER], given)
            fields = IndicatorFields.model_validate(indicator)
            one = save_indicator(session, people[Role.OFFICER], row, fields)
            given = {**year, "value": 30, "document_id": "soci"}
            fields = MeasurementFields.model_validate(given)
            made = report(session, people[Role.OFFICER], row, one, fields)
            homes[title] = f"/projects/{row.id}"
            if "Pienza" in title:
                checked = CheckResult(CheckDecision.CHECKED)
                decide(session, people[Role.RESEARCHER], row, made.id, checked)
    client = sign_in(Role.MEMBER)
    link = html.fromstring(client.get(homes["Cooperativa a Siena"]).text).xpath(
        "//a[contains(@href, '/scenarios?')]/@href"
    )[0]
    page = html.fromstring(client.get(link).text)
    (row,) = page.xpath("//tr[contains(., 'Cooperativa a Pienza')]")
    said = " ".join(row.text_content().split())
    assert "Siena, Italia" in said
    assert "−25 %" in said
    assert "misurato qui e verificato" in said
    assert row.xpath(f".//a[@href='{homes['Cooperativa a Pienza']}']")
    text = " ".join(page.text_content().split())
    assert "In 4 pratiche e progetti" in text
    assert "Affidabilità di questi risultati:" in text
    assert "Cooperativa a Siena" not in text, "its own value is not checked, and not elsewhere"
    client.cookies.clear()
    assert "Cooperativa a Pienza" not in words(client.get(link)), "for members"
