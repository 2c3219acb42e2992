"""What files say about themselves, believed only as far as it makes sense."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

MAX_TITLE = 300
MAX_AUTHORS = 20
LONGEST_LINE = 2000

_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffd]+"
)
_PROGRAM = re.compile(r"^microsoft (?:word|powerpoint|excel|publisher)\s*-\s*", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"(?:.*\.(?:docx?|dotx?|pdf|indd|pptx?|xlsx?|qxd|odt|odp|rtf|pub|ai|tex|html?|cdr|md|txt)"
    r"|(?:untitled|senza titolo|ohne titel|sans titre|sin t[ií]tulo|no title).*"
    r"|(?:powerpoint[- ]pr[aeä]sentation|presentazione (?:standard )?di powerpoint"
    r"|pr[eé]sentation powerpoint|presentaci[oó]n de powerpoint)"
    r"|(?:document|documento|layout|slide|diapositiva|folie|foglio|sheet)\s*\d*"
    r"|[\W\d_]*|\S*_\S*)",
    re.IGNORECASE,
)
_WORD_BREAK = re.compile(r"[_+\s]+|(?<!\d)-+|-+(?!\d)")
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)(?:19[5-9]\d|20\d\d)(?!\d)")


def one_line(text: object) -> str:
    """Text of unknown origin as one clean line; empty for anything that is not text."""
    if not isinstance(text, str):
        return ""
    return " ".join(_UNSEEN.sub(" ", text[:LONGEST_LINE]).split())


def sensible_title(text: object) -> str:
    """A title, or nothing where programs wrote their own name or the file's."""
    title = _PROGRAM.sub("", one_line(text))
    return "" if _NO_TITLE.fullmatch(title) or len(title) < 4 else title[:MAX_TITLE]


def title_of_file(filename: str) -> str:
    """The words of a file's name, where it has two, or one and a date or the like."""
    name = _WORD_BREAK.sub(" ", one_line(PurePath(filename).stem)).strip()
    words = [word for word in name.split() if word.isalpha() and len(word) > 2]
    dated = len(_DIGIT.findall(name)) >= 4 and any(len(word) > 4 for word in words)
    return name[:1].upper() + name[1:MAX_TITLE] if len(words) > 1 or dated else ""


def sensible_authors(names: Sequence[object]) -> tuple[str, ...]:
    """People and bodies with at least two words to their name: one word is mostly a login."""
    found = (one_line(name) for name in names)
    parts = (
        part.strip(" ,") for name in found for part in re.split(r";|\s+(?:and|und|et|y|e)\s+", name)
    )
    real = (part for part in parts if " " in part and sum(map(str.isalpha, part)) > 4)
    return tuple(dict.fromkeys(part[:MAX_TITLE] for part in real))[:MAX_AUTHORS]


def sensible_year(*sources: object) -> int | None:
    """The latest year named by the first source, best first, that names any."""
    for source in sources:
        years = [int(year) for year in _YEAR.findall(one_line(source))]
        if years:
            return max(years)
    return None


def sensible_language(code: object) -> str:
    """``it`` of ``it-IT``; empty where it is no language tag."""
    match = re.match(r"([A-Za-z]{2,3})(?:[-_]|$)", one_line(code))
    return match[1].lower() if match else ""
