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
    r"(?:(?:\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+(?:[.,]\d{2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d))"
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
    r"(?:non meno (?:di|dei)|(?:no|not) (?:less|fewer) than|"
    r"sopra (?:i|ai|gli)|oltre(?: (?:i|gli))?|più di|almeno|superior[ei] a(?:i|gli)?|over|above|"
    r"more than|at least|plus de|au moins|über|mehr als|mindestens|más de|al menos|>)"
)
_EURO = r"(?:€|eur(?:os?)?\b)"
RANGE = (
    rf"(?:(?<!\w)|(?=[<>]))(?:(?:tra|fra|da|dai|between|from|entre|de|zwischen|von)\s+(?:i\s+|gli\s+)?{_EURO}?\s*"
    rf"(?P<low>{_NUMBER})\s*{_EURO}?\s*(?:e|a|ed|ai|and|to|et|à|und|bis|y)\s+(?:i\s+|gli\s+)?{_EURO}?\s*"
    rf"(?P<high>{_NUMBER})"
    rf"|{_LESS}\s*{_EURO}?\s*(?P<most>{_NUMBER})|{_MORE}\s*{_EURO}?\s*(?P<least>{_NUMBER}))"
)
"""A pattern with the groups that ``read_range`` reads."""
_DIGITS = re.compile(r"[\d.,'’ \u00a0\u202f]*\d")
_CENTS = re.compile(r"[.,](\d{1,2})$")
MOST_DIGITS = 12
"""A number of more is no amount."""


def read_range(match: re.Match[str]) -> tuple[float | None, float | None] | None:
    """(low, high) of a match of ``RANGE``; None where the lower bound is not the lower one or a
    number cannot be read. The multiplier of «tra 10 e 20 mila» is that of both."""
    if match["most"] or match["least"]:
        bound = _read(match["most"] or match["least"])
        if bound is None:
            return None
        return (None, bound) if match["most"] else (bound, None)
    low, high = _read(match["low"]), _read(match["high"])
    if low is None or high is None:
        return None
    scale = _read_scale(match["high"]) or 1.0
    if _read_scale(match["low"]) == 1 and low * scale < high:
        low *= scale
    return (low, high) if low < high else None


def has_scale(match: re.Match[str]) -> bool:
    """Whether a number of a match of ``RANGE`` has a multiplier or is a word: «50 mila»."""
    groups = (match[name] for name in ("most", "least", "low", "high"))
    return any(re.search(r"[^\W\d]", number) for number in groups if number)


def _read(number: str) -> float | None:
    """None for what only looks like a number: the pattern ignores case and so takes «ı» for «i»."""
    folded = " ".join(number.lower().split()).rstrip(".")
    if folded in _WORDS:
        return float(_WORDS[folded])
    digits, scale = _DIGITS.match(folded), _read_scale(number)
    value = _SMALL_WORDS.get(folded.split()[0]) if digits is None else _read_digits(digits.group())
    return None if value is None or scale is None else value * scale


def _read_digits(digits: str) -> float | None:
    cents = _CENTS.search(digits)
    whole = re.sub(r"\D", "", digits[: cents.start()] if cents else digits)
    return float(f"{whole}.{cents[1] if cents else 0}") if len(whole) <= MOST_DIGITS else None


def _read_scale(number: str) -> float | None:
    """1 without a multiplier; None for one that is not known."""
    last = re.search(r"([^\W\d]+)\.?$", number.lower())
    return _SCALES.get(last[1]) if last and number.lower().strip(".") not in _WORDS else 1.0
