"""The parameters of a list of practices or documents: filters, words, order, page."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from kb.messages import N_
from kb.text.folding import fold_text

PRACTICE_ORDERS = {
    "": N_("Title"),
    "newest": N_("Newest first"),
    "year": N_("Year of start, last first"),
    "place": N_("Place"),
    "near": N_("Distance from my municipality"),
}
DOCUMENT_ORDERS = {
    "": N_("Newest first"),
    "title": N_("Title"),
    "year": N_("Year, last first"),
    "publisher": N_("Publisher"),
}
"""Orders of a list by the value of ``sort``; the empty one is used if none is asked for."""

SHORTEST_IN_TEXT = 3
"""Letters of the words that are looked for in the text of documents."""


class ListQuery(BaseModel):
    """The filters of a list. Empty means any."""

    q: str = Field(
        default="",
        max_length=200,
        description="Beginnings of words that must all stand in the title or the other data.",
    )
    theme: str = Field(default="", description="A slug of the list of themes.")
    country: str = Field(default="", description="An ISO 3166 code.")
    language: str = Field(default="", description="An ISO 639 code.")
    sort: str = ""
    page: int = Field(default=1, ge=1, le=10_000, description="From 1.")

    def parameters(self) -> list[tuple[str, str]]:
        """Name and value of every parameter that is set, without the page number."""
        names = [name for name in type(self).model_fields if name != "page"]
        return [(name, str(value)) for name in names if (value := getattr(self, name))]

    @property
    def words_in_text(self) -> list[str]:
        """The words to look for in the text of documents: none."""
        return []


class PracticeListQuery(ListQuery):
    """``q`` looks at title, summary, place and keywords."""

    outcome: str = Field(default="", description="A slug of the list of outcomes.")
    status: str = Field(default="", description="A slug of the list of statuses.")
    evidence: str = Field(
        default="", description="The best evidence of an achieved result: a slug of that list."
    )
    population: str = Field(default="", description="A slug of the list of sizes of places.")
    region: str = Field(default="", description="The name of a region, as the cards give it.")
    sector: str = Field(default="", description="A slug of the list of sectors.")
    strand: str = Field(default="", description="A slug of the list of strands.")
    costs: str = Field(default="", description="`yes`: the card gives an amount.")
    taken_up: str = Field(
        default="", description="`italy`: taken up by another body in Italy or by a public project."
    )
    measured_here: str = Field(
        default="", description="`yes`: a public project has measured a result of it again."
    )
    sort: Literal["", "newest", "year", "place", "near"] = Field(
        default="", description="By title, or by this; `near` needs `place`."
    )
    place: str = Field(
        default="", max_length=6, description="ISTAT code of the municipality that is `near`."
    )


class DocumentListQuery(ListQuery):
    """``q`` looks at title, authors, publisher and file name; with ``text`` also at the pages."""

    text: Literal["", "yes"] = Field(
        default="",
        description="`yes`: words of `q` with three letters or more may also stand in the text;"
        " beside them shorter ones do not count.",
    )

    year: str = Field(default="", pattern=r"^\d{0,4}$", description="Year of publication.")
    sort: Literal["", "title", "year", "publisher"] = Field(
        default="", description="The newest first, or by this."
    )

    @property
    def words_in_text(self) -> list[str]:
        """The words to look for on the pages: those long enough to tell documents apart."""
        words = fold_text(self.q).split() if self.text else []
        return [word for word in words if len(word) >= SHORTEST_IN_TEXT]
