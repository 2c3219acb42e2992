"""A search question as URL parameters, for the page and the JSON API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, create_model

from ingest.metadata import blank_is_none
from kb.domain import Kind
from kb.filters import FILTERS, AnyOf, Conditions, choose
from kb.practices.terms import Economy, Territory
from search.query import MAX_LENGTH
from search.results import Question
from search.similarity.viewpoint import INFLUENCE, FirmGrowth, FirmSize, Lens, Viewpoint
from web.presenters.listing import Parameters

SEARCH_PATH = "/search"
Year = Annotated[Annotated[int, Field(ge=0, le=9999)] | None, BeforeValidator(blank_is_none)]
Code = Annotated[str | None, BeforeValidator(blank_is_none)]
Optional = BeforeValidator(blank_is_none)


class SearchParameters(BaseModel):
    """The parameters of a search other than its filters."""

    q: str = Field(default="", description=f"The question, up to {MAX_LENGTH} characters.")
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
    where: Annotated[Literal["any"] | None, Optional] = Field(
        default=None,
        description="`any`: a place that the question names is a word like others. Otherwise its"
        " practices come first, and those elsewhere are left out unless none there is on the"
        " subject.",
    )
    traits: Annotated[Literal["any"] | None, Optional] = Field(
        default=None,
        description="`any`: territory, number of residents and cost that the question names are"
        " words like others. Otherwise practices that do not fit are left out, unless none that"
        " fits is on the subject.",
    )
    far: bool = Field(
        default=False, description="Also list what is less near, beyond the end of relevance."
    )

    def question(self) -> Question:
        return Question(
            text=self.q,
            filters=self.filters(),
            viewpoint=self.viewpoint(),
            page=self.page,
            anywhere=self.where is not None,
            of_any_kind=self.traits is not None,
            far=self.far,
        )

    def filters(self) -> Conditions:
        """The conditions on the fields of ``kb.filters.FILTERS``."""
        said = dict(self)
        return choose(
            **{
                field.name: (said[f"{field.name}_from"], said[f"{field.name}_to"])
                if field.is_range
                else said[field.name]
                for field in FILTERS
            }
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


def list_parameters(question: Question) -> Parameters:
    """Name and value of every parameter of the question's address, without the page number."""
    pairs: Parameters = [("q", question.text)]
    for name, condition in question.filters.items():
        if isinstance(condition, AnyOf):
            pairs += [(name, value) for value in condition.values]
        else:
            bounds = {"from": condition.low, "to": condition.high}
            pairs += [(f"{name}_{end}", f"{at}") for end, at in bounds.items() if at is not None]
    if question.anywhere:
        pairs.append(("where", "any"))
    if question.of_any_kind:
        pairs.append(("traits", "any"))
    if question.far:
        pairs.append(("far", "1"))
    return pairs + _list_viewpoint_parameters(question.viewpoint)


def _list_viewpoint_parameters(viewpoint: Viewpoint) -> Parameters:
    """The fields of the viewpoint that differ from the defaults."""
    defaults = vars(Viewpoint())
    fields = vars(viewpoint).items()
    return [(name, f"{value}") for name, value in fields if value != defaults[name]]


def _filter_parameters() -> dict[str, Any]:
    """A parameter per filter, two for a range. Several values of one are alternatives."""
    parameters: dict[str, Any] = {}
    for field in FILTERS:
        if field.is_range:
            for end in ("from", "to"):
                said = f"{field.description} ({end})"
                parameters[f"{field.name}_{end}"] = (Year, Field(default=None, description=said))
        else:
            values = list[Kind] if field.name == "kind" else list[str]
            parameters[field.name] = (values, Field(default=[], description=field.description))
    return parameters


if TYPE_CHECKING:
    Asked = SearchParameters
else:
    Asked = create_model("Asked", __base__=SearchParameters, **_filter_parameters())
"""The parameters of a search with those of its filters."""
