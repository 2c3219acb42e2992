"""A card's figures in words, in Italian and English: results and costs, by one set of rules.

Pages, lists, papers, feeds and what is searched all take their figures from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kb.domain import CARD_LANGUAGE
from kb.practices.numbers import NO_BREAK, money, number, the_percent, with_unit
from kb.practices.terms import Better
from kb.practices.values import BY_SOURCE, JOINED, WRITTEN, Amount, read, unqualified
from kb.vocabulary.vocabularies import label

if TYPE_CHECKING:
    from kb.practices.parts import Cost, MeasuredResult
    from kb.practices.practice import Practice

_PREPOSITION = re.compile(
    r"\s(?:d[ei]l?l?[aeio]?|dell['’]\S*|d['’]\S*|in|nel\w*|nell['’]\S*|a|al\w*|all['’]\S*|per|tra|fra|"
    r"da|dal\w*|dall['’]\S*|su|sul\w*|con|rispetto|dopo|prima|secondo|"
    r"of|for|at|on|with|since|from|to|by|per|compared|against|relative|after|before|between)\b|,",
    re.IGNORECASE,
)
_DECREASE = re.compile(
    r"\b(?:riduzion[ei]|cal[oi]|diminuzion[ei]|taglio|risparmi[oa]?|risparmiat[aeio]|evitat[aeio]|"
    r"ridott[aeio]|contrazione|flessione|decremento|"
    r"reductions?|falls?|decreases?|declines?|drops?|cuts?|savings?|saved|avoided|reduced)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:variazion[ei]|scostament[oi]|differenz[ae]|saldo|changes?|variations?|differences?|"
    r"balance)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Written:
    """A figure in words. ``language`` is that of the words."""

    text: str
    language: str


def value_of(result: MeasuredResult, language: str = CARD_LANGUAGE) -> Written:
    """The value with its qualifier and unit: «oltre 90 patti», “about 2%”."""
    unit = result.unit if language == CARD_LANGUAGE else result.unit_en
    unit, qualifier, remark = unqualified(unit)
    spoken, amount = _amount(result, language)
    if amount is None:
        words = _words(result, spoken)
        return Written(with_unit(words, unit, spoken) if spoken == language else words, spoken)
    if qualifier and not amount.qualifier:
        amount = replace(amount, qualifier=qualifier)
    if remark:
        amount = replace(amount, remark=remark)
    return Written(
        _composed(_as_told(result, amount), unit, language, _is_change(result)), language
    )


def baseline_of(result: MeasuredResult, language: str = CARD_LANGUAGE) -> str:
    """The value before, with its unit; empty where none is known."""
    if result.baseline is None:
        return ""
    unit, _, _ = unqualified(result.unit if language == CARD_LANGUAGE else result.unit_en)
    return _composed(Amount((result.baseline,)), unit, language)


def indicator_of(result: MeasuredResult, language: str = CARD_LANGUAGE) -> str:
    return result.indicator if language == CARD_LANGUAGE else result.indicator_en


def result_sentence(result: MeasuredResult, language: str = CARD_LANGUAGE) -> str:
    """The result in one line: indicator, value, value before, year."""
    parts = [f"{indicator_of(result, language)}: {value_of(result, language).text}"]
    if before := baseline_of(result, language):
        year = f" ({result.baseline_year})" if result.baseline_year else ""
        parts.append(f"{'da' if language == CARD_LANGUAGE else 'from'} {before}{year}")
    if result.year is not None:
        parts.append(f"({result.year})")
    return " ".join(parts).replace(NO_BREAK, " ") + "."


def result_in_words(result: MeasuredResult) -> dict[str, str]:
    """The result in one line, by language."""
    return {language: result_sentence(result, language) for language in WRITTEN}


def as_json(practice: Practice) -> dict[str, Any]:
    """The card as JSON, each result and cost with its line in either language beside it."""
    record = practice.model_dump(mode="json")
    for dump, result in zip(record["results"], practice.results, strict=True):
        dump["written"] = result_in_words(result)
    for dump, cost in zip(record["costs"], practice.costs, strict=True):
        dump["written"] = {language: cost_sentence(cost, language) for language in WRITTEN}
    return record


def amount_of(cost: Cost, language: str = CARD_LANGUAGE) -> str:
    """The amount with its currency: «108 milioni di euro»; empty where the card has none."""
    said = read(cost.amount_text) if cost.amount_text else None
    if said is None:
        said = None if cost.amount is None else Amount((cost.amount,))
    if said is None or not cost.currency:
        return ""
    joined = JOINED[language].get(said.joined, "{}")
    return _qualified(money(said.numbers, cost.currency, language, joined), said, language)


def cost_of(cost: Cost, language: str = CARD_LANGUAGE) -> str:
    """The amount with its year, where there is one: «108 milioni di euro (2016)»."""
    year = f" ({cost.year})" if cost.year else ""
    amount = amount_of(cost, language)
    return f"{amount}{year}" if amount else ""


def cost_text_of(cost: Cost, language: str = CARD_LANGUAGE) -> Written:
    """What was paid for; in Italian where the card has no English words for it."""
    if language != CARD_LANGUAGE and cost.text_en:
        return Written(cost.text_en, language)
    return Written(cost.text, CARD_LANGUAGE)


def cost_sentence(cost: Cost, language: str = CARD_LANGUAGE) -> str:
    """The cost in one line: kind, what for, amount, year."""
    amount = cost_of(cost, language) or (f"({cost.year})" if cost.year else "")
    kind = label("costs", cost.kind, language)
    text = cost_text_of(cost, language).text.rstrip(".")
    line = f"{kind}, {text}: {amount}" if cost_of(cost, language) else f"{kind}: {text} {amount}"
    return line.strip().replace(NO_BREAK, " ") + "."


def _amount(result: MeasuredResult, language: str) -> tuple[str, Amount | None]:
    """The figure, and the language of the words that are shown where there is none."""
    if language != CARD_LANGUAGE and result.value_text_en:
        return language, read(result.value_text_en, language)
    if not result.value_text:
        return language, None if result.value is None else Amount((result.value,))
    said = read(result.value_text)
    if said is None or not (language == CARD_LANGUAGE or said.translatable):
        return CARD_LANGUAGE, None
    return language, said


def _words(result: MeasuredResult, language: str) -> str:
    if language != CARD_LANGUAGE and result.value_text_en:
        return result.value_text_en
    return result.value_text


def _as_told(result: MeasuredResult, amount: Amount) -> Amount:
    """«Riduzione dello spreco: 80 %»: what is called a decrease has no minus beside it.

    Where a larger decrease is the better one, a minus means that there was none.
    """
    if result.better is Better.HIGHER or not _is_decrease(result):
        return amount
    return replace(amount, numbers=tuple(abs(one) for one in amount.numbers))


def _is_decrease(result: MeasuredResult) -> bool:
    return _names(_DECREASE, (result.indicator, result.indicator_en))


def _is_change(result: MeasuredResult) -> bool:
    return _names(_CHANGE, (result.indicator, result.indicator_en))


def _names(word: re.Pattern[str], indicators: Iterable[str]) -> bool:
    """Whether the thing measured is called so: before the first preposition."""
    return any(word.search(_PREPOSITION.split(one, maxsplit=1)[0]) for one in indicators)


def _composed(amount: Amount, unit: str, language: str, change: bool = False) -> str:
    """Number, unit and qualifier in the order of the language."""
    if amount.qualifier == "more-than" and max(amount.numbers) < 0:
        return _less(amount, unit, language)
    signed = amount.plus or change
    parts = [number(one, language, signed=signed) for one in amount.numbers]
    joined = JOINED[language].get(amount.joined, "{}")
    unit = _singular(unit) if amount.numbers == (1,) else unit
    return _qualified(with_unit(joined.format(*parts), unit, language), amount, language)


def _less(amount: Amount, unit: str, language: str) -> str:
    """«oltre il 50 % in meno»: more than a decrease."""
    written = with_unit(number(abs(amount.numbers[0]), language), unit, language)
    if language != CARD_LANGUAGE:
        return f"more than {written} less"
    return f"oltre {the_percent(written) if unit[:1] == '%' else written} in meno"


def _qualified(written: str, amount: Amount, language: str) -> str:
    words = [WRITTEN[language].get(amount.qualifier, ""), written]
    after = [amount.remark, amount.attribution, BY_SOURCE[language] if amount.by_source else ""]
    return ", ".join([" ".join(filter(None, words)), *filter(None, after)])


def _singular(unit: str) -> str:
    return re.sub(
        r"^(milion|miliard)i\b", lambda m: m[1] + ("e" if m[1] == "milion" else "o"), unit
    )
