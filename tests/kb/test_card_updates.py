"""What a card took from a project's sheet is brought up to date, and nothing else."""

from datetime import date

from kb.projects.card_fields import NO_RESULT, SheetQuote, SheetQuotes
from kb.projects.card_updates import TakenQuotes, note_quotes, update_card
from kb.storage.projects import (
    CheckDecision,
    Indicator,
    Measurement,
    MeasurementCheck,
    ProjectRow,
)

RECORD = {"title": "Mensa", "municipality": "052032", "lead_body": "Comune", "why": "Sprechi."}


def measured(id, text, value, decision=CheckDecision.CHECKED):
    year = {"period_start": date(2025, 1, 1), "period_end": date(2025, 12, 31)}
    check = MeasurementCheck(decision=decision)
    one = Measurement(id=int(id), value=value, reporter="Comune", checks=[check], **year)
    texts = dict.fromkeys(("text_en", "unit_en", "better", "measure", "baseline_how"), "")
    return Indicator(id=id, text=text, unit="%", measurements=[one], **texts)


def state(row, name, values, amount, decision=CheckDecision.CHECKED):
    row.record = {**RECORD, "budget": [{"kind": "running", "amount": amount}]}
    row.indicators = [measured(str(n), name, value, decision) for n, value in enumerate(values, 1)]
    said = {one.id: SheetQuote(f"{name}: {value}.", 1)
            for one, value in zip(row.indicators, values, strict=True)}  # fmt: skip
    is_good = decision is CheckDecision.CHECKED
    return SheetQuotes(said if is_good else {}, [SheetQuote(f"Costi: {amount}.", 2)])


def test_indicators_of_one_name_keep_their_values_also_under_a_new_one():
    row = ProjectRow(id="mensa", card_quotes={})
    quotes = state(row, "Avanzi", (1, 2), 10)
    first = update_card({}, row, "foglio", quotes, TakenQuotes())
    assert [one["value"] for one in first["results"]] == [1, 2]
    note_quotes(row, "one", quotes)

    quotes = state(row, "Scarti", (5, 6), 20)
    taken = TakenQuotes.of_project(row, {"one"})
    second = update_card(first, row, "foglio", quotes, taken)
    assert [one["value"] for one in second["results"]] == [5, 6]
    assert [one["amount"] for one in second["costs"]] == [20]
    note_quotes(row, "one", quotes)

    taken = TakenQuotes.of_project(row, {"one"})
    assert update_card(second, row, "foglio", quotes, taken) == second
    cut = {**second, "results": second["results"][:1], "costs": []}
    assert update_card(cut, row, "foglio", quotes, taken) == cut, "its authors took them out"
    discarded = TakenQuotes.of_project(row, {"another"})
    assert len(update_card(cut, row, "foglio", quotes, discarded)["results"]) == 2

    quotes = state(row, "Scarti", (5, 6), 20, CheckDecision.SENT_BACK)
    left = update_card(second, row, "foglio", quotes, taken)
    assert (left["results"], left["results_note"]) == ([], NO_RESULT)
