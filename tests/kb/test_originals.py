"""The content store in a folder that is mounted, and in a bucket of a real storage server."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kb.messages import ConfigurationError, PermanentError, TransientError
from kb.runtime.original_files import remove_leftovers
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.local_copies import LocalCopies
from kb.storage.object_errors import BucketPlace, explain
from kb.storage.opening_originals import open_originals
from kb.storage.originals import FilesAway, OriginalMissing
from tests.object_storage.server import running_server

MOST = 1 << 30
LARGE = b"0123456789abcdef" * (700 << 10)
"""Eleven megabytes: three parts."""


@pytest.fixture(scope="module")
def storage():
    with running_server() as server:
        yield server


def of_bucket(storage, folder, tmp_path, **other):
    return open_originals(Settings(cache_dir=tmp_path, **{**storage.settings(folder), **other}))


def of_folder(folder):
    return open_originals(Settings(files_url=f"file://{folder}"))


def test_a_bucket_keeps_files_as_a_folder_does(storage, tmp_path):
    originals = of_bucket(storage, "with blanks/è", tmp_path)
    originals.require_usable(filled=False)
    for content in (b"rapporto", LARGE):
        stored = originals.add(io.BytesIO(content), MOST)
        sha256 = hashlib.sha256(content).hexdigest()
        assert (stored.sha256, stored.size) == (sha256, len(content))
        assert originals.add(io.BytesIO(content), MOST) == stored
        assert originals.is_intact(sha256)
        assert originals.size(sha256) == len(content)
        assert b"".join(originals.read(sha256)) == content
        assert b"".join(originals.read(sha256, 3, 7)) == content[3:7]
        assert b"".join(originals.read(sha256, 3)) == content[3:]
        with originals.local_file(sha256) as path:
            assert path.read_bytes() == content
            assert path.is_relative_to(tmp_path)
        originals.remove(sha256)
        assert not path.exists(), "nor does the copy stay"
        originals.remove(sha256)
        assert not originals.exists(sha256)
        assert not originals.is_intact(sha256)
        for read in (originals.size, lambda one: next(originals.read(one))):
            with pytest.raises(OriginalMissing, match="add the same file again"):
                read(sha256)
    assert list(originals.files()) == []
    for content, says in ((b"", "empty"), (b"x" * 2_000_000, "larger than 1 MB")):
        with pytest.raises(PermanentError, match=says):
            originals.add(io.BytesIO(content), 1 << 20)
    assert list(originals.all()) == []


def test_what_does_not_belong_into_a_bucket_is_told_apart(storage, tmp_path):
    originals = of_bucket(storage, "foreign", tmp_path)
    stored = originals.add(io.BytesIO(b"rapporto"), MOST)
    originals._store.put("ab/notes.txt", b"mine")
    originals._store.put("de/desktop.ini", b"mine")
    found = {file.name: file for file in originals.files()}
    assert found[stored.sha256].is_original
    assert not found["notes.txt"].is_original
    assert not found["desktop.ini"].is_original
    assert found["notes.txt"].removal == "aws s3 rm s3://originals/foreign/ab/notes.txt"
    assert list(originals.all()) == [stored.sha256]


def test_an_altered_object_is_not_given_out_as_a_file(storage, tmp_path):
    originals = of_bucket(storage, "altered", tmp_path)
    stored = originals.add(io.BytesIO(b"rapporto"), MOST)
    originals._store.put(f"{stored.sha256[:2]}/{stored.sha256}", b"altered!")
    assert not originals.is_intact(stored.sha256)
    with pytest.raises(PermanentError, match="checksum differs"):
        originals.local_file(stored.sha256).__enter__()
    originals.add(io.BytesIO(b"rapporto"), MOST)
    assert originals.is_intact(stored.sha256)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"files_url": "s3://nowhere/x"}, "no bucket nowhere at http.*make it"),
        ({"files_access_key_id": "unknown"}, "does not know the key"),
        ({"files_secret_access_key": "wrong"}, "does not accept the secret"),
        ({"files_access_key_id": "readerkey", "files_secret_access_key": "readersecret"},
         "does not let this program write files"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_at_the_start(storage, tmp_path, other, says):
    originals = of_bucket(storage, "settings", tmp_path, **other)
    with pytest.raises(ConfigurationError, match=says):
        originals.require_usable(filled=True)


@pytest.mark.parametrize("work", ["exists", "size", "remove", "is_intact"])
def test_without_the_bucket_nothing_is_called_missing(storage, tmp_path, work):
    originals = of_bucket(storage, "", tmp_path, files_url="s3://nowhere/x")
    with pytest.raises(FilesAway, match="no bucket"):
        getattr(originals, work)("ab" * 32)


def test_storage_that_is_away_is_waited_for_and_comes_back(storage, tmp_path):
    originals = of_bucket(storage, "away", tmp_path)
    stored = originals.add(io.BytesIO(b"rapporto"), MOST)
    storage.stop()
    try:
        for work in (
            lambda: originals.require_usable(filled=True),
            lambda: originals.add(io.BytesIO(b"relazione"), MOST),
            lambda: originals.exists(stored.sha256),
            lambda: next(originals.read(stored.sha256)),
            lambda: originals.local_file(stored.sha256).__enter__(),
            lambda: originals.remove(stored.sha256),
            lambda: list(originals.files()),
        ):
            with pytest.raises(FilesAway, match=r"does not answer \(the connection was refused\)"):
                work()
    finally:
        storage.start()
    storage.wait_until_back(lambda: originals.require_usable(filled=True))
    storage.wait_until_back(lambda: originals.size(stored.sha256))
    assert originals.is_intact(stored.sha256)
    assert list(originals.all()) == [stored.sha256]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            "403 Forbidden: <Error><Code>RequestTimeTooSkewed</Code></Error>",
            "clocks of this mach",
        ),
        ("403 Forbidden: <Error><Code>AccessDenied</Code></Error>", "let this program list files"),
        (
            "400 Bad Request: <Error><Code>AuthorizationHeaderMalformed</Code></Error>",
            "another",
        ),
        ("301 Moved Permanently: ", "another region"),
        ("507 Insufficient Storage: ", "is full"),
        ("403 Forbidden: <Code>QuotaExceeded</Code>", "is full"),
        ("405 Method Not Allowed: <Code>MethodNotAllowed</Code>", "read only"),
        ("503 Slow Down: <Code>SlowDown</Code>", r"does not answer \(SlowDown\)"),
    ],
)
def test_answers_of_other_services_are_sentences(answer, says):
    """What no server here can be brought to answer, by the codes of the protocol."""
    error = Exception(f"Generic S3 error: Server returned non-2xx status code: {answer}")
    message = str(explain(error, BucketPlace("b", "f", "https://s3.example.org"), "list files"))
    assert re.search(says, message)


def test_an_upload_that_is_killed_leaves_nothing_to_be_seen(storage, tmp_path):
    originals = of_bucket(storage, "killed", tmp_path)
    code = f"""
