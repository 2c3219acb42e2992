"""Training paths: units with questions, taken, failed, passed, verified; later changes told."""

import base64
import json
import re
import uuid
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import html
from sqlalchemy import select

from kb.accounts import accounts
from kb.collections.contents import EntryRow, SectionRow, store_rows
from kb.domain import Status, Verdict, Visibility
from kb.paths.progress import list_records
from kb.paths.questions import read_number
from kb.storage.collections import Collection
from kb.storage.paths import PathProgress, PathQuestion
from kb.storage.tables import Document, PageRow
from tests.web.base import UNLIMITED, base, visit_as
from web.app import create_app

ON_BOTH_DATABASES = True
CARD = "besancon-compostaggio-diffuso"
TEXT = "Nel 2021 i composter di quartiere erano 87. Li cura chi abita vicino."
PATH = {
    "title": "Compostare in paese", "argument": "Perché.", "state": "published", "kind": "path",
    "audience": "Tecnici dei comuni", "outcomes": "Scrivere un regolamento\nContare i composter",
    "hours": "3",
}  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory, database):
    with base(tmp_path_factory.mktemp("paths"), **UNLIMITED, **database) as opened:
        yield opened


@pytest.fixture(scope="module")
def be(services):
    """A visitor, or who has the role."""
    return partial(visit_as, create_app(services), services)


@pytest.fixture(scope="module")
def document(services):
    """A document of one page, as it stands after it was read."""
    made = str(uuid.uuid4())
    with services.database.transaction() as session:
        document = Document(
            id=made, title="Rapporto", language="it", status=Status.READY, content_sha256="0" * 64,
            size=1, filename="r.txt", media_type="text/plain", page_count=1,
        )  # fmt: skip
        session.add(document)
        session.flush()
        session.add(
            PageRow(document_id=made, number=1, raw=TEXT, text=TEXT, edits=[], verdict=Verdict.TEXT)
        )
    return made


@pytest.fixture
def path(be, services, document):
    """Id of a path of two units; the first has three questions, the second none."""
    curator = be("curator")
    made = curator.post("/collections/new", data=PATH).headers["location"].split("/")[2]
    with services.database.transaction() as session:
        row = session.get_one(Collection, made)
        rows = (
            SectionRow(f"{made}-1", "I numeri"), EntryRow(CARD, "Dice quanti sono."),
            SectionRow(f"{made}-2", "Le persone"),
        )  # fmt: skip
        store_rows(row, rows)
    shared = {"unit": f"{made}-1", "page": f"http://x/documents/{document}/pages/1?lang=it"}
    for fields in (
        {"text": "Quanti erano?", "kind": "number", "options": "87", "quote": "erano 87"},
        {"text": "Chi li cura?", "kind": "one", "options": "Il comune\n*Chi abita vicino",
         "quote": "Li cura chi abita vicino"},
        {"text": "Quali sono veri?", "kind": "many", "options": "*87 nel 2021\n*vicini\nnessuno",
         "quote": "Nel 2021"},
    ):  # fmt: skip
        answer = curator.post(f"/paths/{made}/questions", data=shared | fields)
        assert answer.status_code == 303, words(answer)
    return made


@pytest.fixture
def asked(services, path):
    """The questions by their text."""
    with services.database.session() as session:
        mine = select(PathQuestion).where(PathQuestion.section_id.startswith(path))
        return {one.text: one.id for one in session.scalars(mine)}


def words(answer):
    return " ".join(html.fromstring(answer.text).xpath("string(//main)").split())


def split_token(token):
    """Header, claims, what was signed and the signature of a compact JWS (RFC 7515)."""
    head, body, signature = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")
    )
    return json.loads(head), json.loads(body), token.rpartition(".")[0].encode(), signature


