"""What people get wrong in a project: each is said in a sentence, and nothing is lost."""

import io
import re

import pytest

from kb.access import Role
from kb.domain import Visibility
from kb.practices.practice import Practice
from kb.practices.publishing import publish_practice, unpublish_practice
from kb.projects import members
from kb.projects.members import Invitation
from kb.storage.projects import CheckDecision, MemberPart, ProjectRow
from kb.storage.tables import Document, Item
from tests.web.made_project import RECORD, TERMS, MadeProject
from web.http.security import FORM_BYTES

YEAR = {"period_start": "2025-01-01", "period_end": "2025-12-31"}
INDICATOR = {"text": "Iscritti", "baseline": "10", **TERMS}


@pytest.fixture(scope="module")
def project(services):
    return MadeProject(services, "Mensa delle sviste")


def indicator_id(project, number=0):
    with project.services.database.session() as session:
        return session.get(ProjectRow, project.id).indicators[number].id


def post(browser, address, data, **more):
    return browser.post(address, data=data, follow_redirects=False, **more)


def test_a_target_that_is_the_baseline_is_kept_and_explained(project, sign_in):
    officer, home = sign_in(Role.OFFICER), f"/projects/{project.id}"
    same = post(officer, f"{home}/indicators/new", INDICATOR | {"target": "10"})
    assert same.status_code == 303
    page = officer.get(home).text
    assert "L’obiettivo è uguale alla situazione di partenza" in page
    early = INDICATOR | {"target": "20", "target_on": "2023-01-01"}
    refused = post(officer, f"{home}/indicators/new", early)
    assert refused.status_code == 422
    assert "una data precedente alla situazione di partenza" in refused.text
    assert 'value="Iscritti"' in refused.text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"period_start": "2023-01-01", "period_end": "2023-12-31", "value": "7"},
         "prima della data di partenza"),
        ({**YEAR, "numerator": "3", "denominator": "0"}, "Il denominatore è zero"),
        ({**YEAR, "numerator": "3"}, "numeratore e denominatore"),
        ({**YEAR, "value": "molti"}, "non è un numero"),
        ({"period_start": "2025-12-31", "period_end": "2025-01-01", "value": "7"}, "finisce prima"),
        ({"period_start": "ieri", "period_end": "2025-01-01", "value": "7"}, "ieri"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_and_stays_in_the_form(project, sign_in, sent, said):
    officer = sign_in(Role.OFFICER)
    address = f"/projects/{project.id}/indicators/{indicator_id(project)}/measure"
    refused = post(officer, address, sent | {"note": "Dal registro."})
    assert refused.status_code == 422
    assert said.casefold() in refused.text.casefold()
    for value in sent.values():
        assert f'value="{value}"' in refused.text
    assert "Dal registro." in refused.text


def test_of_two_who_report_the_same_period_the_second_is_told(project, sign_in):
    address = f"/projects/{project.id}/indicators/{indicator_id(project)}/measure"
    officer = sign_in(Role.OFFICER)
    assert officer.get(address).status_code == 200
    project.report(0, 21)
    second = post(officer, address, YEAR | {"value": "22"})
    assert second.status_code == 422
    assert "ha già indicato 21" in second.text
    assert 'value="22"' in second.text


def test_a_partner_who_left_is_told_and_keeps_what_it_wrote(project, sign_in):
    invited = Invitation("Cooperativa", MemberPart.PARTNER, account_name="a-member")
    member_id = project.do(members.add_member, Role.OFFICER, invited).id
    project.do(members.accept_invitation, Role.MEMBER)
    member = sign_in(Role.MEMBER)
    address = f"/projects/{project.id}/indicators/{indicator_id(project, 1)}/measure"
    assert member.get(address).status_code == 200
    project.do(members.remove_member, Role.OFFICER, member_id)
    late = post(member, address, YEAR | {"value": "97", "note": "Pesati a giugno."})
    assert late.status_code == 422
    assert "solo dal capofila e dai partner" in late.text
    assert "Pesati a giugno." in late.text
    lessons = f"/projects/{project.id}/edit/lessons"
    late = post(member, lessons, {"revision": "1", "lessons": "Pesare prima."})
    assert "Pesare prima." in late.text
    assert member.get(address).status_code == 403
    assert "Cooperativa" in member.get(f"/projects/{project.id}").text, "it stays listed"


def test_a_practice_withdrawn_under_a_project_stays_named(project, sign_in, services):
    practice_id = RECORD["practice_ids"][0]
    with services.database.transaction() as session:
        practice = Practice.model_validate(session.get(Item, practice_id).record)
        unpublish_practice(session, practice_id)
    try:
        officer = sign_in(Role.OFFICER)
        page = officer.get(f"/projects/{project.id}").text
        assert practice.title in page
        assert "non è più nella banca dati" in page
        form = officer.get(f"/projects/{project.id}/edit/lessons").text
        revision = re.search(r'name="revision" value="(\d+)"', form)[1]
        sent = {"revision": revision, "lessons": "Si va avanti."}
        assert post(officer, f"/projects/{project.id}/edit/lessons", sent).status_code == 303
        assert project.id in officer.get(f"/api/v1/projects/{project.id}").text
    finally:
        with services.database.transaction() as session:
            publish_practice(session, practice, Visibility.PUBLIC)


def test_a_file_that_cannot_be_read_is_said_beside_its_value(project, sign_in, services, work):
    officer, home = sign_in(Role.OFFICER), f"/projects/{project.id}"
    address = f"{home}/indicators/{indicator_id(project, 1)}/measure"
    empty = {"file": ("vuoto.pdf", io.BytesIO(b""), "application/pdf")}
    refused = post(officer, address, YEAR | {"value": "97"}, files=empty)
    assert refused.status_code == 422
    assert 'value="97"' in refused.text
    large = b"%PDF-1.4 nothing else".ljust(FORM_BYTES)  # more than fits a form without a file
    broken = {"file": ("rotto.pdf", io.BytesIO(large), "application/pdf")}
    assert post(officer, address, YEAR | {"value": "97"}, files=broken).status_code == 303
    work()
    assert "Questo file non si è potuto leggere" in officer.get(home).text
    with services.database.session() as session:
        newest = session.get(ProjectRow, project.id).indicators[1].measurements[-1]
        assert session.get(Document, newest.document_id).status == "failed"
    project.check(newest.id, CheckDecision.SENT_BACK, "Il file non si apre.")
    assert "Il file non si apre." in officer.get(home).text
