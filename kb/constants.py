"""Units that several packages count in."""

MEGABYTE = 1024 * 1024
"""Bytes."""
A_DAY_S = 24 * 3600
A_YEAR_S = 365 * A_DAY_S
