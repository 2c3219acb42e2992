"""``kb restore``: restore an archive into an empty data folder, completely or not at all."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from kb.maintenance import archive
from kb.maintenance.archive import DATABASE, ORIGINALS, Manifest
from kb.messages import N_, ConfigurationError, PermanentError, TransientError
from kb.runtime.ownership import ADDRESS, LOCK, Ownership
from kb.settings import Settings
from kb.storage.folder_originals import FolderOriginals
from kb.storage.migrating import MIGRATIONS
from kb.storage.opening_originals import open_originals
from kb.storage.originals import sync_folder

UNFINISHED = "restoring"
"""Temporary folder inside the data folder during a restore."""


def restore(settings: Settings, source: Path) -> Manifest:
    """Write the archive's originals and database. The index is built afterwards.

    Everything is written to a separate folder and verified first. The database is moved last, so
    that a restore that was killed leaves no base and can be repeated.

    Raises:
        ConfigurationError: the data folder is not empty or in use, or the archive is from a newer
            version.
        PermanentError: there is no such archive, or it is damaged.
        TransientError: the disk is full.
    """
    if settings.database_url:
        raise ConfigurationError(
            N_("`kb restore` writes its database into KB_DATA_DIR: unset KB_DATABASE_URL.")
        )
    if not source.is_file():
        raise PermanentError(N_("There is no archive {file}: check the path."), file=str(source))
    ownership = Ownership(settings.data_dir)
    ownership.acquire()
    try:
        return _restore(settings, source)
    except OSError as error:
        raise TransientError(
            N_("The archive could not be unpacked ({reason}): free some disk space, try again."),
            reason=error.strerror or str(error),
        ) from error
    finally:
        ownership.release()


def _restore(settings: Settings, source: Path) -> Manifest:
    apart = settings.data_dir / UNFINISHED
    _refuse_filled(settings, apart)
    shutil.rmtree(apart, ignore_errors=True)
    try:
        originals = FolderOriginals(apart / "originals")
        (apart / "originals").mkdir(parents=True)
        manifest = archive.read(source, lambda name: _place(apart, originals, name))
        _check_database(apart / DATABASE, source)
        _stop_mails(apart / DATABASE)
        _put_originals(settings, originals)
        sync_folder(settings.data_dir)
        (apart / DATABASE).rename(settings.data_dir / DATABASE)
        sync_folder(settings.data_dir)
    finally:
        shutil.rmtree(apart, ignore_errors=True)
    return manifest


def _put_originals(settings: Settings, unpacked: FolderOriginals) -> None:
    """Move the files into the data folder, or add them to the store that the settings name, where
    others may lie already."""
    if settings.files_url is None:
        # Left by a restore that was killed.
        shutil.rmtree(settings.originals_dir, ignore_errors=True)
        unpacked.root.rename(settings.originals_dir)
        return
    store = open_originals(settings)
    store.require_usable(filled=False)
    for file in unpacked.files():
        with open(file.where, "rb") as stream:
            store.add(stream, file.size)


def _refuse_filled(settings: Settings, apart: Path) -> None:
    """Refuse a folder with a base; an interrupted restore leaves originals at most."""
    ours = {LOCK, ADDRESS, UNFINISHED} | ({"originals"} if apart.exists() else set())
    if {path.name for path in settings.data_dir.iterdir()} - ours:
        raise ConfigurationError(
            N_("The data folder {folder} is not empty: set KB_DATA_DIR to an empty one."),
            folder=str(settings.data_dir),
        )


def _place(apart: Path, originals: FolderOriginals, name: str) -> Path:
    if name == DATABASE:
        return apart / DATABASE
    path = originals.path(name.removeprefix(ORIGINALS))
    path.parent.mkdir(exist_ok=True)
    return path


def _check_database(path: Path, source: Path) -> None:
    """Check integrity and schema version of the database."""
    with closing(sqlite3.connect(path)) as database:
        try:
            sound = database.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
            revision = database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        except sqlite3.Error:
            sound, revision = False, ""
    if not sound:
        raise PermanentError(
            N_("The database in {file} is damaged: use another archive."), file=str(source)
        )
    if not list((MIGRATIONS / "versions").glob(f"{revision}_*.py")):
        raise ConfigurationError(
            N_("The archive {file} is from a newer version: install that version and try again."),
            file=str(source),
        )


def _stop_mails(path: Path) -> None:
    """Keep mails that waited at the time of the backup from being sent a second time."""
    with closing(sqlite3.connect(path)) as database, database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        if "deliveries" in tables:
            database.execute(
                "UPDATE deliveries SET state = 'interrupted' WHERE state IN ('waiting', 'sending')"
            )
        if "digests" in tables:
            database.execute(
                "UPDATE digests SET state = 'interrupted' WHERE state IN ('waiting', 'sending')"
            )
            database.execute(  # the mail of this week may be out already
                "UPDATE accounts SET digest_since = strftime('%Y-%m-%d %H:%M:%f000', 'now')"
                " WHERE digest_since IS NOT NULL"
            )
        if "outgoing_mails" in tables:
            database.execute("DELETE FROM outgoing_mails")
