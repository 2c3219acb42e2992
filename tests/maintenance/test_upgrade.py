"""A base of version 0.1 opens, answers at once, and gets the new index in the background."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
from datetime import datetime

import pytest
from sqlalchemy import select, text

from ingest.reindex.background import BackgroundReindex
from ingest.submit import submit
from ingest.worker import Worker
from kb.access import OPERATOR
from kb.domain import Status
from kb.maintenance.check import check_base
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.db import Database
from kb.storage.tables import ActiveIndex, Document, Item, Job, StagedItem
from kb.vectors.opening import EVERYTHING, list_indexes
from search.results import Question
from search.service import search
from tests.databases import BACKENDS, fresh
from tests.maintenance.older_base import HEAD, insert, make_older, migrate
from tests.maintenance.texts import QUESTIONS, fill

DAY = datetime(2026, 5, 4, 12)
OLD_QUESTION = {
    "text": "acqua", "themes": ["water"], "countries": ["IT", "DK"], "languages": [], "kinds": [],
    "year_from": 2010, "year_to": 2022,
}  # fmt: skip
KILLED = """
import os, signal, sys
from pathlib import Path
from ingest.reindex.build import Builder
from ingest.worker import Worker
from kb.runtime.services import open_services
from kb.settings import Settings
from sqlalchemy import event, text

settings = Settings(_env_file=None, data_dir=Path(sys.argv[1]), cache_dir=Path(sys.argv[2]))
with open_services(settings, own=True) as services:
    def kill(connection):
        if connection.execute(text("SELECT count(*) FROM staged_items")).scalar():
            os.kill(os.getpid(), signal.SIGKILL)
    services.warm()
    event.listen(services.database.engine, "begin", kill)
    worker = Worker(services)
    worker.start()
    for thread in worker._threads:
        thread.join()
