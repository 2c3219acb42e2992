"""Sentences about settings that are not valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo

from kb.messages import N_, ConfigurationError


def invalid_setting(problem: Any, fields: Mapping[str, FieldInfo]) -> ConfigurationError:
    """The message for pydantic's error about one setting."""
    field = str(problem["loc"][0])
    name = f"KB_{field.upper()}"
    if problem["type"] in ("literal_error", "enum"):
        return ConfigurationError(
            N_("The setting {name} is not valid: it is one of {choices}."),
            name=name,
            choices=problem["ctx"]["expected"],
        )
    if examples := fields[field].examples:
        return ConfigurationError(
            N_("The setting {name} is not valid: write it like {example}."),
            name=name,
            example=examples[0],
        )
    return ConfigurationError(
        N_("The setting {name} is not valid: {reason}."), name=name, reason=problem["msg"]
    )
