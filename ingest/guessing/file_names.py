"""A title from a file name."""

from __future__ import annotations

import re
from pathlib import PurePath

from ingest.extract.shared.about import MAX_TITLE, has_words, sensible_title, words_of_file

_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")
_NUMBER = re.compile(r"^(?!(?:19|20)\d\d\b)\d{1,4}[.)]?\s+(?=\D)")
_COPY = re.compile(
    r"(?:\s*\(\d{1,2}\)|\s+-?\s*(?:copia|copy|kopie|copie)(?: (?:di|of|von))?(?: \d+)?|"
    r"\s+(?:signed|firmato|def(?:initiv[oa])?|rev\.?\s?\d+|v\.?\s?\d+(?:\.\d+)*|ok))$",
    re.IGNORECASE,
)
"""Marks of copies, versions and signatures in file names."""
_SUFFIX = re.compile(r"\.(?:pdf|docx?|odt|ods|xlsx?|pptx?|txt|p7m|zip)$", re.IGNORECASE)


def title_of_name(filename: str, section: str = "") -> str:
    """The words of a file name as a title, without a leading number, trailing copy marks and the
    heading ``section`` at the end. Empty if no words are left."""
    while _SUFFIX.search(PurePath(filename).stem):
        filename = PurePath(filename).stem
    name = words_of_file(filename)
    if " " not in name:
        name = _CAMEL.sub(" ", name)
    while _COPY.search(name):
        name = _COPY.sub("", name)
    if section and name.casefold().endswith(" " + section.casefold()):
        name = name[: -len(section)].strip(" -–,")
    if not has_words(name):
        return ""
    name = _NUMBER.sub("", name)
    return name[:1].upper() + name[1:MAX_TITLE] if sensible_title(name) else ""
