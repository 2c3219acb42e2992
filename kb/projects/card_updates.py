"""Bring what a card took from a project's measurement sheet up to date; what its authors wrote
stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kb.projects.card_fields import NO_RESULT, SheetQuotes, list_costs, list_results
from kb.projects.writing import read_project
from kb.storage.projects import ProjectRow

Entry = Mapping[str, Any]
FIGURES = (
    "source", "value", "baseline", "baseline_year", "year", "unit", "page", "quote", "measured_by",
)  # fmt: skip
PLACE = ("source", "page")
AMOUNT = ("source", "amount", "page", "quote")


@dataclass(frozen=True)
class TakenQuotes:
    """Words of the sheet that the card has quoted: ``results`` by the id of the indicator, the
    newest last. ``is_held``: whether the revision that quoted the newest still exists; then what is
    not in it any more was taken out by its authors."""

    results: Mapping[str, Sequence[str]] = field(default_factory=dict)
    costs: Collection[str] = ()
    is_held: bool = False

    @classmethod
    def of_project(cls, row: ProjectRow, revisions: Collection[str]) -> TakenQuotes:
        """``revisions``: ids of those that the card has."""
        known = row.card_quotes
        is_held = known.get("revision") in revisions
        return cls(known.get("results", {}), known.get("costs", ()), is_held)


def note_quotes(row: ProjectRow, revision_id: str, quotes: SheetQuotes) -> None:
    """Keep in the project which words its card quotes now."""
    known = row.card_quotes
    results = {id: list(words) for id, words in known.get("results", {}).items()}
    for id, quote in quotes.results.items():
        older = [words for words in results.get(id, ()) if words != quote.words]
        results[id] = [*older, quote.words]
    costs = dict.fromkeys([*known.get("costs", ()), *(one.words for one in quotes.budget)])
    row.card_quotes = {"revision": revision_id, "results": results, "costs": list(costs)}


def update_card(
    record: Entry, row: ProjectRow, source_id: str, quotes: SheetQuotes, taken: TakenQuotes
) -> dict[str, Any]:
    """The record with the results and costs that the sheet has now."""
    results = _update_results(record.get("results", ()), row, source_id, quotes, taken)
    new_costs = list(list_costs(read_project(row), source_id, quotes))
    costs = _update_costs(record.get("costs", ()), new_costs, taken)
    note = record.get("results_note", "")
    if not results:
        note = note or NO_RESULT
    elif note == NO_RESULT:
        note = ""
    updated = {**record, "results": results, "costs": costs, "results_note": note}
    if costs and record.get("cost_not_reported"):
        updated["cost_not_reported"] = False
    return updated


def _update_results(
    known: Sequence[Entry],
    row: ProjectRow,
    source_id: str,
    quotes: SheetQuotes,
    taken: TakenQuotes,
) -> list[dict[str, Any]]:
    """Results of the sheet are known by the words that they quote, else by the name of the
    indicator. Those whose values are no longer checked are dropped."""
    new = list_results(row, source_id, quotes)
    waiting = {one.id: one.text for one in row.indicators}
    updated = []
    for entry in known:
        indicator = _find_indicator(entry, waiting, source_id, taken)
        if indicator is None:
            updated.append(dict(entry))
            continue
        del waiting[indicator]
        if indicator in new:
            updated.append(_replace(entry, new[indicator], FIGURES))
    for id, result in new.items():
        if id in waiting and not (
            taken.is_held and result["quote"] in taken.results.get(id, ())[-1:]
        ):
            updated.append(result)
    return updated


def _find_indicator(
    entry: Entry, waiting: Mapping[str, str], source_id: str, taken: TakenQuotes
) -> str | None:
    quote = entry.get("quote")
    if not quote:
        return None
    for id in waiting:
        if quote in taken.results.get(id, ()):
            return id
    if entry.get("source") != source_id:
        return None
    return next((id for id, text in waiting.items() if text == entry.get("indicator")), None)


def _update_costs(
    known: Sequence[Entry], new: Sequence[dict[str, Any]], taken: TakenQuotes
) -> list[dict[str, Any]]:
    """Costs of the sheet are known by the words that they quote, else by kind and text."""
    waiting = list(new)
    updated = []
    quoted = {one["quote"] for one in new}
    for entry in known:
        found = _find_cost(entry, waiting, quoted)
        if found is not None:
            waiting.remove(found)
            updated.append(_replace(entry, found, AMOUNT))
        elif entry.get("quote") not in taken.costs:
            updated.append(dict(entry))
    left = (one for one in waiting if not (taken.is_held and one["quote"] in taken.costs))
    return [*updated, *left]


def _find_cost(
    entry: Entry, waiting: Sequence[dict[str, Any]], quoted: Collection[str]
) -> dict[str, Any] | None:
    if not entry.get("quote"):
        return None
    if entry["quote"] in quoted:
        return next((one for one in waiting if one["quote"] == entry["quote"]), None)
    names = ("source", "kind", "text")
    return next((one for one in waiting if all(one[n] == entry.get(n) for n in names)), None)


def _replace(entry: Entry, new: Entry, names: Sequence[str]) -> dict[str, Any]:
    """The entry with these fields of the new one; with its place alone if the words are the
    same."""
    same_words = entry.get("quote") == new["quote"]
    return {
        **entry,
        **{name: new[name] for name in (PLACE if same_words else names) if name in new},
    }
