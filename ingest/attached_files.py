"""Files embedded in another file: written to disk by the reading child, read by the worker."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ingest.extract.extracted import Attached
from ingest.extract.sniff import sniff
from ingest.extracted_item import AttachedFile, Content
from kb.messages import N_, KbError, Message, TransientError
from kb.settings import Settings

PREFIX = "upload-"
"""Same prefix as an unfinished upload, so that files left by a killed process are removed at
start."""
MAX_TOTAL = 2
"""Limit on the total size of the files embedded in one file, as a multiple of the largest
upload."""
TOO_LARGE = Message(N_("It is too large to be taken in: save it and upload it by itself."))


def set_aside(attached: Sequence[Attached], settings: Settings) -> tuple[AttachedFile, ...]:
    """Write the files that can become documents to disk. A file that cannot is returned without a
    path and with the reason.

    At most ``max_upload_mb`` per file and ``MAX_TOTAL`` times that in all. Files with the same
    bytes are written once.

    Raises:
        TransientError: the disk is full or cannot be written.
    """
    files: list[AttachedFile] = []
    try:
        for one in _drop_repeated(attached):
            files.append(_store_one(one, settings, sum(map(_size_on_disk, files))))
    except OSError as error:
        discard(files)
        raise TransientError(
            N_("The file could not be stored ({reason}): free some disk space and try again."),
            reason=error.strerror or str(error),
        ) from error
    return tuple(files)


def discard(files: Iterable[AttachedFile]) -> None:
    """Delete those of the files that are still on disk."""
    for file in files:
        if file.path is not None:
            with suppress(OSError):
                file.path.unlink()


def without_files(content: Content) -> Content:
    """Delete the content's attached files and return the content without them."""
    discard(content.attached)
    return replace(content, attached=())


def _drop_repeated(attached: Sequence[Attached]) -> Iterator[Attached]:
    """The files without repetitions of the same bytes. Empty files, which carry a reason, all
    stay."""
    seen: set[bytes] = set()
    for one in attached:
        if one.data and one.data in seen:
            continue
        seen.add(one.data)
        yield one


def _size_on_disk(file: AttachedFile) -> int:
    return file.path.stat().st_size if file.path else 0


def _store_one(one: Attached, settings: Settings, before: int) -> AttachedFile:
    if one.reason is not None:
        return AttachedFile(one.name, reason=one.reason)
    most = settings.max_upload_mb << 20
    if len(one.data) > most or before + len(one.data) > MAX_TOTAL * most:
        return AttachedFile(one.name, reason=TOO_LARGE)
    settings.originals_dir.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=settings.originals_dir, prefix=PREFIX)
    file = AttachedFile(one.name, Path(name))
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(one.data)
    try:
        sniff(Path(name), one.name)
    except KbError as error:
        discard([file])
        return AttachedFile(one.name, reason=error.message)
    return file
