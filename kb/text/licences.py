"""Licences as people name them: whether they are open, and the address of their text."""

from __future__ import annotations

import re

_CREATIVE_COMMONS = re.compile(
    r"\bcc[- ]?by(?:[- ]sa)?\b|\bcc[- ]?0\b|/licenses/by(?:-sa)?/|"
    r"\bcreative commons (?:attribution|attribuzione|namensnennung)\b",
    re.IGNORECASE,
)
_RESTRICTED = re.compile(r"\b(?:nc|nd|non[- ]?commercial\w*|no[- ]?deriv\w*)\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"\biodl\b|\bodbl\b|\bodc[- ]by\b|\bogl\b|\bopen government licen[cs]e\b|"
    r"\blicence ouverte\b|\bdl-de/(?:by|zero)\b|\bpublic domain\b|\bpubblico dominio\b|"
    r"\bdominio pubblico\b|/publicdomain/",
    re.IGNORECASE,
)


def is_open(licence: str) -> bool:
    """Whether a licence is open, by its name or address: CC0, CC BY, CC BY-SA, IODL, OGL…"""
    if _RESTRICTED.search(licence):
        return False
    return bool(_CREATIVE_COMMONS.search(licence) or _OTHERS.search(licence))


_BY = re.compile(
    r"\bcc[- ]by((?:[- ](?:nc|nd|sa))*)[- ]v?(\d\.\d)(?:[- ]([a-z]{2}))?\b", re.IGNORECASE
)
_KNOWN_TEXTS = (
    (re.compile(r"\bcc[- ]?0\b|\bcc zero\b", re.IGNORECASE), "publicdomain/zero/1.0/"),
    (re.compile(r"\bpublic domain mark\b", re.IGNORECASE), "publicdomain/mark/1.0/"),
    (re.compile(r"\biodl[- ]?v?2", re.IGNORECASE), "https://www.dati.gov.it/iodl/2.0/"),
    (
        re.compile(r"\b(?:ogl|open government licen[cs]e)[- ]v?3", re.IGNORECASE),
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    ),
    (re.compile(r"\bodbl\b", re.IGNORECASE), "https://opendatacommons.org/licenses/odbl/1-0/"),
    (
        re.compile(r"\blicence ouverte\b.*\b2", re.IGNORECASE),
        "https://spdx.org/licenses/etalab-2.0.html",
    ),
    (re.compile(r"\bdl-de/by-2", re.IGNORECASE), "https://www.govdata.de/dl-de/by-2-0"),
)
_ADDRESS = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[\w./~%+-]*)?", re.ASCII)
_LONG_NAMES = (
    (re.compile(r"\bcreative commons\b", re.IGNORECASE), "cc"),
    (re.compile(r"\b(?:attribution|attribuzione|by)\b", re.IGNORECASE), "by"),
    (re.compile(r"\b(?:share[- ]?alike|condividi allo stesso modo)\b", re.IGNORECASE), "sa"),
    (re.compile(r"\b(?:non[- ]?commercial|non commerciale)\b", re.IGNORECASE), "nc"),
    (re.compile(r"\b(?:no[- ]?deriv\w*|non opere derivate)\b", re.IGNORECASE), "nd"),
    (re.compile(r"\b(?:international|internazionale|generic)\b", re.IGNORECASE), ""),
)


def find_licence_address(licence: str) -> str:
    """The address of a licence's text, of its name or in it; empty where it is not certain, as for
    «CC BY» without a version."""
    if found := _ADDRESS.search(licence):
        return found.group()
    short = licence
    for name, abbreviation in _LONG_NAMES:
        short = name.sub(abbreviation, short)
    short = re.sub(r"[\s-]+", " ", short)
    if found := _BY.search(short):
        kinds = "-".join(["by", *re.split(r"[- ]", found[1].lower())[1:]])
        country = f"{found[3].lower()}/" if found[3] else ""
        return f"https://creativecommons.org/licenses/{kinds}/{found[2]}/{country}"
    known = next((text for name, text in _KNOWN_TEXTS if name.search(licence)), "")
    return f"https://creativecommons.org/{known}" if known.startswith("publicdomain") else known


_NAMED = re.compile(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)(?:/([a-z]{2}))?\b")


def name_licence(address: str) -> str:
    """«CC BY-SA 4.0» for the address of a Creative Commons licence; any other address itself."""
    if found := _NAMED.search(address):
        return f"CC {found[1].upper()} {found[2]} {(found[3] or '').upper()}".strip()
    return "CC0 1.0" if "/publicdomain/zero/" in address else address
