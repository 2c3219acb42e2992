"""Superscripts and subscripts as plain text, by one rule for all formats.

A superscript is a power ("m³", "10^6"), part of a word ("n°", "1ª", "Mme") or a note mark. Note
marks are put in square brackets, so that they do not read as part of the number or word before
them: "nel 2020[3] del 45%[12]".
"""

from __future__ import annotations

import re

LONGEST_MARK = 12
"""Characters; longer superscript text is kept as it is."""

_UNIT = re.compile(
    r"(?<![^\W\d_])(?:[kKhdcmnµμNS]?m|dam|Nm|Sm|ft|in|yd|mi|[kcm]?mq|px)\Z"
    r"|/\s?(?:s|h|min|sec|anno|kg|g|ha)\Z"
)
_VARIABLE = re.compile(r"(?<![^\W_'’])[b-df-hj-np-zA-DF-HJ-NP-Zα-ω]\Z")
"""A single letter that is not an Italian word ("a", "e", "i", "o")."""
_TEN = re.compile(r"(?:(?<![\w.,:/])|(?<=\d[xX]))10\Z")
_TIMES = re.compile(r"[×·∙⋅*x=≈~(]\s?10\Z")
_COUNTED = re.compile(
    r"(?:\b(?:art|artt|n|nn|c|co|p|pp|pag|par|cap|tab|fig|lett|all)\.\s?"
    r"|\b(?:articol[oi]|comm[ai]|legge|numer[oi]|punt[oi]|pagin[ae]|tabell[ae]|figur[ae]|allegat[oi]"
    r"|capitol[oi]|paragraf[oi]|article|page|section|artikel|seite|artículo|página)\s)10\Z",
    re.IGNORECASE,
)
_POWER = re.compile(r"[-−–+]?\d{1,2}")
_USUAL_POWERS = frozenset("2 3 6 9 12 15".split())
_MARK = re.compile(r"\d{1,4}(?:\s?[,;–-]\s?\d{1,4})*|[ivx]{2,5}")
_BRACKETED = re.compile(r"[(\[]\s*([\w,;– -]{1,12}?)\s*[)\]]")
_LETTER_MARK = re.compile(r"[a-z]")
_ORDINAL = {"a": "ª", "o": "º"}
_HIGH = str.maketrans("0123456789+-−–()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁽⁾ⁿ")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")


def raised_text(before: str, raised: str) -> str:
    """Plain text for the superscript ``raised`` after ``before``, the text of the paragraph so far
    (its last 30 characters are enough)."""
    text = raised.translate(_PLAIN).strip()
    if not text or len(text) > LONGEST_MARK:
        return raised
    before = before[-30:]
    bracketed = _BRACKETED.fullmatch(text)
    inner = bracketed[1] if bracketed else text
    if not _MARK.fullmatch(inner) and not _POWER.fullmatch(inner):
        return raised if bracketed else _as_letters(before, raised, text)
    if not bracketed and _POWER.fullmatch(text) and (power := _as_power(before, text)):
        return power
    if not _MARK.fullmatch(inner):
        return raised  # the charge of an ion: "Na+"
    return f"{_blank_before(raised)}[{' '.join(inner.split())}]{_blank_after(raised)}"


def _as_power(before: str, text: str) -> str:
    """The superscript number as a power; empty if it is not one."""
    if _TEN.search(before):
        likely = text in _USUAL_POWERS or not text[0].isdecimal()
        if _TIMES.search(before) or (likely and not _COUNTED.search(before)):
            return "^" + text.replace("−", "-").replace("–", "-")
        return ""
    small = text.lstrip("-−–") in ("1", "2", "3")
    if small and text != "1" and (_UNIT.search(before) or _VARIABLE.search(before)):
        return text.translate(_HIGH)
    return ""


def _as_letters(before: str, raised: str, text: str) -> str:
    """Superscript letters and signs: endings of ordinal numbers, abbreviations, note marks by
    letter."""
    if before[-1:].isdecimal() and text in _ORDINAL:
        return _ORDINAL[text]
    if before[-1:] in ("%", ")", "»", "”") and _LETTER_MARK.fullmatch(text):
        return f"[{text}]"
    return raised


def _blank_before(raised: str) -> str:
    return " " if raised[:1].isspace() else ""


def _blank_after(raised: str) -> str:
    return " " if raised[-1:].isspace() else ""
