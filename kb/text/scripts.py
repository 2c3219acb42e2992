"""Which script a text is written in (Unicode blocks)."""

from __future__ import annotations

import re
from collections import Counter

RANGES = {
    "Latin": r"A-Za-z\u00aa\u00ba\u00c0-\u024f\u0250-\u02af\u1e00-\u1eff\u2c60-\u2c7f"
    r"\ua722-\ua7ff\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a",
    "Greek": r"\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": r"\u0400-\u052f\u1c80-\u1c88\ua640-\ua69f",
    "Armenian": r"\u0531-\u058f",
    "Hebrew": r"\u05d0-\u05f4\ufb1d-\ufb4f",
    "Arabic": r"\u0620-\u065f\u066e-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "Devanagari": r"\u0900-\u097f",
    "Bengali": r"\u0980-\u09ff",
    "Gurmukhi": r"\u0a00-\u0a7f",
    "Gujarati": r"\u0a80-\u0aff",
    "Oriya": r"\u0b00-\u0b7f",
    "Tamil": r"\u0b80-\u0bff",
    "Telugu": r"\u0c00-\u0c7f",
    "Kannada": r"\u0c80-\u0cff",
    "Malayalam": r"\u0d00-\u0d7f",
    "Sinhala": r"\u0d80-\u0dff",
    "Thai": r"\u0e00-\u0e7f",
    "Lao": r"\u0e80-\u0eff",
    "Tibetan": r"\u0f00-\u0fff",
    "Myanmar": r"\u1000-\u109f",
    "Georgian": r"\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d25",
    "Ethiopic": r"\u1200-\u137f",
    "Khmer": r"\u1780-\u17ff",
    "Hangul": r"\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3",
    "Kana": r"\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "Han": r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af",
}
WORTH = {"Han": 3, "Kana": 2, "Hangul": 2}
"""Letters of an alphabet that one character is equivalent to."""
LEAST_KANA = 0.05
"""Share of kana from which a text with Chinese characters is Japanese."""
UNKNOWN = "Unknown"

_ANY = re.compile("|".join(f"(?P<{name}>[{chars}]+)" for name, chars in RANGES.items()))
_NO_LATIN = re.compile(r"[^\x00-\u02af\u2000-\u206f\u20a0-\u20bf]")


def main_script(text: str) -> str:
    """The script of most characters ("Latin", "Arabic", "Japanese" …); empty without letters."""
    if not _NO_LATIN.search(text):
        return "Latin" if any(map(str.isalpha, text)) else ""
    counts: Counter[str] = Counter()
    for match in _ANY.finditer(text):
        name = match.lastgroup or ""
        counts[name] += len(match.group()) * WORTH.get(name, 1)
    letters = sum(map(str.isalpha, text))
    if not counts:
        return UNKNOWN if letters else ""
    if counts["Kana"] > LEAST_KANA * (counts["Han"] + counts["Kana"]):
        counts["Japanese"] = counts.pop("Kana") + counts.pop("Han", 0)
    best, count = counts.most_common(1)[0]
    return best if 2 * count >= letters else UNKNOWN
