"""Encode uploaded images in a child process: covers of collections, pictures of practices and of
events."""

from __future__ import annotations

import io
from typing import IO, Generic, TypeVar

from ingest.processes.child_errors import (
    ChildCrashed,
    ChildFailed,
    ChildOutOfMemory,
    ChildTimedOut,
)
from ingest.processes.child_process import ProcessLimits, Report
from ingest.processes.isolation import Child
from kb.collections import covers
from kb.messages import PermanentError
from kb.practices import pictures
from kb.runtime.images import MAX_BYTES, UNREADABLE, refuse_size

LIMITS = ProcessLimits(memory_mb=2048, silence_s=60)

Encoded = TypeVar("Encoded")


def encode_cover(content: bytes, report: Report) -> covers.Cover:
    """Target function of the child."""
    return covers.encode(io.BytesIO(content))


def encode_picture(content: bytes, report: Report) -> pictures.EncodedPicture:
    """Target function of the child."""
    return pictures.encode(io.BytesIO(content))


class ImageReader(Generic[Encoded]):
    """Encodes images. The process ends after each one, because images are seldom changed."""

    def __init__(self, target: str, result: type[Encoded]) -> None:
        self._child: Child[Encoded] = Child(f"{__name__}:{target}", LIMITS, result)

    def read(self, stream: IO[bytes]) -> Encoded:
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


class CoverReader(ImageReader[covers.Cover]):
    """Encodes covers of collections."""

    def __init__(self) -> None:
        super().__init__("encode_cover", covers.Cover)


class PictureReader(ImageReader[pictures.EncodedPicture]):
    """Encodes pictures of practices and photographs of events."""

    def __init__(self) -> None:
        super().__init__("encode_picture", pictures.EncodedPicture)
