"""Identify compound files (MS-CFB): documents, workbooks and presentations from before 2007, mails,
others."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from kb.messages import N_, PermanentError

DOC = "application/msword"
XLS = "application/vnd.ms-excel"
PPT = "application/vnd.ms-powerpoint"
OUTLOOK = "application/vnd.ms-outlook"

PASSWORD = N_("The file opens only with a password: remove the password and upload it again.")
DAMAGED = N_("The file is cut off or damaged: save or download it again and upload that.")
OTHER = N_(
    "The file was made by a program whose files are not read (such as Publisher, Visio or"
    " Project): save it as PDF and upload that."
)
_STREAMS = (
    ("__properties_version1.0", OUTLOOK),
    ("WordDocument", DOC),
    ("Workbook", XLS),
    ("Book", XLS),
    ("PowerPoint Document", PPT),
)
_FIB_FLAGS = 10
_FIB_ENCRYPTED = 0x0100
_FILE_PASS = 0x2F
_RECORDS = 50
"""Records at the start of a workbook, among which is the one about its password (MS-XLS,
2.4.117)."""


def ole_kind(path: Path) -> str:
    """The media type of a compound file, by the names of its streams.

    Raises:
        PermanentError: it is damaged, encrypted, or of a kind that is not read.
    """
    import olefile  # type: ignore[import-untyped]  # it ships no types

    try:
        with olefile.OleFileIO(str(path)) as file:
            return _kind_by_streams(file)
    except (OSError, ValueError, IndexError, struct.error) as error:
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            raise PermanentError(PASSWORD) from error
        raise PermanentError(DAMAGED) from error


def _kind_by_streams(file: Any) -> str:
    for stream in ("EncryptedPackage", "EncryptedSummary"):
        if file.exists(stream):
            raise PermanentError(PASSWORD)
    for stream, media_type in _STREAMS:
        if file.exists(stream):
            if _has_password(file, stream):
                raise PermanentError(PASSWORD)
            return media_type
    raise PermanentError(OTHER)


def _has_password(file: Any, stream: str) -> bool:
    """Whether a document (MS-DOC, 2.5.2) or workbook is marked as encrypted."""
    if stream == "WordDocument":
        (flags,) = struct.unpack_from("<H", file.openstream(stream).read(32), _FIB_FLAGS)
        return bool(flags & _FIB_ENCRYPTED)
    if stream in ("Workbook", "Book"):
        data = file.openstream(stream).read(64 * 1024)
        place = 0
        for _ in range(_RECORDS):
            if place + 4 > len(data):
                break
            kind, length = struct.unpack_from("<HH", data, place)
            if kind == _FILE_PASS:
                return True
            place += 4 + length
    return False
