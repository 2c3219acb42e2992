"""What forms and addresses of pictures share."""

from __future__ import annotations

import enum

LICENCES = ("CC BY 4.0", "CC BY-SA 4.0", "CC0 1.0", "Public Domain Mark 1.0", "IODL 2.0")
"""Offered by the forms; others may be typed."""


class Size(enum.StrEnum):
    LARGE = "large"
    SMALL = "small"
