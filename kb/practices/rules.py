"""Rules on single texts of a card, and the error for a broken rule."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kb.messages import N_, Message
from kb.vocabulary import vocabularies

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"

SECTION_WORDS = 160
"""Most words of a section of the story."""
SUMMARY_WORDS = 45
"""Most words of a summary."""
QUOTE_WORDS = 120
"""Most words of a quotation."""
ARGUMENT_WORDS = 400
"""Most words of a collection's introduction."""
BODY_WORDS = (120, 480)
"""Fewest and most words of the whole story: two minutes of reading."""


class RuleError(ValueError):
    """A broken rule; pydantic collects these with its own errors.

    ``where``: path from the record to the field, ``("results", 2, "source")``.
    """

    def __init__(self, template: str, where: tuple[str | int, ...] = (), **params: Any) -> None:
        self.message = Message(template, params)
        self.where = where
        super().__init__(str(self.message))


class RuleErrors(ValueError):
    """Several broken rules."""

    def __init__(self, errors: list[RuleError]) -> None:
        self.errors = errors
        super().__init__(" ".join(str(error) for error in errors))


def term_of(name: str) -> AfterValidator:
    def known(slug: str) -> str:
        if slug not in vocabularies.load(name):
            raise RuleError(
                N_("“{slug}” is not in the list of {vocabulary}."), slug=slug, vocabulary=name
            )
        return slug

    return AfterValidator(known)


def _ateco(code: str) -> str:
    import ateco  # type: ignore[import-untyped]  # it ships no types

    if ateco.lookup(code) is None:
        raise RuleError(N_("“{code}” is not a code of ATECO 2025."), code=code)
    return code


Ateco = Annotated[str, AfterValidator(_ateco)]
"""Code of an economic activity, ATECO (Italian NACE Rev. 2.1), from section to subcategory."""


def at_most(words: int) -> AfterValidator:
    def short(text: str) -> str:
        if (count := len(text.split())) > words:
            raise RuleError(N_("{count} words: at most {most}."), count=count, most=words)
        return text

    return AfterValidator(short)


Slug = Annotated[str, Field(pattern=SLUG, max_length=80)]
Line = Annotated[str, Field(min_length=1, max_length=200)]
Summary = Annotated[str, Field(min_length=1), at_most(SUMMARY_WORDS)]
Section = Annotated[str, at_most(SECTION_WORDS)]
Quote = Annotated[str, at_most(QUOTE_WORDS)]
"""A verbatim quotation, limited in length by the right to quote."""
Address = Annotated[str, Field(pattern=r"^https?://\S+$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=200)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Year = Annotated[int, Field(ge=1000, le=2100)]
Figure = Annotated[float, Field(ge=-1e15, le=1e15)]
"""A float has only 15 significant digits."""


class Value(BaseModel):
    """A frozen record that rejects unknown fields."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False
    )
