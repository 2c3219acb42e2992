"""Small PDF files for tests that add documents."""

from __future__ import annotations

import json
from collections.abc import Iterable

import typst

TEMPLATE = b"""
#let texts = json(bytes(sys.inputs.texts))
#for (number, words) in texts.enumerate() {
  if number > 0 { pagebreak() }
  if words != "" { words } else { [] }
}
"""


def write_pdf(texts: Iterable[str]) -> bytes:
    """A PDF with a page for each text; a page for an empty text is empty."""
    made = typst.compile(
        TEMPLATE,
        ignore_system_fonts=True,
        sys_inputs={"texts": json.dumps(list(texts))},
        format="pdf",
        timestamp=0,
    )
    assert isinstance(made, bytes)
    return made
