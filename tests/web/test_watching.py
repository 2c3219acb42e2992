"""New answers reach people by mail, once, through a real mail server."""

from __future__ import annotations

import io

import pytest

from ingest.submit import submit
from ingest.worker import Worker
from kb.access import Role
from kb.accounts import accounts
from kb.runtime.services import open_services
from search import saved_questions
from search.results import Question
from web.saved_question_alerts import send_mails

ANSWER = "The town introduced a waste fee by weight. Residual waste fell by 40 % in two years."


@pytest.fixture
def services(make_settings, mail_server):
    settings = make_settings(smtp_url=mail_server.url, public_url="https://kb.example.org")
    with open_services(settings, own=True) as opened:
        yield opened


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
        for notice in saved_questions.list_new_answers(session, bruno):
            notice.read_at = notice.created_at
    assert send_mails(services) == 1
    assert send_mails(services) == 0
    [message] = mail_server.received
    assert message["To"] == "anna@example.org"
    assert "Quanto è sceso il rifiuto residuo?" in message["Subject"]
    text = message.get_content()
    assert "- The town introduced" in text
    assert "https://kb.example.org/questions" in text
