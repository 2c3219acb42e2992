"""Questions that ask for a figure, and sentences that have one of that kind.

"Quanto costa…?" is answered by an amount of money, "Quando…?" by a year or a date, "Quanto dura…?"
by a time, "Quanti…?" by any number.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from kb.text.quantities import quantities
from search.ranking.scored_passage import ScoredPassage

REMEMBERED = 1000
"""Questions whose kind is kept: it is asked for each passage."""
OF_THE_KIND = 0.05
"""Added to the cosine of a sentence that has a figure of the kind asked for."""


class FigureKind(StrEnum):
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"


_HOW_MUCH = r"(?:quant[oaie]|how (?:many|much)|wie ?viele?|combien|cu[aá]nt[oa]s?)"
_ASKED = (
    (
        FigureKind.MONEY,
        rf"\b{_HOW_MUCH}\b.*\b(?:cost|spes|spend|pag|soldi|euro|finanziament|invest|risparmi|"
        r"money|paid|pay|kost|geld|bezahl|ausgeb|coût|cout|dépens|argent|pay[eé]|cuesta|"
        r"gast|dinero|coste)"
        r"|\b(?:was|wie ?viel) kostet\b|\bhow expensive\b|\b(?:che|qual è il|"
        r"a quale) (?:costo|prezzo)",
    ),
    (
        FigureKind.TIME,
        r"\bquanto (?:tempo|dura|durano|è durat)|\bquanti (?:anni|mesi|giorni|minuti)\b|"
        r"\bquante (?:ore|settimane)\b|\bhow (?:long|many (?:years|months|weeks|days|hours))\b|"
        r"\bwie lange\b|"
        r"\bcombien (?:de temps|d['’](?:années|ans|heures)|de (?:mois|jours))|"
        r"\bcu[aá]nto (?:tiempo|dura)|\bcu[aá]ntos (?:años|meses|d[ií]as)",
    ),
    (
        FigureKind.DATE,
        r"^(?:e |ma |da |fino a |seit |bis |since |depuis |desde )?"
        r"(?:quando|when|wann|quand|cu[aá]ndo)\b|"
        r"\b(?:in|da|di|fino a) (?:che|quale) anno\b|\b(?:in )?(?:what|which) year\b|"
        r"\b(?:in welchem|seit welchem) jahr\b|\bquelle année\b|\bqu[eé] año\b|\ba quando risale",
    ),
    (
        FigureKind.NUMBER,
        rf"(?<!in )(?<!per )(?<!tutto )\b{_HOW_MUCH}\b"
        r"(?! (?:riguarda|concerne|più|meno|prima|a\b))|"
        r"\b(?:che|quale) (?:percentuale|quota|quantità)\b|\b(?:what|which) (?:share|percentage)\b",
    ),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _ASKED)
_MONEY = re.compile(
    r"[€£$]|\b(?:eur|euros?|usd|chf|gbp|dollar|d[oó]lar|sterlin|pounds?|franchi|franken|francs|"
    r"coron|kron|lire\b)",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:ann[io]|mes[ei]|settiman[ae]|giorn[io]|or[ae]|minut[io]|years?|months?|weeks?|days?|"
    r"hours?|minutes?|jahre?n?|monate?n?|wochen?|tagen?|tag|stunden?|minuten|années?|ans?|mois|"
    r"semaines?|jours?|heures?|años?|mes|d[ií]as?|horas?|minutos?)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\d.,])(?:1[5-9]|20)\d\d(?![\d.,]\d|\d)")
_DAY = re.compile(
    r"(?<!\d)\d{1,2}(?:[./-]\d{1,2}[./-]\d{2,4}|(?:\.|°|º)? [^\W\d_]{3,10} \d{4})(?!\d)"
)
_NUMBER = re.compile(r"\d+")


@lru_cache(REMEMBERED)
def asked_figure(question: str) -> FigureKind | None:
    """The kind of figure that a question asks for, in Italian, English, German, French, Spanish."""
    return next((kind for kind, asked in _KINDS if asked.search(question)), None)


def has_figure(sentence: str, kind: FigureKind) -> bool:
    """Whether a figure of the kind stands in the sentence."""
    if kind is FigureKind.DATE:
        return bool(_YEAR.search(sentence) or _DAY.search(sentence))
    if kind is FigureKind.NUMBER:
        return bool(_NUMBER.search(_YEAR.sub("", sentence)))
    unit = _MONEY if kind is FigureKind.MONEY else _TIME
    return any(unit.search(one.text) for one in quantities(sentence))


def raise_asked_figures(question: str, passage: ScoredPassage) -> None:
    """Raise the cosines of a loaded passage's sentences with a figure of the kind asked for."""
    kind = asked_figure(question)
    content, cosines = passage.content, passage.sentence_cosines
    if kind is None or content is None or cosines is None:
        return
    for number, (start, end) in enumerate(content.sentences):
        if has_figure(content.text[start:end], kind):
            cosines[number] += OF_THE_KIND
