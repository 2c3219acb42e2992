"""Reads and writes the programme of an event: a line for each row, ``9:30–10:15 what | who``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from functools import cache
from typing import Any

from babel.dates import get_month_names

from kb.messages import N_, Message
from kb.text.lines import one_line

MOST_ROWS = 200
LONGEST = 500
"""Characters of a line."""
_HOUR = r"(\d{1,2})[:.](\d{2})"
_ROW = re.compile(rf"{_HOUR}(?:\s*[-–—]\s*{_HOUR})?\s+(\S.*)")
_NUMERIC_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_WORDY_DAY = re.compile(r"(?:[^\W\d]+,?\s+)?(\d{1,2})[°º.]?\s+([^\W\d]+)\s+(\d{4})")
"""With or without the day of the week: ``venerdì 9 maggio 2025``."""
MOST_NAMED = 5
"""Wrong lines that an error names."""


def read_programme(text: str, found: dict[str, Message]) -> list[dict[str, Any]]:
    """The rows; ``found`` gets an error that names the lines that are none, and a day without rows.
    A line with a day alone begins that day's rows."""
    rows: list[dict[str, Any]] = []
    wrong: list[str] = []
    day = empty_day = ""
    for line in filter(None, map(one_line, text.splitlines())):
        if own := _read_day(line):
            wrong += [empty_day] if empty_day else []
            day, empty_day = own, line
            continue
        empty_day = ""
        row = _read_row(line, day)
        if row is None:
            wrong.append(line)
        else:
            rows.append(row)
    wrong += [empty_day] if empty_day else []
    if wrong:
        found["programme"] = _name_wrong(wrong)
    if len(rows) > MOST_ROWS or any(len(line) > LONGEST for line in text.splitlines()):
        limits = {"most": MOST_ROWS, "max_length": LONGEST}
        found["programme"] = Message(
            N_("Too long: at most {most} lines of at most {max_length} characters."), limits
        )
    return rows


def _name_wrong(lines: Sequence[str]) -> Message:
    named = "”, “".join(line[:100] for line in lines[:MOST_NAMED])
    return Message(
        N_(
            "Not understood, or a day without lines: “{lines}”. Write for example 9:30–10:15 Title "
            "| Name; a line with a day alone, for example 9/5/2025, stands before the lines of "
            "that day."
        ),
        {"lines": named},
    )


def write_programme(rows: Sequence[dict[str, Any]]) -> str:
    """The text that ``read_programme`` reads."""
    lines, day = [], ""
    for row in rows:
        if row["day"] != day:
            day = row["day"]
            lines.append(day)
        hours = f"{row['begins']}–{row['ends']}" if row["ends"] else row["begins"]
        who = f" | {row['who']}" if row["who"] else ""
        lines.append(f"{hours} {row['what']}{who}")
    return "\n".join(lines)


def _read_row(line: str, day: str) -> dict[str, Any] | None:
    parts = _ROW.fullmatch(line)
    if parts is None:
        return None
    try:
        begins = time(int(parts[1]), int(parts[2]))
        ends = time(int(parts[3]), int(parts[4])) if parts[3] else None
    except ValueError:
        return None
    what, _, who = parts[5].partition("|")
    if not what.strip():
        return None
    return {
        "day": day,
        "begins": begins.strftime("%H:%M"),
        "ends": ends.strftime("%H:%M") if ends else "",
        "what": what.strip(),
        "who": who.strip(),
    }


def _read_day(line: str) -> str:
    """The day of a line that holds nothing else, as ISO text; empty for any other line."""
    numeric, wordy = _NUMERIC_DAY.fullmatch(line), _WORDY_DAY.fullmatch(line)
    try:
        if numeric:
            return date(int(numeric[3]), int(numeric[2]), int(numeric[1])).isoformat()
        if wordy:
            month = _months()[wordy[2].casefold()]
            return date(int(wordy[3]), month, int(wordy[1])).isoformat()
        return date.fromisoformat(line).isoformat()
    except (KeyError, ValueError):
        return ""


@cache
def _months() -> dict[str, int]:
    """Names of months in the languages of the screens, in lower case."""
    return {
        name.casefold(): month
        for language in ("it", "en")
        for width in ("wide", "abbreviated")
        for month, name in get_month_names(width, locale=language).items()
    }
