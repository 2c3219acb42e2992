"""New answers reach people by mail, once, through a real mail server."""

from __future__ import annotations

import io
import socket

import pytest
from pydantic import SecretStr

from ingest.submit import submit
from ingest.worker import Worker
from kb.access import Role
from kb.accounts import accounts
from kb.domain import Kind, Status
from kb.runtime import mail
from kb.runtime.outbox import send_waiting
from kb.runtime.services import open_services
from kb.storage.questions import Notice, SavedQuestion
from kb.storage.tables import Document
from search import saved_questions
from search.results import Question
from tests.web.killed_sender import start_upkeep
from web.saved_question_alerts import do_upkeep, queue_answer_mails

NAMES = ("anna", "bruno", "carla")
ANSWER = "The town introduced a waste fee by weight. Residual waste fell by 40 % in two years."


@pytest.fixture
def services(make_settings, mail_server):
    settings = make_settings(smtp_url=mail_server.url, public_url="https://kb.example.org")
    with open_services(settings, own=True) as opened:
        yield opened


@pytest.fixture
def silent():
    """A mail server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def url_of(server):
    return f"smtp://127.0.0.1:{server.getsockname()[1]}"


def add_answers(services, names=NAMES):
    """For each name an account that keeps a question, and one new answer to it."""
    with services.database.transaction() as session:
        answer = Document(
            title="An answer", kind=Kind.DOCUMENT, filename="a.txt", size=1, content_sha256="a",
            language="en", status=Status.READY,
        )  # fmt: skip
        session.add(answer)
        session.flush()
        for name in names:
            account = accounts.create(session, name, Role.MEMBER, email=f"{name}@example.org")
            kept = SavedQuestion(account_id=account.id, text="Quanta acqua si perde?", question={})
            session.add(kept)
            session.flush()
            session.add(Notice(saved_id=kept.id, item_id=answer.id))


def count_connections(listener):
    """How many clients have connected and were not counted yet."""
    listener.setblocking(False)
    count = 0
    try:
        while True:
            listener.accept()[0].close()
            count += 1
    except BlockingIOError:
        return count


def test_a_new_answer_is_mailed_once_and_not_after_it_was_read(services, mail_server):
    with services.database.transaction() as session:
        for name in ("anna", "bruno"):
            account = accounts.create(session, name, Role.MEMBER)
            account.email = f"{name}@example.org"
            kept = saved_questions.save_question(
                session, account.id, Question("Quanto è sceso il rifiuto residuo?")
            )
        bruno = kept.id
    submit(services, io.BytesIO(ANSWER.encode()), "waste.txt")
    Worker(services).run_until_idle()
    assert len(saved_questions.find_new_answers(services)) == 2
    with services.database.transaction() as session:
        saved_questions.mark_read(session.get(SavedQuestion, bruno))
    assert queue_answer_mails(services) == 1
    assert queue_answer_mails(services) == 0
    assert send_waiting(services) == 1
    [message] = mail_server.received
    assert message["To"] == "anna@example.org"
    assert "Quanto è sceso il rifiuto residuo?" in message["Subject"]
    text = message.get_content()
    assert "- The town introduced" in text
    assert "https://kb.example.org/questions" in text


def test_a_mail_outlives_the_process_that_was_to_send_it(services, silent, mail_server):
    add_answers(services, ["anna"])
    silent.settimeout(120)
    with start_upkeep(services, url_of(silent)) as process:
        connection, _ = silent.accept()
        process.kill()
    connection.close()
    assert do_upkeep(services)
    assert [one["To"] for one in mail_server.received] == ["anna@example.org"]
    assert do_upkeep(services)
    assert len(mail_server.received) == 1


def test_a_mail_server_that_hangs_is_tried_once_a_round(services, silent, mail_server, monkeypatch):
    add_answers(services)
    with monkeypatch.context() as patched:
        patched.setattr(mail, "TIMEOUT_S", 0.2)
        settings = services.settings.model_copy(update={"smtp_url": SecretStr(url_of(silent))})
        patched.setattr(services, "settings", settings)
        for _ in range(2):
            assert do_upkeep(services)
            assert count_connections(silent) == 1
    assert do_upkeep(services)
    assert sorted(one["To"] for one in mail_server.received) == [
        f"{name}@example.org" for name in NAMES
    ]


def test_who_stops_waits_for_one_mail_at_most(services, mail_server):
    add_answers(services)
    assert do_upkeep(services, lambda: True)
    assert mail_server.commands == []
    assert do_upkeep(services, lambda: bool(mail_server.received))
    assert len(mail_server.received) == 1
    assert do_upkeep(services)
    assert len(mail_server.received) == len(NAMES)
