"""Where a base is to be copied: a second file of settings, compared with the present ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, SecretsSettingsSource
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from kb.messages import N_, ConfigurationError
from kb.setting_errors import invalid_setting
from kb.setting_rules import check_together, require_readable
from kb.settings import Settings
from kb.storage.opening_originals import open_originals

PREFIX = "kb_"
STORES = ("database_", "qdrant_", "files_")
"""Beginnings of the settings that say where a store is. What the file does not name of these has
its default: the data folder."""


def read_target(current: Settings, file: Path) -> Settings:
    """The settings that ``file`` names. All that it does not name is as in ``current``, except the
    stores.

    Raises:
        ConfigurationError: there is no such file, it names an unknown or invalid setting, or the
            settings do not fit together.
    """
    given = _read_file(file)
    if folder := given.get("secrets_dir"):
        given = _read_secrets(Path(folder)) | given
    values = {
        name: field.get_default(call_default_factory=True)
        if name.startswith(STORES)
        else getattr(current, name)
        for name, field in Settings.model_fields.items()
    }
    try:
        target = Settings(**{**values, **given})
    except ValidationError as error:
        # Without the cause, which may contain a secret.
        raise invalid_setting(error.errors()[0], Settings.model_fields) from None
    check_together(target)
    return target


def _read_secrets(folder: Path) -> dict[str, str]:
    """The settings in a folder of secrets, by name in lower case."""
    found: dict[str, str] = SecretsSettingsSource(Settings, require_readable(folder))()
    return found


def _read_file(file: Path) -> dict[str, str]:
    """Values by name of the setting in lower case, without prefix."""
    if not file.is_file():
        raise ConfigurationError(
            N_(
                "There is no file {file}: write the settings of the target into it, such as"
                " {example}."
            ),
            file=str(file),
            example="KB_DATABASE_URL=postgresql+psycopg://kb@db.example/kb",
        )
    try:
        found = DotEnvSettingsSource(Settings, env_file=file).env_vars
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            N_("The file {file} cannot be read ({reason}): write it anew as UTF-8 text."),
            file=str(file),
            reason=str(error),
        ) from error
    given = {
        name.lower().removeprefix(PREFIX): value
        for name, value in found.items()
        if value and name.lower().startswith(PREFIX)
    }
    for name in given.keys() - Settings.model_fields.keys():
        raise ConfigurationError(
            N_("{file} names {name}, which is no setting: see the table in the README."),
            file=str(file),
            name=f"KB_{name.upper()}",
        )
    if not given:
        raise ConfigurationError(
            N_("{file} names no setting: write into it where the target's stores are."),
            file=str(file),
        )
    return given


@dataclass(frozen=True)
class Route:
    """Which stores differ between the settings of the source and those of the target, and so are
    copied."""

    rows: bool
    files: bool
    points: bool

    @classmethod
    def between(cls, source: Settings, target: Settings) -> Route:
        """Raises ConfigurationError if all stores are the same, or a URL is invalid."""
        route = cls(
            rows=_database(source) != _database(target),
            files=_files(source) != _files(target),
            points=_index(source) != _index(target),
        )
        if not (route.rows or route.files or route.points):
            raise ConfigurationError(
                N_(
                    "The target is where the knowledge base is now: name another database, index or"
                    " folder in its settings."
                )
            )
        return route


def _database(settings: Settings) -> str:
    try:
        url = make_url(settings.sql_url)
    except ArgumentError as error:
        raise ConfigurationError(
            N_("The setting {name} is not valid: write it like {example}."),
            name="KB_DATABASE_URL",
            example="postgresql+psycopg://kb@db.example/kb",
        ) from error
    if url.get_backend_name() == "sqlite":
        return str(Path(url.database or "").resolve())
    return f"{url.host}:{url.port or 5432}/{url.database}?{dict(url.query)}"


def _files(settings: Settings) -> str:
    place = open_originals(settings).place
    if (settings.files_url or "").startswith("s3:"):
        return f"{place} of {_address(settings.files_endpoint or settings.files_region or '')}"
    return str(Path(place).resolve())


def _index(settings: Settings) -> str:
    if settings.qdrant_url is None:
        return str(settings.index_dir.resolve())
    return f"{settings.qdrant_prefix} at {_address(settings.qdrant_url)}"


def _address(url: str) -> str:
    """The address of a server as one of its spellings."""
    return str(httpx.URL(url)).rstrip("/")
