"""What goes wrong around the program: it is killed, the disk is full, the database is locked, the
index is refused. Whatever was accepted ends ready, or failed with a reason, and once."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select, update

from ingest import item_commands
from ingest.submit import submit
from ingest.versions import submit_version
from ingest.worker import Worker
from kb.domain import Status
from kb.maintenance.check import check_base
from kb.messages import TransientError
from kb.runtime.services import open_services
from kb.storage.tables import Document, Job, JobStatus, PassageRow, now
from kb.vectors.opening import EVERYTHING
from tests.databases import of_sqlite

ROOT = Path(__file__).resolve().parents[2]
MILL = b"# The mill\n\nThe old mill of the village was restored in 2012 by eleven families."
PLAN = b"# The mill\n\nThe second edition of the report counts nineteen families and a bakery."
STAGES = ("reading", "embedding", "indexing")

WORKING = """
import sys
from pathlib import Path
from ingest.worker import Worker
from kb.runtime.services import open_services
from kb.settings import Settings
settings = Settings(
    _env_file=None, data_dir=Path(sys.argv[1]), cache_dir=Path(sys.argv[2]),
    database_url=sys.argv[3],
)
with open_services(settings, own=True) as services:
    worker = Worker(services)
    worker.on_report = lambda stage, done, total: print(stage, flush=True)
    print("claimed", flush=True)
    while worker.step():
        pass
