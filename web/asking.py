"""A question as the address of a page or of the JSON interface says it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from kb.domain import Kind
from search.query import MAX_LENGTH
from search.results import Question


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


Year = Annotated[Annotated[int, Field(ge=0, le=9999)] | None, BeforeValidator(_blank_is_none)]
Place = Annotated[str | None, BeforeValidator(_blank_is_none)]


class Asked(BaseModel):
    """The parameters of a search. Several values of one filter mean any of them."""

    q: str = Field(default="", description=f"The question, up to {MAX_LENGTH} characters.")
    theme: list[str] = Field(default=[], description="Slugs of the list of themes.")
    country: list[str] = Field(default=[], description="ISO 3166 codes.")
    language: list[str] = Field(default=[], description="ISO 639 codes of the passages.")
    kind: list[Kind] = Field(default=[], description="`practice` or `document`.")
    year_from: Year = Field(default=None, description="First year, included.")
    year_to: Year = Field(default=None, description="Last year, included.")
    place: Place = Field(default=None, description="ISTAT code of one's own municipality.")
    page: int = Field(default=1, ge=1, le=100, description="From 1.")

    def question(self) -> Question:
        return Question(
            text=self.q,
            themes=tuple(self.theme),
            countries=tuple(self.country),
            languages=tuple(self.language),
            kinds=tuple(self.kind),
            year_from=self.year_from,
            year_to=self.year_to,
            place=self.place,
            page=self.page,
        )
