"""Rules of single settings and of settings that go together."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from kb.messages import N_, ConfigurationError

_PLACE_OF_FILES = re.compile(r"file:///[^?#]+|s3://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/[^?#]*)?")


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


def require_readable(folder: Path) -> Path:
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


def make_absolute(value: Path) -> Path:
    """The path made absolute, because child processes run in another folder."""
    return Path(os.path.abspath(value.expanduser()))


def make_model_absolute(value: str) -> str:
    """The same for a model that is a folder."""
    folder = Path(value).expanduser()
    return os.path.abspath(folder) if value != "bundled" and folder.is_dir() else value


def require_mail_server(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not names_host(value.get_secret_value(), "smtp", "smtps"):
        raise ValueError("no mail server")
    return value


def require_rate_storage(value: SecretStr | None) -> SecretStr | None:
    named = value.get_secret_value() if value else "memory"
    if named not in ("memory", "database") and not names_host(named, "redis", "rediss"):
        raise ValueError("no storage of rate limits")
    return value


def require_time_zone(value: str) -> str:
    if not is_time_zone(value):
        raise ValueError("no time zone")
    return value


def require_place(value: str | None) -> str | None:
    """The address of a folder or of a bucket."""
    if value is not None and not _PLACE_OF_FILES.fullmatch(value):
        raise ValueError("no place of files")
    return value


def require_address(value: str | None) -> str | None:
    if value is not None and not names_host(value, "http", "https"):
        raise ValueError("no address")
    return value


def require_site(value: str | None) -> str | None:
    """The address of the site as browsers write it in ``Origin``: in small letters, without the
    usual port and without a slash at the end."""
    address = require_address(value)
    if not address:
        return address
    scheme, host = address.rstrip("/").lower().split("://")
    usual = {"http": ":80", "https": ":443"}[scheme]
    return f"{scheme}://{host.removesuffix(usual)}"


def require_place_of_files(settings: Any) -> None:
    """Raises ConfigurationError if the settings of the originals do not fit together."""
    key = settings.files_access_key_id
    service = settings.files_endpoint or settings.files_region
    if bool(key) != bool(settings.files_secret_access_key):
        raise ConfigurationError(
            N_(
                "KB_FILES_ACCESS_KEY_ID and KB_FILES_SECRET_ACCESS_KEY go together: set both or "
                "neither."
            )
        )
    is_bucket = (settings.files_url or "").startswith("s3:")
    if (service or key) and not is_bucket:
        raise ConfigurationError(
            N_(
                "KB_FILES_ENDPOINT, KB_FILES_REGION and the key belong to a bucket: name it in "
                "KB_FILES_URL like {example}, or unset them."
            ),
            example="s3://bucket/folder",
        )
    if is_bucket and not service:
        raise ConfigurationError(
            N_(
                "KB_FILES_URL names a bucket: set KB_FILES_ENDPOINT to the address of the service, "
                "or KB_FILES_REGION for Amazon's."
            )
        )


def check_together(settings: Any) -> None:
    """Check settings that need others. Raises ConfigurationError."""
    require_place_of_files(settings)
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
