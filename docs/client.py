"""Writes the Python client of the JSON API: ``python -m docs.client FOLDER``.

It is generated from the OpenAPI description by openapi-python-client, without a network.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import ErrorLevel, GeneratorError

from kb.runtime.services import open_services
from kb.settings import Settings
from web.app import create_app

PROJECT = "terre-comuni-kb-client"
PACKAGE = "terre_comuni_kb_client"
FOLDER = Path("build/client")


def describe_api() -> dict[str, Any]:
    """The OpenAPI description."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), worker=False)
        with open_services(settings, own=True) as services:
            return create_app(services).openapi()


def write_client(description: dict[str, Any], folder: Path) -> list[GeneratorError]:
    """Write the package to ``folder``, in place of what is there. Returns what the generator could
    not express, which the client then lacks."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "openapi.json"
        source.write_text(json.dumps(_name_files(description)), "utf-8")
        wanted = ConfigFile(
            project_name_override=PROJECT,
            package_name_override=PACKAGE,
            post_hooks=[],
            docstrings_on_attributes=True,
        )
        config = Config.from_sources(
            wanted, MetaType.SETUP, source, "utf-8", overwrite=True, output_path=folder
        )
        return list(generate(config=config))


def _name_files(described: Any) -> Any:
    """Files as the generator knows them: OpenAPI 3.0 had ``format: binary`` for what 3.1 calls a
    media type."""
    if isinstance(described, list):
        return [_name_files(one) for one in described]
    if not isinstance(described, dict):
        return described
    named = {name: _name_files(value) for name, value in described.items()}
    return named | {"format": "binary"} if "contentMediaType" in named else named


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.parent.mkdir(parents=True, exist_ok=True)
    found = write_client(describe_api(), folder)
    for one in found:
        print(one.header, one.detail, sep="\n", file=sys.stderr)
    return int(any(one.level is ErrorLevel.ERROR for one in found))


if __name__ == "__main__":
    raise SystemExit(main())
