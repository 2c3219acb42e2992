"""Author names as data: people with family and given name, bodies with one literal name."""

from __future__ import annotations

from kb.text.names.lists import names_in, parts_of
from kb.text.names.name import Name, as_name, body, person, read_name

__all__ = ["Name", "as_name", "body", "names_in", "parts_of", "person", "read_name"]
