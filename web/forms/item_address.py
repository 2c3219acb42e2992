"""Reads which practice or project a person means."""

from __future__ import annotations

import re

_PAGE = re.compile(r"(?:^|/)(?:practices|projects)/([^\s/?#]+)")


def read_item_id(line: str) -> str:
    """The id in the address of a page, with or without host, query and fragment; the line itself if
    it is no such address."""
    found = _PAGE.search(line)
    return found[1] if found else line.removeprefix("/")
