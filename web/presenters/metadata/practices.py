"""A practice in the words of schema.org."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.domain import Kind
from kb.practices.parts import MeasuredResult, PracticePlace, Source
from kb.practices.practice import Practice
from kb.storage.pictures import PracticePicture
from kb.storage.tables import PracticeRow
from kb.text.licences import find_licence_address
from kb.vocabulary.vocabularies import label
from web.presenters import queries
from web.presenters.tiles import figure
from web.rendering.i18n import Locale
from web.rendering.metadata import MetaImage, Node, PageMetadata, SiteFacts, TypedLink, shorten
from web.rendering.titles import place_name, summary_of, title_of


def describe_practice(session: Session, facts: SiteFacts, practice_id: str) -> PageMetadata | None:
    row = queries.find_item(session, PUBLIC, practice_id, Kind.PRACTICE)
    if not isinstance(row, PracticeRow):
        return None
    practice = queries.read_practices(session, PUBLIC, [row])[0]
    address = f"{facts.address}/practices/{practice_id}"
    title, summary = title_of(practice, facts.reader), summary_of(practice, facts.reader)
    picture = queries.find_picture(session, practice_id)
    modified = max(row.created_at, row.updated_at)
    node = {
        "@type": "Article",
        "@id": address,
        "url": address,
        "mainEntityOfPage": address,
        "headline": title.text,
        "name": title.text,
        "description": summary.text,
        "inLanguage": title.language,
        "author": facts.publisher,
        "publisher": facts.publisher,
        "datePublished": row.created_at.isoformat(),
        "dateModified": modified.isoformat(),
        "license": facts.licence,
        "isAccessibleForFree": True,
        "isPartOf": facts.website,
        "about": [
            {"@type": "Thing", "name": label("themes", one, facts.reader.code)}
            for one in practice.themes
        ],
        "keywords": list(practice.keywords),
        "spatialCoverage": [
            describe_place(one, facts.reader) for one in (practice.place, *practice.other_places)
        ],
        "temporalCoverage": f"{practice.start}/{practice.end or '..'}",
        "citation": [_describe_source(one, facts) for one in practice.sources],
        "mentions": list(_describe_results(practice, facts.reader)),
        "image": _describe_picture(picture, practice_id, facts) if picture else None,
    }
    return PageMetadata(
        title=title.text,
        address=address,
        description=shorten(summary.text),
        type="article",
        image=find_image(picture, practice_id, facts) if picture else None,
        nodes=[node],
        links=_list_links(facts, address, practice_id),
        licence=facts.licence,
        published=row.created_at,
        modified=modified,
    )


def describe_place(place: PracticePlace, reader: Locale) -> Node:
    return {
        "@type": "Place",
        "name": place_name(place.name, place.country, reader),
        "address": {
            "@type": "PostalAddress",
            "addressCountry": place.country,
            "addressRegion": place.region,
        },
        "geo": None
        if place.latitude is None or place.longitude is None
        else {
            "@type": "GeoCoordinates",
            "latitude": place.latitude,
            "longitude": place.longitude,
        },
    }


def find_image(picture: PracticePicture, practice_id: str, facts: SiteFacts) -> MetaImage:
    address = f"{facts.address}/practices/{practice_id}/picture/large?v={picture.sha256[:12]}"
    return MetaImage(address, picture.alt, picture.width, picture.height)


def _describe_picture(picture: PracticePicture, practice_id: str, facts: SiteFacts) -> Node:
    return {
        "@type": "ImageObject",
        "contentUrl": find_image(picture, practice_id, facts).address,
        "caption": picture.alt,
        "creditText": picture.author,
        "license": find_licence_address(picture.licence),
        "width": picture.width,
        "height": picture.height,
    }


def _describe_source(source: Source, facts: SiteFacts) -> Node:
    """``source.document`` is left only where everybody may read it."""
    here = f"{facts.address}/documents/{source.document}" if source.document else ""
    return {
        "@type": "CreativeWork",
        "name": source.title,
        "publisher": {"@type": "Organization", "name": source.publisher},
        "datePublished": str(source.year or ""),
        "inLanguage": source.language,
        "url": source.url or here,
        "sameAs": here if source.url else "",
    }


def _describe_results(practice: Practice, reader: Locale) -> Iterator[Node]:
    """What was achieved, as far as it is one number."""
    for result in practice.results:
        if result.achieved and result.value is not None:
            yield _describe_result(result, reader)


def _describe_result(result: MeasuredResult, reader: Locale) -> Node:
    shown = figure(result, reader)
    return {
        "@type": "Observation",
        "name": shown.indicator,
        "description": shown.in_words,
        "variableMeasured": shown.indicator,
        "value": result.value,
        "unitText": result.unit_en if reader.code == "en" else result.unit,
        "observationDate": str(result.year or ""),
    }


def _list_links(facts: SiteFacts, address: str, practice_id: str) -> list[TypedLink]:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    described = f"{facts.address}/api/v1/practices/{quote(practice_id)}"
    return [
        TypedLink("author", f"{facts.address}/about"),
        TypedLink("describedby", f"{address}/references.json", "application/json"),
        TypedLink("describedby", f"{address}/references.bib", "application/x-bibtex"),
        TypedLink("describedby", described, "application/json"),
        TypedLink("item", f"{address}/sheet.pdf", "application/pdf"),
        TypedLink("item", f"{address}/sheet.docx", word),
    ]
