"""Encode uploaded cover images in a child process."""

from __future__ import annotations

import io
from typing import IO

from ingest.processes.child_errors import (
    ChildCrashed,
    ChildFailed,
    ChildOutOfMemory,
    ChildTimedOut,
)
from ingest.processes.child_process import ProcessLimits, Report
from ingest.processes.isolation import Child
from kb.collections.covers import MAX_BYTES, UNREADABLE, Cover, encode, refuse_size
from kb.messages import PermanentError

LIMITS = ProcessLimits(memory_mb=2048, silence_s=30)


def encode_bytes(content: bytes, report: Report) -> Cover:
    """Target function of the child."""
    return encode(io.BytesIO(content))


class CoverReader:
    """Encodes cover images. The process ends after each image, because covers are seldom
    changed."""

    def __init__(self) -> None:
        self._child: Child[Cover] = Child(
            "ingest.processes.cover_image:encode_bytes", LIMITS, Cover
        )

    def read(self, stream: IO[bytes]) -> Cover:
        """Encode the image for storage.

        Raises:
            PermanentError: it is too large, broken, or not a JPEG, PNG or WebP.
            TransientError: the process was ended from outside.
        """
        content = stream.read(MAX_BYTES + 1)
        refuse_size(content)
        try:
            return self._child.call(content)
        except (ChildCrashed, ChildFailed, ChildOutOfMemory, ChildTimedOut) as error:
            raise PermanentError(UNREADABLE) from error
        finally:
            self._child.rest()

    def close(self) -> None:
        self._child.close()
