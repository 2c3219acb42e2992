"""What a person says about a document when uploading it, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kb.domain import Visibility
from kb.messages import N_, PermanentError
from kb.vocabulary.vocabularies import load as load_vocabulary

MAX_TITLE = 500


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(";") if part.strip()]
    return value


def _once(values: list[str]) -> list[str]:
    return sorted(set(values))


def blank_is_none(value: Any) -> Any:
    """What a form sends for a field that was left empty."""
    return None if value == "" else value


class Metadata(BaseModel):
    """What a person says about a document. Whatever is left empty is read from the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    title: str = Field(default="", max_length=MAX_TITLE)
    authors: Annotated[list[str], BeforeValidator(_split)] = []
    publisher: str = Field(default="", max_length=MAX_TITLE)
    year: Annotated[
        Annotated[int, Field(ge=1000, le=2100)] | None, BeforeValidator(blank_is_none)
    ] = None
    language: str = Field(default="", pattern=r"^([a-z]{2,3})?$")
    country: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    themes: Annotated[list[str], BeforeValidator(_split), AfterValidator(_once)] = []
    licence: str = Field(default="", max_length=MAX_TITLE)
    source_url: str = Field(default="", max_length=2000, pattern=r"^(https?://\S+)?$")
    visibility: Visibility = Visibility.PUBLIC

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> Metadata:
        """Check what was filled in.

        Raises:
            PermanentError: a field is not what it should be; the sentence names the field.
        """
        try:
            metadata = cls.model_validate(dict(fields))
        except ValidationError as error:
            problem = error.errors()[0]
            raise PermanentError(
                N_("The field {field} is not valid: {value} was not understood."),
                field=".".join(map(str, problem["loc"])),
                value=repr(problem["input"])[:100],
            ) from error
        for theme in metadata.themes:
            if theme not in load_vocabulary("themes"):
                raise PermanentError(
                    N_("The theme {theme} is unknown: choose among {known}."),
                    theme=theme,
                    known=", ".join(load_vocabulary("themes")),
                )
        return metadata

    def given(self) -> list[str]:
        """Names of the fields that were filled in."""
        return [name for name in type(self).model_fields if getattr(self, name)]