import io, sys
from pathlib import Path
from kb.settings import Settings
from kb.storage.opening_originals import open_originals
class Slow(io.BytesIO):
    turn = 0
    def seek(self, *where):
        self.turn += 1
        return super().seek(*where)
    def read(self, size=-1):
        if self.turn and self.tell() > 8 << 20:
            print("half", flush=True)
            sys.stdin.read()
        return super().read(size)
settings = Settings(cache_dir=Path({str(tmp_path)!r}), **{storage.settings("killed")!r})
open_originals(settings).add(Slow(b"x" * (11 << 20)), 1 << 30)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"half\n"
        child.send_signal(signal.SIGKILL)
    assert list(originals.files()) == []


def test_copies_stay_within_their_limit_except_those_in_use(tmp_path):
    copies = LocalCopies(tmp_path, 250)
    contents = [bytes([number]) * 100 for number in range(5)]
    names = [hashlib.sha256(content).hexdigest() for content in contents]
    fetched: list[int] = []

    def fetch(number):
        fetched.append(number)
        return [contents[number]]

    def hold(number):
        return copies.held(names[number], lambda: fetch(number))

    with hold(0) as first:
        for number in (1, 2, 3):
            with hold(number) as path:
                assert path.read_bytes() == contents[number]
        assert first.read_bytes() == contents[0]
    with hold(3):
        pass
    assert fetched == [0, 1, 2, 3]
    with hold(4):
        pass
    left = {path.name for path in tmp_path.glob("??/*")}
    assert names[4] in left
    assert len(left) == 2

    with ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(lambda n: _content(hold(n % 5)), range(60)))
    assert seen == [contents[n % 5] for n in range(60)]
    assert not list(tmp_path.glob("copy-*"))


