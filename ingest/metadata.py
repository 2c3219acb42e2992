"""Metadata that a person gives for a document, validated field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ingest.extract.shared.about import one_line
from kb.domain import Visibility
from kb.flaws import flaw_of, none_of
from kb.messages import PermanentError
from kb.text.names import Name, as_name, names_in
from kb.vocabulary.vocabularies import load as load_vocabulary

MAX_TITLE = 500
"""Characters."""


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(";") if part.strip()]
    return value


def _names(value: Any) -> Any:
    """Names from a line of text or from a list of texts and CSL-JSON names."""
    if isinstance(value, str):
        return names_in(one_line(value))
    if not isinstance(value, list | tuple):
        return value
    cleaned = (one_line(one) if isinstance(one, str) else one for one in value)
    return [as_name(one) for one in cleaned if one]


def _clean(value: Any) -> Any:
    """One line of text without control and direction characters."""
    return one_line(value) if isinstance(value, str) else value


def _drop_repeated(values: list[str]) -> list[str]:
    return sorted(set(values))


def blank_is_none(value: Any) -> Any:
    """None for an empty form field."""
    return None if value == "" else value


Line = Annotated[str, BeforeValidator(_clean), Field(max_length=MAX_TITLE)]


class Metadata(BaseModel):
    """Metadata given by a person. Empty fields are filled from the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    title: Line = ""
    authors: Annotated[list[Name], BeforeValidator(_names)] = []
    publisher: Line = ""
    year: Annotated[
        Annotated[int, Field(ge=1000, le=2100)] | None, BeforeValidator(blank_is_none)
    ] = None
    language: str = Field(default="", pattern=r"^([a-z]{2,3})?$")
    country: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    themes: Annotated[list[str], BeforeValidator(_split), AfterValidator(_drop_repeated)] = []
    licence: Line = ""
    source_url: str = Field(default="", max_length=2000, pattern=r"^(https?://\S+)?$")
    visibility: Visibility = Visibility.PUBLIC

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Metadata:
        """Validate the given fields.

        Raises:
            PermanentError: a field is not what it should be; the sentence names the field.
        """
        try:
            metadata = cls.model_validate(dict(fields))
        except ValidationError as error:
            first = flaw_of(error.errors()[0])
            raise PermanentError(first.template, **first.params) from error
        for theme in metadata.themes:
            if theme not in load_vocabulary("themes"):
                flaw = none_of("themes", theme, load_vocabulary("themes"))
                raise PermanentError(flaw.template, **flaw.params)
        return metadata

    def given(self) -> list[str]:
        """Names of the fields that were filled in."""
        return [name for name in type(self).model_fields if getattr(self, name)]
