"""Guessed metadata of documents for confirmation, and uploads of files already present."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ingest.guessed import open_guesses
from ingest.submit import Accepted
from kb.access import Access
from kb.domain import GuessedField, GuessReason, Status
from kb.flaws import LABELS
from kb.messages import N_, Message
from kb.storage.guesses import GuessRow
from kb.storage.tables import Document, Item
from kb.text.names import as_name
from web.presenters import queries
from web.rendering.i18n import Locale
from web.rendering.names import VISIBILITIES

PAGE_SIZE = 20
REASONS = {
    GuessReason.PUBLISHED: N_("declared in the file"),
    GuessReason.IMPRINT: N_("from the front page"),
    GuessReason.TITLE: N_("from the title"),
    GuessReason.FILE_NAME: N_("from the name of the file"),
    GuessReason.MODIFIED: N_("day on which the file was changed"),
    GuessReason.CREATED: N_("day on which the file was made"),
    GuessReason.PERIOD: N_("beginning of the period in the title"),
    GuessReason.PROPERTIES: N_("from the properties of the file"),
    GuessReason.LARGE_LINE: N_("from the largest line"),
    GuessReason.HEADING: N_("from the first heading"),
    GuessReason.FIRST_LINE: N_("from the first line"),
    GuessReason.NAME_ALONE: N_("name of the file, as nothing else was found"),
}
HERE = Message(N_("This file is here already."))
HERE_AS = N_("This file is here already, as “{title}”.")
HERE_UNCHANGED = N_(
    "This file is here already, as “{title}”: what was filled in now ({fields}) was not taken over."
)


@dataclass(frozen=True)
class Candidate:
    """A possible value: ``text`` as for the form's field, ``words`` as found in the file."""

    rank: int
    text: str
    reason: str
    words: str = ""
    page: int | None = None


@dataclass(frozen=True)
class FieldToConfirm:
    """A metadata field: its value and other candidates.

    ``guess`` is None if a person entered the value.
    """

    name: str
    label: str
    value: str
    guess: Candidate | None
    others: tuple[Candidate, ...]


@dataclass(frozen=True)
class Description:
    """A document's metadata as a one-row form. ``visibilities``: who may see it, as (value, label)
    pairs; ``language`` and ``visibility``: the chosen ones; ``problem``: why it was not saved."""

    document: Document
    fields: tuple[FieldToConfirm, ...]
    visibilities: tuple[tuple[str, str], ...]
    language: str
    visibility: str
    problem: Message | None = None

    @property
    def open(self) -> tuple[FieldToConfirm, ...]:
        return tuple(field for field in self.fields if field.guess)

    def with_typed(self, typed: Mapping[str, str]) -> Description:
        """The same row with what was typed into it and is not saved, by name of the field."""
        fields = tuple(replace(one, value=typed.get(one.name, one.value)) for one in self.fields)
        language = typed.get("language", self.language)
        visibility = typed.get("visibility", self.visibility)
        return replace(self, fields=fields, language=language, visibility=visibility)


def build_description(
    session: Session, document: Document, reader: Locale, problem: Message | None = None
) -> Description:
    rows = open_guesses(session, document.id)
    fields = []
    for name in GuessedField:
        candidates = [_present_candidate(row, reader) for row in rows if row.field is name]
        value = _field_text(name, _read_present(document, name))
        guess = next((one for one in candidates if one.text == value), None)
        others = tuple(one for one in candidates if one is not guess)
        label = reader.gettext(LABELS[name])
        fields.append(FieldToConfirm(name.value, label, value, guess, others))
    visibilities = tuple((one.value, reader.gettext(name)) for one, name in VISIBILITIES.items())
    return Description(
        document,
        tuple(fields),
        visibilities,
        document.language,
        document.visibility.value,
        problem,
    )


def _present_candidate(row: GuessRow, reader: Locale) -> Candidate:
    text = _field_text(row.field, row.value)
    return Candidate(row.rank, text, reader.gettext(REASONS[row.reason]), row.words, row.page)


def _read_present(document: Document, name: GuessedField) -> Any:
    return document.author_names if name is GuessedField.AUTHORS else getattr(document, name)


def _field_text(name: GuessedField, value: Any) -> str:
    if name is GuessedField.AUTHORS:
        return "; ".join(as_name(one).filed for one in value or ())
    return str(value or "")


def find_guessed(session: Session, ids: Sequence[str]) -> set[str]:
    """Those of the documents that have unconfirmed guesses."""
    query = select(GuessRow.document_id).where(GuessRow.document_id.in_(ids)).distinct()
    return set(session.scalars(query))


def list_unconfirmed(session: Session, access: Access, page: int) -> Sequence[Document]:
    """Documents with unconfirmed guesses, the newest first."""
    rows = _select_unconfirmed(access).order_by(Document.created_at.desc(), Document.id)
    return session.scalars(rows.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)).all()


def count_unconfirmed(session: Session, access: Access) -> int:
    return (
        session.scalar(select(func.count()).select_from(_select_unconfirmed(access).subquery()))
        or 0
    )


def _select_unconfirmed(access: Access) -> Select[Document]:
    guessed = select(GuessRow.document_id)
    return select(Document).where(
        Document.id.in_(guessed),
        Document.status == Status.READY,
        Item.visibility.in_(access.visibilities),
    )


@dataclass(frozen=True)
class AlreadyHere:
    """An uploaded file that is already present.

    ``document`` is set if the reader may see it; ``unused`` names the fields filled in now whose
    values differ from the present ones.
    """

    sentence: str
    document: Document | None
    unused: tuple[str, ...]


def describe_present_file(
    session: Session, access: Access, reader: Locale, accepted: Accepted
) -> AlreadyHere | None:
    """None if the file is new."""
    if not accepted.existing:
        return None
    document = queries.find_document(session, access, accepted.id)
    if document is None:
        return AlreadyHere(reader.say(HERE), None, ())
    if not accepted.unused:
        return AlreadyHere(reader.say(Message(HERE_AS, {"title": document.title})), document, ())
    fields = ", ".join(reader.gettext(LABELS[name]) for name in accepted.unused)
    sentence = reader.say(Message(HERE_UNCHANGED, {"title": document.title, "fields": fields}))
    return AlreadyHere(sentence, document, accepted.unused)