def _content(held):
    with held as path:
        return path.read_bytes()


def test_a_folder_that_is_mounted_is_told_from_the_empty_one_beneath(tmp_path):
    folder = tmp_path / "con spazi"
    originals = of_folder(str(folder).replace(" ", "%20"))
    with pytest.raises(ConfigurationError, match="There is no folder"):
        originals.require_usable(filled=False)
    folder.mkdir()
    with pytest.raises(ConfigurationError, match="empty though the base has documents"):
        originals.require_usable(filled=True)
    originals.require_usable(filled=False)
    stored = originals.add(io.BytesIO(b"rapporto"), MOST)
    elsewhere = folder.rename(tmp_path / "away")
    folder.mkdir()
    for work in (originals.exists, originals.remove, originals.size, originals.is_intact):
        with pytest.raises(FilesAway, match="mount it again"):
            work(stored.sha256)
    with pytest.raises(FilesAway, match="mount it again"):
        originals.add(io.BytesIO(b"relazione"), MOST)
    shutil.rmtree(folder)
    elsewhere.rename(folder)
    assert originals.is_intact(stored.sha256)


def test_several_writers_of_a_folder_add_the_same_file_and_keep_their_uploads(tmp_path):
    first, second = of_folder(tmp_path), of_folder(tmp_path)
    first.require_usable(filled=False)
    start = threading.Barrier(8)

    def add(number):
        start.wait()
        return (first, second)[number % 2].add(io.BytesIO(LARGE), MOST)

    with ThreadPoolExecutor(8) as threads:
        stored = set(threads.map(add, range(8)))
    assert len(stored) == 1
    (one,) = stored
    assert first.is_intact(one.sha256)
    assert [file.name for file in second.files()] == [one.sha256]

    with first.local_file(one.sha256) as path, path.open("rb") as reading:
        second.add(io.BytesIO(LARGE), MOST)
        assert os.fstat(reading.fileno()).st_ino == path.stat().st_ino
    path.write_bytes(b"damaged")
    second.add(io.BytesIO(LARGE), MOST)
    assert first.is_intact(one.sha256)

    under_way, abandoned = tmp_path / "upload-now", tmp_path / "upload-left"
    for upload in (under_way, abandoned):
        upload.touch()
    os.utime(abandoned, (0, 0))
    second.remove_leftovers()
    assert under_way.exists()
    assert not abandoned.exists()


def test_a_file_added_again_is_not_replaced_while_other_machines_may_read_it(tmp_path):
    """A data folder on NFS, where a replaced file is gone for who reads it."""
    originals = open_originals(Settings(data_dir=tmp_path, qdrant_url="http://127.0.0.1:1"))
    stored = originals.add(io.BytesIO(b"relazione"), MOST)
    with originals.local_file(stored.sha256) as path:
        first = path.stat().st_ino
        originals.add(io.BytesIO(b"relazione"), MOST)
        assert path.stat().st_ino == first


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"KB_FILES_URL": "s3://"}, "KB_FILES_URL is not valid: write it like s3://bucket/folder"),
        ({"KB_FILES_URL": "file://server/share"}, "KB_FILES_URL is not valid"),
        ({"KB_FILES_URL": "https://s3.example.org/bucket"}, "KB_FILES_URL is not valid"),
        ({"KB_FILES_URL": "s3://bucket"}, "set KB_FILES_ENDPOINT"),
        ({"KB_FILES_URL": "s3://bucket", "KB_FILES_ENDPOINT": "s3.example.org"}, "ENDPOINT is not"),
        ({"KB_FILES_ACCESS_KEY_ID": "a"}, "go together"),
        ({"KB_FILES_ENDPOINT": "https://s3.example.org"}, "belong to a bucket"),
        ({"KB_FILES_URL": "file:///srv/originals", "KB_FILES_REGION": "eu-south-1"}, "to a bucket"),
    ],
)
def test_settings_that_do_not_fit_are_told(monkeypatch, environment, says):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=says):
        Settings.read()


