"""A document, and a page of one, in the words of schema.org."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.citations.csl import names_of
from kb.domain import Status
from kb.storage.tables import Document, PageRow
from kb.text.licences import find_licence_address
from kb.vocabulary.vocabularies import label
from web.presenters import queries
from web.rendering.metadata import Node, PageMetadata, SiteFacts, TypedLink, shorten

WEB_PAGE = "text/html"


def describe_document(session: Session, facts: SiteFacts, document_id: str) -> PageMetadata | None:
    """None too for a document that is not read yet, or could not be."""
    document = queries.find_document(session, PUBLIC, document_id)
    if document is None or document.status is not Status.READY:
        return None
    address = f"{facts.address}/documents/{document_id}"
    node = {
        **_describe(document, address),
        "mainEntityOfPage": address,
        "author": list(_describe_authors(document)),
        "publisher": {"@type": "Organization", "name": document.publisher}
        if document.publisher
        else None,
        "datePublished": str(document.year or ""),
        "numberOfPages": document.page_count,
        "encodingFormat": document.media_type,
        "about": [
            {"@type": "Thing", "name": label("themes", one, facts.reader.code)}
            for one in document.themes
        ],
        "sameAs": document.source_url,
        "isPartOf": facts.website,
    }
    known = (", ".join(document.authors), document.publisher, str(document.year or ""))
    return PageMetadata(
        title=document.title,
        address=address,
        description=shorten(" · ".join(part for part in known if part)),
        type="article",
        nodes=[node],
        links=_list_links(address, document),
        licence=find_licence_address(document.licence),
    )


def describe_page(
    session: Session, facts: SiteFacts, document_id: str, row: PageRow, name: str
) -> PageMetadata | None:
    """``name``: what the page is called, as «p. 3»."""
    document = queries.find_document(session, PUBLIC, document_id)
    if document is None or document.status is not Status.READY:
        return None
    address = f"{facts.address}/documents/{document_id}/pages/{row.number}"
    title = f"{name} · {document.title}"
    node = {
        "@type": "WebPage",
        "@id": address,
        "url": address,
        "name": title,
        "inLanguage": document.language,
        "pagination": row.label or str(row.number),
        "license": find_licence_address(document.licence),
        "isPartOf": _describe(document, f"{facts.address}/documents/{document_id}"),
    }
    return PageMetadata(
        title=title,
        address=address,
        description=shorten(row.text),
        nodes=[node],
        licence=find_licence_address(document.licence),
    )


def _describe(document: Document, address: str) -> Node:
    is_page = document.media_type == WEB_PAGE and document.accessed_at is not None
    return {
        "@type": "WebPage" if is_page else "Report",
        "@id": address,
        "url": address,
        "name": document.title,
        "inLanguage": document.language,
        "license": find_licence_address(document.licence) or document.licence,
    }


def _describe_authors(document: Document) -> Iterator[Node]:
    for name in names_of(document):
        given = name.as_json()
        if "literal" in given:
            yield {"@type": "Organization", "name": given["literal"]}
        else:
            parts = (given.get("given", ""), given.get("family", ""))
            yield {
                "@type": "Person",
                "name": " ".join(part for part in parts if part),
                "givenName": given.get("given", ""),
                "familyName": given.get("family", ""),
            }


def _list_links(address: str, document: Document) -> list[TypedLink]:
    return [
        TypedLink("item", f"{address}/original", document.media_type),
        TypedLink("describedby", f"{address}/references.json", "application/json"),
        TypedLink("describedby", f"{address}/references.bib", "application/x-bibtex"),
    ]
