"""Language identification, offline, for texts of two words and more.

Texts in other scripts than Latin are identified by script. Among Latin-script languages, European
ones have a higher prior; others need longer texts and strong evidence.
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
"""Further Latin-script languages of the identifier."""
NEAR = frozenset({"an", "ext", "gcf", "gcr", "lij", "ltg", "pcm", "vec"})
"""Regional languages that are close to a European language and are reported as that one."""
LIKE = {"nn": "no", "arz": "ar", "ary": "ar", "sdh": "ku", "hbo": "he", "grc": "el", "yue": "zh",
        "wuu": "zh", "dz": "bo", "uzs": "uz"}  # fmt: skip
"""Codes of the identifier mapped to the codes used here."""
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
# Factor on the prior of frequent languages, chosen on two-word questions in eleven languages. A
# sentence outweighs it by far.
FREQUENT_ODDS = 2.0
PRIOR_ODDS = 2.5
"""Factor on the prior of the language given as ``prior``."""
UNSURE = 0.25  # probability below which a text is not in one of the rarer languages
ENOUGH_LETTERS = 30
"""Letters from which a text can be in a non-European Latin-script language."""
STRONG = 0.25
"""Log odds per letter against the likeliest European language from which a text is in another
language. Of 9,000 European titles, passages, questions and lists of names none exceeds it;
sentences of twenty other languages have 0.3 to 6."""
OVERWHELMING = 1.0
"""The same threshold for languages not listed here; the text is then undetermined."""
LONGEST = 10_000  # characters of a text that are read
_NO_WORD = re.compile(r"[\W\d_]+")


class Detected(NamedTuple):
    """ISO 639 code, or ``und`` if undetermined; probability from 0 to 1."""

    language: str
    probability: float


def detect(text: str, prior: str | None = None) -> Detected:
    """The likeliest language; ``prior`` (language of the document or user) gets a higher prior
    probability.

    Naive Bayes over byte n-grams (Lui and Baldwin 2012, "langid.py") times the prior. Without
    letters, the result is ``prior``.
    """
    text = text[:LONGEST]
    script = main_script(text)
    if not script:
        return Detected(prior or UNDETERMINED, 0.0)
    if script != "Latin":
        return _identify_by_script(text, script, prior)
    return _identify_non_european(text) or _find_likeliest(
        text, EUROPEAN | {prior or UNDETERMINED}, prior
    )


def _identify_by_script(text: str, script: str, prior: str | None) -> Detected:
    if script in OF_SCRIPT:
        return Detected(OF_SCRIPT[script], 1.0)
    if script not in IN_SCRIPT:
        return Detected(UNDETERMINED, 0.0)
    found = _find_likeliest(text, frozenset(IN_SCRIPT[script]), prior)
    return Detected(LIKE.get(found.language, found.language), found.probability)


def _find_likeliest(text: str, languages: frozenset[str], prior: str | None) -> Detected:
    """The likeliest of ``languages``. Log likelihoods are divided by the square root of the
    text's length in bytes, as the identifier does, so that probabilities are comparable between
    lengths."""
    scores = {name: score for name, score in _log_likelihoods(text).items() if name in languages}
    highest = max(scores.values())
    temperature = math.sqrt(len(text.encode("utf-8", "surrogatepass")))
    weights = {
        name: math.exp((score - highest) / temperature) * _prior_odds(name, prior)
        for name, score in scores.items()
    }
    best = max(weights, key=lambda name: weights[name])
    total = sum(weights.values())
    if weights[best] < UNSURE * total:
        best = max(FREQUENT | {prior or best}, key=lambda name: weights.get(name, 0))
    return Detected(best, weights.get(best, 0.0) / total)


def _identify_non_european(text: str) -> Detected | None:
    """A non-European Latin-script language if the evidence is strong, else None."""
    scores = _log_likelihoods(text)
    if max(scores, key=lambda language: scores[language]) in EUROPEAN:
        return None
    words = _NO_WORD.sub(" ", text)  # numbers and signs are not evidence
    letters = len(words) - words.count(" ")
    if letters < ENOUGH_LETTERS:
        return None
    scores = _log_likelihoods(words)
    best = max(scores, key=lambda language: scores[language])
    nearest = max(scores[language] for language in EUROPEAN)
    evidence = (scores[best] - nearest) / letters
    if best in OTHER_LATIN and evidence > STRONG:
        return Detected(LIKE.get(best, best), 1.0)
    if best not in EUROPEAN | NEAR and evidence > OVERWHELMING:
        return Detected(UNDETERMINED, 1.0)
    return None


def _prior_odds(language: str, prior: str | None) -> float:
    odds = FREQUENT_ODDS if language in FREQUENT else 1.0
    return odds * PRIOR_ODDS if language == prior else odds


def _log_likelihoods(text: str) -> dict[str, float]:
    """Log likelihood of each language; for languages with two scripts the higher one."""
    scores: dict[str, float] = {}
    for language, score in _identifier().rank(text):
        scores[language] = max(score, scores.get(language, score))
    return scores


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=False)
