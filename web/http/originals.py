"""Uploaded files as downloads."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from kb.messages import N_, Message, NotFound
from kb.storage.originals import OriginalMissing, Originals
from web.http.methods import needs_no_body

MEDIA_TYPE = "application/octet-stream"
MOST_DIGITS = 19
"""Of a number in a range: as many as a file's size has at most (63 bits)."""
GONE = Message(
    N_(
        "The file of this document is missing here, though its text is not: ask whoever maintains "
        "this site."
    )
)


UNCOMPRESSED = {"Content-Encoding": "identity"}
"""Keeps GZipMiddleware from compressing: a range of what is compressed would be another one.
MethodsMiddleware removes the header."""


def send_original(request: Request, originals: Originals, sha256: str, filename: str) -> Response:
    """The bytes, always as an attachment, so that no upload runs in the site's origin. One range
    of them is sent where one is asked for. Nothing is read of what lies elsewhere for a client that
    wants no body (RFC 9110, sections 13.2.2 and 14.2: a range does not count then).

    Raises:
        NotFound: they are not in the store.
        FilesAway: it does not answer.
    """
    if path := originals.own_path(sha256):
        return FileResponse(
            path,
            media_type=MEDIA_TYPE,
            filename=filename,
            content_disposition_type="attachment",
            headers=UNCOMPRESSED,
        )
    try:
        size = originals.size(sha256)
    except OriginalMissing as error:
        raise NotFound(GONE) from error
    tag = f'"{sha256}"'
    headers = {
        **UNCOMPRESSED,
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(filename, safe='')}",
    }
    if needs_no_body(request.scope, tag):
        headers["Content-Length"] = str(size)
        return Response(headers=headers, media_type=MEDIA_TYPE)
    asked = _asked_range(request, sha256, size)
    if asked is None:
        headers["Content-Length"] = str(size)
        return _stream(originals.read(sha256), 200, headers)
    start, end = asked
    if start >= end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    return _stream(originals.read(sha256, start, end), 206, headers)


def _stream(blocks: Iterator[bytes], status: int, headers: dict[str, str]) -> Response:
    """The first block is read before the answer begins, so that a store that is away gives an
    error and not half a file."""
    first = next(blocks, b"")

    def all_blocks() -> Iterator[bytes]:
        yield first
        yield from blocks

    return StreamingResponse(all_blocks(), status, headers, MEDIA_TYPE)


def _asked_range(request: Request, sha256: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last (RFC 9110, section 14); the same number twice where
    the range lies outside. None for the whole: no range, several, or one of other bytes."""
    unit, _, span = request.headers.get("range", "").partition("=")
    begin, dash, end = (part.strip() for part in span.partition("-"))
    condition = request.headers.get("if-range")
    if unit != "bytes" or not dash or condition not in (None, f'"{sha256}"'):
        return None
    if not (begin + end).isascii() or not (begin + end).isdecimal():
        return None
    if max(len(begin), len(end)) > MOST_DIGITS:
        return None
    if not begin:
        return (max(0, size - int(end)), size)
    last = min(size, int(end) + 1) if end else size
    if end and int(end) < int(begin):
        return None
    return (int(begin), max(int(begin), last))
