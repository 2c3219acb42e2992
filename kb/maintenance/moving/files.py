"""Copy the original files, each compared with its checksum."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from kb.messages import N_, ConfigurationError, Message, PermanentError
from kb.runtime.services import Services
from kb.storage.originals import OriginalMissing, Originals


def copy_files(
    source: Originals, target: Services, wanted: Iterable[str], report: Callable[[int], None]
) -> list[Message]:
    """Copy the files with these checksums that the target does not have; returns what is wrong with
    those of the source.

    Raises:
        TransientError: the target does not take a file, or its disk is nearly full.
    """
    present = set(target.originals.all())
    wrong = []
    for sha256 in sorted(wanted):
        if sha256 not in present and (problem := _copy(source, target, sha256)):
            wrong.append(problem)
        report(1)
    return wrong


def _copy(source: Originals, target: Services, sha256: str) -> Message | None:
    try:
        target.require_space(coming=source.size(sha256))
        with source.local_file(sha256) as path, path.open("rb") as stream:
            stored = target.originals.add(stream, max_bytes=sys.maxsize)
    except OriginalMissing:
        return Message(N_("The original {sha256} is missing."), {"sha256": sha256})
    except ConfigurationError:
        raise
    except PermanentError as error:
        return error.message
    if stored.sha256 == sha256:
        return None
    target.originals.remove(stored.sha256)
    return Message(
        N_("The original {sha256} is damaged: its checksum differs."), {"sha256": sha256}
    )
