"""Checks on zip files (DOCX, EPUB and the like) before any member is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from kb.constants import MEGABYTE
from kb.messages import N_, PermanentError

MAX_MEMBERS = 20_000
"""Members of a zip file."""
MAX_TOTAL = 1024 * MEGABYTE
"""Bytes of all members, unpacked."""
MAX_TEXT_MEMBER = 200 * MEGABYTE
"""Bytes of one XML or HTML member, unpacked."""
SUSPECT_SIZE = 32 * MEGABYTE
"""Bytes, unpacked, from which the compression ratio of a member is checked."""
MAX_RATIO = 250
"""Unpacked to packed size above which a member larger than ``SUSPECT_SIZE`` is rejected. Real
Office XML stays below 60."""
TEXT_SUFFIXES = (".xml", ".rels", ".html", ".xhtml", ".opf", ".ncx")


def checked_names(path: Path) -> list[str]:
    """Names of the members of a zip file, after checking that it is safe to unpack.

    Raises:
        PermanentError: it is damaged, encrypted, has members outside its folder, or unpacks to too
            many bytes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise PermanentError(
            N_("The file is cut off or damaged: save or download it again and upload that.")
        ) from error
    if any(member.flag_bits & 1 for member in members):
        raise PermanentError(
            N_("The file opens only with a password: remove the password and upload it again.")
        )
    if _is_bomb(members, path.stat().st_size) or any(map(_escapes, members)):
        raise PermanentError(
            N_(
                "The file unpacks to far more than it seems to hold, as harmful files do, so it was"
                " not opened. Save its content as PDF and upload that."
            )
        )
    return [member.filename for member in members]


def _is_bomb(members: list[zipfile.ZipInfo], size: int) -> bool:
    total = sum(member.file_size for member in members)
    overlapping = sum(member.compress_size for member in members) > size
    return (
        len(members) > MAX_MEMBERS
        or overlapping
        or total > MAX_TOTAL
        or (total > SUSPECT_SIZE and total > MAX_RATIO * size)
        or any(
            member.file_size > MAX_TEXT_MEMBER
            for member in members
            if member.filename.lower().endswith(TEXT_SUFFIXES)
        )
    )


def _escapes(member: zipfile.ZipInfo) -> bool:
    """Whether unpacking the member would write outside the target folder."""
    name = PurePosixPath(member.filename.replace("\\", "/"))
    return name.is_absolute() or ".." in name.parts
