"""Figures that a question asks for by their name alone: «stipendio di un autista».

A noun asks for its figure where it opens the question or a clause of it and says of what, or
where it closes a few words. In the middle of a sentence it is the subject: «ridurre il costo della
mensa».
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from kb.text.folding import fold_text


class FigureKind(StrEnum):
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    SHARE = "share"
    NUMBER = "number"


_NOUNS: Mapping[FigureKind, str] = {
    FigureKind.MONEY: (
        "costo costi prezzo prezzi spesa stipendio stipendi paga salario retribuzione compenso "
        "retta canone multa abbonamento fatturato incasso cost costs price prices salary "
        "wage wages fee fees fine kosten preis preise gehalt lohn prix cout couts "
        "salaire tarif coste costes precio precios salario sueldo"
    ),
    FigureKind.SHARE: (
        "percentuale quota tasso share percentage proportion rate anteil pourcentage taux "
        "porcentaje tasa"
    ),
    FigureKind.TIME: "durata tempi duration dauer duree duracion",
    FigureKind.NUMBER: (
        "numero quantita tonnellate chili ettari number amount tonnes tons anzahl tonnen nombre "
        "toneladas"
    ),
}
_KINDS = {noun: kind for kind, nouns in _NOUNS.items() for noun in nouns.split()}
_OPENING = frozenset(
    "qual quale e era sara il la lo i le gli l what is was are the welche welcher ist der die das "
    "quel quelle est les cual es el los".split()
)
"""Words before the noun that opens a clause: «qual è il costo»."""
_OF = frozenset(
    "d di del della dello dei degli delle dell per al all alla allo ai agli alle da of for pro "
    "des der von fur einer eines du de pour pa".split()
)
"""Words after the noun, or after its adjective, that say of what."""
_ASKING = frozenset(
    "come chi perche dove che quali how who why where wie wer warum comment qui pourquoi como "
    "quien".split()
)
_BOUND = frozenset(
    "il la lo un una al alla a di del della da in con per senza suo sua basso bassi buon stesso "
    "the an of at low den le du sans un el sin".split()
)
"""Words before a noun that close a phrase: «a basso costo»."""
_FEW = 5
"""Words of a question that the noun may close."""
_CLAUSE = re.compile(r"[:,;]")


def kind_of_noun(question: str) -> FigureKind | None:
    """The kind of figure that a noun of the question asks for, if one does."""
    clauses = [_words(clause) for clause in _CLAUSE.split(question)]
    for clause in clauses:
        if kind := _opened_by(clause, is_whole=len(clauses) == 1):
            return kind
    return _closed_by(_words(question))


def _opened_by(clause: list[str], *, is_whole: bool) -> FigureKind | None:
    while clause and clause[0] in _OPENING:
        clause = clause[1:]
    if not clause or clause[0] not in _KINDS:
        return None
    says_of_what = not _OF.isdisjoint(clause[1:3])
    return _KINDS[clause[0]] if says_of_what or (len(clause) <= 2 and not is_whole) else None


def _closed_by(words: list[str]) -> FigureKind | None:
    if not 2 <= len(words) <= _FEW or words[0] in _ASKING or words[-2] in _BOUND:
        return None
    return _KINDS.get(words[-1])


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold_text(text))
