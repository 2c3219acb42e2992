"""A question as the address of a page or of the JSON interface says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from ingest.metadata import blank_is_none
from kb.domain import Kind
from kb.practices.terms import Economy, Territory
from search.query import MAX_LENGTH
from search.results import Question
from search.similarity.viewpoint import INFLUENCE, FirmGrowth, FirmSize, Lens, Viewpoint

Year = Annotated[Annotated[int, Field(ge=0, le=9999)] | None, BeforeValidator(blank_is_none)]
Code = Annotated[str | None, BeforeValidator(blank_is_none)]
Optional = BeforeValidator(blank_is_none)


class Asked(BaseModel):
    """The parameters of a search. Several values of one filter mean any of them."""

    q: str = Field(default="", description=f"The question, up to {MAX_LENGTH} characters.")
    theme: list[str] = Field(default=[], description="Slugs of the list of themes.")
    country: list[str] = Field(default=[], description="ISO 3166 codes.")
    language: list[str] = Field(default=[], description="ISO 639 codes of the passages.")
    kind: list[Kind] = Field(default=[], description="`practice` or `document`.")
    year_from: Year = Field(default=None, description="First year, included.")
    year_to: Year = Field(default=None, description="Last year, included.")
    place: Code = Field(default=None, description="ISTAT code of one's own municipality.")
    territory: Annotated[Territory | None, Optional] = Field(
        default=None, description="What one's own place is like."
    )
    economy: Annotated[Economy | None, Optional] = Field(
        default=None, description="What one's own place lives on."
    )
    ateco: Code = Field(default=None, description="ATECO 2025 code of one's own firm.")
    size: Annotated[FirmSize | None, Optional] = Field(
        default=None, description="Employees of the firm."
    )
    growth: Annotated[FirmGrowth | None, Optional] = Field(
        default=None, description="How the firm has grown in three years."
    )
    lens: Lens = Field(default=Lens.GENERAL, description="What of a context counts most.")
    influence: float = Field(
        default=INFLUENCE, ge=0, le=1, description="λ: 0 is relevance only, 1 the most likeness."
    )
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
            viewpoint=self.viewpoint(),
            page=self.page,
        )

    def viewpoint(self) -> Viewpoint:
        return Viewpoint(
            place=self.place,
            territory=self.territory,
            economy=self.economy,
            ateco=self.ateco,
            size=self.size,
            growth=self.growth,
            lens=self.lens,
            influence=self.influence,
        )
