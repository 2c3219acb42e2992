"""Text that XML 1.0 can hold."""

from __future__ import annotations

import re

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def drop_non_xml(text: str) -> str:
    """The text without the characters that XML 1.0 does not allow: most control characters, halves
    of surrogate pairs, U+FFFE and U+FFFF."""
    return _NOT_XML.sub("", text)
