"""What is kept is for this user alone, and nothing is left behind by who was killed."""

import os
import signal
import stat
import subprocess
import sys

from kb.runtime.services import open_services
from kb.storage.private_files import NOTES, PREFIX, make_private, remove_abandoned, working_folder

KILLED = """
import os, signal, sys
from pathlib import Path
from kb.storage.private_files import working_folder
with working_folder(Path(sys.argv[1]), Path(sys.argv[2])) as folder:
    (folder / "kb.sqlite").write_bytes(b"copy")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def left_in(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(PREFIX)]


def killed_beside(target, data):
    done = subprocess.run([sys.executable, "-c", KILLED, str(target), str(data)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_folder_that_others_could_enter_is_closed_to_them(settings):
    folder = settings.data_dir
    folder.mkdir(mode=0o755, parents=True)
    folder.chmod(0o755)
    (folder / "kb.sqlite").touch()
    (folder / "kb.sqlite").chmod(0o644)
    with open_services(settings):
        assert mode(folder) == 0o700
        assert {mode(path) for path in folder.glob("kb.sqlite*")} == {0o600}


def test_a_new_folder_is_private_whatever_the_umask(settings):
    before = os.umask(0o022)
    try:
        with open_services(settings):
            assert mode(settings.data_dir) == 0o700
    finally:
        os.umask(before)


def test_a_folder_shared_by_all_stays_shared(tmp_path):
    tmp_path.chmod(0o1777)
    make_private(tmp_path)
    assert mode(tmp_path) == 0o1777


def test_what_a_killed_backup_left_is_removed_at_the_next_start(settings, tmp_path):
    with open_services(settings):
        """Makes the base."""
    killed_beside(tmp_path / "base.tar.gz", settings.data_dir)
    assert len(left_in(tmp_path)) == 1
    with open_services(settings, own=True):
        assert left_in(tmp_path) == []
        assert list((settings.data_dir / NOTES).iterdir()) == []


def test_the_folder_of_a_backup_under_way_stays(tmp_path):
    data, other = tmp_path / "data", tmp_path / "other"
    data.mkdir()
    other.mkdir()
    with working_folder(other / "base.tar.gz", data) as folder:
        remove_abandoned(data, alone=True)
        assert folder.is_dir()
        assert mode(folder) == 0o700
    assert left_in(other) == []


def test_only_working_folders_are_removed(tmp_path):
    data, precious = tmp_path / "data", tmp_path / "precious"
    (data / NOTES).mkdir(parents=True)
    precious.mkdir()
    (data / NOTES / f"{PREFIX}x").write_text(str(precious), "utf-8")
    remove_abandoned(data, alone=True)
    assert precious.is_dir()


def test_notes_that_name_nothing_stop_no_start(settings, tmp_path):
    notes = settings.data_dir / NOTES
    notes.mkdir(parents=True)
    for number, named in enumerate((b"", b"\xff\xfe", b"a\0b", bytes(notes / f"{PREFIX}3"))):
        (notes / f"{PREFIX}{number}").write_bytes(named)
    with open_services(settings, own=True):
        assert (notes / f"{PREFIX}0").is_file(), "another process may be about to write it"
    os.utime(notes / f"{PREFIX}0", (0, 0))
    remove_abandoned(settings.data_dir)
    assert not (notes / f"{PREFIX}0").exists()


def test_where_other_machines_work_too_only_what_is_a_day_old_is_removed(make_settings, tmp_path):
    settings = make_settings(qdrant_url="http://127.0.0.1:9")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    killed_beside(tmp_path / "base.tar.gz", settings.data_dir)
    with open_services(settings):
        assert len(left_in(tmp_path)) == 1
    (note,) = (settings.data_dir / NOTES).iterdir()
    os.utime(note, (0, 0))
    with open_services(settings):
        assert left_in(tmp_path) == []
        assert not note.exists()
