"""Format numbers of cells by their format code, with Italian separators (ECMA-376, part 1,
18.8.31).

Percentages, currencies, thousands, decimals, dates, times and literal text; colours, fill
characters and conditions are ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

MAX_DIGITS = 30
"""Decimals that a format may ask for."""
GENERAL = "General"
EPOCH, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
LAST_DAY = 2_958_466
"""Serial number of the day after 31 December 9999, the last date."""
MONTHS = (
    *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto"),
    *("settembre", "ottobre", "novembre", "dicembre"),
)
WEEKDAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")
BUILT_IN = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '#,##0 "€"',
    6: '#,##0 "€"',
    7: '#,##0.00 "€"',
    8: '#,##0.00 "€"',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "dd/mm/yyyy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "hh:mm",
    21: "hh:mm:ss",
    22: "dd/mm/yyyy hh:mm",
    37: "#,##0",
    38: "#,##0",
    39: "#,##0.00",
    40: "#,##0.00",
    41: "#,##0",
    42: '#,##0 "€"',
    43: "#,##0.00",
    44: '#,##0.00 "€"',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss",
    48: "##0.0E+0",
    49: "@",
}
"""Built-in formats by id, which files do not define; dates and money as in the Italian version."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<padding>_.|\*.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<ampm>AM/PM|A/P)|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?)|(?P<exponent>e\+|e-)|(?P<general>general)"
    r"|(?P<digits>[0#?][0#?,]*(?:\.[0#?]*)?,*|\.[0#?]+,*)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CURRENCY = re.compile(r"\$([^-\]]*)")
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_COMPARE = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
}


@dataclass(frozen=True)
class _Part:
    """A part of a format. ``kind``: text, digits, percent, date, elapsed, ampm, exponent or
    general."""

    kind: str
    text: str


@dataclass(frozen=True)
class _Section:
    parts: tuple[_Part, ...]
    condition: tuple[str, float] | None = None

    @property
    def is_date(self) -> bool:
        return any(part.kind in ("date", "elapsed", "ampm") for part in self.parts)


def shown(value: float, code: str, *, since_1904: bool = False) -> str:
    """The number in its format; without formatting if the format is not supported."""
    section, sign = _choose_section(value, code)
    if section is None or any(part.kind == "general" for part in section.parts):
        return _add_literals(section, general(value))
    if section.is_date:
        moment = moment_of(value, since_1904=since_1904)
        return general(value) if moment is None else _format_date(section, moment, value)
    return _format_number(section, abs(value) if sign else value)


def general(value: float) -> str:
    """A number without format: at most eleven digits, decimal comma."""
    text = f"{value:.11g}" if abs(value) < 1e21 else f"{value:.5e}"
    return text.replace(".", ",")


def is_date_format(code: str) -> bool:
    return any(section.is_date for section in _parse_sections(code)[:1])


def moment_of(value: float, *, since_1904: bool = False) -> datetime | None:
    """Date and time of a serial number of days; None if it is out of range."""
    if not 0 <= value < LAST_DAY:
        return None
    days = (
        value if since_1904 or value >= 60 else value + 1
    )  # Excel counts a 29 February 1900, which did not exist
    epoch = EPOCH_1904 if since_1904 else EPOCH
    return epoch + timedelta(seconds=round(days * 86400, 3))


def date_shown(moment: datetime, code: str) -> str:
    """A moment in its format, or as DD/MM/YYYY if it is not a date format."""
    section = next((one for one in _parse_sections(code)[:1] if one.is_date), None)
    if section is None:
        has_time = (moment.hour, moment.minute, moment.second) != (0, 0, 0)
        section = _parse_sections("dd/mm/yyyy hh:mm" if has_time else "dd/mm/yyyy")[0]
    return _format_date(section, moment, (moment - EPOCH) / timedelta(days=1))


def _choose_section(value: float, code: str) -> tuple[_Section | None, bool]:
    """The section of the format for a number, and whether that section expresses the sign."""
    sections = _parse_sections(code)[:3]
    if not sections:
        return None, False
    for section in sections:
        if section.condition and _COMPARE[section.condition[0]](value, section.condition[1]):
            return section, value < 0
    plain = [section for section in sections if section.condition is None] or sections[-1:]
    if len(plain) < len(sections):
        return plain[-1], False
    if value < 0 and len(plain) > 1:
        return plain[1], True
    return plain[2 if value == 0 and len(plain) > 2 else 0], False


@lru_cache(maxsize=2000)
def _parse_sections(code: str) -> tuple[_Section, ...]:
    sections: list[_Section] = []
    parts: list[_Part] = []
    condition: tuple[str, float] | None = None
    for match in _TOKEN.finditer(code[:500]):
        kind = match.lastgroup or ""
        text = match[kind]
        if kind == "other" and text == ";":
            sections.append(_Section(tuple(_mark_minutes(parts)), condition))
            parts, condition = [], None
        elif kind == "bracket" and (found := _CONDITION.fullmatch(text)):
            condition = (found[1], float(found[2]))
        else:
            parts += _make_parts(kind, text)
    return (*sections, _Section(tuple(_mark_minutes(parts)), condition))


