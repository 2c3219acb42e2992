"""Ids that people read in addresses: made of the words of a title."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count

from slugify import slugify as _slugify

_AS_HYPHENS = (("’", "-"), (",", "-"))
"""Signs that separate words or digits, which the library would drop."""


def slugify(text: str, longest: int = 70) -> str:
    """Lower-case Latin letters, digits and single hyphens; other scripts are transliterated.

    At most ``longest`` characters; may be empty.
    """
    return _slugify(text, max_length=longest, replacements=_AS_HYPHENS)


def number_until_free(wanted: str, taken: Collection[object]) -> str:
    """``wanted``, or ``wanted-2``, ``wanted-3`` and so on: the first that is not taken."""
    numbered = (f"{wanted}-{number}" for number in count(2))
    return wanted if wanted not in taken else next(one for one in numbered if one not in taken)
