"""A base in use goes into one archive, and comes out of it elsewhere as it was."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import tarfile
from contextlib import closing

import pytest
from sqlalchemy import select

from ingest.reindex.reindex import ReindexMode, reindex
from ingest.submit import submit
from ingest.worker import Worker
from kb.access import OPERATOR
from kb.domain import Status
from kb.maintenance import archive
from kb.maintenance.backup import add_originals, backup, copy_database
from kb.maintenance.check import check_base
from kb.maintenance.restore import restore
from kb.messages import ConfigurationError, PermanentError
from kb.runtime.services import open_services
from kb.storage.tables import Document, Item
from search.results import Question
from search.service import search
from tests.databases import of_sqlite
from tests.maintenance.texts import QUESTIONS, TEXTS

pytestmark = of_sqlite


@pytest.fixture(scope="module")
def made(services, tmp_path_factory):
    """An archive of the base."""
    path = tmp_path_factory.mktemp("backup") / "base.tar.gz"
    backup(services, path)
    return path


@pytest.fixture
def elsewhere(make_settings):
    return make_settings()


def answers(services):
    """What each question finds, with scores and evidence. How rare a word is counts what was
    deleted and not yet forgotten, so that scores differ a little in an index made anew."""
    return [
        [
            (one.id, pytest.approx(one.score, abs=0.02), [p.text for p in one.passages])
            for one in page.results
        ]
        for page in (search(Question(text), services, OPERATOR) for text in QUESTIONS)
    ]


def quiet(done, total):
    """Nobody watches."""


def test_a_restored_base_is_sound_and_gives_the_same_answers(services, made, elsewhere):
    manifest = restore(elsewhere, made)
    assert manifest.counts["documents"] == manifest.counts["originals"] == len(TEXTS)
    with open_services(elsewhere, own=True) as restored:
        with pytest.raises(ConfigurationError, match="run `kb reindex`"):
            restored.index.count()
        reindex(restored, ReindexMode.PASSAGES, quiet)
        assert check_base(restored).differences == ()
        assert answers(restored) == answers(services)


def test_the_manifest_has_the_checksum_of_every_member_and_no_index(services, made):
    with tarfile.open(made) as tar:
        names = tar.getnames()
        manifest = json.load(tar.extractfile("manifest.json"))
    assert names[-2:] == ["kb.sqlite", "manifest.json"]
    assert sorted(manifest["members"]) == sorted(names[:-1])
    assert manifest["index"] == services.index.name
    assert all(name == f"originals/{manifest['members'][name]['sha256']}" for name in names[:-2])
    assert made.stat().st_mode & 0o077 == 0, "it holds what not everybody may read"
    assert [path.name for path in made.parent.iterdir()] == [made.name]


def test_it_is_taken_while_documents_come_in(make_settings, tmp_path):
    source = make_settings(data_dir=tmp_path / "busy")
    with open_services(source, own=True) as services:
        worker = Worker(services)
        worker.start()
        for number in range(6):
            submit(services, io.BytesIO(f"The chestnut wood number {number}.".encode()), "wood.txt")
        backup(services, tmp_path / "busy.tar.gz")
        worker.stop()
    target = make_settings(data_dir=tmp_path / "restored")
    manifest = restore(target, tmp_path / "busy.tar.gz")
    assert manifest.counts["originals"] == manifest.counts["documents"] == 6
    with open_services(target, own=True) as services:
        reindex(services, ReindexMode.PASSAGES, quiet)
        worker = Worker(services)
        worker.recover()
        worker.run_until_idle()
        with services.database.session() as session:
            assert set(session.scalars(select(Item.status))) == {Status.READY}
        assert check_base(services).differences == ()


def test_what_is_deleted_between_database_and_files_is_not_in_it(services, tmp_path, work):
    from ingest import item_commands

    accepted = submit(services, io.BytesIO(b"Soon to be deleted."), "soon.txt")
    work()
    copy = tmp_path / "kb.sqlite"
    copy_database(services.settings.data_dir / "kb.sqlite", copy)
    item_commands.delete_item(services, accepted.id)
    work()
    with archive.writing(tmp_path / "archive") as writer:
        assert add_originals(services, copy, writer) == ()
        assert len(writer.members) == len(TEXTS)
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT count(*) FROM documents").fetchone() == (len(TEXTS),)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_lost_original_is_said_and_the_rest_is_saved(services, elsewhere, tmp_path):
    with services.database.session() as session:
        mill = session.scalars(select(Document).where(Document.filename == "mill.md")).one()
    path = services.originals.path(mill.content_sha256)
    content = path.read_bytes()
    path.unlink()
    written = backup(services, tmp_path / "partly.tar.gz")
    path.write_bytes(content)
    assert written.spoiled == (mill.title,)
    restore(elsewhere, tmp_path / "partly.tar.gz")
    with open_services(elsewhere, own=True) as restored:
        reindex(restored, ReindexMode.PASSAGES, quiet)
        [difference] = check_base(restored).differences
        assert difference.where == mill.id
        assert "is missing" in str(difference.what)


def test_nothing_is_overwritten(services, made):
    before = made.read_bytes()
    with pytest.raises(PermanentError, match="exists already"):
        backup(services, made)
    assert made.read_bytes() == before


def test_a_folder_that_is_not_there_is_said(services, tmp_path):
    with pytest.raises(PermanentError, match="There is no folder"):
        backup(services, tmp_path / "nowhere" / "base.tar.gz")


def test_restore_refuses_a_folder_with_something_in_it(made, elsewhere):
    elsewhere.data_dir.mkdir()
    (elsewhere.data_dir / "notes.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="is not empty"):
        restore(elsewhere, made)
    assert (elsewhere.data_dir / "notes.txt").read_text() == "mine"


def test_a_restore_that_was_killed_can_be_begun_anew(made, elsewhere):
    (elsewhere.data_dir / "restoring" / "originals" / "ab").mkdir(parents=True)
    (elsewhere.data_dir / "originals").mkdir()
    restore(elsewhere, made)
    names = {path.name for path in elsewhere.data_dir.iterdir()}
    assert names - {"owner.lock"} == {"kb.sqlite", "originals"}
    with pytest.raises(ConfigurationError, match="is not empty"):
        restore(elsewhere, made)


def members(path):
    with tarfile.open(path) as tar:
        return [(info, tar.extractfile(info).read()) for info in tar]


def write(path, content):
    with tarfile.open(path, "w:gz") as tar:
        for info, data in content:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def changed_byte(content):
    info, data = content[0]
    return [(info, data[:-1] + b"?"), *content[1:]]


def leads_out(content):
    return [(tarfile.TarInfo("originals/../../evil"), b"evil"), *content]


def absolute(content):
    return [(tarfile.TarInfo("/tmp/evil"), b"evil"), *content]


def link(content):
    info = tarfile.TarInfo("originals/" + "a" * 64)
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return [(info, b""), *content]


def one_too_many(content):
    return [(tarfile.TarInfo("originals/" + "a" * 64), b"more"), *content]


def one_too_few(content):
    return content[1:]


def twice(content):
    return [content[0], *content]


def no_manifest(content):
    return content[:-1]


def no_database(content):
    return [one for one in content if one[0].name != "kb.sqlite"]


@pytest.mark.parametrize(
    "tamper",
    [changed_byte, leads_out, absolute, link, one_too_many, one_too_few, twice, no_manifest,
     no_database],
)  # fmt: skip
def test_an_archive_that_was_changed_is_refused(made, elsewhere, tmp_path, tamper):
    other = tmp_path / "other.tar.gz"
    write(other, tamper(members(made)))
    with pytest.raises(archive.Damaged, match="nothing was restored"):
        restore(elsewhere, other)
    assert {path.name for path in elsewhere.data_dir.iterdir()} <= {"owner.lock"}
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("share", [0, 0.5, 0.999])
def test_an_archive_that_was_cut_off_is_refused(made, elsewhere, tmp_path, share):
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(made.read_bytes()[: int(made.stat().st_size * share)])
    with pytest.raises(archive.Damaged):
        restore(elsewhere, cut)


def test_what_is_no_archive_is_refused(elsewhere, tmp_path):
    with pytest.raises(PermanentError, match="There is no archive"):
        restore(elsewhere, tmp_path / "nothing")
    (tmp_path / "letter.txt").write_text("Dear reader")
    with pytest.raises(archive.Damaged):
        restore(elsewhere, tmp_path / "letter.txt")
    (tmp_path / "letter.gz").write_bytes(gzip.compress(b"Dear reader" * 1000))
    with pytest.raises(archive.Damaged):
        restore(elsewhere, tmp_path / "letter.gz")


def test_an_archive_of_a_newer_version_is_refused(services, elsewhere, tmp_path):
    copy = tmp_path / "kb.sqlite"
    copy_database(services.settings.data_dir / "kb.sqlite", copy)
    with closing(sqlite3.connect(copy)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    manifest = archive.Manifest(
        version="9", schema_revision="9999", created_at="", embedding_model="", index="",
        counts={}, members={},
    )  # fmt: skip
    with archive.writing(tmp_path / "newer") as writer:
        writer.add("kb.sqlite", copy)
        writer.finish(manifest.model_copy(update={"members": writer.members}))
    with pytest.raises(ConfigurationError, match="newer version"):
        restore(elsewhere, tmp_path / "newer")


def test_postgresql_is_told_its_own_tools(make_settings, services, tmp_path, made):
    settings = make_settings(database_url="postgresql+psycopg://nobody@localhost/nothing")
    with pytest.raises(ConfigurationError, match="unset KB_DATABASE_URL"):
        restore(settings, made)
