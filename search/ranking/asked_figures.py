"""The figure that a question asks for: its kind, and what is counted.

"Quanto costa…?" asks for an amount of money, "Quando…?" for a year or a date, "Quanto dura…?" for a
time, "Che percentuale…?" for a share, "Quanti soci…?" for a number, best of members; so does
"stipendio di un autista" without a word of asking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from kb.text.folding import fold_text
from search.ranking.figure_nouns import FigureKind, kind_of_noun

REMEMBERED = 1000
"""Questions whose figure is kept: it is asked for each passage."""


@dataclass(frozen=True)
class AskedFigure:
    """``noun``: what is counted, folded: «soci»; empty where the question does not name it."""

    kind: FigureKind
    noun: str = ""


_HOW_MANY = r"(?:quant[ie]|how many|wie ?viele|combien (?:de |d['’])|cu[aá]nt[oa]s)"
_HOW_MUCH = r"(?:quant[oaie]|how (?:many|much)|wie ?viele?|combien|cu[aá]nt[oa]s?)"
_SAME_CLAUSE = (
    r"(?:(?!\b(?:dove|se|che|chi|senza|where|if|without|wo|wenn|ohne|où|qui|sans|donde|sin)\b).)*"
)
_MONEY_NOUN = (
    r"(?:soldi|euro|fondi|risorse|money|euros|funds|gelder|geld|mittel|argent|fonds|"
    r"dinero|fondos)"
)
_UNIT_OF_TIME = (
    r"(?:ann[io]|mes[ei]|settiman[ae]|giorn[io]|or[ae]|minut[io]|years?|months?|weeks?|days?|hours?|"
    r"minutes?|jahre?|monate?|wochen?|tage?|stunden?|minuten|ans|années|mois|semaines?|jours?|"
    r"heures?|años|meses|semanas|d[ií]as|horas|minutos)"
)
_ASKED = (
    (
        FigureKind.SHARE,
        r"\b(?:che|quale|qual è la|in che|in quale) (?:percentuale|quota)\b|"
        r"\b(?:what|which) (?:share|percentage|proportion|percent)\b|\bhow many per ?cent\b|"
        r"\b(?:wie ?viel prozent|welcher anteil|wie hoch ist der anteil)\b|"
        r"\b(?:quel pourcentage|quelle (?:part|proportion))\b|"
        r"\bqu[eé] (?:porcentaje|proporci[oó]n)\b",
    ),
    (
        FigureKind.TIME,
        r"\bquanto (?:tempo|dura|durano|durò|è durat)|"
        rf"\b{_HOW_MANY}\s?{_UNIT_OF_TIME}\b|\bhow long\b|\bwie lange\b|"
        r"\bcombien (?:de temps|dure)|\bcu[aá]nto (?:tiempo|dur)",
    ),
    (FigureKind.MONEY, rf"\b{_HOW_MANY}\s?{_MONEY_NOUN}\b"),
    (FigureKind.NUMBER, rf"\b{_HOW_MANY}\s?(?=\w)"),
    (
        FigureKind.MONEY,
        rf"(?<!in )(?<!per )(?<!tutto )\b{_HOW_MUCH}\b{_SAME_CLAUSE}\b(?:cost|spes|spend|pag|soldi|"
        r"euro|finanziament|invest|risparmi|stanzia|incass|fattur|guadagn|frutta|rende|ricev|money|"
        r"paid|pay|spent|save|earn|kost|geld|bezahl|ausgeb|gespart|verdien|"
        r"coût|cout|dépens|argent|pay[eé]|gagn|cuesta|gast|dinero|coste)"
        r"|\b(?:what|how much) (?:does|do|did|would) .{1,80}\bcost"
        r"|\b(?:was|wie ?viel) kostet\b|\bhow expensive\b|\bwie teuer\b|"
        r"\b(?:che|qual è il|a quale) (?:costo|prezzo)|\b(?:what is|what was) the (?:cost|price)|"
        r"\bquel (?:est le )?(?:coût|prix)|\bcu[aá]l es el (?:coste|costo|precio)",
    ),
    (
        FigureKind.DATE,
        r"^\W*(?:e |ma |da |fino a |seit |bis |since |depuis |desde )?"
        r"(?:quando|when|wann|quand|cu[aá]ndo)\b(?=.*\?|(?:\W+\w+){1,5}\W*$)"
        r"(?! (?:conviene|serve|bisogna|si (?:può|deve)|occorre|should|can|must|sollte|kann|lohnt|"
        r"faut-il|peut-on|conviene|se (?:puede|debe)))|"
        r"\b(?:in|da|di|fino a) (?:che|quale) (?:anno|data)\b|\b(?:what|which) (?:year|date)\b|"
        r"\b(?:in welchem|seit welchem) jahr\b|\bquelle (?:année|date)\b|\bqu[eé] (?:año|fecha)\b|"
        r"\ba quando risale",
    ),
    (
        FigureKind.NUMBER,
        rf"(?<!in )(?<!per )(?<!tutto )\b{_HOW_MUCH}\b"
        r"(?! (?:riguarda|concerne|più|meno|prima|a\b))|\b(?:che|quale) quantità\b",
    ),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _ASKED)
_NOUN = re.compile(rf"\b{_HOW_MANY}\s?(\w+)", re.IGNORECASE)


@lru_cache(REMEMBERED)
def asked_figure(question: str) -> AskedFigure | None:
    """The figure that a question asks for, in Italian, English, German, French or Spanish."""
    kind = next((kind for kind, asked in _KINDS if asked.search(question)), None)
    if kind is None:
        kind = kind_of_noun(question)
        return AskedFigure(kind) if kind else None
    noun = _NOUN.search(question) if kind is FigureKind.NUMBER else None
    return AskedFigure(kind, fold_text(noun[1]) if noun else "")
