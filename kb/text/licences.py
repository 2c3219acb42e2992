"""Which licences let everybody read, copy and pass on a text."""

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
