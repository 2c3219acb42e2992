"""The form that changes several documents at once: what is filled in, and who has changed since."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form

from ingest.metadata import Metadata
from kb.messages import N_, PermanentError
from kb.storage.tables import Document
from web.forms.document import MetadataForm

NOTHING = N_("Nothing was filled in: choose what to change.")
PLAIN = ("visibility", "language", "country", "year", "publisher", "licence")


@dataclass(frozen=True)
class CommonChange:
    """Fields to change in all chosen documents; an empty one stays as it is in each of them."""

    visibility: Annotated[str, Form()] = ""
    language: Annotated[str, Form()] = ""
    country: Annotated[str, Form()] = ""
    year: Annotated[str, Form()] = ""
    publisher: Annotated[str, Form()] = ""
    licence: Annotated[str, Form()] = ""
    add_themes: Annotated[tuple[str, ...], Form()] = ()
    remove_themes: Annotated[tuple[str, ...], Form()] = ()

    def validate(self) -> None:
        """Raises PermanentError if nothing is filled in or a field is wrong."""
        if not (self._plain() or self.add_themes or self.remove_themes):
            raise PermanentError(NOTHING)
        Metadata.read({**self._plain(), "title": "-", "themes": list(self.add_themes)})

    def of(self, document: Document) -> dict[str, Any]:
        """The change for one document, whose other themes stay."""
        change: dict[str, Any] = self._plain()
        if self.add_themes or self.remove_themes:
            kept = set(document.themes) - set(self.remove_themes)
            change["themes"] = sorted(kept | set(self.add_themes))
        return change

    def _plain(self) -> dict[str, Any]:
        typed = {name: getattr(self, name).strip() for name in PLAIN}
        return {name: text for name, text in typed.items() if text}


def fingerprint(document: Document) -> str:
    """A short hash of the document's data, which tells whether somebody changed them."""
    values = json.dumps(MetadataForm.of(document).as_values(), sort_keys=True)
    return hashlib.sha256(values.encode()).hexdigest()[:16]
