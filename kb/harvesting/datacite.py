"""Descriptions as DataCite 4 in the envelope ``oai_datacite``, made from Dublin Core.

The base registers no DOI: the identifier is the address here, with ``identifierType`` URL. DataCite
needs a creator, a publisher and a year: unknown ones are ``:unkn``, ``:unav`` and the year of the
record's last change, as its documentation recommends for legacy records.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

from kb.harvesting.dublin_core import XML_LANGUAGE, XSI, DcElement, Description

OAI_DATACITE = "http://schema.datacite.org/oai/oai-1.1/"
OAI_DATACITE_SCHEMA = "http://schema.datacite.org/oai/oai-1.1/oai.xsd"
KERNEL = "http://datacite.org/schema/kernel-4"
KERNEL_SCHEMA = "http://schema.datacite.org/meta/kernel-4.4/metadata.xsd"
VERSION = "4.4"
SYMBOL = "TERRECOMUNI"
UNKNOWN_CREATOR, UNKNOWN_PUBLISHER = ":unkn", ":unav"
GENERAL_TYPES = {"Text": "Text", "Event": "Event", "Collection": "Collection"}
"""``resourceTypeGeneral`` by the type of DCMI."""
YEAR = re.compile(r"\d{4}")
IS_ADDRESS = re.compile(r"https?://\S+")


def write_oai_datacite(description: Description, changed_in: int) -> Any:
    """The element ``oai_datacite``. ``changed_in``: the year for what has no date of its own."""
    schema = f"{{{XSI}}}schemaLocation"
    root = etree.Element(f"{{{OAI_DATACITE}}}oai_datacite", nsmap={None: OAI_DATACITE, "xsi": XSI})
    root.set(schema, f"{OAI_DATACITE} {OAI_DATACITE_SCHEMA}")
    for name, text in (("schemaVersion", VERSION), ("datacentreSymbol", SYMBOL)):
        etree.SubElement(root, f"{{{OAI_DATACITE}}}{name}").text = text
    payload = etree.SubElement(root, f"{{{OAI_DATACITE}}}payload")
    resource = etree.SubElement(payload, f"{{{KERNEL}}}resource", nsmap={None: KERNEL})
    resource.set(schema, f"{KERNEL} {KERNEL_SCHEMA}")
    _Resource(resource, description).write(changed_in)
    return root


class _Resource:
    """Writes the children of ``resource``."""

    def __init__(self, resource: Any, description: Description) -> None:
        self._resource = resource
        self._description = description

    def write(self, changed_in: int) -> None:
        first, *others = self._of("identifier")
        self._add(self._resource, "identifier", first.value, identifierType="URL")
        creators = self._group("creators", self._of("creator") or [_unknown("creator")])
        for group, one in creators:
            self._add(self._add(group, "creator"), "creatorName", one.value)
        self._write_all("titles", "title", self._of("title"))
        publishers = self._of("publisher") or [DcElement("publisher", UNKNOWN_PUBLISHER)]
        self._add(self._resource, "publisher", publishers[0].value)
        self._add(self._resource, "publicationYear", self._find_year(changed_in))
        kind = next((one.value for one in self._of("type")), "Text")
        general = GENERAL_TYPES.get(kind, "Other")
        self._add(self._resource, "resourceType", kind, resourceTypeGeneral=general)
        self._write_all("subjects", "subject", self._of("subject"))
        for group, one in self._group("contributors", self._of("contributor")):
            contributor = self._add(group, "contributor", contributorType="Other")
            self._add(contributor, "contributorName", one.value)
        self._write_rest(others)

    def _write_rest(self, others: list[DcElement]) -> None:
        self._write_all("dates", "date", self._of("date"), dateType="Other")
        for one in self._of("language")[:1]:
            self._add(self._resource, "language", one.value)
        named = {"alternateIdentifierType": "URL"}
        self._write_all("alternateIdentifiers", "alternateIdentifier", others, **named)
        related = [one for one in self._of("relation") if IS_ADDRESS.fullmatch(one.value)]
        kind = {"relatedIdentifierType": "URL", "relationType": "References"}
        self._write_all("relatedIdentifiers", "relatedIdentifier", related, **kind)
        self._write_all("formats", "format", self._of("format"))
        for group, one in self._group("rightsList", self._of("rights")):
            address = {"rightsURI": one.value} if IS_ADDRESS.fullmatch(one.value) else {}
            self._add(group, "rights", one.value, **address)
        described = self._of("description")
        self._write_all("descriptions", "description", described, descriptionType="Abstract")
        places = [one for one in self._of("coverage") if not YEAR.match(one.value)]
        for group, one in self._group("geoLocations", places):
            self._add(self._add(group, "geoLocation"), "geoLocationPlace", one.value)

    def _of(self, element: str) -> list[DcElement]:
        return [one for one in self._description if one.element == element]

    def _find_year(self, changed_in: int) -> str:
        found = (YEAR.match(one.value) for one in self._of("date"))
        return next((match[0] for match in found if match), f"{changed_in:04}")

    def _group(self, name: str, statements: list[DcElement]) -> list[tuple[Any, DcElement]]:
        """A new group of this name with each statement; nothing without statements."""
        if not statements:
            return []
        group = self._add(self._resource, name)
        return [(group, one) for one in statements]

    def _write_all(
        self, group: str, name: str, statements: list[DcElement], **attributes: str
    ) -> None:
        for parent, one in self._group(group, statements):
            element = self._add(parent, name, one.value, **attributes)
            if one.language:
                element.set(XML_LANGUAGE, one.language)

    def _add(self, parent: Any, name: str, text: str = "", **attributes: str) -> Any:
        element = etree.SubElement(parent, f"{{{KERNEL}}}{name}", attributes)
        element.text = text or None
        return element


def _unknown(element: str) -> DcElement:
    return DcElement(element, UNKNOWN_CREATOR)
