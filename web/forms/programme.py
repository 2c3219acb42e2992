"""Reads and writes the programme of an event: a line for each row, ``9:30–10:15 what | who``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from typing import Any

from kb.messages import N_, Message
from kb.text.lines import one_line

MOST_ROWS = 200
LONGEST = 500
"""Characters of a line."""
_HOUR = r"(\d{1,2})[:.](\d{2})"
_ROW = re.compile(rf"{_HOUR}(?:\s*[-–—]\s*{_HOUR})?\s+(\S.*)")
_ITALIAN_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


def read_programme(text: str, found: dict[str, Message]) -> list[dict[str, Any]]:
    """The rows; ``found`` gets an error for a line that is none. A line with a day alone begins
    that day's rows."""
    rows: list[dict[str, Any]] = []
    day = ""
    for line in filter(None, map(one_line, text.splitlines())):
        if own := _read_day(line):
            day = own
            continue
        row = _read_row(line, day)
        if row is None:
            found["programme"] = Message(
                N_(
                    "“{line}” is no line of a programme: write for example 9:30–10:15 Title | Name."
                ),
                {"line": line[:100]},
            )
        else:
            rows.append(row)
    if len(rows) > MOST_ROWS or any(len(line) > LONGEST for line in text.splitlines()):
        limits = {"most": MOST_ROWS, "max_length": LONGEST}
        found["programme"] = Message(
            N_("Too long: at most {most} lines of at most {max_length} characters."), limits
        )
    return rows


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
    italian = _ITALIAN_DAY.fullmatch(line)
    try:
        if italian:
            return date(int(italian[3]), int(italian[2]), int(italian[1])).isoformat()
        return date.fromisoformat(line).isoformat()
    except ValueError:
        return ""
