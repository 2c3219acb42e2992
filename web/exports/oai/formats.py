"""The formats of metadata that can be harvested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kb.harvesting import datacite, dublin_core
from kb.harvesting.dublin_core import Description


@dataclass(frozen=True)
class MetadataFormat:
    """``write(description, year)`` gives the element with the metadata of a record that was last
    changed in that year."""

    schema: str
    namespace: str
    write: Callable[[Description, int], Any]


FORMATS: Mapping[str, MetadataFormat] = {
    "oai_dc": MetadataFormat(
        dublin_core.OAI_DC_SCHEMA,
        dublin_core.OAI_DC,
        lambda description, _: dublin_core.write_oai_dc(description),
    ),
    "oai_datacite": MetadataFormat(
        datacite.OAI_DATACITE_SCHEMA, datacite.OAI_DATACITE, datacite.write_oai_datacite
    ),
}
