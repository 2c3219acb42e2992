"""From an accepted document to a searchable one and back, with whatever happens in between."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ingest import item_commands
from ingest.metadata import Metadata
from ingest.submit import submit
from ingest.worker import Worker
from kb.access import OPERATOR, Access
from kb.domain import Status, Visibility
from kb.messages import PermanentError
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.tables import Document, Item, Job, JobStatus, PageRow, PassageRow
from kb.vectors.opening import EVERYTHING, Filter
from search.results import Question
from search.service import search
from tests.databases import BACKENDS, SERVER, migrated

ON = BACKENDS if SERVER else ("sqlite",)
"""The rules of the queue run on both in every run (``tests.kb.test_jobs``); with the model it takes
longer than a run has."""
MILL = b"""# The mill of Radicofani

The old mill was restored in 2012 by a cooperative of eleven families. It grinds ancient wheat.

## Results

Bread made of local flour rose from 4 % to 31 % of what the village eats. Six people work there.
"""
BUS = b"# Autobus a chiamata\n\nIl servizio a chiamata ha portato 4.200 passeggeri nel 2019."


@pytest.fixture(scope="module", params=ON)
def services(request, tmp_path_factory, cache_dir):
    folder = tmp_path_factory.mktemp("kb")
    with migrated(request.param, folder) as url:
        settings = Settings(
            _env_file=None, data_dir=folder / "data", cache_dir=cache_dir, database_url=url
        )
        with open_services(settings, own=True) as opened:
            yield opened


@pytest.fixture(scope="module")
def worker(services):
    worker = Worker(services)
    yield worker
    worker.stop()


def work(worker):
    while worker.step():
        pass


def item(services, item_id):
    with services.database.session() as session:
        return session.get(Item, item_id)


def count(services, table, **where):
    with services.database.session() as session:
        return session.scalar(select(func.count()).select_from(table).filter_by(**where))


def points_of(services, item_id):
    return services.index.count(Filter(visibility=None, item_ids=frozenset({item_id})))


def test_a_document_becomes_searchable_and_is_gone_after_deletion(services, worker):
    accepted = submit(services, io.BytesIO(MILL), "mill.md", Metadata(country="IT", themes=[]))
    assert item(services, accepted.id).status is Status.QUEUED
    work(worker)
    document = item(services, accepted.id)
    assert (document.status, document.reason) == (Status.READY, None)
    assert document.title == "The mill of Radicofani"
    assert document.language == "en"
    passages = count(services, PassageRow, item_id=accepted.id)
    assert points_of(services, accepted.id) == passages > 0

    page = search(Question("Quanto pane si fa con farina del posto?"), services, OPERATOR)
    assert page.language == "it"
    first = page.results[0]
    assert first.id == accepted.id
    assert any("31 %" in evidence.text for evidence in first.passages)

    same = submit(services, io.BytesIO(MILL), "again.md")
    assert (same.id, same.existing) == (accepted.id, True)

    item_commands.delete_item(services, accepted.id)
    assert search(Question("mulino farina"), services, OPERATOR).total == 0
    work(worker)
    assert item(services, accepted.id) is None
    assert points_of(services, accepted.id) == 0
    assert count(services, PassageRow, item_id=accepted.id) == 0
    assert count(services, PageRow, document_id=accepted.id) == 0
    assert list(services.originals.all()) == []


def test_the_language_that_a_person_names_counts_from_the_first_reading(services, worker):
    text = b"# 2011\n\n" + b"1998 2004 2011 31 40 118. " * 20
    accepted = submit(services, io.BytesIO(text), "names.md", Metadata(language="en"))
    work(worker)
    with services.database.session() as session:
        passages = session.scalars(
            select(PassageRow.language).where(PassageRow.item_id == accepted.id)
        )
        assert set(passages) == {"en"}
    item_commands.delete_item(services, accepted.id)
    work(worker)


def test_every_passage_is_verbatim_on_its_pages(services, worker):
    accepted = submit(services, io.BytesIO(MILL), "mill.md")
    work(worker)
    with services.database.session() as session:
        pages = {page.number: page.text for page in session.get(Document, accepted.id).pages}
        for passage in session.scalars(select(PassageRow)):
            parts = [pages[page][start:end] for page, start, end in passage.spans]
            assert passage.text == "\n".join(parts)
            for start, end in passage.sentences:
                assert passage.text[start:end].strip() == passage.text[start:end] != ""


def test_what_readers_may_not_see_is_neither_found_nor_counted(services, worker):
    hidden = Metadata(visibility=Visibility.RESEARCHERS, language="it")
    submit(services, io.BytesIO(BUS), "bus.md", hidden)
    work(worker)
    question = Question("passeggeri del servizio a chiamata")
    assert search(question, services, OPERATOR).results[0].title == "Autobus a chiamata"
    public = Access(frozenset({Visibility.PUBLIC}))
    page = search(question, services, public)
    assert all(result.title != "Autobus a chiamata" for result in page.results)
    assert page.relevant == search(question, services, OPERATOR).relevant - 1
    assert search(question, services, Access(frozenset())).total == 0


def test_a_bad_document_fails_with_a_sentence_and_can_be_retried_or_deleted(services, worker):
    accepted = submit(services, io.BytesIO(b"%PDF-1.7\n"), "broken.pdf")
    work(worker)
    failed = item(services, accepted.id)
    assert failed.status is Status.FAILED
    assert "damaged" in failed.reason["template"]
    item_commands.retry_item(services, accepted.id)
    work(worker)
    assert item(services, accepted.id).status is Status.FAILED
    again = submit(services, io.BytesIO(b"%PDF-1.7\n"), "broken.pdf")
    assert (again.id, again.status, again.existing) == (accepted.id, Status.QUEUED, True)
    work(worker)
    assert item(services, accepted.id).status is Status.FAILED
    item_commands.delete_item(services, accepted.id)
    work(worker)
    assert item(services, accepted.id) is None


def test_deletion_during_ingest_wins(services, worker):
    accepted = submit(services, io.BytesIO(b"# Un altro\n\nTesto di prova, a lungo."), "altro.md")
    thread = threading.Thread(target=work, args=(worker,))
    thread.start()
    item_commands.delete_item(services, accepted.id)
    thread.join()
    work(worker)
    assert item(services, accepted.id) is None
    assert points_of(services, accepted.id) == 0
    with services.database.session() as session:
        live = session.scalar(select(func.count()).where(Job.status.in_(("queued", "running"))))
    assert live == 0


def test_cancelled_work_says_so_and_can_go_on(services, worker):
    accepted = submit(services, io.BytesIO(b"# Fermato\n\nQuesto documento aspetta."), "f.md")
    item_commands.cancel_item(services, accepted.id)
    work(worker)
    assert item(services, accepted.id).status is Status.FAILED
    item_commands.retry_item(services, accepted.id)
    work(worker)
    assert item(services, accepted.id).status is Status.READY


def test_the_same_bytes_at_the_same_moment_make_one_document(services, worker):
    text = b"# Insieme\n\nLo stesso file, mandato da molti nello stesso istante."
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda n: submit(services, io.BytesIO(text), f"{n}.md"), range(8)))
    assert len({accepted.id for accepted in sent}) == 1
    assert sum(not accepted.existing for accepted in sent) == 1
    work(worker)
    item_commands.delete_item(services, sent[0].id)
    work(worker)


def test_unknown_items_are_refused(services):
    for change in (item_commands.retry_item, item_commands.cancel_item, item_commands.delete_item):
        with pytest.raises(PermanentError, match="never existed"):
            change(services, "no-such-id")


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"year": "MMXX"}, "year"), ({"country": "Italia"}, "country"), ({"colour": "red"}, "colour")],
)
def test_metadata_names_the_field_that_is_wrong(fields, field):
    with pytest.raises(PermanentError, match=field):
        Metadata.read(fields)


def test_an_unknown_theme_is_refused_with_the_known_ones():
    with pytest.raises(PermanentError, match="energy"):
        Metadata.read({"themes": "astrologia"})


KILLED = """
import sys
from pathlib import Path
from ingest.worker import Worker
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.settings import Settings
settings = Settings(
    _env_file=None,
    data_dir=Path(sys.argv[1]),
    cache_dir=Path(sys.argv[2]),
    database_url=sys.argv[3],
)
with open_services(settings, own=True) as services:
    worker = Worker(services)
    worker.on_report = lambda stage, done, total: print(stage, flush=True)
    while worker.step():
        pass
"""


@pytest.fixture(params=ON)
def settings(request, tmp_path, cache_dir):
    with migrated(request.param, tmp_path) as url:
        yield Settings(
            _env_file=None, data_dir=tmp_path / "data", cache_dir=cache_dir, database_url=url
        )


@pytest.mark.parametrize("stage", ["reading", "embedding", "indexing"])
def test_killed_at_any_stage_the_work_is_done_once_after_a_restart(settings, stage):
    with open_services(settings, own=True) as services:
        accepted = submit(services, io.BytesIO(MILL), "mill.md")
    folders = [str(settings.data_dir), str(settings.cache_dir)]
    command = [sys.executable, "-c", KILLED, *folders, settings.sql_url]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        for line in process.stdout:
            if line.strip() == stage:
                os.kill(process.pid, signal.SIGKILL)
                break
    with open_services(settings, own=True) as services:
        worker = Worker(services)
        worker.recover()
        work(worker)
        worker.stop()
        assert item(services, accepted.id).status is Status.READY
        assert services.index.count(EVERYTHING) == count(services, PassageRow)
        assert count(services, Job, status=JobStatus.DONE) == 1
        assert count(services, Document) == 1