"""


def killed_at(settings, stage):
    """A process works through the queue and is killed when it reaches the stage."""
    folders = [str(settings.data_dir), str(settings.cache_dir)]
    command = [sys.executable, "-c", WORKING, *folders, settings.sql_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        for line in process.stdout:
            if line.strip() == stage:
                os.kill(process.pid, signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL


@contextmanager
def working(services):
    """Everything that is due is done, by a worker that starts as after a crash."""
    worker = Worker(services)
    worker.recover()
    try:
        yield lambda: _until_idle(services, worker)
    finally:
        worker.stop()


def _until_idle(services, worker):
    while _live(services):
        with services.database.transaction() as session:  # nobody waits for the next attempt here
            session.execute(update(Job).values(run_after=now()))
        worker.step()


def _live(services):
    with services.database.session() as session:
        live = Job.status.in_((JobStatus.QUEUED, JobStatus.RUNNING))
        return session.scalar(select(func.count()).select_from(Job).where(live))


def documents(services):
    with services.database.session() as session:
        return session.scalars(select(Document)).all()


def is_whole(services):
    """One document, ready, nothing missing and nothing too much."""
    with services.database.session() as session:
        passages = session.scalar(select(func.count()).select_from(PassageRow))
    assert [one.status for one in documents(services)] == [Status.READY]
    assert services.index.count(EVERYTHING) == passages > 0
    assert check_base(services).differences == ()
    return True


@pytest.mark.parametrize("stage", STAGES)
def test_killed_while_a_new_version_is_read_one_of_the_two_serves(settings, stage):
    with open_services(settings, own=True) as services, working(services) as work:
        one = submit(services, io.BytesIO(MILL), "mill.md").id
        work()
        submit_version(services, one, io.BytesIO(PLAN), "plan.md")
    killed_at(settings, stage)
    with open_services(settings, own=True) as services:
        [document] = documents(services)
        assert (document.status, document.version) == (Status.READY, 1)
        with working(services) as work:
            work()
        assert documents(services)[0].version == 2
        assert is_whole(services)


@pytest.mark.parametrize("stage", ["claimed", *STAGES])
def test_deleted_at_any_stage_and_killed_it_does_not_come_back(settings, stage):
    with open_services(settings, own=True) as services:
        one = submit(services, io.BytesIO(MILL), "mill.md").id
    killed_at(settings, stage)
    with open_services(settings, own=True) as services:
        item_commands.delete_item(services, one)
        with working(services) as work:
            work()
        assert documents(services) == []
        assert services.index.count(EVERYTHING) == 0
        assert list(services.originals.all()) == []
        assert check_base(services).differences == ()


@pytest.mark.parametrize(
    ("stage", "child"), [("reading", "extract_child"), ("embedding", "embed_child")]
)
def test_a_child_that_is_killed_costs_an_attempt_and_not_the_document(settings, stage, child):
    with open_services(settings, own=True) as services:
        submit(services, io.BytesIO(MILL), "mill.md")
        worker = Worker(services)
        killed = []

        def kill(reached, done, total):
            if reached != stage or killed:
                return
            for process in psutil.Process().children():
                with suppress(psutil.Error):  # it has ended meanwhile
                    if any(child in part for part in process.cmdline()):
                        process.kill()
                        killed.append(process.pid)

        worker.on_report = kill
        _until_idle(services, worker)
        worker.stop()
        if not killed:  # the first child starts after the first report
            pytest.fail("there was no child to kill")
        assert is_whole(services)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 260 MB, where this user may make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=260m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_refuses_uploads_and_puts_work_off(make_settings, small_disk):
    folder = small_disk / "data"
    settings = make_settings(data_dir=folder, disk_reserve_mb=64, max_upload_mb=400)
    with open_services(settings, own=True) as services:
        accepted = submit(services, io.BytesIO(MILL), "mill.md")
        filler = small_disk / "filler"
        fill(filler)
        with pytest.raises(TransientError, match="free some disk space"):
            submit(services, io.BytesIO(PLAN), "plan.md")
        with pytest.raises(TransientError, match="will be tried again"):
            Worker(services).step()  # not even the job can be claimed
        with filler.open("r+b") as file:
            file.truncate(filler.stat().st_size - (16 << 20))
        worker = Worker(services)
        worker.step()
        worker.stop()
        [document] = documents(services)
        assert (document.id, document.status) == (accepted.id, Status.QUEUED)
        assert "disk space" in document.reason["template"]
        filler.unlink()
        for size in (205, 300):  # one would leave too little, the other does not fit
            with pytest.raises(TransientError, match="free some disk space"):
                submit(services, io.BytesIO(bytes(size << 20)), "large.txt")
        with working(services) as work:
            work()
        assert is_whole(services)


def fill(path):
    """Until the disk takes nothing more."""
    size = 1 << 20
    with path.open("wb", buffering=0) as file:
        while size >= 512:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2


@of_sqlite
@pytest.mark.slow
def test_a_locked_database_is_waited_for(settings):
    with open_services(settings, own=True) as services:
        submit(services, io.BytesIO(MILL), "mill.md")
        services.index.count()
        path = settings.data_dir / "kb.sqlite"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(TransientError, match="tried again"):
                submit(services, io.BytesIO(PLAN), "plan.md")
            worker = Worker(services)
            with pytest.raises(TransientError):
                worker.step()
            other.execute("ROLLBACK")
        worker.stop()
        with working(services) as work:
            work()
        assert [one.filename for one in documents(services)] == ["mill.md"]
        report = check_base(services, repair=True)
        assert report.clean
        assert is_whole(services)


def test_an_index_that_is_refused_fails_the_work_with_a_reason(settings):
    settings.data_dir.mkdir(parents=True)
    settings.index_dir.write_text("in the way")
    with open_services(settings, own=True) as services:
        accepted = submit(services, io.BytesIO(MILL), "mill.md")
        with working(services) as work:
            work()
        [document] = documents(services)
        assert (document.id, document.status) == (accepted.id, Status.FAILED)
        assert document.reason["template"]
    settings.index_dir.unlink()
    with open_services(settings, own=True) as services:
        item_commands.retry_item(services, accepted.id)
        with working(services) as work:
            work()
        assert is_whole(services)


def test_after_a_graceful_stop_nothing_is_called_under_way(settings):
    with open_services(settings, own=True) as services:
        submit(services, io.BytesIO(MILL), "mill.md")
        worker = Worker(services)
        reached = threading.Event()
        worker.on_report = lambda stage, done, total: reached.set()
        worker.start()
        assert reached.wait(120)
        worker.stop()
        [document] = documents(services)
        with services.database.session() as session:
            statuses = set(session.scalars(select(Job.status)))
        if document.status is not Status.READY:  # it may have been quicker than the stop
            assert document.status is Status.QUEUED
            assert statuses == {JobStatus.QUEUED}
        started = time.monotonic()
        with working(services) as work:
            work()
        assert time.monotonic() - started < 200
        assert is_whole(services)
