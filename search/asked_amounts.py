"""Bounds of a number as questions write them: «sotto i 5.000», «meno di 50 mila», "under 20k".

In Italian, English, French, German and Spanish; numbers in digits, with a multiplier or in words.
"""

from __future__ import annotations

import re

_SCALES = {
    "mila": 1e3, "mille": 1e3, "k": 1e3, "thousand": 1e3, "tausend": 1e3, "mil": 1e3,
    "milione": 1e6, "milioni": 1e6, "mln": 1e6, "million": 1e6, "millions": 1e6,
    "millionen": 1e6, "mio": 1e6, "millones": 1e6,
}  # fmt: skip
_WORDS = {
    word: number
    for number, words in {
        100: "cento hundred cent hundert cien",
        500: "cinquecento",
        1_000: "mille tausend mil",
        2_000: "duemila zweitausend",
        3_000: "tremila dreitausend",
        4_000: "quattromila viertausend",
        5_000: "cinquemila fünftausend",
        6_000: "seimila sechstausend",
        7_000: "settemila siebentausend",
        8_000: "ottomila achttausend",
        9_000: "novemila neuntausend",
        10_000: "diecimila zehntausend",
        15_000: "quindicimila fünfzehntausend",
        20_000: "ventimila zwanzigtausend",
        30_000: "trentamila dreißigtausend",
        40_000: "quarantamila vierzigtausend",
        50_000: "cinquantamila fünfzigtausend",
        60_000: "sessantamila",
        70_000: "settantamila",
        80_000: "ottantamila",
        90_000: "novantamila",
        100_000: "centomila hunderttausend",
        200_000: "duecentomila",
        300_000: "trecentomila",
        500_000: "cinquecentomila",
    }.items()
    for word in words.split()
}
_SMALL_WORDS = {
    word: number
    for number, words in {
        1: "un uno one a eine une",
        2: "due two deux zwei dos",
        3: "tre three trois drei tres",
        5: "cinque five cinq fünf cinco",
        10: "dieci ten dix zehn diez",
        15: "quindici fifteen quinze fünfzehn quince",
        20: "venti twenty vingt zwanzig veinte",
        30: "trenta thirty trente treinta",
        50: "cinquanta fifty cinquante fünfzig cincuenta",
    }.items()
    for word in words.split()
}
_SCALE = rf"(?:{'|'.join(sorted(_SCALES, key=len, reverse=True))})\b\.?"
_NUMBER = (
    r"(?:(?:\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d))"
    rf"(?:\s*{_SCALE})?"
    rf"|(?:{'|'.join(_SMALL_WORDS)})\s+{_SCALE}|(?:{'|'.join(_WORDS)})\b)"
)
_LESS = (
    r"(?:(?:al di )?sotto(?: (?:i|ai|gli|le|dei|a|agli))?|meno (?:di|dei)|fino ai?|"
    r"inferior[ei] a(?:i|gli)?|non (?:più di|oltre)|al massimo|massimo|max\.?|entro (?:i|gli)|"
    r"under|below|(?:less|fewer|no more|not more) than|up to|at most|moins de|jusqu['’]à|"
    r"inférieure?s? à|en dessous de|unter|weniger als|bis zu|höchstens|maximal|menos de|hasta|"
    r"inferior(?:es)? a|por debajo de|<)"
)
_MORE = (
    r"(?:sopra (?:i|ai|gli)|oltre(?: (?:i|gli))?|più di|almeno|superior[ei] a(?:i|gli)?|over|above|"
    r"more than|at least|plus de|au moins|über|mehr als|mindestens|más de|al menos|>)"
)
_EURO = r"(?:€|euros?)"
RANGE = (
    rf"(?:(?:tra|fra|da|dai|between|from|entre|de|zwischen|von)\s+(?:i\s+|gli\s+)?€?\s*"
    rf"(?P<low>{_NUMBER})\s*{_EURO}?\s*(?:e|a|ed|ai|and|to|et|à|und|bis|y)\s+(?:i\s+|gli\s+)?€?\s*"
    rf"(?P<high>{_NUMBER})"
    rf"|{_LESS}\s*€?\s*(?P<most>{_NUMBER})|{_MORE}\s*€?\s*(?P<least>{_NUMBER}))"
)
"""A pattern with the groups that ``read_range`` reads."""
_DIGITS = re.compile(r"[\d.,'’ \u00a0\u202f]*\d")


def read_range(match: re.Match[str]) -> tuple[float | None, float | None] | None:
    """(low, high) of a match of ``RANGE``; None where the lower bound is not the lower one. The
    multiplier of «tra 10 e 20 mila» is that of both."""
    if match["most"]:
        return None, _read(match["most"])
    if match["least"]:
        return _read(match["least"]), None
    low, high = _read(match["low"]), _read(match["high"])
    scale = _read_scale(match["high"])
    if _read_scale(match["low"]) == 1 and low * scale < high:
        low *= scale
    return (low, high) if low < high else None


def _read(number: str) -> float:
    folded = " ".join(number.lower().split()).rstrip(".")
    if folded in _WORDS:
        return float(_WORDS[folded])
    digits = _DIGITS.match(folded)
    scale = _read_scale(number)
    if digits is None:
        return _SMALL_WORDS[folded.split()[0]] * scale
    return _read_digits(digits.group()) * scale


def _read_digits(digits: str) -> float:
    if re.fullmatch(r"\d+[.,]\d{1,2}", digits):
        return float(digits.replace(",", "."))
    return float(re.sub(r"\D", "", digits))


def _read_scale(number: str) -> float:
    last = re.search(r"([^\W\d]+)\.?$", number.lower())
    return _SCALES.get(last[1], 1.0) if last and number.lower().strip(".") not in _WORDS else 1.0
