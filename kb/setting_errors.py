"""Which settings are valid, and sentences about those that are not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic.fields import FieldInfo

from kb.messages import N_, ConfigurationError


def names_host(address: str, *schemes: str) -> bool:
    """Whether this is an address of a server in one of the schemes."""
    try:
        parts = urlsplit(address)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is not a number from 0 to 65535
        return False


def is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # raised for a folder, a path, an unknown name
        return False
    return True


def readable(folder: Path) -> Path:
    """The folder of secrets.

    Raises:
        ConfigurationError: it is none, or a file in it cannot be read.
    """
    try:
        for path in folder.iterdir():
            if path.is_file():
                path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            N_("The secrets in {folder} cannot be read ({reason}): check KB_SECRETS_DIR."),
            folder=str(folder),
            reason=str(error),
        ) from error
    return folder


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


def check_together(settings: Any) -> None:
    """Check settings that need others. Raises ConfigurationError."""
    if bool(settings.oidc_issuer) != bool(settings.oidc_client_id):
        raise ConfigurationError(
            N_("KB_OIDC_ISSUER and KB_OIDC_CLIENT_ID go together: set both or neither.")
        )
    if bool(settings.llm_url) != bool(settings.llm_model):
        raise ConfigurationError(
            N_("KB_LLM_URL and KB_LLM_MODEL go together: set both or neither.")
        )
    if settings.fetch and not (settings.fetch_contact or settings.public_url):
        raise ConfigurationError(
            N_(
                "KB_FETCH needs KB_FETCH_CONTACT: a mail address or a web page, for those who "
                "run the sites that are asked."
            )
        )
