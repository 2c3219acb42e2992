"""Projects, lists and the pages of the site in the words of schema.org."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from kb.access import PUBLIC
from kb.domain import Kind
from kb.messages import N_
from kb.projects.writing import read_project
from kb.storage.projects import ProjectRow
from kb.storage.site import SitePageVersion
from web.presenters import queries
from web.rendering.markdown import plain_text
from web.rendering.metadata import SITE_NAME, Node, PageMetadata, SiteFacts, TypedLink, shorten

TAGLINE = N_("Good practices of the world for municipalities and firms")
"""Description of pages that have none of their own."""
SECOND_LINE = N_("What has worked elsewhere, with the source that proves it")
SITE_PAGE_TYPES = {"contacts": "ContactPage"}


def describe_home(facts: SiteFacts) -> PageMetadata:
    say = facts.reader.gettext
    search = {
        "@type": "SearchAction",
        "target": {
            "@type": "EntryPoint",
            "urlTemplate": f"{facts.address}/search?q={{search_term_string}}",
        },
        "query-input": "required name=search_term_string",
    }
    website = {
        **facts.website,
        "url": f"{facts.address}/",
        "description": say(TAGLINE),
        "inLanguage": facts.reader.code,
        "publisher": facts.publisher,
        "license": facts.licence,
        "potentialAction": search,
    }
    return PageMetadata(
        title=SITE_NAME,
        address=f"{facts.address}/",
        description=f"{say(TAGLINE)}. {say(SECOND_LINE)}.",
        nodes=[website, facts.organisation],
        licence=facts.licence,
    )


def describe_list(  # what the page says of itself
    facts: SiteFacts,
    path: str,
    title: str,
    kind: str = "CollectionPage",
    *,
    filters: Sequence[tuple[str, str]] = (),
    page: int = 1,
) -> PageMetadata:
    """Of a page that lists what everybody may see, or says how the site works. ``title``: a
    message. ``filters``: parameters that choose or sort what is listed."""
    said = facts.reader.gettext(title)
    address = f"{facts.address}{path}"
    description = f"{said} · {facts.reader.gettext(TAGLINE)}"
    node: Node = {
        "@type": kind,
        "@id": address,
        "url": address,
        "name": said,
        "description": description,
        "inLanguage": facts.reader.code,
        "isPartOf": facts.website,
        "publisher": facts.publisher,
    }
    return PageMetadata(
        title=said,
        address=address,
        description=description,
        nodes=[node],
        page=1 if filters else page,
        is_filtered=bool(filters),
    )


def describe_site_page(
    facts: SiteFacts, slug: str, title: str, version: SitePageVersion
) -> PageMetadata:
    said = facts.reader.gettext(title)
    address = f"{facts.address}/about/{slug}"
    node: Node = {
        "@type": SITE_PAGE_TYPES.get(slug, "AboutPage"),
        "@id": address,
        "url": address,
        "name": said,
        "description": shorten(plain_text(version.text)),
        "inLanguage": version.language,
        "dateModified": version.written_at.isoformat(),
        "isPartOf": facts.website,
        "about": facts.publisher,
    }
    return PageMetadata(
        title=said,
        address=address,
        description=shorten(plain_text(version.text)),
        nodes=[node],
        modified=version.written_at,
    )


def describe_project(session: Session, facts: SiteFacts, project_id: str) -> PageMetadata | None:
    row = queries.find_item(session, PUBLIC, project_id, Kind.PROJECT)
    if not isinstance(row, ProjectRow):
        return None
    project = read_project(row)
    address = f"{facts.address}/projects/{project_id}"
    lead = {"@type": "Organization", "name": project.lead_body} if project.lead_body else None
    node: Node = {
        "@type": "Project",
        "@id": address,
        "url": address,
        "name": project.title,
        "description": shorten(project.why),
        "location": {
            "@type": "Place",
            "name": project.place_name,
            "address": {"@type": "PostalAddress", "addressCountry": "IT"},
        },
        "foundingDate": project.started.isoformat() if project.started else "",
        "dissolutionDate": project.concluded.isoformat() if project.concluded else "",
        "member": lead,
    }
    return PageMetadata(
        title=project.title,
        address=address,
        description=shorten(project.why),
        nodes=[node],
        links=[
            TypedLink(
                "describedby", f"{facts.address}/api/v1/projects/{project_id}", "application/json"
            )
        ],
        published=row.created_at,
        modified=max(row.created_at, row.updated_at),
    )
