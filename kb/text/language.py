"""Which language a text is in, offline, from two words on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNDETERMINED = "und"
FREQUENT = frozenset({"it", "en", "fr", "de", "es", "pt"})
RARER = frozenset(
    {"bg", "bs", "ca", "cs", "da", "el", "et", "eu", "fi", "ga", "gl", "hr", "hu", "is", "lt", "lv"}
    | {"mk", "mt", "nl", "no", "pl", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "tr", "uk"}
)
# How much likelier a language is before the text is read; chosen on two-word questions in eleven
# languages. A sentence outweighs them by far.
FREQUENT_ODDS = 2.0
PRIOR_ODDS = 2.5
UNSURE = 0.25  # below it, a text is in none of the rarer languages
LONGEST = 10_000  # characters read of a text


class Detected(NamedTuple):
    """An ISO 639-1 code, or ``und`` when nothing speaks for any; probability from 0 to 1."""

    language: str
    probability: float


def detect(text: str, prior: str | None = None) -> Detected:
    """The likeliest language, ``prior`` (of the document, of the reader) counting as likely.

    Naive Bayes over byte n-grams (Lui and Baldwin 2012, "langid.py"), times what is expected.
    A text without letters is in the prior's language.
    """
    if not any(letter.isalpha() for letter in text):
        return Detected(prior or UNDETERMINED, 0.0)
    weights = {
        language: likelihood * _odds(language, prior)
        for language, likelihood in _identifier().rank(text[:LONGEST])
    }
    best = max(weights, key=lambda language: weights[language])
    total = sum(weights.values())
    if weights[best] < UNSURE * total:
        best = max(FREQUENT | {prior or best}, key=lambda language: weights.get(language, 0))
    return Detected(best, weights[best] / total)


def _odds(language: str, prior: str | None) -> float:
    odds = FREQUENT_ODDS if language in FREQUENT else 1.0
    return odds * PRIOR_ODDS if language == prior else odds


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(FREQUENT | RARER)
    return identifier
