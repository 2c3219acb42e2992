"""Dublin Core descriptions of documents, practices, projects and collections.

The fifteen elements of the Dublin Core Metadata Element Set 1.1 (ISO 15836-1), each with any number
of values in any language. Types are of the DCMI Type Vocabulary, dates as in W3CDTF; a period is
two of them with a slash between (ISO 8601).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from lxml import etree  # type: ignore[import-untyped]  # lxml comes without types

from kb.citations.csl import NAME, names_of
from kb.domain import CARD_LANGUAGE
from kb.practices.field_texts import country_name
from kb.practices.practice import Practice
from kb.projects.project import Project
from kb.storage.collections import Collection, CollectionKind
from kb.storage.tables import Document
from kb.text.xml_text import drop_non_xml
from kb.vocabulary.vocabularies import load as load_terms

ELEMENTS = (
    "title", "creator", "subject", "description", "publisher", "contributor", "date", "type",
    "format", "identifier", "source", "language", "relation", "coverage", "rights",
)  # fmt: skip
DC = "http://purl.org/dc/elements/1.1/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
OAI_DC_SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
SUBJECT_LANGUAGES = (CARD_LANGUAGE, "en")


class DcElement(NamedTuple):
    """A value of an element. ``language``: code of ISO 639-1, empty where it is no text in one."""

    element: str
    value: str
    language: str = ""


Description = tuple[DcElement, ...]
"""Statements in the order of ``ELEMENTS``, none empty."""


def describe_practice(practice: Practice, address: str, licence: str = "") -> Description:
    """``address``: of its page; ``licence``: under which cards may be reused, as an address.

    The date is that on which a source was last opened.
    """
    places = (practice.place, *practice.other_places)
    opened = practice.reading.opened_on
    return _arrange(
        [
            DcElement("title", practice.title, CARD_LANGUAGE),
            DcElement("title", practice.title_en, "en"),
            DcElement("creator", NAME),
            *_themes(practice.themes),
            *(DcElement("subject", word, CARD_LANGUAGE) for word in practice.keywords),
            DcElement("description", practice.summary, CARD_LANGUAGE),
            DcElement("description", practice.summary_en, "en"),
            DcElement("publisher", NAME),
            DcElement("date", opened.isoformat() if opened else ""),
            DcElement("type", "Text"),
            DcElement("format", "text/html"),
            DcElement("identifier", address),
            *(DcElement("source", _name_source(*one)) for one in _sources(practice)),
            DcElement("language", CARD_LANGUAGE),
            *(
                DcElement("coverage", _join(one.name, one.region, country_name(one.country)))
                for one in places
            ),
            DcElement("coverage", f"{practice.start}/{practice.end or ''}"),
            DcElement("rights", licence),
        ]
    )


def describe_document(document: Document, address: str) -> Description:
    """``address``: of its page here."""
    return _arrange(
        [
            DcElement("title", document.title, document.language),
            *(DcElement("creator", name.filed) for name in names_of(document)),
            *_themes(document.themes),
            DcElement("publisher", document.publisher),
            DcElement("date", f"{document.year:04}" if document.year else ""),
            DcElement("type", "Text"),
            DcElement("format", document.media_type),
            DcElement("identifier", address),
            DcElement("identifier", document.source_url),
            DcElement("language", document.language),
            DcElement("coverage", country_name(document.country) if document.country else ""),
            DcElement("rights", document.licence),
        ]
    )


def describe_project(project: Project, address: str, licence: str = "") -> Description:
    """Practices that it takes up are not named: not all may be seen by everybody."""
    return _arrange(
        [
            DcElement("title", project.title, project.language),
            DcElement("creator", project.lead_body),
            *_themes(project.themes),
            DcElement("description", project.why, project.language),
            DcElement("publisher", NAME),
            DcElement("date", _period(project.started, project.concluded)),
            DcElement("type", "Event"),
            DcElement("format", "text/html"),
            DcElement("identifier", address),
            DcElement("language", project.language),
            DcElement("coverage", _join(project.place_name, project.region, country_name("IT"))),
            DcElement("rights", licence),
        ]
    )


def describe_collection(collection: Collection, address: str, licence: str = "") -> Description:
    """A collection, issue or path, or an event with organiser, people, place, days and recordings.

    ``licence``: where the collection itself names none.
    """
    is_event = collection.kind is CollectionKind.EVENT
    return _arrange(
        [
            DcElement("title", collection.title, collection.language),
            DcElement("title", collection.title_en, "en"),
            DcElement("creator", collection.organiser or NAME),
            DcElement("description", collection.argument, collection.language),
            DcElement("publisher", NAME),
            *(DcElement("contributor", _name_person(person)) for person in collection.people or ()),
            DcElement("date", _days(collection)),
            DcElement("type", "Event" if is_event else "Collection"),
            DcElement("format", "text/html"),
            DcElement("identifier", address),
            DcElement("language", collection.language),
            *(DcElement("relation", one) for one in collection.recordings or ()),
            DcElement("coverage", collection.held_in),
            DcElement("rights", collection.licence or licence),
        ]
    )


def write_oai_dc(description: Description) -> Any:
    """The element ``oai_dc:dc`` that OAI-PMH and others exchange."""
    names = {"oai_dc": OAI_DC, "dc": DC, "xsi": XSI}
    root = etree.Element(f"{{{OAI_DC}}}dc", nsmap=names)
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI_DC} {OAI_DC_SCHEMA}")
    for one in description:
        element = etree.SubElement(root, f"{{{DC}}}{one.element}")
        element.text = one.value
        if one.language:
            element.set(XML_LANGUAGE, one.language)
    return root


def _arrange(statements: Iterable[DcElement]) -> Description:
    """The statements with something in them, without repetitions, in the order of ``ELEMENTS``."""
    clean = (one._replace(value=drop_non_xml(one.value or "").strip()) for one in statements)
    kept = dict.fromkeys(one for one in clean if one.value)
    return tuple(sorted(kept, key=lambda one: ELEMENTS.index(one.element)))


def _themes(slugs: Iterable[str]) -> Iterator[DcElement]:
    terms = load_terms("themes")
    for slug in slugs:
        if slug in terms:
            for language in SUBJECT_LANGUAGES:
                yield DcElement("subject", terms[slug].label(language), language)


def _sources(practice: Practice) -> Iterator[tuple[str, str, int | None, str | None]]:
    return ((one.title, one.publisher, one.year, one.url) for one in practice.sources)


def _name_source(title: str, publisher: str, year: int | None, url: str | None) -> str:
    return ". ".join(str(part) for part in (title, publisher, year, url) if part)


def _name_person(person: dict[str, str]) -> str:
    name, part = person.get("name", ""), person.get("part", "")
    return f"{name} ({part})" if name and part else name


def _join(*parts: str) -> str:
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _days(collection: Collection) -> str:
    if collection.held_on is None:
        return collection.created_at.date().isoformat()
    return _period(collection.held_on, collection.held_until or collection.held_on)


def _period(first: date | None, last: date | None) -> str:
    """A day, or a period with an open end."""
    if first is None:
        return ""
    if first == last:
        return first.isoformat()
    return f"{first.isoformat()}/{last.isoformat() if last else ''}"
