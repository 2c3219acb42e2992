"""Collections, events, training paths and issues of the magazine in the words of schema.org."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.domain import Kind, Status
from kb.paths.progress import list_units
from kb.periodical.texts import EntryKind
from kb.storage.collections import Collection, CollectionKind
from kb.storage.periodical import Issue
from kb.storage.tables import Item
from kb.text.licences import find_licence_address
from web.presenters import queries
from web.presenters.issue_texts import EntryFate, ShownIssue
from web.rendering.markdown import plain_text
from web.rendering.metadata import MetaImage, Node, PageMetadata, SiteFacts, TypedLink, shorten
from web.rendering.titles import title_of

MOST_LINKS = 20
"""Items named in the header of a collection, which servers in front of it cut when too long."""
TYPES = {Kind.PRACTICE: "Article", Kind.DOCUMENT: "Report", Kind.PROJECT: "Project"}
ENTRY_TYPES = {
    EntryKind.PRACTICE: "Article",
    EntryKind.DOCUMENT: "Report",
    EntryKind.PROJECT: "Project",
    EntryKind.COLLECTION: "Collection",
}


def describe_collection_page(
    session: Session, facts: SiteFacts, collection_id: str
) -> PageMetadata | None:
    """Of a collection on a theme or of the archive of an event."""
    row = queries.find_collection(session, PUBLIC, collection_id)
    if row is None or row.kind not in (CollectionKind.THEMATIC, CollectionKind.EVENT):
        return None
    address = f"{facts.address}/collections/{row.id}"
    seen = queries.entry_items(session, PUBLIC, row)
    items = [seen[entry.item_id] for entry in row.entries if entry.item_id in seen]
    ready = [item for item in items if not _is_unread(item)]
    parts = [_describe_part(item, facts) for item in ready]
    if row.kind is CollectionKind.EVENT:
        node = _describe_event(row, facts, address, parts)
    else:
        node = {
            **_describe(row, facts, address, "Collection"),
            "publisher": facts.publisher,
            "author": facts.publisher,
            "license": facts.licence,
            "hasPart": parts,
            "isPartOf": facts.website,
        }
    links = [TypedLink("item", part["url"], "text/html") for part in parts[:MOST_LINKS]]
    return _metadata(row, facts, node, address, _list_links(address, links))


def describe_path(session: Session, facts: SiteFacts, path_id: str) -> PageMetadata | None:
    row = queries.find_collection(session, PUBLIC, path_id)
    if row is None or row.kind is not CollectionKind.PATH:
        return None
    address = f"{facts.address}/paths/{row.id}"
    units: list[Node] = [
        {
            "@type": "LearningResource",
            "position": unit.number,
            "name": unit.title,
            "url": f"{address}/units/{unit.id}",
            "inLanguage": row.language,
        }
        for unit in list_units(session, row, None)
    ]
    node = {
        **_describe(row, facts, address, "Course"),
        "provider": facts.publisher,
        "license": facts.licence,
        "isAccessibleForFree": True,
        "teaches": list(row.outcomes),
        "timeRequired": f"PT{row.hours}H" if row.hours else "",
        "audience": {"@type": "Audience", "audienceType": row.audience} if row.audience else None,
        "hasPart": units,
    }
    links = [TypedLink("item", unit["url"], "text/html") for unit in units[:MOST_LINKS]]
    return _metadata(row, facts, node, address, [_author(facts), *links])


def describe_issue(facts: SiteFacts, issue: Issue, shown: ShownIssue) -> PageMetadata:
    """``shown``: a published issue, which everybody may read; what was withdrawn is left out."""
    texts = shown.texts
    address = f"{facts.address}/magazine/{issue.number}"
    title = title_of(texts, facts.reader)
    description = shorten(plain_text(texts.editorial))
    entries: list[Node] = [
        {
            "@type": ENTRY_TYPES[entry.texts.kind],
            "name": entry.texts.title,
            "url": f"{facts.address}{entry.texts.path}",
            "inLanguage": entry.texts.language,
        }
        for section in shown.sections
        for entry in section.entries
        if entry.seen in (EntryFate.SAME, EntryFate.CHANGED) and entry.texts.kind in ENTRY_TYPES
    ]
    node = {
        "@type": "PublicationIssue",
        "@id": address,
        "url": address,
        "mainEntityOfPage": address,
        "name": title.text,
        "issueNumber": str(texts.number),
        "datePublished": texts.dated.isoformat(),
        "dateModified": issue.published_at.isoformat() if issue.published_at else "",
        "inLanguage": texts.language,
        "description": description,
        "publisher": facts.publisher,
        "license": facts.licence,
        "isPartOf": {
            "@type": "Periodical",
            "@id": f"{facts.address}/magazine",
            "name": facts.publisher["name"],
            "url": f"{facts.address}/magazine",
        },
        "hasPart": entries,
    }
    return PageMetadata(
        title=title.text,
        address=address,
        description=description,
        type="article",
        image=_find_image(issue.collection, facts),
        nodes=[node],
        links=[
            _author(facts),
            TypedLink("item", f"{address}/issue.pdf", "application/pdf"),
            TypedLink("item", f"{address}/issue.epub", "application/epub+zip"),
        ],
        licence=facts.licence,
        published=issue.published_at,
        modified=issue.published_at,
    )


def _describe(row: Collection, facts: SiteFacts, address: str, kind: str) -> Node:
    title = title_of(row, facts.reader)
    image = _find_image(row, facts)
    return {
        "@type": kind,
        "@id": address,
        "url": address,
        "mainEntityOfPage": address,
        "name": title.text,
        "description": shorten(plain_text(row.argument)),
        "inLanguage": row.language,
        "datePublished": row.created_at.isoformat(),
        "dateModified": max(row.created_at, row.updated_at).isoformat(),
        "image": image.address if image else "",
    }


def _describe_event(row: Collection, facts: SiteFacts, address: str, parts: Sequence[Node]) -> Node:
    """Times have the offset of the site's zone; an event of several days has days only."""
    described = _describe(row, facts, address, "Event")
    kept = ("@type", "@id", "url", "mainEntityOfPage", "name", "description", "inLanguage", "image")
    last = row.held_until or row.held_on
    begins = row.held_on.isoformat() if row.held_on else ""
    if row.held_on and row.begins_at and last == row.held_on:
        begins = datetime.combine(row.held_on, row.begins_at, facts.reader.zone).isoformat()
    return {
        **{name: described[name] for name in kept},
        "startDate": begins,
        "endDate": row.held_until.isoformat() if row.held_until else "",
        "location": {"@type": "Place", "name": row.held_in, "address": row.held_in}
        if row.held_in
        else None,
        "organizer": {"@type": "Organization", "name": row.organiser} if row.organiser else None,
        "contributor": list(_describe_people(row)),
        "maximumAttendeeCapacity": row.places,
        "recordedIn": [{"@type": "CreativeWork", "url": one} for one in row.recordings],
        "workFeatured": [{**part, "license": find_licence_address(row.licence)} for part in parts],
    }