def test_a_scratch_base_keeps_its_files_to_itself():
    settings = Settings(files_url="s3://bucket/x", files_region="eu-south-1")
    assert settings.scratch(Path("/nowhere")).files_url is None


def test_a_storage_that_is_silent_is_given_up(tmp_path, monkeypatch):
    """A service that takes the connection and does not answer."""
    monkeypatch.setattr("kb.storage.object_originals.SILENCE_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        originals = open_originals(
            Settings(
                cache_dir=tmp_path,
                files_url="s3://bucket",
                files_endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}",
                files_access_key_id="k",
                files_secret_access_key="s",
            )
        )
        with pytest.raises(FilesAway, match="it took too long"):
            originals.exists("ab" * 32)


def test_a_mounted_folder_that_gives_errors_is_away_and_nothing_is_called_missing(tmp_path):
    """By real errors of the system other than that a file is missing: a name that is too long for
    every look, and memory that cannot be read for a file whose reading fails."""
    folder = tmp_path / "originals"
    folder.mkdir()
    originals = of_folder(folder)
    originals.require_usable(filled=False)
    stored = originals.add(io.BytesIO(b"rapporto"), MOST)
    with originals.local_file(stored.sha256) as path, pytest.raises(OSError, match="of another"):
        raise OSError("of another file")
    path.unlink()
    path.symlink_to("/proc/self/mem")
    with pytest.raises(FilesAway, match=r"cannot be used \(Input/output error\)"):
        next(originals.read(stored.sha256, 0, 8))
    path.unlink()
    for read in (originals.size, lambda one: next(originals.read(one))):
        with pytest.raises(OriginalMissing):
            read(stored.sha256)

    lost = of_folder(tmp_path / ("x" * 300))
    for work in (
        lambda: lost.add(io.BytesIO(b"relazione"), MOST),
        lambda: lost.exists(stored.sha256),
        lambda: lost.own_path(stored.sha256),
        lambda: lost.size(stored.sha256),
        lambda: next(lost.read(stored.sha256)),
        lambda: lost.local_file(stored.sha256).__enter__(),
        lambda: lost.remove(stored.sha256),
        lambda: list(lost.files()),
        lost.remove_leftovers,
    ):
        with pytest.raises(FilesAway, match=r"cannot be used \(File name too long\): check that"):
            work()


class Unreadable(io.RawIOBase):
    """A file on a disk that fails."""

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return 0

    def read(self, size: int = -1) -> bytes:
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("store", ["folder", "mounted", "bucket"])
def test_a_file_that_cannot_be_read_is_no_fault_of_the_place_of_originals(storage, tmp_path, store):
    originals = {
        "folder": lambda: open_originals(Settings(data_dir=tmp_path)),
        "mounted": lambda: of_folder(tmp_path),
        "bucket": lambda: of_bucket(storage, "unreadable", tmp_path),
    }[store]()
    originals.require_usable(filled=False)
    with pytest.raises(TransientError, match="The file could not be read") as told:
        originals.add(Unreadable(), MOST)
    assert not isinstance(told.value, FilesAway)
    assert list(originals.files()) == []


def test_an_unfinished_upload_that_cannot_be_removed_stops_nothing(settings):
    stuck = settings.originals_dir / "upload-left"
    stuck.mkdir(parents=True)
    os.utime(stuck, (0, 0))
    with open_services(settings, own=True) as services:
        remove_leftovers(services)
    assert stuck.is_dir()
