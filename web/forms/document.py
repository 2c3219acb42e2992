"""The form for a document's metadata, when uploading and when editing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Form

from ingest.metadata import Metadata
from kb.citations.csl import names_of
from kb.domain import Visibility
from kb.storage.tables import Document
from kb.text.lines import one_line
from kb.text.names import Name, body, parts_of, person, read_name
from kb.vocabulary import vocabularies
from web.rendering.i18n import Locale
from web.rendering.names import VISIBILITIES

KINDS_OF_AUTHORS = (
    "`person` or `body` for all authors, or `person:NAME` and `body:NAME` for each; told by the "
    "words of the name when empty."
)
VISIBILITY = ", ".join(f"`{value}`" for value in Visibility) + "."


@dataclass(frozen=True)
class MetadataForm:
    """The submitted fields as text; :meth:`validate` validates them."""

    title: Annotated[str, Form(description="Read from the file when empty.")] = ""
    authors: Annotated[str, Form(description="Separated by semicolons.")] = ""
    author_kinds: Annotated[tuple[str, ...], Form(description=KINDS_OF_AUTHORS)] = ()
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
            authors="; ".join(name.filed for name in names_of(document)),
            author_kinds=tuple(map(_kind_of, names_of(document))),
            year=str(document.year or ""),
            themes=tuple(document.themes),
            visibility=document.visibility.value,
        )

    def as_values(self) -> dict[str, Any]:
        fields = {name: value for name, value in vars(self).items() if name != "author_kinds"}
        names = [name.as_json() for name in self.names()]
        return {**fields, "themes": list(self.themes), "authors": names}

    def names(self) -> list[Name]:
        """The authors, each a person or a body according to ``author_kinds``, else guessed from its
        words."""
        kinds = dict(kind.partition(":")[::2][::-1] for kind in self.author_kinds if kind)
        return [_name(part, kinds) for part in parts_of(one_line(self.authors))]

    def validate(self) -> Metadata:
        """The validated metadata. Raises PermanentError for an invalid field."""
        return Metadata.read(self.as_values())

    def changed(self, shown: str) -> dict[str, Any]:
        """The fields whose value differs from ``shown``, the JSON of the form when it was
        opened."""
        try:
            before = dict(json.loads(shown))
        except (ValueError, TypeError):
            before = {}
        return {
            name: value
            for name, value in self.as_values().items()
            if name not in before or before[name] != value
        }


def _kind_of(name: Name) -> str:
    return f"{'body' if name.is_body else 'person'}:{name.filed}"


def _name(text: str, kinds: Mapping[str, str]) -> Name:
    read = read_name(text)
    kind = kinds.get(read.filed) or kinds.get(text) or kinds.get("")
    if kind == "body":
        return body(text)
    return person(text) if kind == "person" else read


FormDep = Annotated[MetadataForm, Depends()]


@dataclass(frozen=True)
class FileRows:
    """Metadata of each file of an upload, in the order of the files.

    An empty cell takes the value of the form for all files, except the title.
    """

    titles: Annotated[tuple[str, ...], Form()] = ()
    years: Annotated[tuple[str, ...], Form()] = ()
    languages: Annotated[tuple[str, ...], Form()] = ()
    authors_of: Annotated[tuple[str, ...], Form()] = ()
    visibilities: Annotated[tuple[str, ...], Form()] = ()

    def of_files(self, filled: MetadataForm, count: int) -> list[MetadataForm]:
        title = filled.title if count == 1 else ""
        return [
            replace(
                filled,
                title=_at(self.titles, n) or title,
                year=_at(self.years, n) or filled.year,
                language=_at(self.languages, n) or filled.language,
                authors=_at(self.authors_of, n) or filled.authors,
                visibility=_at(self.visibilities, n) or filled.visibility,
            )
            for n in range(count)
        ]


def _at(values: tuple[str, ...], position: int) -> str:
    return values[position].strip() if position < len(values) else ""


RowsDep = Annotated[FileRows, Depends()]


def list_taken_fields(metadata: Metadata, unused: Sequence[str]) -> list[tuple[str, str]]:
    """The form fields that give a document this metadata, for the names in ``unused`` only.

    ``shown`` is an empty form, so that the update leaves every other field as it is.
    """
    fields = [("shown", json.dumps(MetadataForm().as_values()))]
    for name in unused:
        value = getattr(metadata, name)
        if name == "themes":
            fields += [(name, theme) for theme in value]
        elif name == "authors":
            fields.append((name, "; ".join(one.filed for one in value)))
            fields += [("author_kinds", _kind_of(one)) for one in value]
        else:
            fields.append((name, str(value)))
    return fields


def choices(reader: Locale) -> dict[str, Any]:
    """The options of the form, for its template."""
    known = vocabularies.load("themes")
    return {
        "themes": [(slug, term.label(reader.code)) for slug, term in known.items()],
        "languages": reader.all_languages(),
        "countries": reader.all_countries(),
        "visibilities": [(v.value, reader.gettext(name)) for v, name in VISIBILITIES.items()],
    }
