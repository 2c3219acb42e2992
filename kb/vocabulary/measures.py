"""The vocabulary ``measures``: what results measure, with unit and better direction.

Only results of the same measure are compared with each other or said to disagree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

_SCALE = re.compile(
    r"^(?:(?:milion[ei]|miliard[oi]|migliaia|mila|mln|mld)\s+(?:di\s+|d['’]\s*)?|"
    r"(?:thousand|million|billion)\s+(?:of\s+)?)",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"\b[kMGT](?=W(?:h|p)?\b)")
_PEAK = re.compile(r"\bWp\b")


@dataclass(frozen=True)
class Measure:
    """``unit``: by language. ``better``: term of ``betters``. ``aggregable``: whether values of
    several practices can be added up. ``bounded``: whether a percentage ends at 100."""

    slug: str
    unit: Mapping[str, str]
    better: str
    aggregable: bool
    bounded: bool


@cache
def load_measures() -> Mapping[str, Measure]:
    """All measures by slug."""
    text = files("kb.vocabulary").joinpath("measures.yaml").read_text("utf-8")
    entries: dict[str, dict[str, Any]] = yaml.load(text, yaml.CSafeLoader)
    return MappingProxyType(
        {
            slug: Measure(
                slug,
                MappingProxyType(dict(entry["unit"])),
                str(entry["better"]),
                bool(entry["aggregable"]),
                bool(entry.get("bounded", True)),
            )
            for slug, entry in entries.items()
        }
    )


def plain_unit(unit: str) -> str:
    """A unit without its scale: «milioni di euro» and «euro», «GWh» and «kWh» give the same."""
    unscaled = _PEAK.sub("W", _PREFIX.sub("", _SCALE.sub("", unit.strip())))
    return " ".join(unscaled.casefold().split())


def fits(measure: Measure, unit: str, language: str = "it") -> bool:
    """Whether a result of the measure may have this unit: the measure's own, at any scale."""
    return plain_unit(unit) == plain_unit(measure.unit[language])