def _make_parts(kind: str, text: str) -> list[_Part]:
    """The parts for one token of a format; none for colours and fill characters."""
    if kind == "padding":
        return [_Part("text", " ")] if text.startswith("_") else []
    if kind == "bracket":
        currency = _CURRENCY.match(text)
        part = _Part("elapsed", text.lower()) if _ELAPSED.fullmatch(text) else None
        return [part] if part else [_Part("text", currency[1])] if currency else []
    if kind == "other":
        kind = {"%": "percent", "@": "general"}.get(text, "text")
    elif kind not in ("date", "ampm", "general", "digits", "exponent"):
        kind = "text"
    return [_Part(kind, text.lower() if kind == "date" else text)]


def _mark_minutes(parts: list[_Part]) -> list[_Part]:
    """Turn ``m`` into minutes after hours and before seconds; elsewhere it means months."""
    out = list(parts)
    clock = [(n, part) for n, part in enumerate(parts) if part.kind in ("date", "elapsed")]
    for index, (n, part) in enumerate(clock):
        if part.kind != "date" or part.text[0] != "m" or len(part.text) > 2:
            continue
        before = clock[index - 1][1].text[0] if index else ""
        after = clock[index + 1][1].text[0] if index + 1 < len(clock) else ""
        if before == "h" or after == "s":
            out[n] = _Part("date", "n" * len(part.text))
    return out


def _add_literals(section: _Section | None, number: str) -> str:
    """The number with the section's literal text around it."""
    if section is None:
        return number
    texts = (number if p.kind == "general" else p.text for p in section.parts)
    return "".join(texts).strip()


def _format_number(section: _Section, value: float) -> str:
    digits = [part for part in section.parts if part.kind == "digits"]
    if not digits:
        return "".join(part.text for part in section.parts).strip()
    if any(part.kind == "exponent" for part in section.parts):
        return _format_scientific(digits[0].text, value)
    if any(part.kind == "text" and "/" in part.text for part in section.parts):
        return general(value)  # fractions are not supported
    percents = sum(part.kind == "percent" for part in section.parts)
    number = Decimal(repr(value)) * 100**percents
    text = _format_digits(digits, number)
    out = [
        text if part is digits[0] else part.text for part in section.parts if part not in digits[1:]
    ]
    shown_text = "".join(out)
    if value < 0:
        shown_text = f"-{shown_text.lstrip()}"
    return " ".join(shown_text.split())


def _format_digits(masks: list[_Part], number: Decimal) -> str:
    """The absolute number with decimals and thousands separators as in the mask."""
    joined = "".join(part.text for part in masks)
    mask = joined.rstrip(",")
    whole, _, fraction = mask.partition(".")
    number = abs(number) / Decimal(1000) ** (len(joined) - len(mask))
    fraction = re.sub(r"[^0#?]", "", fraction)[:MAX_DIGITS]
    rounded = number.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    before, _, after = f"{rounded:f}".partition(".")
    optional = len(fraction) - len(fraction.rstrip("#?"))
    while optional and after.endswith("0"):
        after, optional = after[:-1], optional - 1
    least = whole.count("0")
    before = before.lstrip("0").rjust(least, "0")
    if "," in whole:
        before = _group_thousands(before)
    nothing = "" if "?" in whole else "0"
    return f"{before},{after}" if after else before or nothing


def _group_thousands(digits: str) -> str:
    first = len(digits) % 3
    groups = [digits[:first]] if first else []
    return ".".join([*groups, *(digits[n : n + 3] for n in range(first, len(digits), 3))])


def _format_scientific(mask: str, value: float) -> str:
    decimals = len(mask.partition(".")[2])
    return f"{value:.{decimals}E}".replace(".", ",")


def _format_date(section: _Section, moment: datetime, days: float) -> str:
    halves = any(part.kind == "ampm" for part in section.parts)
    if not any(part.kind == "date" and "." in part.text for part in section.parts):
        moment += timedelta(seconds=0.5)
    out = []
    for part in section.parts:
        match part.kind:
            case "date":
                out.append(_format_date_part(part.text, moment, halves=halves))
            case "elapsed":
                per_day = {"h": 24, "m": 1440, "s": 86400}[part.text[0]]
                out.append(str(int(days * per_day + 1e-6)).rjust(len(part.text), "0"))
            case "ampm":
                out.append("AM" if moment.hour < 12 else "PM")
            case "digits":
                pass
            case _:
                out.append(part.text)
    return " ".join("".join(out).split())


def _format_date_part(code: str, moment: datetime, *, halves: bool) -> str:
    numbers = {
        "m": moment.month,
        "d": moment.day,
        "h": (moment.hour - 1) % 12 + 1 if halves else moment.hour,
        "n": moment.minute,
        "s": moment.second,
    }
    unit, fraction = code[0], code.partition(".")[2]
    if unit == "y":
        return f"{moment:%y}" if len(code) == 2 else str(moment.year)
    if fraction:
        return f"{moment.second:02},{moment.microsecond:06}"[: 3 + len(fraction)]
    if len(code) <= 2 or unit not in "md":
        return f"{numbers[unit]:0{min(len(code), 2)}}"
    name = MONTHS[moment.month - 1] if unit == "m" else WEEKDAYS[moment.weekday()]
    return name[: {3: 3, 5: 1}.get(len(code))]
