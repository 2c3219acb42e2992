"""Write references as BibTeX, RIS or CSL-JSON files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from kb.citations.csl import Reference, accessed_on, authors_of, keys, year_of

BIBTEX_TYPES = {"report": "techreport"}
RIS_TYPES = {"report": "RPRT", "webpage": "ELEC", "entry": "ELEC"}

BIBTEX_SIGNS = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        **{sign: "\\" + sign for sign in "&%$#_"},
    }
)
"""BibTeX escapes. Braces are written as commands, because BibTeX counts them even after a
backslash."""

URL_SIGNS = "!#$%&'()*+,-./:;=?@[]_~"
"""Characters of an address that are not percent-encoded."""


@dataclass(frozen=True)
class ReferenceFormat:
    """A reference format: file suffix, media type and writer."""

    suffix: str
    media_type: str
    write: Callable[[Sequence[Reference]], str]


def bibtex(references: Sequence[Reference]) -> str:
    """BibTeX in UTF-8; titles in braces, which keep capitals."""
    entries = zip(keys(references), references, strict=True)
    return "\n".join(_bibtex_entry(key, item) for key, item in entries)


def _bibtex_entry(key: str, item: Reference) -> str:
    kind = BIBTEX_TYPES.get(item["type"], "misc")
    fields = {
        "title": "{" + _bibtex_text(item["title"]) + "}",
        "author": " and ".join(_bibtex_author(author) for author in item.get("author", ())),
        "institution" if kind == "techreport" else "publisher": _bibtex_text(
            item.get("publisher", "")
        ),
        "year": year_of(item),
        "language": item.get("language", ""),
        "url": quote(item.get("URL", ""), safe=URL_SIGNS),
        "urldate": accessed_on(item, "-"),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{kind}{{{key},\n{lines}}}\n"


def _bibtex_text(text: str) -> str:
    return " ".join(text.split()).translate(BIBTEX_SIGNS)


def _bibtex_author(author: Mapping[str, str]) -> str:
    """A name; without separate parts it is put in braces, so that BibTeX does not split it."""
    if "literal" in author:
        return "{" + _bibtex_text(author["literal"]) + "}"
    parts = (author["family"], author.get("given", ""))
    return ", ".join(_bibtex_text(part) for part in parts if part)


def ris(references: Sequence[Reference]) -> str:
    """RIS (Research Information Systems): one tag per line, CRLF."""
    records = zip(keys(references), references, strict=True)
    return "".join(_ris_record(key, item) for key, item in records)


def _ris_record(key: str, item: Reference) -> str:
    tags = [
        ("TY", RIS_TYPES.get(item["type"], "GEN")),
        ("ID", key),
        ("TI", item["title"]),
        *(("AU", author) for author in authors_of(item)),
        ("PB", item.get("publisher", "")),
        ("PY", year_of(item)),
        ("LA", item.get("language", "")),
        ("UR", item.get("URL", "")),
        ("Y2", accessed_on(item, "/")),
    ]
    lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in tags if value]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def csl_json(references: Sequence[Reference]) -> str:
    return json.dumps(list(references), ensure_ascii=False, indent=2) + "\n"


FORMATS: Mapping[str, ReferenceFormat] = {
    one.suffix: one
    for one in (
        ReferenceFormat("bib", "application/x-bibtex", bibtex),
        ReferenceFormat("ris", "application/x-research-info-systems", ris),
        ReferenceFormat("json", "application/vnd.citationstyles.csl+json", csl_json),
    )
}
