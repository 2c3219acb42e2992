"""The log of changes reads as sentences, is filtered by person, thing and day, and taken along."""

import ast
import csv
import io
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import html
from sqlalchemy import delete, select

from ingest.item_commands import delete_item, update_metadata
from ingest.submit import submit
from kb.access import OPERATOR, Role
from kb.accounts import audit
from kb.accounts.accounts import access_of
from kb.domain import Kind
from kb.maintenance.backup import backup
from kb.messages import PermanentError
from kb.storage.accounts import Account, AuditEntry, LinkPurpose
from web.presenters.audit_words import ACTIONS, FIELDS
from web.rendering.i18n import load_locales

ROOT = Path(__file__).parents[2]
TITLE = "Vademecum per l'energia in Comune"


@pytest.fixture
def log(services):
    """An empty log."""
    with services.database.transaction() as session:
        session.execute(delete(AuditEntry))


@pytest.fixture
def anna(services):
    """A researcher with a full name."""
    with services.database.transaction() as session:
        account = session.scalars(select(Account).where(Account.name == "a-researcher")).one()
        account.full_name = "Anna Bianchi"
        return access_of(account)


@pytest.fixture
def document(services, log, anna):
    made = submit(services, io.BytesIO(f"{TITLE}\n\nTesto.".encode()), "vademecum.txt")
    change = {"title": TITLE, "publisher": "ANCI", "country": "IT"}
    update_metadata(services, made.id, change, anna)
    yield made.id
    with suppress(PermanentError):  # a test deleted it
        delete_item(services, made.id)


def sentences(text):
    rows = html.fromstring(text).xpath("//ul[contains(@class, 'log')]/li/span")
    return [" ".join(row.text_content().split()) for row in rows]


def test_a_change_is_a_sentence_with_names_fields_and_link(sign_in, document):
    page = sign_in(Role.ADMIN).get("/admin/audit?account=a-researcher").text
    [said, *_] = sentences(page)
    assert said.startswith(f"Anna Bianchi ha modificato Paese, editore e titolo di «{TITLE}»")
    assert f'href="/documents/{document}"' in page
    assert not re.search(r"document\.edit</|\['country'", page)


def test_the_desk_says_the_same(sign_in, document):
    page = sign_in(Role.ADMIN).get("/").text
    assert "Anna Bianchi ha modificato Paese, editore e titolo di" in page
    assert "document.edit" not in page


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"thing": "vademecum per"}, True),
        ({"thing": "energia%"}, False),
        ({"thing": "asilo nido"}, False),
        ({"account": "a-researcher"}, True),
        ({"account": "a-curator"}, False),
        ({"since": "2026-07-02", "until": "2026-07-02"}, True),
        ({"since": "2026-07-01", "until": "2026-07-01"}, False),
        ({"until": "2026-07-01"}, False),
        ({"since": "2026-07-03"}, False),
    ],
)
def test_filters(sign_in, services, document, filters, found):
    """The change was at half past midnight of 2 July in Rome, which is still 1 July in UTC."""
    with services.database.transaction() as session:
        for entry in session.scalars(select(AuditEntry)):
            entry.at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    client = sign_in(Role.ADMIN)
    with services.database.transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.action == "account.sign_in"))
    page = client.get("/admin/audit", params=filters).text
    assert any("ha modificato" in said for said in sentences(page)) == found
    told = client.get("/api/v1/audit", params=filters).json()["entries"]
    for said, one in zip(sentences(page), told, strict=True):
        assert said.startswith(one["sentence"])


def test_programs_read_it_page_by_page(sign_in, document):
    client = sign_in(Role.ADMIN)
    whole = client.get("/api/v1/audit?thing=vademecum").json()
    assert (whole["total"], whole["next"]) == (len(whole["entries"]), None)
    assert whole["entries"][0]["subject"] == document
    read, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/audit?thing=vademecum&limit=1&cursor={cursor}").json()
        assert page["total"] == whole["total"]
        read += page["entries"]
        cursor = page["next"]
    assert read == whole["entries"]
    other = client.get("/api/v1/audit?limit=1").json()["next"]
    assert client.get(f"/api/v1/audit?limit=1&action=x&cursor={other}").status_code == 400
    for day in ("0001-01-01", "9999-12-31"):
        for filters in (f"since={day}", f"until={day}"):
            for address in ("/api/v1/audit", "/admin/audit"):
                assert client.get(f"{address}?{filters}").status_code == 200, filters
    assert sign_in(Role.CURATOR).get("/api/v1/audit").status_code == 403


def test_it_is_taken_along_as_csv(sign_in, document):
    answer = sign_in(Role.ADMIN).get("/admin/audit.csv?account=a-researcher")
    assert re.search(
        r"registro-modifiche-\d{4}-\d\d-\d\d\.csv", answer.headers["content-disposition"]
    )
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0]["Fuso orario"] == "Europe/Rome"
    assert rows[0]["Modifica"].startswith("Anna Bianchi ha modificato Paese, editore e titolo")
    assert sign_in(Role.CURATOR).get("/admin/audit.csv").status_code == 403


