"""Write a card's figures in Italian and English, by one set of rules.

Used by pages, lists, printed papers, feeds and the searchable text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kb.domain import CARD_LANGUAGE
from kb.practices.numbers import NO_BREAK, money, number, the_percent, with_unit
from kb.practices.terms import Better
from kb.practices.values import BY_SOURCE, JOINED, WRITTEN, Amount, read, split_unit
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
    """A figure in words, and the language of the words."""

    text: str
    language: str


def value_of(result: MeasuredResult, language: str = CARD_LANGUAGE) -> Written:
    """A result's value with qualifier and unit: «oltre 90 patti», “about 2%”."""
    unit = result.unit if language == CARD_LANGUAGE else result.unit_en
    unit, qualifier, remark = split_unit(unit)
    spoken, amount = _amount(result, language)
    if amount is None:
        words = _words(result, spoken)
        return Written(with_unit(words, unit, spoken) if spoken == language else words, spoken)
    if qualifier and not amount.qualifier:
        amount = replace(amount, qualifier=qualifier)
    if remark:
        amount = replace(amount, remark=remark)
    return Written(
        _compose(_without_decrease_sign(result, amount), unit, language, _is_change(result)),
        language,
    )


def baseline_of(result: MeasuredResult, language: str = CARD_LANGUAGE) -> str:
    """The baseline value with its unit; empty if unknown."""
    if result.baseline is None:
        return ""
    unit, _, _ = split_unit(result.unit if language == CARD_LANGUAGE else result.unit_en)
    return _compose(Amount((result.baseline,)), unit, language)


def share_of(result: MeasuredResult, language: str = CARD_LANGUAGE) -> str:
    """The count behind a share: «233 su 240 persone», “233 of 240 people”; empty if unknown."""
    if result.denominator is None:
        return ""
    whole = number(result.denominator, language)
    if result.numerator is not None:
        of = "su" if language == CARD_LANGUAGE else "of"
        whole = f"{number(result.numerator, language)} {of} {whole}"
    else:
        whole = f"{'su' if language == CARD_LANGUAGE else 'of'} {whole}"
    counted = result.counted if language == CARD_LANGUAGE else result.counted_en or result.counted
    return f"{whole} {counted}".strip()


def comparison_of(result: MeasuredResult, language: str = CARD_LANGUAGE) -> str:
    """The comparison value and what it is of: «61,7 % (gruppo di controllo)»; empty if none."""
    if result.comparison is None:
        return ""
    unit, _, _ = split_unit(result.unit if language == CARD_LANGUAGE else result.unit_en)
    value = _compose(Amount((result.comparison,)), unit, language, _is_change(result))
    english = language != CARD_LANGUAGE and result.compared_with_en
    return f"{value} ({result.compared_with_en if english else result.compared_with})"


def indicator_of(result: MeasuredResult, language: str = CARD_LANGUAGE) -> str:
    return result.indicator if language == CARD_LANGUAGE else result.indicator_en


def result_sentence(result: MeasuredResult, language: str = CARD_LANGUAGE) -> str:
    """A result on one line: indicator, value, count, baseline, year, comparison."""
    parts = [f"{indicator_of(result, language)}: {value_of(result, language).text}"]
    if share := share_of(result, language):
        parts.append(f"({share})")
    if before := baseline_of(result, language):
        year = f" ({result.baseline_year})" if result.baseline_year else ""
        parts.append(f"{'da' if language == CARD_LANGUAGE else 'from'} {before}{year}")
    if result.year is not None:
        parts.append(f"({result.year})")
    if other := comparison_of(result, language):
        compared = "confronto" if language == CARD_LANGUAGE else "compared with"
        parts[-1] += f"; {compared}: {other}"
    return " ".join(parts).replace(NO_BREAK, " ") + "."


def result_in_words(result: MeasuredResult) -> dict[str, str]:
    """A result on one line, by language."""
    return {language: result_sentence(result, language) for language in WRITTEN}


def as_json(practice: Practice) -> dict[str, Any]:
    """The card as JSON, with each result and cost written in both languages.

    ``sources_read`` and ``status_as_of`` follow from the sources.
    """
    record = practice.model_dump(mode="json")
    record["status_as_of"] = practice.known_until
    reading = practice.reading
    record["sources_read"] = {
        "sources": reading.total,
        "read": reading.read,
        "excerpt": reading.excerpts,
        "read_on": reading.read_on.isoformat() if reading.read_on else None,
        "opened_on": reading.opened_on.isoformat() if reading.opened_on else None,
    }
    for dump, result in zip(record["results"], practice.results, strict=True):
        dump["written"] = result_in_words(result)
    for dump, cost in zip(record["costs"], practice.costs, strict=True):
        dump["written"] = {language: cost_sentence(cost, language) for language in WRITTEN}
    return record


