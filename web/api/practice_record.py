"""A practice card as the JSON interface returns it, for its description in OpenAPI."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from kb.practices.practice import Cost, MeasuredResult, Practice
from web.http.paging import NEXT

WRITTEN = Field(description="On one line, by language: `it` and `en`.")


class WrittenResult(MeasuredResult):
    written: dict[str, str] = WRITTEN


class WrittenCost(Cost):
    written: dict[str, str] = WRITTEN


class ReadingRecord(BaseModel):
    """How far the sources were read."""

    sources: int
    read: int = Field(description="Sources read whole.")
    excerpt: int = Field(description="Sources read in part.")
    read_on: date | None = Field(description="The newest day on which one was read whole.")
    opened_on: date | None = Field(description="The newest day, whole or in part.")


class PracticeRecord(Practice):
    results: tuple[WrittenResult, ...] = ()
    costs: tuple[WrittenCost, ...] = ()
    status_as_of: int | None = Field(description="The year of which the status is known.")
    sources_read: ReadingRecord


class PracticeList(BaseModel):
    total: int = Field(description="Practices that meet the filters, on all pages together.")
    practices: list[PracticeRecord]
    next: str | None = NEXT
