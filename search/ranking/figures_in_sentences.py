"""Sentences that have a figure of the kind that a question asks for."""

from __future__ import annotations

import re

import numpy as np

from kb.text.folding import fold_text
from kb.text.quantities import quantities
from search.ranking.asked_figures import AskedFigure, asked_figure
from search.ranking.counted_nouns import FEWEST_SAME, is_form_of, nouns_like
from search.ranking.figure_nouns import FigureKind
from search.ranking.scored_passage import ScoredPassage

OF_THE_KIND = 0.05
"""Added to the cosine of a sentence that has a figure of the kind asked for."""
NO_FIGURE, OF_KIND, OF_NOUN = 0, 1, 2
"""How a sentence fits: no figure, one of the kind, one of what the question counts."""
WORDS_BETWEEN = 2
"""Words that may stand between a number and what it counts: «650 nuovi posti»."""

_UNIT_OF_TIME = (
    r"(?:ann[io]|mes[ei]|settiman[ae]|giorn[io]|or[ae]|minut[io]|years?|months?|weeks?|days?|"
    r"hours?|minutes?|jahre?n?|monate?n?|wochen?|tagen?|tag|stunden?|minuten|années?|ans?|mois|"
    r"semaines?|jours?|heures?|años?|mes|meses|semanas?|d[ií]as?|horas?|minutos?)"
)
_COUNT_WORD = (
    r"(?:un[ao']?|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|dodici|quindici|venti|trenta|"
    r"quaranta|cinquanta|cento|duecento|mille|milion[ei]|decin[ae]|centinai[ao]|migliai[ao]|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|"
    r"hundreds?|thousands?|millions?|dozens?|"
    r"ein(?:en|e|em|er)?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|zwanzig|dreißig|"
    r"hundert|tausend|millionen|"
    r"une?|deux|trois|quatre|cinq|sept|huit|neuf|dix|douze|vingt|trente|cent|"
    r"dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|veinte|treinta|cien|mil)"
)
_SHARE_WORD = (
    r"(?:metà|terzo|quarto|quinto|decimo|doppio|raddoppi\w+|triplic\w+|dimezz\w+|half|halved|third|"
    r"quarter|doubled|tripled|hälfte|drittel|viertel|verdoppel\w+|halbiert|moitié|tiers|doubl\w+|"
    r"mitad|tercio|duplic\w+)"
)
_MONEY = re.compile(
    r"[€£$]|\b(?:eur|euros?|usd|chf|gbp|dollar|d[oó]lar|sterlin|pounds?|franchi|franken|francs|"
    r"coron|kron|lire\b)",
    re.IGNORECASE,
)
_MONEY_IN_WORDS = re.compile(rf"\b{_COUNT_WORD}\s(?:\w+\s){{0,4}}(?:euros?|€)", re.IGNORECASE)
_TIME = re.compile(rf"\b{_UNIT_OF_TIME}\b", re.IGNORECASE)
_TIME_IN_WORDS = re.compile(rf"\b{_COUNT_WORD}\s(?:\w+\s)?{_UNIT_OF_TIME}\b", re.IGNORECASE)
_SHARE = re.compile(
    r"\d\s?[%‰]|\d\s?(?:per ?cento|per ?cent|prozent|pour ?cent|por ?ciento)\b|"
    rf"\b{_SHARE_WORD}\b|\b{_COUNT_WORD} (?:su|in|out of|von|sur|de cada) {_COUNT_WORD}\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\d.,])(?:1[5-9]|20)\d\d(?![\d.,]\d|\d)")
_YEAR_OF_FIGURE = re.compile(r"\((?:1[5-9]|20)\d\d\)")
"""The year of a measured result, which is not when something happened."""
_DAY = re.compile(
    r"(?<!\d)\d{1,2}(?:[./-]\d{1,2}[./-]\d{2,4}|(?:\.|°|º)? [^\W\d_]{3,10} \d{4})(?!\d)"
)
_NUMERAL = re.compile(rf"\d+|{_COUNT_WORD}", re.IGNORECASE)


def fit_of_figure(sentence: str, asked: AskedFigure) -> int:
    """``OF_NOUN``, ``OF_KIND`` or ``NO_FIGURE``."""
    if asked.noun and _counts(sentence, asked.noun):
        return OF_NOUN
    return OF_KIND if has_figure(sentence, asked.kind) else NO_FIGURE


def has_figure(sentence: str, kind: FigureKind) -> bool:
    """Whether a figure of the kind stands in the sentence, in digits or words."""
    match kind:
        case FigureKind.DATE:
            told = _YEAR_OF_FIGURE.sub("", sentence)
            return bool(_YEAR.search(told) or _DAY.search(told))
        case FigureKind.NUMBER:
            return bool(re.search(r"\d", _YEAR.sub("", sentence)) or _SHARE.search(sentence))
        case FigureKind.SHARE:
            return bool(_SHARE.search(sentence))
    unit, in_words = (
        (_MONEY, _MONEY_IN_WORDS) if kind is FigureKind.MONEY else (_TIME, _TIME_IN_WORDS)
    )
    measured = any(unit.search(quantity.text) for quantity in quantities(sentence))
    return measured or bool(in_words.search(sentence))


def _counts(sentence: str, noun: str) -> bool:
    """Whether a number stands before the noun, or after it and a colon: «56 soci», «Soci: 56»."""
    label, colon, _ = sentence.partition(":")
    words = fold_text(sentence).split()
    nouns = nouns_like(noun)
    starts = {one[:FEWEST_SAME] for one in nouns}
    places = [
        n
        for n, word in enumerate(words)
        if word[:FEWEST_SAME] in starts and any(is_form_of(word, one) for one in nouns)
    ]
    of_label = len(fold_text(label).split()) if colon else 0
    for place in places:
        before = words[max(0, place - WORDS_BETWEEN - 1) : place]
        if any(_NUMERAL.fullmatch(word) and not _YEAR.fullmatch(word) for word in before):
            return True
        if place < of_label and re.search(r"\d", sentence[len(label) :]):
            return True
    return False


def raise_asked_figures(question: str, passage: ScoredPassage) -> None:
    """Set ``figure_fits`` of a loaded passage, and raise the cosines of sentences that fit.

    A passage that has been looked at already, and a question for no figure, change nothing.
    """
    asked = asked_figure(question)
    content, cosines = passage.content, passage.sentence_cosines
    if asked is None or content is None or cosines is None or passage.figure_fits is not None:
        return
    fits = [fit_of_figure(content.text[start:end], asked) for start, end in content.sentences]
    passage.figure_fits = np.array(fits, np.int8)
    cosines += OF_THE_KIND * (passage.figure_fits > NO_FIGURE)