def amount_of(cost: Cost, language: str = CARD_LANGUAGE) -> str:
    """A cost's amount with its currency: «108 milioni di euro»; empty if the card has none."""
    said = read(cost.amount_text) if cost.amount_text else None
    if said is None:
        said = None if cost.amount is None else Amount((cost.amount,))
    if said is None or not cost.currency:
        return ""
    joined = JOINED[language].get(said.joined, "{}")
    return _add_qualifier(money(said.numbers, cost.currency, language, joined), said, language)


def cost_of(cost: Cost, language: str = CARD_LANGUAGE) -> str:
    """A cost's amount with its year: «108 milioni di euro (2016)»."""
    year = f" ({cost.year})" if cost.year else ""
    amount = amount_of(cost, language)
    return f"{amount}{year}" if amount else ""


def cost_text_of(cost: Cost, language: str = CARD_LANGUAGE) -> Written:
    """What was paid for; in Italian if the card has no English text."""
    if language != CARD_LANGUAGE and cost.text_en:
        return Written(cost.text_en, language)
    return Written(cost.text, CARD_LANGUAGE)


def cost_sentence(cost: Cost, language: str = CARD_LANGUAGE) -> str:
    """A cost on one line: kind, purpose, amount, year."""
    amount = cost_of(cost, language) or (f"({cost.year})" if cost.year else "")
    kind = label("costs", cost.kind, language)
    text = cost_text_of(cost, language).text.rstrip(".")
    line = f"{kind}, {text}: {amount}" if cost_of(cost, language) else f"{kind}: {text} {amount}"
    return line.strip().replace(NO_BREAK, " ") + "."


def _amount(result: MeasuredResult, language: str) -> tuple[str, Amount | None]:
    """The amount, None if the value is only words; and the language of the text that is shown."""
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


def _without_decrease_sign(result: MeasuredResult, amount: Amount) -> Amount:
    """The amount without its minus if the indicator is called a decrease: «Riduzione dello spreco:
    80 %».

    Not if a higher value is better: then a minus means an increase.
    """
    if result.better is Better.HIGHER or not _is_decrease(result):
        return amount
    return replace(amount, numbers=tuple(abs(one) for one in amount.numbers))


def names_decrease(indicators: Iterable[str]) -> bool:
    """Whether indicators name a decrease: «Riduzione dello spreco»."""
    return _head_matches(_DECREASE, indicators)


def names_change(indicators: Iterable[str]) -> bool:
    """Whether indicators name a change: «Variazione del traffico»."""
    return _head_matches(_CHANGE, indicators)


def _is_decrease(result: MeasuredResult) -> bool:
    return names_decrease((result.indicator, result.indicator_en))


def _is_change(result: MeasuredResult) -> bool:
    return names_change((result.indicator, result.indicator_en))


def _head_matches(word: re.Pattern[str], indicators: Iterable[str]) -> bool:
    """Whether the indicator's head, before the first preposition, matches ``word``."""
    return any(word.search(_PREPOSITION.split(one, maxsplit=1)[0]) for one in indicators)


def _compose(amount: Amount, unit: str, language: str, change: bool = False) -> str:
    """Number, unit and qualifier in the word order of the language."""
    if amount.qualifier == "more-than" and max(amount.numbers) < 0:
        return _compose_decrease(amount, unit, language)
    signed = amount.plus or change
    parts = [number(one, language, signed=signed) for one in amount.numbers]
    joined = JOINED[language].get(amount.joined, "{}")
    unit = _singular(unit) if amount.numbers == (1,) else unit
    return _add_qualifier(with_unit(joined.format(*parts), unit, language), amount, language)


def _compose_decrease(amount: Amount, unit: str, language: str) -> str:
    """«oltre il 50 % in meno»: more than a decrease."""
    written = with_unit(number(abs(amount.numbers[0]), language), unit, language)
    if language != CARD_LANGUAGE:
        return f"more than {written} less"
    return f"oltre {the_percent(written) if unit[:1] == '%' else written} in meno"


def _add_qualifier(written: str, amount: Amount, language: str) -> str:
    words = [WRITTEN[language].get(amount.qualifier, ""), written]
    after = [amount.remark, amount.attribution, BY_SOURCE[language] if amount.by_source else ""]
    return ", ".join([" ".join(filter(None, words)), *filter(None, after)])


def _singular(unit: str) -> str:
    return re.sub(
        r"^(milion|miliard)i\b", lambda m: m[1] + ("e" if m[1] == "milion" else "o"), unit
    )
