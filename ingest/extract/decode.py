"""Bytes of text in an encoding that is unknown, declared, or declared wrongly."""

from __future__ import annotations

import codecs

SAMPLE = 200_000
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
"""What Western European languages write; without ý, š and ž, which tell Czech and its kin."""
LEAST_WESTERN = 0.95
WINDOWS = "kb-windows-western"
"""Name of the way to read what is no UTF-8 as Windows Western."""
MAX_DAMAGE = 0.05
"""Share of broken sequences among the non-ASCII ones up to which text still counts as UTF-8."""


def decode(data: bytes, declared: str = "") -> str:
    """The text, never failing: byte order mark, UTF-8, UTF-16 by its zeros, what is declared,
    what is detected, Windows Western."""
    return _decoded(data, declared).replace("\x00", "")


def _decoded(data: bytes, declared: str) -> str:
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    return (
        _utf16_without_mark(data)
        or _utf8(data)
        or _strictly(data, _web_name(declared))
        or _western(data)
        or _strictly(data, _detected(data))
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
    """UTF-8 with pieces of Windows Western among it, as it comes of files put together."""
    text = data.decode("utf-8", errors=WINDOWS)
    return text if _is_western(text) else None


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error(WINDOWS, _as_windows)


def is_wide(data: bytes) -> bool:
    """Whether the text takes two or four bytes a character, so that zeros are to be expected."""
    marked = any(data.startswith(mark) for mark, encoding in BOMS if encoding != "utf-8-sig")
    return marked or bool(_unmarked_utf16(data))


def _utf16_without_mark(data: bytes) -> str | None:
    encoding = _unmarked_utf16(data)
    return data.decode(encoding, errors="replace") if encoding else None


def _unmarked_utf16(data: bytes) -> str:
    """Latin text in UTF-16 has a zero in every second byte, always on the same side."""
    sample = data[: SAMPLE // 2 * 2]
    low, high = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    if max(low, high) < 0.7 * half or min(low, high) > 0.05 * half:
        return ""
    return "utf-16-le" if high > low else "utf-16-be"


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _western(data: bytes) -> str | None:
    """Detectors take short Western texts for Central European ones, which share most bytes."""
    text = _strictly(data, "cp1252")
    return text if text is not None and _is_western(text) else None


def _is_western(text: str) -> bool:
    """Whether nearly all of its accents are those of Western Europe, and none is lost."""
    foreign = [char for char in text[:SAMPLE] if char > "\x7f"]
    known = sum(1 for char in foreign if char in WESTERN)
    return known >= LEAST_WESTERN * len(foreign)


def _web_name(declared: str) -> str:
    """Web pages that say Latin-1 or ASCII mean Windows-1252 (WHATWG Encoding Standard, 4.2)."""
    name = declared.strip().lower()
    return "cp1252" if name in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii") else name


def _detected(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:SAMPLE]).best()
    return best.encoding if best else ""
