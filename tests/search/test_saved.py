"""Saved questions learn of new answers; judgements become a test set. Real queue, model, index."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from ingest.metadata import Metadata
from ingest.submit import submit
from ingest.worker import Worker
from kb.access import Role
from kb.accounts import accounts
from kb.domain import Visibility
from kb.messages import PermanentError
from kb.runtime.services import open_services
from kb.storage.accounts import Account
from kb.storage.questions import SavedQuestion
from kb.storage.tables import Job
from search import saved_questions
from search.evaluation import judgements
from search.evaluation.metrics import read_test_set
from search.results import Question

QUESTION = Question("Quanto è diminuito il rifiuto residuo con la tariffa a peso?")
ANSWER = "The town introduced a waste fee by weight. Residual waste fell by 40 % in two years."
TOLD_AGAIN = "La tariffa a peso ha ridotto il rifiuto residuo del 40 % in due anni."
OTHER = "The castle is open to visitors from April to October, with a guide in three languages."


@pytest.fixture
def services(settings):
    with open_services(settings, own=True) as opened:
        yield opened


@pytest.fixture
def member(services) -> Account:
    with services.database.transaction() as session:
        return accounts.create(session, "anna", Role.MEMBER)


def keep(services, account, question=QUESTION):
    with services.database.transaction() as session:
        return saved_questions.save_question(session, account.id, question).id


@pytest.fixture
def worker(services):
    opened = Worker(services)
    yield opened
    opened.stop()


def ingest(worker, *texts, **metadata):
    """Ids of the documents, once they are ready."""
    ids = [
        submit(worker.services, io.BytesIO(text.encode()), "a.txt", Metadata(**metadata)).id
        for text in texts
    ]
    while worker.step():
        pass
    return ids


def test_only_a_new_answer_that_may_be_seen_is_told_and_only_once(services, worker, member):
    ingest(worker, ANSWER + " This was here before.")
    saved_id = keep(services, member)
    assert keep(services, member) == saved_id
    assert saved_questions.find_new_answers(services) == []
    [hidden] = ingest(worker, ANSWER, visibility=Visibility.RESEARCHERS)
    _, new = ingest(worker, OTHER, TOLD_AGAIN)
    [answered] = saved_questions.find_new_answers(services)
    assert (answered.saved_id, answered.item_ids) == (saved_id, (new,))
    assert hidden not in answered.item_ids
    assert saved_questions.find_new_answers(services) == []
    with services.database.session() as session:
        assert saved_questions.count_unread(session, member.id) == 1


def test_an_answer_whose_job_is_seen_after_a_later_one_is_told_too(services, worker, member):
    saved_id = keep(services, member)
    ingest(worker, OTHER)
    assert saved_questions.find_new_answers(services) == []
    [late] = ingest(worker, ANSWER)
    with services.database.transaction() as session:
        job = session.scalars(select(Job).where(Job.item_id == late)).one()
        job.finished_at = session.get_one(SavedQuestion, saved_id).created_at + timedelta(
            seconds=1e-3
        )
    [answered] = saved_questions.find_new_answers(services)
    assert answered.item_ids == (late,)


def test_questions_have_rules(services, member):
    with pytest.raises(PermanentError, match="empty"):
        keep(services, member, Question("   "))
    for number in range(saved_questions.MOST):
        keep(services, member, Question(f"question {number}"))
    with pytest.raises(PermanentError, match="remove one"):
        keep(services, member, Question("one more"))


def test_judgements_become_a_test_set(services, worker, member, tmp_path):
    good, bad = ingest(worker, ANSWER, OTHER)
    with services.database.transaction() as session:
        judgements.store_judgement(session, member.id, QUESTION.text, good, useful=True)
        judgements.store_judgement(session, member.id, QUESTION.text, bad, useful=True)
        judgements.store_judgement(session, member.id, QUESTION.text, bad, useful=False)
        judgements.store_judgement(session, member.id, "Taken back", bad, useful=True)
        judgements.store_judgement(session, member.id, "Taken back", bad, useful=None)
        judgements.store_judgement(session, member.id, "Nothing of use", bad, useful=False)
        assert judgements.read_judgements(session, member.id, QUESTION.text) == {
            good: True,
            bad: False,
        }
    with services.database.session() as session:
        assert judgements.write_test_set(session, tmp_path / "set") == 1
    test_set = read_test_set(tmp_path / "set")
    assert [query.text for query in test_set.queries] == [QUESTION.text]
    assert test_set.qrels == {"q1": {good: 1, bad: 0}}
    assert {one.id: one.text for one in test_set.documents} == {good: ANSWER, bad: OTHER}