def verify_badge(visitor, services, record):
    """By nothing but the token and what its ``kid`` points to, with another library than signs."""
    badge = visitor.get(f"{record}/badge.jwt")
    assert badge.headers["content-type"] == "application/jwt"
    header, claims, signed, signature = split_token(badge.text)
    assert header["alg"] == "RS256"
    jwk = visitor.get(header["kid"].removeprefix("http://testserver")).json()
    assert visitor.get("/records/keys").json()["keys"] == [jwk]
    assert "d" not in jwk
    numbers = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "==")) for name in ("e", "n"))
    key = RSAPublicNumbers(*numbers).public_key()
    key.verify(signature, signed, PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        key.verify(signature, signed.replace(b".", b".A", 1), PKCS1v15(), SHA256())
    address = f"http://testserver{record}"
    assert claims["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert (claims["iss"], claims["jti"], claims["id"]) == (
        claims["issuer"]["id"], address, address,
    )  # fmt: skip
    assert visitor.get("/records/issuer").json() == claims["issuer"]
    subject = claims["credentialSubject"]
    assert claims["sub"] == subject["id"]
    assert subject["achievement"]["name"] == "Compostare in paese"
    assert "- I numeri (3 domande)" in subject["achievement"]["criteria"]["narrative"]
    assert datetime.fromisoformat(claims["validFrom"]).timestamp() == claims["nbf"]
    assert [one["identityType"] for one in subject["identifier"]] == ["name"]
    assert visitor.get("/records/keys/none").status_code == 404
    assert visitor.get("/records/none/badge.jwt").status_code == 404


def narrative_of(visitor, record):
    """What the badge says was done."""
    claims = split_token(visitor.get(f"{record}/badge.jwt").text)[1]
    return claims["credentialSubject"]["achievement"]["criteria"]["narrative"]


def test_a_path_is_taken_failed_passed_and_verified(be, services, path, asked, document):
    member = be("member")
    assert member.get(f"/collections/{path}").headers["location"] == f"/paths/{path}"
    assert "Compostare in paese" in words(member.get("/paths"))
    first = words(member.get(f"/paths/{path}"))
    for said in ("Tecnici dei comuni", "Ore: 3", "Scrivere un regolamento", "Comincia"):
        assert said in first
    unit = f"/paths/{path}/units/{path}-1"
    page = words(member.get(unit))
    assert "Dice quanti sono." in page
    assert "erano 87" not in page
    wrong = {
        asked["Quanti erano?"]: "78", asked["Chi li cura?"]: "Chi abita vicino",
        asked["Quali sono veri?"]: "vicini",
    }  # fmt: skip
    tried = member.post(unit, data=wrong)
    assert words(tried).count("Non ancora") == 2
    (link,) = html.fromstring(tried.text).xpath("//a[contains(@href, 'quote=erano')]/@href")
    assert link == f"/documents/{document}/pages/1?quote=erano+87"
    assert not html.fromstring(tried.text).xpath("//a[contains(@href, '/records/')]")
    right = {asked["Quanti erano?"]: "87,0", asked["Quali sono veri?"]: ["87 nel 2021", "vicini"]}
    assert "Questa unità è fatta" in words(member.post(unit, data=right))
    assert member.post(f"/paths/{path}/units/{path}-2").status_code == 303
    done = member.get(f"/paths/{path}")
    (record,) = html.fromstring(done.text).xpath("//a[contains(@href, '/records/')]/@href")
    assert "ha completato" in words(be().get(record))
    assert be().get(f"{record}/record.pdf").content.startswith(b"%PDF")
    verify_badge(be(), services, record)
    assert member.post(unit, data=wrong).status_code == 200
    assert "Hai completato" in words(member.get(f"/paths/{path}"))

    told = member.get(f"/api/v1/paths/{path}")
    assert [unit["done"] for unit in told.json()["units"]] == [True, True]
    unit = be().get(f"/api/v1/paths/{path}").json()["units"][0]
    assert (unit["done"], unit["title"], unit["with_event"]) == (False, "I numeri", False)
    assert unit["readings"] == [{"id": CARD, "note": "Dice quanti sono."}]
    assert [(one["kind"], one["options"]) for one in unit["questions"]] == [
        ("number", []), ("one", ["Il comune", "Chi abita vicino"]),
        ("many", ["87 nel 2021", "vicini", "nessuno"]),
    ]  # fmt: skip
    assert not {"right_answers", "quote"} & {name for one in unit["questions"] for name in one}
    assert path in [one["id"] for one in be().get("/api/v1/paths").json()["paths"]]
    with services.database.transaction() as session:
        row = session.get_one(Collection, path)
        store_rows(
            row, (SectionRow(f"{path}-1", "I numeri"), SectionRow(f"{path}-2", "Le persone"))
        )
    changed = words(be().get(record))
    assert "Da allora sono cambiate queste unità: I numeri." in changed
    assert "valido" in changed


def edit(curator, path, question, **changed):
    """Submit the form of a question with some fields changed."""
    address = f"/paths/{path}/questions/{question}/edit"
    (form,) = html.fromstring(curator.get(address).text).xpath("//main//form")
    sent = dict(form.form_values()) | changed
    return curator.post(address, data=sent), sent


def test_an_edited_question_takes_nothing_from_who_passed(be, services, path, asked):
    reader, curator = be("researcher"), be("curator")
    right = {
        asked["Quanti erano?"]: "87", asked["Chi li cura?"]: "Chi abita vicino",
        asked["Quali sono veri?"]: ["87 nel 2021", "vicini"],
    }  # fmt: skip
    reader.post(f"/paths/{path}/units/{path}-1", data=right)
    reader.post(f"/paths/{path}/units/{path}-2")
    (record,) = html.fromstring(reader.get(f"/paths/{path}").text).xpath(
        "//main//a[contains(@href, '/records/')]/@href"
    )
    answer, before = edit(curator, path, asked["Chi li cura?"], quote="Nel 2021")
    assert answer.status_code == 303, "other words that explain it"
    assert "Da allora" not in words(be().get(record))
    late = curator.post(
        f"/paths/{path}/questions/{asked['Chi li cura?']}/edit", data=before | {"text": "Chi?"}
    )
    assert late.status_code == 409
    assert "Qualcuno ha cambiato o tolto questa domanda" in words(late)
    assert "Chi?" in late.text
    assert (
        edit(curator, path, asked["Quanti erano?"], text="Quanti nel 2021?")[0].status_code == 303
    )
    turned = "*Il comune\nChi abita vicino"
    assert edit(curator, path, asked["Chi li cura?"], options=turned)[0].status_code == 303
    wrong, _ = edit(curator, path, asked["Quali sono veri?"], quote="mai scritto")
    assert wrong.status_code == 422
    assert "a pagina 1" in words(wrong)
    told = words(be().get(record))
    for said in (
        "Questo attestato è valido", "domanda nuova «Quanti nel 2021?»",
        "domanda tolta «Quanti erano?»", "altre risposte a «Chi li cura?»",
    ):  # fmt: skip
        assert said in told
    assert "con domande nuove" in words(reader.get(f"/paths/{path}"))
    with services.database.session() as session:
        mine = select(PathQuestion).where(PathQuestion.section_id == f"{path}-1")
        texts = [one.text for one in session.scalars(mine.order_by(PathQuestion.position))]
    assert texts == ["Quanti nel 2021?", "Chi li cura?", "Quali sono veri?"]
    assert curator.get(f"/paths/{path}/questions/none/edit").status_code == 404


def test_a_unit_that_is_removed_leaves_right_counts_and_gives_the_record(be, services, path, asked):
    reader = be("officer")
    reader.post(f"/paths/{path}/units/{path}-2")
    assert "Ritira l'attestato" not in words(reader.get(f"/paths/{path}"))
    with services.database.transaction() as session:
        row = session.get_one(Collection, path)
        store_rows(row, (SectionRow(f"{path}-2", "Le persone"), EntryRow(CARD, "Perché.")))
        session.flush()
        assert not session.scalars(
            select(PathProgress).where(PathProgress.section_id == f"{path}-1")
        ).all()
    page = words(be("curator").get(f"/paths/{path}/questions"))
    assert "I numeri" not in page
    assert "Iniziata da 1, finita da 1." in page
    assert "Ritira l'attestato" in words(reader.get(f"/paths/{path}"))
    record = reader.post(f"/paths/{path}/record").headers["location"]
    assert "I numeri" not in words(be().get(record))
    assert "Ritira l'attestato" not in words(reader.get(f"/paths/{path}"))
    assert reader.post(f"/paths/{path}/record").headers["location"] == record
    be("curator").post(f"/collections/{path}/delete")
    gone = words(be().get(record))
    assert "Il percorso non è più mostrato qui" in gone
    assert "Le persone" in gone


def test_an_event_is_a_unit_that_its_list_of_participants_completes(be, services, path):
    curator, reader = be("curator"), be("admin")
    today = datetime.now(ZoneInfo("Europe/Rome")).date()
    event = {
        "title": "Giornata sul campo", "argument": "Perché.", "state": "published",
        "kind": "event", "event_type": "workshop", "held_on": str(today + timedelta(days=9)),
        "places": "9",
    }  # fmt: skip
    made = curator.post("/collections/new", data=event).headers["location"].split("/")[2]
    with services.database.transaction() as session:
        accounts.get(session, "a-admin").email = "Capo@example.org"
        store_rows(session.get_one(Collection, path), (SectionRow(f"{path}-2", "Sul campo"),))
    unit, manage = f"/paths/{path}/units/{path}-2", f"/paths/{path}/questions"
    assert "Giornata sul campo" in words(curator.get(manage))
    chosen = curator.post(f"{manage}/units/{path}-2/event", data={"event": made})
    assert chosen.status_code == 303
    assert curator.post(f"{manage}/units/{path}-2/event", data={"event": path}).status_code == 404
    assert "Giornata sul campo" in words(reader.get(unit))
    assert "non è ancora segnata" in words(reader.post(unit))
    assert "Iniziata da 1, finita da 0." in words(curator.get(manage))
    sent = {"name": "Capo", "email": "capo@example.org"}
    link = be().post(f"/collections/{made}/enrol", data=sent).headers["location"].split("?")[0]
    with services.database.transaction() as session:
        session.get_one(Collection, made).held_on = today
    page = f"/collections/{made}/participants"
    (id,) = html.fromstring(curator.get(page).text).xpath("//input[@name='present']/@value")
    curator.post(page, data={"present": [id]})
    assert "Iniziata da 1, finita da 0." in words(curator.get(manage)), "an equal address"
    assert "non è ancora segnata" in words(reader.post(unit)), "is typed by anybody"
    assert be().post(f"{link}/account", follow_redirects=False).status_code in (303, 401, 403)
    assert reader.post(f"{link}/account").headers["location"].endswith("done=counted")
    assert "vale per il tuo account" in words(reader.get(f"{link}?done=counted"))
    assert be("officer").post(f"{link}/account").status_code == 422
    assert "(account: " in words(curator.get(page))
    assert "Iniziata da 1, finita da 1." in words(curator.get(manage))
    curator.post(page, data={"before": [id]})
    assert "Iniziata da 1, finita da 0." in words(curator.get(manage)), "marked by mistake"
    curator.post(page, data={"present": [id]})
    assert "Hai partecipato" in words(reader.get(unit))
    assert "Ritira l'attestato" in words(reader.get(f"/paths/{path}"))
    record = reader.post(f"/paths/{path}/record").headers["location"]
    assert "ha completato" in words(be().get(record))
    change_event(be, services, path, made, event, record)
    assert "Hai partecipato" not in words(reader.get(unit)), "to the other one"
    curator.post(f"{manage}/units/{path}-2/event", data={"event": ""})
    assert "Giornata sul campo" not in words(reader.get(unit))


def change_event(be, services, path, made, event, record):
    """Rename and hide the event of the second unit, choose another and try to be rid of that."""
    curator, reader = be("curator"), be("admin")
    assert "- Sul campo (presenza a «Giornata sul campo»)" in narrative_of(be(), record)
    with services.database.transaction() as session:
        row = session.get_one(Collection, made)
        row.title, row.visibility = "Giornata nei campi", Visibility.MEMBERS
    assert reader.post(f"/paths/{path}/record").headers["location"] == record, "only renamed"
    assert "- Sul campo (presenza a un evento)" in narrative_of(be(), record)
    later = curator.post("/collections/new", data=event | {"title": "Seconda giornata"})
    second = later.headers["location"].split("/")[2]
    curator.post(f"/paths/{path}/questions/units/{path}-2/event", data={"event": second})
    refused = curator.post(f"/collections/{second}/delete")
    assert refused.status_code == 422
    assert "fa parte del percorso formativo" in words(refused)


def test_curators_see_where_readers_stop_and_go_wrong(be, path, asked):
    officer = be("officer")
    officer.post(f"/paths/{path}/units/{path}-1", data={asked["Quanti erano?"]: "1"})
    page = words(be("curator").get(f"/paths/{path}/questions"))
    assert re.search(r"Iniziata da [1-9], finita da \d\.", page)
    assert re.search(r"Risposte: [1-9], sbagliate: [1-9]", page)


def test_without_an_account_one_tries_and_nothing_is_kept(be, services, path, asked):
    def count():
        with services.database.session() as session:
            tried = session.get_one(PathQuestion, asked["Quanti erano?"]).tried
            return tried, len(session.scalars(select(PathProgress)).all())

    before = count()
    tried = be().post(
        f"/paths/{path}/units/{path}-1", data={asked["Quanti erano?"]: "87 composter"}
    )
    assert "Giusto" in words(tried)
    assert "Alcune domande non hanno ancora una risposta" in words(tried)
    wordy = be().post(f"/paths/{path}/units/{path}-1", data={asked["Quanti erano?"]: "molti"})
    assert "Non ancora" not in words(wordy)
    assert count() == before


def test_a_new_question_is_answered_before_a_new_record(be, services, path, asked, document):
    """Nobody is said to have answered what was asked later."""
    curator, reader = be("curator"), be("researcher")
    unit = f"/paths/{path}/units/{path}-1"
    right = {
        asked["Quanti erano?"]: "87", asked["Chi li cura?"]: "Chi abita vicino",
        asked["Quali sono veri?"]: ["87 nel 2021", "vicini"],
    }  # fmt: skip
    reader.post(unit, data=right)
    reader.post(f"/paths/{path}/units/{path}-2")
    added = {
        "unit": f"{path}-2", "text": "In che anno?", "kind": "number", "options": "2021",
        "page": f"/documents/{document}/pages/1", "quote": "Nel 2021",
    }  # fmt: skip
    curator.post(f"/paths/{path}/questions", data=added)

    def records():
        with services.database.session() as session:
            account = accounts.get(session, "a-researcher")
            return [one.units[1]["questions"] for one in list_records(session, account.id, path)]

    reader.post(unit, data=right)
    assert records() == [[]]
    assert "con domande nuove" in words(reader.get(f"/paths/{path}"))
    later = select(PathQuestion.id).where(PathQuestion.section_id == f"{path}-2")
    with services.database.session() as session:
        (id,) = session.scalars(later)
    reader.post(f"/paths/{path}/units/{path}-2", data={id: "2021"})
    assert records() == [["In che anno?"], []]


def test_a_document_that_readers_may_not_see_explains_nothing(be, services, path, document):
    with services.database.transaction() as session:
        session.get_one(Document, document).visibility = Visibility.RESEARCHERS
    sent = {
        "unit": f"{path}-1", "text": "Quanti?", "kind": "one", "options": "*uno\ndue",
        "page": f"/documents/{document}/pages/1", "quote": "erano 87",
    }  # fmt: skip
    answer = be("curator").post(f"/paths/{path}/questions", data=sent)
    assert "Non tutti i lettori" in words(answer)
    assert "Non tutti i lettori" in words(be("curator").get(f"/paths/{path}/questions"))
    with services.database.transaction() as session:
        session.get_one(Document, document).visibility = Visibility.PUBLIC


def test_a_passage_that_is_gone_is_said_to_all(be, services, path, asked, document):
    with services.database.transaction() as session:
        session.get_one(Document, document).visibility = Visibility.RESEARCHERS
    tried = be().post(f"/paths/{path}/units/{path}-1", data={asked["Quanti erano?"]: "87"})
    assert "non è più nella banca dati" in words(tried)
    assert "erano 87" not in tried.text
    with services.database.transaction() as session:
        page = session.get_one(PageRow, (document, 1))
        page.text = "Altro."
    assert "Il brano che la spiega non c’è più" in words(
        be("curator").get(f"/paths/{path}/questions")
    )
    with services.database.transaction() as session:
        session.get_one(Document, document).visibility = Visibility.PUBLIC
        session.get_one(PageRow, (document, 1)).text = TEXT


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"text": ""}, "Scrivi la domanda"),
        ({"options": "sola"}, "risposte diverse"),
        ({"options": "*\nb"}, "risposte diverse"),
        ({"options": "a\nb"}, "Segna con * la risposta giusta"),
        ({"kind": "number", "options": "molti"}, "solo il numero giusto"),
        ({"quote": "mai scritto"}, "a pagina 1"),
        ({"page": "/documents/none/pages/1"}, "Questa pagina non c’è"),
    ],
)
def test_what_is_wrong_with_a_question_is_said(be, path, document, wrong, sentence):
    right = {
        "unit": f"{path}-2", "text": "Quanti?", "kind": "one", "options": "*uno\ndue",
        "page": f"/documents/{document}/pages/1", "quote": "erano 87",
    }  # fmt: skip
    answer = be("curator").post(f"/paths/{path}/questions", data=right | wrong)
    assert answer.status_code == 422
    assert sentence in words(answer)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("32,5", {32.5}), ("32,5 %", {32.5}), ("1 200", {1200}), ("1.200", {1200, 1.2}),
        ("-5", {-5}), ("x", set()), ("NaN", set()), ("3 o 4", set()),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(written, values):
    assert read_number(written) == values
