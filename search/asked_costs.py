"""Bounds that a question sets to the cost of practices: «con meno di 50 mila euro», "under 20k".

What is no cost of the practice is none: savings, tenders, incomes, the cost of one pupil.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.practices.traits import LEAST_COST
from search.asked_amounts import RANGE, has_scale, read_range

_EURO = r"(?:€|eur(?:o|os)?(?!\w))"
_COST_WORD = (
    r"(?:cost[oi]|costan[o]|(?<!la )costa|costat[oiae]|costare|spes[ae]|spendere|spendendo|budget|"
    r"investiment[oi]|costs?|costing|spending|investments?|coûtent|coûte|coûts?|dépenses?|"
    r"kosten|kostet|ausgaben|cuestan|cuesta|costes?|gastos?|presupuesto)"
)
_MONEY = re.compile(
    rf"(?P<noun>(?:\b(?:che|con|a|dal|di|un|una|that|which|with|avec|qui|mit|die|que)\s+){{0,3}}"
    rf"\b{_COST_WORD}(?:\s+(?:complessiv[oi]|total[ei]))?\s*(?:di\s+|of\s+|:\s*)?)?"
    rf"(?P<with>\b(?:con|per|with|for|mit|für|avec|pour|por)\s+)?"
    rf"{RANGE}\s*(?:(?:di\s+)?{_EURO})?(?!\w)",
    re.IGNORECASE,
)
_EACH = (
    r"(?:/|a |al |alla |all['’]|l['’]|pro[ -]|je |par |each|ogni |"
    r"(?:per|por) (?!i[l ]|l[aeo] |gli |l['’]|un|el |los |las |the ))"
)
_OF_ONE = re.compile(rf"\s*{_EACH}", re.IGNORECASE)
_COST_OF_ONE = re.compile(
    rf"\b{_COST_WORD}\s+(?:{_EACH}|unitari|orari|medi[oi]\b|mensil|giornalier|of each)"
    r"|(?<!\w)(?:pro[ -]?capite|a testa|per capita|pro kopf|per cápita|cost per|cost of one)\b",
    re.IGNORECASE,
)
_PROCUREMENT = re.compile(
    r"(?<!\w)(?:appalt\w+|affidament[oi]|gar[ae]|soglia|soglie|mepa|consip|rup|isee|procurement|"
    r"tender(?:s|ing)?|(?:il|nel|del|un|di)\s+bilancio(?! partecipat))(?!\w)|"
    r"(?<!\w)bilancio\s+comunale",
    re.IGNORECASE,
)
_OTHER_SUM = (
    r"(?<!\w)(?:risparmi\w*|ricav[oi]|fatturat[oi]|fattur[ae]|stipendi[oi]?|reddit[oi]|contribut[oi]|"
    r"mult[ae]|sanzion[ei]|tass[ae]|affitt[oi]|canon[ei]|prezz[oi]|premi[oi]?|debit[oi]|mutu[oi]|"
    r"donazion[ei]|incass[oi]|bilanci[oi]?(?! partecip)|capital[ei]|gettit[oi]|patrimoni[oi]?|"
    r"entrat[ae]|"
    r"savings?|saving|incomes?|salar(?:y|ies)|rents?|prizes?|turnover|revenues?|capital|"
    r"miete|umsatz|loyers?|salaires?|alquiler|sueldos?)(?!\w)"
)
_SUM_BEFORE = re.compile(rf"{_OTHER_SUM}(?:\s+[^\s.;:?!]+){{0,2}}\s*$", re.IGNORECASE)
_SUM_AFTER = re.compile(rf"\s*(?:di|of|in|de|d['’]|an)\s*{_OTHER_SUM}", re.IGNORECASE)
_OWNERS = re.compile(
    r"(?<!\w)(?:famigli[ae]|nucle[oi](?: familiari)?|person[ae]|cittadin[oi]|pensionat[oi]|"
    r"anzian[oi]|student[ei]|impres[ae]|aziend[ae]|societ[àa]|lavorator[ei]|famil(?:y|ies)|"
    r"households?|people|pensioners|students|compan(?:y|ies)|firms?|business(?:es)?|familles|"
    r"ménages|familien|haushalte|familias|hogares)\s*$",
    re.IGNORECASE,
)
_END = re.compile(r"\s*(?:$|[.,;:?!)])")
_GOES_ON = re.compile(
    r"\s*(?:$|[.,;:?!)]|(?:in|nei|nel|nella|nelle|negli|per|con|e|for|with|and|pour|für|para)\s)",
    re.IGNORECASE,
)
_ANY_PROJECT = re.compile(
    r"^\s*$|(?<!\w)(?:progett[oi]|pratic(?:a|he)|esperienz[ae]|intervent[oi]|iniziativ[ae]|soluzioni|"
    r"opere|projects?|practices?|solutions|measures|projets?|projekten?|proyectos?)\s*$",
    re.IGNORECASE,
)
_YEARS = range(1900, 2101)


def find_costs(text: str) -> Iterator[tuple[float | None, float | None, int, int]]:
    """(low, high, start, end) of each amount that limits what a practice may cost, in euros."""
    if _PROCUREMENT.search(text):
        return
    for match in _MONEY.finditer(text):
        bounds = read_range(match)
        if bounds is None or max(one or 0 for one in bounds) < LEAST_COST:
            continue
        if _is_money(match, bounds) and not _is_of_other(match):
            yield *bounds, *match.span()


def _is_of_other(match: re.Match[str]) -> bool:
    """Whether it is the cost of one, or a sum that is no cost."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    up_to = match.string[: match.end()]
    return bool(
        _OF_ONE.match(after)
        or _COST_OF_ONE.search(up_to)
        or _SUM_BEFORE.search(before)
        or _SUM_AFTER.match(after)
        or _OWNERS.search(before)
    )


def _is_money(match: re.Match[str], bounds: tuple[float | None, float | None]) -> bool:
    """A cost is said to be so, before it or elsewhere; or an amount is all that a thing is asked to
    be within: «con meno di 50 mila euro», "projects under 20k"."""
    text, after = match.string, match.string[match.end() :]
    if re.search(_EURO, match.group(), re.IGNORECASE):
        is_apart = match["with"] or _ANY_PROJECT.search(text[: match.start()])
        is_cost = match["noun"] or re.search(rf"\b{_COST_WORD}\b", text, re.IGNORECASE)
        return bool(is_cost or is_apart)
    if match["noun"]:
        is_year = any(one in _YEARS for one in bounds)
        return bool(
            _GOES_ON.match(after) if has_scale(match) else _END.match(after) and not is_year
        )
    is_short = re.search(r"\d\s*k\b", match.group(), re.IGNORECASE) is not None
    is_apart = match["with"] or _ANY_PROJECT.search(text[: match.start()])
    is_cost = re.search(rf"\b{_COST_WORD}\b", text, re.IGNORECASE)
    return bool(is_short and is_apart and not is_cost and _GOES_ON.match(after))