def _describe_people(row: Collection) -> Iterator[Node]:
    for one in row.people:
        part = one.get("part", "")
        person = {"@type": "Person", "name": one["name"], "jobTitle": part}
        yield person


def _describe_part(item: Item, facts: SiteFacts) -> Node:
    title = title_of(item, facts.reader)
    return {
        "@type": TYPES[item.kind],
        "name": title.text,
        "url": f"{facts.address}/{item.kind}s/{item.id}",
        "inLanguage": title.language,
    }


def _is_unread(item: Item) -> bool:
    return item.kind is Kind.DOCUMENT and item.status is not Status.READY


def _find_image(row: Collection, facts: SiteFacts) -> MetaImage | None:
    """The uploaded cover; a drawn one is an SVG, which networks do not show."""
    if row.image is None:
        return None
    address = f"{facts.address}/collections/{row.id}/cover?v={row.image.sha256[:12]}"
    return MetaImage(address, row.image.alt)


def _metadata(
    row: Collection, facts: SiteFacts, node: Node, address: str, links: Sequence[TypedLink]
) -> PageMetadata:
    is_event = row.kind is CollectionKind.EVENT
    return PageMetadata(
        title=title_of(row, facts.reader).text,
        address=address,
        description=shorten(plain_text(row.argument)),
        type="website",
        image=_find_image(row, facts),
        nodes=[node],
        links=links,
        licence=find_licence_address(row.licence) if is_event else facts.licence,
        published=row.created_at,
        modified=max(row.created_at, row.updated_at),
    )


def _list_links(address: str, items: Sequence[TypedLink]) -> list[TypedLink]:
    return [
        *items,
        TypedLink("describedby", f"{address}/references.json", "application/json"),
        TypedLink("describedby", f"{address}/feed.atom", "application/atom+xml"),
    ]


def _author(facts: SiteFacts) -> TypedLink:
    return TypedLink("author", f"{facts.address}/about")
