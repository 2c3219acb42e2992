"""Signed files: read the document inside."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from ingest.extract.extracted import Extracted, ExtractRequest
from ingest.extract.mail.cms import inner_name, unwrap
from ingest.extract.registry import extract


def extract_signed(source: ExtractRequest) -> Extracted:
    """Read the signed document and its signatures."""
    signed = unwrap(source.path.read_bytes())
    with tempfile.TemporaryDirectory(prefix="signed-") as folder:
        path = Path(folder, "document")
        path.write_bytes(signed.content)
        name = inner_name(source.filename)
        extracted = extract(path, name, source.settings, source.on_page, source.avoid)
    return replace(extracted, signatures=(*signed.signatures, *extracted.signatures))
