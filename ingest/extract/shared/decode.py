"""Decode text whose encoding is unknown, declared or declared wrongly."""

from __future__ import annotations

import codecs

SAMPLE = 200_000
"""Bytes or characters from which an encoding is detected."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = frozenset(
    "àèéìòùáíóúâêîôûäëïöüçñãõåæøœßÀÈÉÌÒÙÁÍÓÚÂÊÎÔÛÄËÏÖÜÇÑÃÕÅÆØŒ€£§°«»“”‘’–—…•·¿¡ªº²³½\xa0"
)
"""Non-ASCII letters of Western European languages, without ý, š and ž, which occur in Czech and
related languages."""
LEAST_WESTERN = 0.95
"""Share of the non-ASCII letters that must be in ``WESTERN``."""
WINDOWS = "kb-windows-western"
"""Name of the error handler that reads invalid UTF-8 bytes as Windows-1252."""
MAX_DAMAGE = 0.05
"""Share of invalid sequences among the non-ASCII ones up to which text counts as UTF-8."""


def decode(data: bytes, declared: str = "") -> str:
    """Decode without ever failing. Tried in order: byte order mark, UTF-8, UTF-16 by its zero
    bytes, the declared encoding, the detected one, Windows-1252."""
    return _try_encodings(data, declared).replace("\x00", "")


def _try_encodings(data: bytes, declared: str) -> str:
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    return (
        _utf16_without_mark(data)
        or _utf8(data)
        or _decode_strictly(data, _web_name(declared))
        or _decode_western(data)
        or _decode_strictly(data, _detect(data))
        or data.decode("cp1252", errors="replace")
    )


def _utf8(data: bytes) -> str | None:
    text = data.decode("utf-8", errors="replace")
    damage = text.count("\ufffd")
    if damage:
        whole = sum(1 for char in text if char > "\x7f") - damage
        if whole and (mixed := _partly_windows(data)):
            return mixed
        return text if damage <= MAX_DAMAGE * whole else None
    return text


def _partly_windows(data: bytes) -> str | None:
    """UTF-8 with some Windows-1252 parts, as in concatenated files; None if it is not that."""
    text = data.decode("utf-8", errors=WINDOWS)
    return text if _is_western(text) else None


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error(WINDOWS, _as_windows)


def is_wide(data: bytes) -> bool:
    """Whether the text has two or four bytes per character, so that zero bytes are expected."""
    marked = any(data.startswith(mark) for mark, encoding in BOMS if encoding != "utf-8-sig")
    return marked or bool(_unmarked_utf16(data))


def _utf16_without_mark(data: bytes) -> str | None:
    encoding = _unmarked_utf16(data)
    return data.decode(encoding, errors="replace") if encoding else None


def _unmarked_utf16(data: bytes) -> str:
    """Encoding of UTF-16 without byte order mark: Latin text has a zero in every second byte,
    always on the same side."""
    sample = data[: SAMPLE // 2 * 2]
    low, high = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    if max(low, high) < 0.7 * half or min(low, high) > 0.05 * half:
        return ""
    return "utf-16-le" if high > low else "utf-16-be"


def _decode_strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _decode_western(data: bytes) -> str | None:
    """Windows-1252, if the result is Western European. Checked because detectors take short Western
    texts for Central European, whose encodings share most bytes."""
    text = _decode_strictly(data, "cp1252")
    return text if text is not None and _is_western(text) else None


def _is_western(text: str) -> bool:
    """Whether nearly all non-ASCII letters are Western European and none is undefined."""
    foreign = [char for char in text[:SAMPLE] if char > "\x7f"]
    known = sum(1 for char in foreign if char in WESTERN)
    return known >= LEAST_WESTERN * len(foreign)


def _web_name(declared: str) -> str:
    """The encoding that browsers use for a declared one: Windows-1252 for Latin-1 and ASCII (WHATWG
    Encoding Standard, 4.2)."""
    name = declared.strip().lower()
    return "cp1252" if name in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii") else name


def _detect(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:SAMPLE]).best()
    return best.encoding if best else ""
