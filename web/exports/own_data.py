"""What the base holds about a person as a ZIP of JSON files."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile


def write_json_zip(found: Mapping[str, Any]) -> bytes:
    """A file for each name; days and times as ISO 8601."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for name, rows in found.items():
            written = json.dumps(rows, ensure_ascii=False, indent=2, default=_plain)
            packed.writestr(f"{name}.json", written)
    return out.getvalue()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)
