"""The form in which people describe a document, for uploading and for changing it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form

from ingest.metadata import Metadata
from kb.domain import Visibility
from kb.messages import N_
from kb.storage.tables import Document
from kb.vocabulary import vocabularies
from web.rendering.i18n import Reader

VISIBILITY = ", ".join(f"`{value}`" for value in Visibility) + "."

VISIBILITIES = {
    Visibility.PUBLIC: N_("Everybody"),
    Visibility.MEMBERS: N_("Members only"),
    Visibility.RESEARCHERS: N_("Researchers only"),
}


@dataclass(frozen=True)
class MetadataForm:
    """What the form says, as it says it; :meth:`checked` makes metadata of it."""

    title: Annotated[str, Form(description="Read from the file when empty.")] = ""
    authors: Annotated[str, Form(description="Separated by semicolons.")] = ""
    publisher: Annotated[str, Form(description="Who published it.")] = ""
    year: Annotated[str, Form(description="Four digits.")] = ""
    language: Annotated[str, Form(description="ISO 639 code; recognised when empty.")] = ""
    country: Annotated[str, Form(description="ISO 3166 code of what it speaks of.")] = ""
    themes: Annotated[tuple[str, ...], Form(description="Slugs of the list of themes.")] = ()
    licence: Annotated[str, Form(description="For example CC BY 4.0.")] = ""
    source_url: Annotated[str, Form(description="Where it was published.")] = ""
    visibility: Annotated[str, Form(description=VISIBILITY)] = Visibility.PUBLIC.value

    @classmethod
    def of(cls, document: Document) -> MetadataForm:
        plain = ("title", "publisher", "language", "country", "licence", "source_url")
        return cls(
            **{name: getattr(document, name) for name in plain},
            authors="; ".join(document.authors),
            year=str(document.year or ""),
            themes=tuple(document.themes),
            visibility=document.visibility.value,
        )

    def said(self) -> dict[str, Any]:
        return {**vars(self), "themes": list(self.themes)}

    def checked(self) -> Metadata:
        """Raises PermanentError for a field that is not what it should be."""
        return Metadata.read(self.said())

    def changed(self, shown: str) -> dict[str, Any]:
        """The fields that say something else than the form did when it was ``shown``."""
        try:
            before = dict(json.loads(shown))
        except (ValueError, TypeError):
            before = {}
        return {
            name: value
            for name, value in self.said().items()
            if name not in before or before[name] != value
        }


FormDep = Annotated[MetadataForm, Depends()]


def choices(reader: Reader) -> dict[str, Any]:
    """What the form offers to choose from, for its template."""
    known = vocabularies.load("themes")
    return {
        "themes": [(slug, term.label(reader.code)) for slug, term in known.items()],
        "languages": reader.all_languages(),
        "countries": reader.all_countries(),
        "visibilities": [(v.value, reader.gettext(name)) for v, name in VISIBILITIES.items()],
    }
