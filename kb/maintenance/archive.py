"""The archive of a backup: a gzipped tar of originals, the database and, last, a manifest.

::

    originals/<sha256>   every uploaded file
    kb.sqlite            the database
    manifest.json        versions, counts, and size and sha256 of every member before it
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ValidationError

from kb.messages import N_, PermanentError

FORMAT = 1
DATABASE = "kb.sqlite"
MANIFEST = "manifest.json"
ORIGINALS = "originals/"
BLOCK = 1 << 20
COMPRESSION = 1
"""gzip level 1: most originals are compressed already."""
HEX = frozenset("0123456789abcdef")


class Member(BaseModel):
    size: int
    sha256: str


class Manifest(BaseModel):
    """``index`` names the index that was active; it is not in the archive, ``kb restore`` makes
    it anew from the passages in SQL."""

    format: int = FORMAT
    version: str
    schema_revision: str
    created_at: str
    embedding_model: str
    index: str
    counts: dict[str, int]
    members: dict[str, Member]


class Damaged(PermanentError):
    """The file is not an archive of ``kb backup``, or differs from what was written."""


class Writer:
    """Adds members and records their checksums."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, Member] = {}

    def add(self, name: str, path: Path) -> None:
        """Raises FileNotFoundError when there is no such file."""
        with path.open("rb") as file:
            info = tarfile.TarInfo(name)
            info.size = os.fstat(file.fileno()).st_size
            reader = _Hashing(file)
            self._tar.addfile(info, reader)
        self.members[name] = Member(size=info.size, sha256=reader.digest.hexdigest())

    def add_blocks(self, name: str, size: int, blocks: Iterator[bytes]) -> None:
        """The same for ``size`` bytes that come in blocks."""
        reader = _Hashing(_Blocks(blocks))
        info = tarfile.TarInfo(name)
        info.size = size
        self._tar.addfile(info, reader)
        self.members[name] = Member(size=size, sha256=reader.digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        data = manifest.model_dump_json(indent=2).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(data)
        self._tar.addfile(info, io.BytesIO(data))


class _Hashing:
    def __init__(self, file: IO[bytes] | _Blocks) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block


class _Blocks:
    """Blocks of bytes, read like a file. The first one is asked for at once, so that what cannot
    be read fails before it is written."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._block = next(blocks, b"")
        self._taken = 0
        """Bytes of the block that were read."""

    def read(self, size: int) -> bytes:
        parts = []
        while size > 0 and self._has_more():
            part = self._block[self._taken : self._taken + size]
            self._taken += len(part)
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def _has_more(self) -> bool:
        """Whether a byte is left, of this block or of the next one."""
        if self._taken == len(self._block):
            self._block, self._taken = next(self._blocks, b""), 0
        return bool(self._block)


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Yield the writer of a new archive that only this user can read; synced at the end."""
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=COMPRESSION) as tar:
            yield Writer(tar)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path, target_of: Callable[[str], Path | None]) -> Manifest:
    """Read the whole archive and compare every member with the manifest.

    A member's bytes go to the file that ``target_of`` gives for its name, if any. Names come from
    the archive, so they are checked before use.

    Raises:
        Damaged: a member is missing, unexpected or changed, or the format is another.
        OSError: a file cannot be read or written.
    """
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    try:
        with gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for info in tar:
                content = tar.extractfile(info) if _expected(info) else None
                if content is None or info.name in found or manifest is not None:
                    raise _damaged(path, f"unexpected member {info.name!r}")
                if info.name == MANIFEST:
                    manifest = Manifest.model_validate_json(content.read())
                else:
                    found[info.name] = _copy(content, target_of(info.name))
            while stream.read(BLOCK):
                """To the end, where gzip has a checksum of its own."""
    except (tarfile.TarError, EOFError, zlib.error, ValidationError) as error:
        raise _damaged(path, str(error).partition("\n")[0]) from error
    except OSError as error:
        if error.errno is None:  # gzip.BadGzipFile has none, what the system says has
            raise _damaged(path, str(error)) from error
        raise
    if manifest is None or manifest.format != FORMAT:
        raise _damaged(path, "no manifest of this format")
    if reason := _mismatch(manifest, found):
        raise _damaged(path, reason)
    return manifest


def _mismatch(manifest: Manifest, found: dict[str, Member]) -> str:
    if DATABASE not in found:
        return "no database"
    changed = {
        name
        for name in manifest.members.keys() | found.keys()
        if manifest.members.get(name) != found.get(name)
    }
    return f"{min(changed)} is not as it was written" if changed else ""


def _expected(info: tarfile.TarInfo) -> bool:
    """Check that a member is a plain file with one of the three names, inside the folder."""
    sha256 = info.name.removeprefix(ORIGINALS)
    original = info.name != sha256 and len(sha256) == 64 and HEX.issuperset(sha256)
    return info.isreg() and (original or info.name in (DATABASE, MANIFEST))


def _copy(content: IO[bytes], target: Path | None) -> Member:
    digest, size = hashlib.sha256(), 0
    with open(target or os.devnull, "wb") as file:
        while block := content.read(BLOCK):
            digest.update(block)
            size += len(block)
            file.write(block)
        file.flush()
        if target:
            os.fsync(file.fileno())
    return Member(size=size, sha256=digest.hexdigest())


def _damaged(path: Path, reason: str) -> Damaged:
    return Damaged(
        N_(
            "{file} is not an unchanged archive of `kb backup` ({reason}): nothing was restored, "
            "use another archive."
        ),
        file=str(path),
        reason=reason,
    )
