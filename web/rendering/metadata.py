"""What programs read of a page that everybody may see: Open Graph, schema.org, typed links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from kb.domain import DEFAULT_LANGUAGE
from web.rendering.i18n import Locale, load_locales

Node = dict[str, Any]
"""A thing in the words of schema.org."""

SITE_NAME = "Terre Comuni"
DESCRIPTION_LENGTH = 300
"""Characters; search engines and networks show fewer."""
LANDING_PAGE = "https://schema.org/AboutPage"
"""Signposting's type of a page about something (signposting.org/FAIR)."""
TERRITORIES = {"it": "it_IT", "en": "en_GB"}
"""Open Graph names a language by its territory too."""
_UNSAFE = re.compile(r"""[^\x21-\x7e]|[<>"\\^`{|}]""")
"""Characters that no address in a header may have (RFC 3986)."""


@dataclass(frozen=True)
class SiteFacts:
    """What every page says alike. ``address``: scheme and host; ``licence``: address of that of the
    texts written here, empty where none is stated."""

    address: str
    reader: Locale
    licence: str = ""

    @property
    def organisation(self) -> Node:
        return {
            "@type": "Organization",
            "@id": f"{self.address}/#organization",
            "name": SITE_NAME,
            "url": f"{self.address}/",
            "logo": f"{self.address}/static/logo.svg",
        }

    @property
    def publisher(self) -> Node:
        """The organisation as others refer to it."""
        kept = ("@type", "@id", "name", "url")
        return {name: value for name, value in self.organisation.items() if name in kept}

    @property
    def website(self) -> Node:
        return {"@type": "WebSite", "@id": f"{self.address}/#website", "name": SITE_NAME}


@dataclass(frozen=True)
class MetaImage:
    address: str
    alt: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class TypedLink:
    """A link for the header ``Link`` (RFC 8288)."""

    rel: str
    address: str
    media_type: str = ""

    def __str__(self) -> str:
        kind = f'; type="{self.media_type}"' if self.media_type else ""
        return f'<{self.address}>; rel="{self.rel}"{kind}'


@dataclass(frozen=True)
class PageMetadata:
    """``address``: absolute, without a query. ``type``: Open Graph's. ``nodes``: what the page is
    about, the first being the thing itself. ``licence``: address of that of what it shows."""

    title: str
    address: str
    description: str = ""
    type: str = "website"
    image: MetaImage | None = None
    nodes: Sequence[Node] = ()
    links: Sequence[TypedLink] = ()
    licence: str = ""
    published: datetime | None = None
    modified: datetime | None = None
    languages: Sequence[str] = field(default_factory=lambda: list(load_locales()))
    page: int = 1
    """Of a list, from 1."""
    is_filtered: bool = False
    """Whether it shows a part of the list at its address, which search engines are not to list."""

    def address_in(self, language: str | None = None) -> str:
        """The address at which the page is in a language, whatever the reader prefers; without one,
        the address at which the reader's preferences decide."""
        said = ("page", self.page if self.page > 1 else None), ("lang", language)
        query = urlencode([(name, value) for name, value in said if value])
        return f"{self.address}?{query}" if query else self.address

    def canonical(self, language: str, asked: str | None) -> str:
        """The address to list the page under, in the language that it is in. ``asked``: the one
        that its address names. The default language needs no name: a program that prefers none is
        answered in it."""
        needs_no_name = language == DEFAULT_LANGUAGE and asked != language
        return self.address_in(None if needs_no_name else language)

    def territory(self, language: str) -> str:
        """«it_IT»."""
        return TERRITORIES.get(language, language)

    def scripts(self) -> Iterator[Markup]:
        """The nodes as JSON-LD that may stand inside ``<script>``: no ``<``, ``>`` or ``&`` is left
        as it is."""
        for node in self.nodes:
            yield htmlsafe_json_dumps({"@context": "https://schema.org", **without_empty(node)})

    def link_header(self) -> str:
        """The typed links of signposting; empty for a page that is no landing page."""
        if not self.links:
            return ""
        links = [TypedLink("cite-as", self.address), *self.links]
        if self.licence:
            links.append(TypedLink("license", self.licence))
        links.append(TypedLink("type", LANDING_PAGE))
        links += [TypedLink("type", f"https://schema.org/{one['@type']}") for one in self.nodes[:1]]
        return ", ".join(str(one) for one in links if not _UNSAFE.search(one.address))


def describe_part(base: PageMetadata, part: str, title: str, kind: str = "WebPage") -> PageMetadata:
    """Metadata of another page about the same thing. ``part``: the end of its address."""
    address = f"{base.address}/{part}"
    node: Node = {
        "@type": kind,
        "@id": address,
        "url": address,
        "name": title,
        "description": base.description,
        "inLanguage": base.nodes[0].get("inLanguage", ""),
        "license": base.licence,
        "isPartOf": {"@type": base.nodes[0]["@type"], "@id": base.address, "name": base.title},
    }
    return PageMetadata(
        title=title,
        address=address,
        description=base.description,
        image=base.image,
        nodes=[node],
        licence=base.licence,
    )


def without_empty(node: Mapping[str, Any]) -> Node:
    """The node without what is not known, in nested ones too."""
    kept: Node = {}
    for name, value in node.items():
        clean = _clean(value)
        if clean not in (None, "", [], {}):
            kept[name] = clean
    return kept


def _clean(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_empty(value)
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value


def shorten(text: str, length: int = DESCRIPTION_LENGTH) -> str:
    """The text on one line, cut between words."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:–-") + "…"
