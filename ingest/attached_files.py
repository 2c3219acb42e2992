"""Files within a file, from the reading child to the worker: set aside on disk until taken in."""

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
"""Like an upload that is under way: whoever opens the data folder removes what a stop left."""
MAX_TOTAL = 2
"""Bytes of all files within one, in uploads of the largest size."""
TOO_LARGE = Message(N_("It is too large to be taken in: save it and upload it by itself."))


def set_aside(attached: Sequence[Attached], settings: Settings) -> tuple[AttachedFile, ...]:
    """Write to disk what can become a document; the others with the reason why they cannot.

    Raises:
        TransientError: the disk is full or cannot be written.
    """
    files: list[AttachedFile] = []
    try:
        for one in _once(attached):
            files.append(_set_aside(one, settings, sum(map(_size, files))))
    except OSError as error:
        discard(files)
        raise TransientError(
            N_("The file could not be stored ({reason}): free some disk space and try again."),
            reason=error.strerror or str(error),
        ) from error
    return tuple(files)


def discard(files: Iterable[AttachedFile]) -> None:
    """Remove what was set aside and is there still."""
    for file in files:
        if file.path is not None:
            with suppress(OSError):
                file.path.unlink()


def without_files(content: Content) -> Content:
    """The content for those who do not take its files in, which are removed."""
    discard(content.attached)
    return replace(content, attached=())


def _once(attached: Sequence[Attached]) -> Iterator[Attached]:
    """Without those that are there twice."""
    seen: set[bytes] = set()
    for one in attached:
        if one.data and one.data in seen:
            continue
        seen.add(one.data)
        yield one


def _size(file: AttachedFile) -> int:
    return file.path.stat().st_size if file.path else 0


def _set_aside(one: Attached, settings: Settings, before: int) -> AttachedFile:
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
