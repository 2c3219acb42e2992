"""Originals in S3-compatible object storage, by obstore."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

from kb.storage.local_copies import LocalCopies
from kb.storage.object_errors import (
    DELETE,
    LIST,
    READ,
    WRITE,
    BucketPlace,
    as_away,
    as_start_error,
    code_of,
    explain,
)
from kb.storage.originals import (
    FilesAway,
    OriginalMissing,
    Originals,
    Stored,
    StoredFile,
    is_sha256,
    read_blocks,
)

if TYPE_CHECKING:
    from obstore.store import S3Store

PART = 5 << 20
"""Bytes of a part of an upload, the least that the protocol allows; smaller files go in one."""
MOST_PARTS = 9000
"""The protocol allows 10,000."""
PARTS_AT_ONCE = 3
READ_BLOCK = 1 << 20
"""Bytes of a block of a download."""
SAMPLE = ".write-test"
"""Name of the object by which the rights are tried out."""
CONNECT_S = 5
SILENCE_S = 15
"""Longest wait for an answer, and between two parts of one."""
REQUEST_S = 3600
"""Longest time for one answer, a large file on a slow line included."""
RETRIES = 2
RETRIES_S = 8
"""Time from the first request after which no other is tried."""


class ObjectOriginals(Originals):
    """Objects named by their sha256, in the same two-letter folders as on disk.

    An object appears whole: the storage shows it when its last part has arrived.
    """

    def __init__(self, store: S3Store, place: BucketPlace, copies: LocalCopies) -> None:
        self._store = store
        self._where = place
        self._copies = copies

    @property
    def place(self) -> str:
        return str(self._where)

    def require_usable(self, *, filled: bool) -> None:
        try:
            with self._telling(WRITE):
                self._store.put(SAMPLE, b"written by kb to try out its rights\n")
            with self._telling(LIST):
                next(iter(self._store.list(chunk_size=1)), None)
            with self._telling(READ):
                try:
                    self._store.get_range(SAMPLE, start=0, length=1)
                except FileNotFoundError as error:  # another process deleted it, or no bucket
                    self._require_bucket(error)
            self._delete(SAMPLE)
        except FilesAway as error:
            raise as_start_error(error) from error

    def add(self, stream: IO[bytes], max_bytes: int) -> Stored:
        begin = stream.tell()
        stored = _measure(stream, max_bytes)
        stream.seek(begin)
        with self._telling(WRITE):
            if stored.size <= PART:
                self._store.put(_key(stored.sha256), stream.read(stored.size))
            else:
                self._store.put(
                    _key(stored.sha256),
                    read_blocks(stream, max_bytes),
                    chunk_size=max(PART, stored.size // MOST_PARTS),
                    max_concurrency=PARTS_AT_ONCE,
                )
        return stored

    def exists(self, sha256: str) -> bool:
        try:
            self.size(sha256)
        except OriginalMissing:
            return False
        return True

    def size(self, sha256: str) -> int:
        with self._telling(READ):
            try:
                return self._store.head(_key(sha256))["size"]
            except FileNotFoundError:
                """The answer to HEAD has no code: whether the bucket is there, GET tells."""
            try:
                return self._store.get(_key(sha256)).meta["size"]
            except FileNotFoundError as error:
                raise self._missing(sha256, error) from error

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is not None and end <= start:
            return
        with self._telling(READ):
            try:
                answer = self._store.get(
                    _key(sha256), options={"range": (start, end) if end else {"offset": start}}
                )
            except FileNotFoundError as error:
                raise self._missing(sha256, error) from error
            blocks = iter(answer.stream(min_chunk_size=READ_BLOCK))
        while True:
            with self._telling(READ):
                block = next(blocks, None)
            if block is None:
                return
            yield block

    def local_file(self, sha256: str) -> AbstractContextManager[Path]:
        return self._copies.held(sha256, lambda: self.read(sha256))

    def remove(self, sha256: str) -> None:
        self._delete(_key(sha256))
        self._copies.discard(sha256)

    def files(self) -> Iterator[StoredFile]:
        now = datetime.now(UTC)
        batches = iter(self._store.list(chunk_size=1000))
        while True:
            with self._telling(LIST):
                batch = next(batches, None)
            if batch is None:
                return
            for known in batch:
                path = known["path"]
                if path == SAMPLE:
                    continue
                name = path.rpartition("/")[2]
                where = f"{self.place}/{path}"
                yield StoredFile(
                    name,
                    where,
                    known["size"],
                    (now - known["last_modified"]).total_seconds(),
                    f"aws s3 rm {where}",
                    is_sha256(name) and path == _key(name),
                )

    def remove_leftovers(self, *, alone: bool = False) -> None:
        """Parts of an unfinished upload cannot be seen; a rule of the bucket removes them."""

    def _delete(self, key: str) -> None:
        with self._telling(DELETE):
            try:
                self._store.delete(key)
            except FileNotFoundError as error:
                self._require_bucket(error)

    def _missing(self, sha256: str, error: FileNotFoundError) -> OriginalMissing:
        self._require_bucket(error)
        return OriginalMissing(sha256, self.place)

    def _require_bucket(self, error: FileNotFoundError) -> None:
        """Raises FilesAway where an object is not found because its bucket is not."""
        if code_of(error) == "NoSuchBucket":
            raise as_away(explain(error, self._where, READ)) from error

    @contextmanager
    def _telling(self, doing: str) -> Iterator[None]:
        """Give errors of obstore as sentences."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:  # obstore's NotFoundError, as for PUT without a bucket
            raise as_away(explain(error, self._where, doing)) from error
        except BaseError as error:
            raise as_away(explain(error, self._where, doing)) from error


def open_bucket(
    place: BucketPlace, region: str, key: tuple[str, str] | None, *, path_style: bool
) -> S3Store:
    """The bucket, as obstore sees it; nothing is asked yet. Without ``key``, one is looked for
    where AWS's own programs look. Plain HTTP is spoken where the endpoint says so."""
    from obstore.store import S3Store

    options = {"endpoint": place.endpoint} if place.endpoint else {}
    keys = {"access_key_id": key[0], "secret_access_key": key[1]} if key else {}
    return S3Store(
        place.bucket,
        prefix=place.folder or None,
        region=region,
        virtual_hosted_style_request=not path_style,
        disable_bulk_delete=True,
        **options,  # type: ignore[arg-type]  # mypy tries every keyword
        **keys,  # type: ignore[arg-type]  # as above
        client_options={
            "allow_http": place.endpoint.startswith("http:"),
            "connect_timeout": timedelta(seconds=CONNECT_S),
            "read_timeout": timedelta(seconds=SILENCE_S),
            "timeout": timedelta(seconds=REQUEST_S),
        },
        retry_config={
            "max_retries": RETRIES,
            "retry_timeout": timedelta(seconds=RETRIES_S),
            "backoff": {
                "init_backoff": timedelta(milliseconds=200),
                "max_backoff": timedelta(seconds=2),
                "base": 2,
            },
        },
    )


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _measure(stream: IO[bytes], max_bytes: int) -> Stored:
    """Checksum and length of the rest of the stream. Raises PermanentError as ``read_blocks``."""
    digest, size = hashlib.sha256(), 0
    for block in read_blocks(stream, max_bytes):
        digest.update(block)
        size += len(block)
    return Stored(digest.hexdigest(), size)