"""


@pytest.fixture
def older(tmp_path, cache_dir) -> tuple[Settings, str, dict[str, str]]:
    """A base of 0.1 that nobody has open, the name of its index, and the best answers."""
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", cache_dir=cache_dir)
    with open_services(settings, own=True) as services:
        fill(services)
        best = best_answers(services)
    return settings, make_older(settings), best


def best_answers(services):
    return {
        question: search(Question(question), services, OPERATOR).results[0].title
        for question in QUESTIONS
    }


def until_renewed(services):
    """Let a worker run until the index is as the settings ask."""
    services.warm()
    worker = Worker(services)
    worker.start()
    renewed = threading.Event()
    while services.due() is not None:
        renewed.wait(0.2)
    worker.stop()


def test_it_answers_with_the_old_index_while_the_new_one_is_built(older):
    settings, name, best = older
    with open_services(settings, own=True) as services:
        assert services.index.name == name
        assert best_answers(services) == best
        report = check_base(services)
        [due] = report.differences
        assert (report.clean, due.notice, due.where) == (True, True, name)

        late = submit(services, io.BytesIO(b"The ferry of Procida carries bicycles."), "ferry.txt")
        until_renewed(services)

        assert services.index.name == services.recipe != name
        assert list_indexes(settings) == [services.recipe]
        assert best_answers(services) == best
        [found] = search(Question("bicycles on the ferry"), services, OPERATOR).results[:1]
        assert found.id == late.id
        assert check_base(services).differences == ()


def test_the_old_index_is_filtered_by_what_it_did_not_know(older):
    settings, _, _ = older
    with open_services(settings, own=True) as services:
        assert services.index.missing_keys() == frozenset()
        assert services.index.facet("outcome", EVERYTHING) == {}


def test_uploads_go_before_the_new_index(older):
    settings, name, _ = older
    with open_services(settings, own=True) as services:
        services.warm()
        submit(services, io.BytesIO(b"A quarry became a theatre."), "quarry.txt")
        stopping = threading.Event()
        worker = Worker(services)
        background = BackgroundReindex(services, worker._children, stopping)
        thread = threading.Thread(target=background.run)
        thread.start()
        thread.join(3)
        assert thread.is_alive()
        with services.database.session() as session:
            assert session.scalars(select(StagedItem.item_id)).all() == []
            assert session.get(ActiveIndex, 1).name == name
        stopping.set()
        thread.join(30)
        assert not thread.is_alive()
        worker.stop()


def test_killed_in_between_it_goes_on(older):
    settings, name, best = older
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, settings.data_dir, settings.cache_dir],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with open_services(settings, own=True) as services:
        assert services.index.name == name
        assert best_answers(services) == best
        with services.database.session() as session:
            staged = dict(session.execute(select(StagedItem.item_id, StagedItem.based_on)).all())
        assert staged
        until_renewed(services)
        assert list_indexes(settings) == [services.recipe]
        assert best_answers(services) == best
        assert check_base(services).differences == ()


@pytest.mark.parametrize("backend", BACKENDS)
def test_rows_of_0_1_come_through_the_migrations_and_back(tmp_path, backend):
    with fresh(backend, tmp_path) as url:
        database = Database(url)
        migrate(database, HEAD)
        with database.engine.execution_options(writes=True).begin() as connection:
            fill_by_sql(connection)
        database.upgrade()
        with database.session() as session:
            document = session.get_one(Document, "doc")
            assert [name.get("family") or name["literal"] for name in document.author_names]
            assert (document.title, document.status) == ("Il mulino", Status.READY)
            assert document.pages[0].tables == []
            assert {row.value for row in session.get_one(Item, "card").value_rows} >= {"mixed"}
            assert session.scalars(select(Job.turn)).all() == [1]
            kept = session.execute(text("SELECT question FROM saved_questions")).scalar_one()
        kept = json.loads(kept) if isinstance(kept, str) else kept
        assert kept["filters"]["country"] == {"values": ["IT", "DK"]}
        assert kept["filters"]["year"] == {"low": 2010, "high": 2022}

        migrate(database, HEAD)
        with database.engine.begin() as connection:
            back = connection.execute(text("SELECT question FROM saved_questions")).scalar_one()
            back = json.loads(back) if isinstance(back, str) else back
            assert back == OLD_QUESTION
            counts = [
                connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
                for table in ("items", "documents", "practices", "pages", "passages", "jobs")
            ]
            assert counts == [2, 1, 1, 1, 1, 1]
        database.upgrade()
        database.close()


def fill_by_sql(connection):
    """A document, a card, a job and a saved question as version 0.1 wrote them."""
    common = {
        "language": "it", "visibility": "public", "status": "ready", "country": "IT",
        "indexed_as": "model-1", "created_at": DAY, "updated_at": DAY,
    }  # fmt: skip
    record = json.dumps({"outcome": "mixed", "sectors": ["28"], "place": {"population": 900}})
    insert(connection, "items", id="doc", kind="document", title="Il mulino",
           content_sha256="a" * 64, **common)  # fmt: skip
    insert(connection, "items", id="card", kind="practice", title="La scheda",
           content_sha256="b" * 64, **common)  # fmt: skip
    insert(connection, "documents", id="doc", filename="mulino.pdf", media_type="application/pdf",
           size=10, authors=json.dumps(["Rossi, Maria", "Comune di Siena"]), publisher="",
           licence="", source_url="", given="[]", unit="page", page_count=1, ocr_pages=0,
           unreadable_pages=0, outline="[]", version=1)  # fmt: skip
    insert(connection, "practices", id="card", record=record, outcome="mixed", life="", evidence="")
    insert(connection, "pages", document_id="doc", number=1, label="1", raw="Il mulino.",
           text="Il mulino.", edits="[]", verdict="text")  # fmt: skip
    insert(connection, "passages", id="p", item_id="doc", ordinal=0, text="Il mulino.",
           heading_path="[]", language="it", spans="[[1, 0, 10]]", sentences="[]",
           sentence_vectors=b"")  # fmt: skip
    insert(connection, "jobs", id=1, item_id="doc", operation="index", status="queued", attempts=0,
           run_after=DAY, claimed_by="", stage="", done=0, total=0, created_at=DAY)  # fmt: skip
    insert(connection, "accounts", id="who", name="who", full_name="", email="", role="member",
           password_hash="", disabled=False, language="it", created_at=DAY)  # fmt: skip
    insert(connection, "saved_questions", id="q", account_id="who", text="acqua",
           question=json.dumps(OLD_QUESTION), created_at=DAY, checked_at=DAY)  # fmt: skip
