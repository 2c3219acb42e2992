"""Parts of an Office Open XML package and their relationships (ECMA-376, part 2)."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.extract.shared.xml_stream import events


@dataclass(frozen=True)
class Relation:
    """A relationship. ``kind``: last segment of its type URI, such as "worksheet" or "chart"."""

    id: str
    kind: str
    part: str


def relations(archive: zipfile.ZipFile, part: str) -> Iterator[Relation]:
    """Relationships of a part to parts of the same package; "" is the package itself."""
    folder, _, name = part.rpartition("/")
    for event, tag, element in events(archive, posixpath.join(folder, "_rels", f"{name}.rels")):
        if event == "start" and tag.endswith("Relationship"):
            if element.get("TargetMode") == "External":
                continue
            target = str(element.get("Target", ""))
            path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = str(element.get("Type", "")).rpartition("/")[2]
            yield Relation(str(element.get("Id", "")), kind, posixpath.normpath(path))


def related(archive: zipfile.ZipFile, part: str, kind: str) -> list[str]:
    """The parts of one kind to which a part has a relationship."""
    return [one.part for one in relations(archive, part) if one.kind == kind]


def main_part(archive: zipfile.ZipFile, usual: str) -> str:
    """The main document part, or ``usual`` if the package names none."""
    return next(iter(related(archive, "", "officeDocument")), usual)
