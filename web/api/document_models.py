"""What the JSON interface says of a document, and what it takes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ingest.submit import Accepted
from kb.domain import GuessedField, GuessReason, PageUnit, Status, Visibility


class AcceptedDocument(BaseModel):
    id: str
    status: Status
    existing: bool = Field(description="The same bytes were here before; nothing was added.")
    unused: list[str] = Field(
        default=[],
        description="Fields that came along and say something else than the document that was "
        "here before: change it with PATCH, or send `take_over`.",
    )
    message: str = Field(default="", description="What that means, in the reader's language.")

    @classmethod
    def of(cls, accepted: Accepted, message: str = "") -> AcceptedDocument:
        return cls(
            id=accepted.id,
            status=accepted.status,
            existing=accepted.existing,
            unused=list(accepted.unused),
            message=message,
        )


class AttachmentState(BaseModel):
    name: str
    id: str | None = Field(description="The document that it became.")
    reason: str | None = Field(description="Why it is no document, as a sentence.")


class GuessState(BaseModel):
    """A candidate for the value of a field, with the reason for it."""

    field: GuessedField
    value: str | int | list[dict[str, str]] = Field(
        description="A text, a year, or names of CSL-JSON."
    )
    reason: GuessReason
    words: str = Field(default="", description="What stands in the file.")
    page: int | None = None


class Confirmation(BaseModel):
    """The fields whose present values are right and are kept when the file is read again."""

    model_config = ConfigDict(extra="forbid")

    fields: list[GuessedField]


class SignatureOut(BaseModel):
    """A signature of the file, not verified."""

    signer: str
    signed_at: str = Field(description="ISO 8601, UTC, or empty.")
    organisation: str


class DocumentMetadata(BaseModel):
    title: str
    language: str
    year: int | None
    country: str
    visibility: Visibility
    filename: str
    media_type: str
    size: int = Field(description="In bytes.")
    authors: list[str] = Field(description="As they are shown.")
    author_names: list[dict[str, str]] = Field(
        description="As names of CSL-JSON: `family` and `given` of a person, `literal` of a body."
    )
    publisher: str
    licence: str
    source_url: str
    unit: PageUnit = Field(description="What its pages are.")
    page_count: int
    ocr_pages: int = Field(description="Pages whose text was read from a picture.")
    unreadable_pages: int
    signatures: list[SignatureOut] = Field(description="From the outermost inwards.")
    themes: list[str]
    sha256: str


class DocumentState(BaseModel):
    """A document. Callers who may add documents but not see this one are shown the state of its
    job only."""

    id: str
    status: Status
    reason: str | None = Field(description="Why it failed, as a sentence.")
    stage: str | None = Field(default=None, description="What is being done with it now.")
    progress: float | None = Field(default=None, description="Share of the stage, 0 to 1.")
    version: int | None = Field(default=None, description="Number of the present version.")
    next_version: str | None = Field(
        default=None, description="`incoming` or `failed`, when another version is to replace it."
    )
    very_similar: list[str] = Field(
        default=[], description="Ids of documents that say nearly the same."
    )
    metadata: DocumentMetadata | None = None
    guesses: list[GuessState] = Field(
        default=[], description="Candidates for fields that nobody has confirmed, the best first."
    )
    attachments: list[AttachmentState] = Field(
        default=[], description="Files that came with it, each a document of its own where read."
    )
    attached_to: list[str] = Field(
        default=[], description="Ids of the documents that this one came with."
    )


class MetadataChange(BaseModel):
    """The fields to change, each as in the form of an upload; the others stay as they are."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = None
    authors: list[str | dict[str, str]] | None = Field(
        default=None,
        description="Each a text, or a name of CSL-JSON: `family` and `given` of a person, "
        "`literal` of a body.",
    )
    publisher: str | None = None
    year: int | None = None
    language: str | None = None
    country: str | None = None
    themes: list[str] | None = None
    licence: str | None = None
    source_url: str | None = None
    visibility: str | None = None
