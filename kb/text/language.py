"""Which language a text is in, offline, from two words on.

The script decides first: what is not written in Latin letters is in a language of its script. Of
the languages in Latin letters those of Europe are likelier beforehand; another one needs more
text and strong evidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from kb.text.scripts import main_script

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNDETERMINED = "und"
FREQUENT = frozenset({"it", "en", "fr", "de", "es", "pt"})
RARER = frozenset(
    {"bg", "bs", "ca", "cs", "da", "el", "et", "eu", "fi", "ga", "gl", "hr", "hu", "is", "lt", "lv"}
    | {"mk", "mt", "nl", "no", "pl", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "tr", "uk"}
)
EUROPEAN = FREQUENT | RARER
OTHER_LATIN = frozenset(
    "af az br cy eo fo fy gd ha ht id ig jv kab ku la lb lg ln mg ms nn nso oc om qu rw sn so st sw"
    " tk tl uz vi xh yo zu".split()
)
"""Further languages of the identifier that are written in Latin letters."""
NEAR = frozenset({"an", "ext", "gcf", "gcr", "lij", "ltg", "pcm", "vec"})
"""Those that are neighbours of a language of Europe, in whose place that one stands."""
LIKE = {"nn": "no", "arz": "ar", "ary": "ar", "sdh": "ku", "hbo": "he", "grc": "el", "yue": "zh",
        "wuu": "zh", "dz": "bo", "uzs": "uz"}  # fmt: skip
"""Codes of the identifier that are called by another one here."""
IN_SCRIPT: Mapping[str, tuple[str, ...]] = {
    "Arabic": ("ar", "arz", "ary", "fa", "ur", "ps", "ug", "sdh"),
    "Cyrillic": ("bg", "mk", "ru", "sr", "uk", "be", "kk", "ky", "mn", "tg", "tt", "ba"),
    "Devanagari": ("hi", "mr", "ne", "sa", "gom"),
    "Bengali": ("bn", "as"),
}
OF_SCRIPT = {
    "Greek": "el", "Han": "zh", "Japanese": "ja", "Hangul": "ko", "Hebrew": "he", "Thai": "th",
    "Lao": "lo", "Khmer": "km", "Myanmar": "my", "Georgian": "ka", "Armenian": "hy",
    "Ethiopic": "am", "Tibetan": "bo", "Sinhala": "si", "Tamil": "ta", "Telugu": "te",
    "Kannada": "kn", "Malayalam": "ml", "Gujarati": "gu", "Gurmukhi": "pa", "Oriya": "or",
}  # fmt: skip
# How much likelier a language is before the text is read; chosen on two-word questions in eleven
# languages. A sentence outweighs them by far.
FREQUENT_ODDS = 2.0
PRIOR_ODDS = 2.5
UNSURE = 0.25  # below it, a text is in none of the rarer languages
ENOUGH_LETTERS = 30
STRONG = 0.25
"""Logarithm of the odds against the likeliest language of Europe, for each letter of the text, from
which a text is in another language. Over 9,000 European titles, passages, questions and lists of
names none is above it; sentences of twenty other languages lie between 0.3 and 6."""
OVERWHELMING = 1.0
"""The same for a language without a name here: then the text is in none that is known."""
LONGEST = 10_000  # characters read of a text
_NO_WORD = re.compile(r"[\W\d_]+")


class Detected(NamedTuple):
    """An ISO 639 code, or ``und`` when nothing speaks for any; probability from 0 to 1."""

    language: str
    probability: float


def detect(text: str, prior: str | None = None) -> Detected:
    """The likeliest language, ``prior`` (of the document, of the reader) counting as likely.

    Naive Bayes over byte n-grams (Lui and Baldwin 2012, "langid.py"), times what is expected.
    A text without letters is in the prior's language.
    """
    text = text[:LONGEST]
    script = main_script(text)
    if not script:
        return Detected(prior or UNDETERMINED, 0.0)
    if script != "Latin":
        return _of_script(text, script, prior)
    return _elsewhere(text) or _likeliest(text, EUROPEAN | {prior or UNDETERMINED}, prior)


def _of_script(text: str, script: str, prior: str | None) -> Detected:
    if script in OF_SCRIPT:
        return Detected(OF_SCRIPT[script], 1.0)
    if script not in IN_SCRIPT:
        return Detected(UNDETERMINED, 0.0)
    found = _likeliest(text, frozenset(IN_SCRIPT[script]), prior)
    return Detected(LIKE.get(found.language, found.language), found.probability)


def _likeliest(text: str, languages: frozenset[str], prior: str | None) -> Detected:
    """One of ``languages``. The likelihoods are levelled by the root of the text's length, as the
    identifier does, so that they are probabilities for texts of any length."""
    scores = {name: score for name, score in _scores(text).items() if name in languages}
    highest = max(scores.values())
    temperature = math.sqrt(len(text.encode("utf-8", "surrogatepass")))
    weights = {
        name: math.exp((score - highest) / temperature) * _odds(name, prior)
        for name, score in scores.items()
    }
    best = max(weights, key=lambda name: weights[name])
    total = sum(weights.values())
    if weights[best] < UNSURE * total:
        best = max(FREQUENT | {prior or best}, key=lambda name: weights.get(name, 0))
    return Detected(best, weights.get(best, 0.0) / total)


def _elsewhere(text: str) -> Detected | None:
    """A language from outside of Europe, where the evidence is strong."""
    scores = _scores(text)
    if max(scores, key=lambda language: scores[language]) in EUROPEAN:
        return None
    words = _NO_WORD.sub(" ", text)  # figures and signs are no evidence
    letters = len(words) - words.count(" ")
    if letters < ENOUGH_LETTERS:
        return None
    scores = _scores(words)
    best = max(scores, key=lambda language: scores[language])
    nearest = max(scores[language] for language in EUROPEAN)
    evidence = (scores[best] - nearest) / letters
    if best in OTHER_LATIN and evidence > STRONG:
        return Detected(LIKE.get(best, best), 1.0)
    if best not in EUROPEAN | NEAR and evidence > OVERWHELMING:
        return Detected(UNDETERMINED, 1.0)
    return None


def _odds(language: str, prior: str | None) -> float:
    odds = FREQUENT_ODDS if language in FREQUENT else 1.0
    return odds * PRIOR_ODDS if language == prior else odds


def _scores(text: str) -> dict[str, float]:
    """The logarithm of each language's likelihood; languages in two scripts have their better."""
    scores: dict[str, float] = {}
    for language, score in _identifier().rank(text):
        scores[language] = max(score, scores.get(language, score))
    return scores


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=False)
