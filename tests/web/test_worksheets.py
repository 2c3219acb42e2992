"""Transfer worksheets: conditions from the card, answers that stay, private to the account."""

import io
import re

import docx
import pypdf
import pytest

from kb.access import Role
from kb.storage.tables import Item, PracticeRow
from kb.worksheets.conditions import Condition, ConditionAnswer, WorksheetPart, merge_answers

UNIONS, SIENA = "unioni-comuni-emilia-romagna", "052032"


@pytest.fixture
def officer(sign_in):
    return sign_in(Role.OFFICER)


@pytest.fixture
def address(officer):
    """A worksheet of the officer, taken away afterwards."""
    answer = officer.post(
        "/worksheets", data={"practice": UNIONS, "place": SIENA}, follow_redirects=False
    )
    assert answer.status_code == 303
    yield answer.headers["location"]
    officer.post(answer.headers["location"] + "/delete")


def ids_of(text):
    return re.findall(r'name="note-([0-9a-f]+)"', text)


def test_it_begins_from_a_practice_and_the_own_municipality(officer):
    assert f'href="/worksheets/new?practice={UNIONS}"' in officer.get(f"/practices/{UNIONS}").text
    page = officer.get("/worksheets/new", params={"practice": UNIONS}).text
    assert "Scegli il tuo comune" in page
    officer.post("/places", data={"code": SIENA})
    assert "Comincia per Siena" in officer.get("/worksheets/new", params={"practice": UNIONS}).text


def test_conditions_come_from_the_card_the_context_and_the_checklist(officer, address):
    text = officer.get(address).text
    for heading in ("Condizioni su cui poggia la pratica", "In che cosa il tuo luogo è diverso",
                    "Risorse che sono servite", "Chi è servito",
                    "Come si trasferisce"):  # fmt: skip
        assert heading in text
    card = officer.get(f"/api/v1/practices/{UNIONS}").json()
    assert card["actors"][0]["name"].split("'")[0] in text
    assert "Si può provare prima in piccolo." in text
    assert text.count("checked") == len(ids_of(text))


def test_answers_and_notes_are_kept_and_printed(officer, address):
    first, second = ids_of(officer.get(address).text)[:2]
    answer = officer.post(
        address,
        data={f"answer-{first}": "present", f"note-{first}": "Sì: c’è l’unione <b>",
              f"answer-{second}": "absurd", "conclusion": "Si prova nel 2027."},
        follow_redirects=False,
    )  # fmt: skip
    assert answer.status_code == 303
    text = officer.get(answer.headers["location"]).text
    assert "Salvato." in text
    assert "c’è l’unione &lt;b&gt;" in text
    assert re.search(rf'id="present-{first}"[^>]*checked', text)
    assert re.search(rf'id="unknown-{second}"[^>]*checked', text)
    opened = docx.Document(io.BytesIO(officer.get(address + ".docx").content))
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    assert "Sì: c’è l’unione <b>" in cells
    pdf = pypdf.PdfReader(io.BytesIO(officer.get(address + ".pdf").content))
    assert "Si prova nel 2027." in "".join(page.extract_text() for page in pdf.pages)
    assert officer.get(address + ".csv").status_code == 404
    assert "presente: 1" in officer.get("/worksheets").text


def test_the_same_practice_and_place_lead_to_the_same_worksheet(officer, address):
    again = officer.post(
        "/worksheets", data={"practice": UNIONS, "place": SIENA}, follow_redirects=False
    )
    assert again.headers["location"] == address


@pytest.mark.parametrize("end", ["", ".pdf", ".docx"])
def test_nobody_else_sees_it(address, sign_in, client, end):
    for role in (Role.MEMBER, Role.ADMIN):
        other = sign_in(role)
        assert other.get(address + end).status_code == 404
        assert other.post(address, data={"conclusion": "x"}).status_code == 404
        assert other.post(address + "/delete").status_code == 404
        assert address not in other.get("/worksheets").text
    client.cookies.clear()
    refused = client.get(address + end, follow_redirects=False)
    assert refused.headers["location"].startswith("/login")
    sign_in(Role.OFFICER)


def test_it_outlives_a_changed_and_a_removed_practice(officer, address, services):
    with services.database.transaction() as session:
        row = session.get(PracticeRow, UNIONS)
        kept = row.content_sha256
        row.content_sha256 = "0" * 64
    assert "è cambiata dopo" in officer.get(address).text
    assert officer.post(address + "/renew").status_code == 200
    assert "è cambiata dopo" not in officer.get(address).text
    with services.database.transaction() as session:
        item = session.get(Item, UNIONS)
        status, item.status = item.status, "deleted"
    try:
        assert "non è più nella banca dati" in officer.get(address).text
        assert officer.get(address + ".pdf").status_code == 200
        assert officer.post(address + "/renew").status_code == 404
    finally:
        with services.database.transaction() as session:
            row = session.get(PracticeRow, UNIONS)
            row.status, row.content_sha256 = status, kept


def test_a_new_card_keeps_answers_and_what_was_written_on():
    kept = Condition(
        WorksheetPart.CONDITIONS, "Un accordo scritto.", "it", ConditionAnswer.PRESENT, "c’è"
    )
    gone = Condition(WorksheetPart.CONDITIONS, "Una sede comune.", "it", ConditionAnswer.ABSENT)
    blank = Condition(WorksheetPart.CONDITIONS, "Un logo.", "it")
    fresh = [
        Condition(WorksheetPart.CONDITIONS, "Un accordo scritto.", "it"),
        Condition(WorksheetPart.RESOURCES, "Un ufficio.", "it"),
    ]
    assert merge_answers([kept, gone, blank], fresh) == [kept, gone, fresh[1]]


def test_unknown_practice_or_place_is_refused(officer):
    assert officer.get("/worksheets/new?practice=nowhere").status_code == 404
    for practice, place, status in (("nowhere", SIENA, 404), (UNIONS, "999999", 422)):
        answer = officer.post("/worksheets", data={"practice": practice, "place": place})
        assert answer.status_code == status
