"""``kb backup``: the whole base in one file, taken while it is in use."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from kb.access import OPERATOR
from kb.accounts import audit
from kb.domain import Status
from kb.maintenance import archive
from kb.maintenance.archive import DATABASE, ORIGINALS, Manifest
from kb.messages import N_, ConfigurationError, PermanentError, TransientError
from kb.runtime.services import Services
from kb.storage.disposal import referred
from kb.storage.originals import OriginalMissing, sync_folder
from kb.storage.private_files import remove_abandoned, working_folder

WANTED = """
SELECT content_sha256, min(title) FROM (
  SELECT content_sha256, title FROM items JOIN documents USING (id) WHERE status != :deleted
  UNION ALL
  SELECT v.content_sha256, v.title FROM document_versions v JOIN items ON items.id = v.document_id
  WHERE status != :deleted
) GROUP BY content_sha256 ORDER BY content_sha256
"""
"""Checksum and title of every version of the documents that are not deleted."""
BACKED_UP = "base.backup"
"""Name of the action in the audit log."""
COUNTED = (
    "items",
    "documents",
    "practices",
    "projects",
    "measurements",
    "passages",
    "pages",
    "collections",
)


@dataclass(frozen=True)
class Backup:
    """``spoiled``: titles of documents whose original is missing or damaged, see ``kb check``."""

    manifest: Manifest
    spoiled: tuple[str, ...]


def backup(services: Services, target: Path) -> Backup:
    """Write database and originals to a temporary file, verify it, then rename it to ``target``.

    The database is copied first, in one state; the originals that it names never change. The index
    is left out, because it is made from SQL.

    Raises:
        ConfigurationError: the database is not SQLite.
        PermanentError: there is such a file already.
        TransientError: the disk is full, or what was written cannot be read back.
    """
    source = sqlite_file(services)
    _refuse_place(target)
    try:
        remove_abandoned(services.settings.data_dir, alone=services.settings.embedded)
        with working_folder(target, services.settings.data_dir) as folder:
            partial, database = folder / "archive", folder / DATABASE
            copy_database(source, database)
            with archive.writing(partial) as writer:
                spoiled = add_originals(services, database, writer)
                writer.add(DATABASE, database)
                manifest = _manifest(services, database, writer)
                writer.finish(manifest)
            if archive.read(partial, lambda _: None) != manifest:
                raise archive.Damaged("{file}", file=str(partial))
            _refuse_place(target)
            partial.replace(target)
            sync_folder(target.parent)
    except (OSError, sqlite3.Error, archive.Damaged) as error:
        raise TransientError(
            N_(
                "The backup could not be written ({reason}): check the disk of {file} and try "
                "again."
            ),
            reason=str(error),
            file=str(target),
        ) from error
    _note(services, target)
    return Backup(manifest, spoiled)


def _note(services: Services, target: Path) -> None:
    """Add an entry to the audit log; a failure to do so does not fail the backup."""
    with suppress(TransientError), services.database.transaction() as session:
        audit.record_event(session, OPERATOR, BACKED_UP, "", filename=target.name)


def sqlite_file(services: Services) -> Path:
    """The file of the database.

    Raises:
        ConfigurationError: it is PostgreSQL, which has tools of its own.
    """
    url = services.database.url
    if url.get_backend_name() != "sqlite" or not url.database:
        raise ConfigurationError(
            N_(
                "This command needs the SQLite database: with PostgreSQL use pg_dump and "
                "pg_restore, copy the files in {originals}, then run `kb reindex`."
            ),
            originals=services.originals.place,
        )
    return Path(url.database)


def _refuse_place(target: Path) -> None:
    if target.exists():
        raise PermanentError(
            N_("{file} exists already: give the backup another name."), file=str(target)
        )
    if not target.parent.is_dir():
        raise PermanentError(
            N_("There is no folder {folder}: make it, or write the backup elsewhere."),
            folder=str(target.parent),
        )


def copy_database(source: Path, target: Path) -> None:
    """Copy the database in one step: later writes are neither waited for nor included."""
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("DELETE FROM staged_items")
        copy.execute("DELETE FROM reindexing")
        copy.commit()
        sound = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if sound != "ok":
        raise sqlite3.DatabaseError(sound)


def add_originals(services: Services, database: Path, writer: archive.Writer) -> tuple[str, ...]:
    """Add the files that the copied database names.

    A document or version that was deleted meanwhile is taken out of the copy. Returns the titles
    of the others whose file is not there, or not as it was uploaded.
    """
    spoiled = []
    with closing(sqlite3.connect(database)) as copy:
        copy.execute("PRAGMA foreign_keys = ON")
        for sha256, title in copy.execute(WANTED, {"deleted": Status.DELETED}).fetchall():
            try:
                size, blocks = services.originals.size(sha256), services.originals.read(sha256)
                writer.add_blocks(ORIGINALS + sha256, size, blocks)
            except (OriginalMissing, FileNotFoundError):
                if _is_here(services, sha256):
                    spoiled.append(title)
                else:
                    _take_out(copy, sha256)
            else:
                if writer.members[ORIGINALS + sha256].sha256 != sha256:
                    spoiled.append(title)
        copy.commit()
    return tuple(spoiled)


def _is_here(services: Services, sha256: str) -> bool:
    with services.database.session() as session:
        return sha256 in referred(session)


def _take_out(copy: sqlite3.Connection, sha256: str) -> None:
    copy.execute("DELETE FROM document_versions WHERE content_sha256 = ?", (sha256,))
    documents = "SELECT id FROM items WHERE kind = 'document' AND content_sha256 = ?"
    copy.execute(f"DELETE FROM jobs WHERE item_id IN ({documents})", (sha256,))  # noqa: S608  # no value is part of it
    copy.execute(f"DELETE FROM items WHERE id IN ({documents})", (sha256,))  # noqa: S608  # as above


def _manifest(services: Services, database: Path, writer: archive.Writer) -> Manifest:
    with closing(sqlite3.connect(database)) as copy:
        counts = {
            table: copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  # names from the tuple above
            for table in COUNTED
        }
        revision = copy.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        active = copy.execute("SELECT name FROM active_index").fetchone()
    return Manifest(
        version=version("terre-comuni-kb"),
        schema_revision=revision,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        embedding_model=services.settings.embedding_model,
        index=active[0] if active else "",
        counts={**counts, "originals": len(writer.members) - 1},
        members=writer.members,
    )