def test_what_was_removed_keeps_its_name(sign_in, services, document, anna):
    delete_item(services, document, anna)
    page = sign_in(Role.ADMIN).get("/admin/audit").text
    assert f"Anna Bianchi ha eliminato il documento «{TITLE}»" in " ".join(sentences(page))
    gone = sign_in(Role.OFFICER).get(f"/documents/{document}")
    assert gone.status_code == 404
    assert "è stato rimosso dalla banca dati il" in gone.text
    assert "Vademecum" in gone.text


def recorded_actions():
    """The third argument of every call of ``record_event`` in the code, as a pattern: what a
    formatted string puts in may be any word."""
    for folder in ("kb", "ingest", "search", "web"):
        for path in (ROOT / folder).rglob("*.py"):
            module = ast.parse(path.read_text("utf-8"))
            constants = dict(_constants(module))
            for call in ast.walk(module):
                if not isinstance(call, ast.Call):
                    continue
                name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                if name == "record_event":
                    action = call.args[2]
                    action = constants.get(getattr(action, "id", ""), action)
                    yield f"{path.relative_to(ROOT)}:{call.lineno}", _pattern(action)


def _constants(module):
    """Names that the module gives to values, also several in one line, and the values."""
    for one in module.body:
        if isinstance(one, ast.Assign):
            target = one.targets[0]
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = one.value.elts if isinstance(one.value, ast.Tuple) else [one.value]
            yield from zip((getattr(name, "id", "") for name in names), values, strict=False)


def _pattern(argument):
    if isinstance(argument, ast.Constant):
        return re.escape(str(argument.value))
    if isinstance(argument, ast.IfExp):
        return f"{_pattern(argument.body)}|{_pattern(argument.orelse)}"
    assert isinstance(argument, ast.JoinedStr), ast.dump(argument)
    parts = [
        str(part.value) if isinstance(part, ast.Constant) else None for part in argument.values
    ]
    return "".join("[a-z_]+" if part is None else re.escape(part) for part in parts)


def test_every_action_of_the_code_has_a_sentence():
    found = dict(recorded_actions())
    assert len(found) > 25
    for place, pattern in found.items():
        assert any(re.fullmatch(pattern, action) for action in ACTIONS), (place, pattern)
    for kind in (Kind.DOCUMENT, Kind.PRACTICE):
        for verb in ("retry", "cancel", "delete"):
            assert f"{kind}.{verb}" in ACTIONS
    for purpose in LinkPurpose:
        assert f"account.{purpose}" in ACTIONS
    everything = "|".join(found.values())
    assert [action for action in ACTIONS if not re.fullmatch(everything, action)] == []


def test_sentences_are_whole_in_both_languages(services, log):
    """Every action with all its details makes a sentence without braces or codes."""
    details = {
        "fields": list(FIELDS), "name": "lettore", "role": "member", "was": "officer",
        "number": 2, "filename": "a.pdf", "text": "Che cosa?", "item": "x", "title": "T",
    }  # fmt: skip
    from web.presenters.audit import present_entries

    with services.database.transaction() as session:
        for action in ACTIONS:
            audit.record_event(session, OPERATOR, action, "x", **details)
        rows = session.scalars(select(AuditEntry)).all()
        for reader in load_locales().values():
            for one in present_entries(session, rows, reader):
                assert "{" not in one.sentence
                assert not re.search(r"\w\.\w", one.sentence.replace("a.pdf", "")), one.sentence


def test_the_first_steps_tell_what_is_done(sign_in, services, document, tmp_path):
    with services.database.transaction() as session:
        session.execute(delete(AuditEntry))
    steps = html.fromstring(sign_in(Role.ADMIN).get("/").text).xpath(
        "//ul[contains(@class, 'steps')]/li"
    )
    said = {" ".join(one.text_content().split()) for one in steps}
    assert any(one.startswith("Invita le persone: fatto") for one in said)
    assert any(one.startswith("Imposta la posta: da fare") for one in said)
    assert any(one.startswith("Carica i primi documenti: fatto") for one in said)
    assert any(one.startswith("Fare una copia di sicurezza: da fare") for one in said)
    if services.database.url.get_backend_name() == "sqlite":
        backup(services, tmp_path / "base.kb")
        page = sign_in(Role.ADMIN).get("/").text
        assert re.search(r"copia di sicurezza</strong>: fatto", page)
    assert "Primi passi" not in sign_in(Role.CURATOR).get("/").text


def test_an_account_is_not_closed_by_one_click(sign_in):
    """The button stands inside what a first click opens."""
    page = html.fromstring(sign_in(Role.ADMIN).get("/admin/accounts").text)
    forms = page.xpath("//form[contains(@action, '/disable')]")
    assert forms
    assert all(form.xpath("ancestor::details[not(@open)]") for form in forms)
