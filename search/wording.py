"""Normalises the wording of a question: spellings and signs that do not change its meaning.

Apostrophes, quotation marks, surrounding punctuation and capitals do not change what is asked, but
change the model's vector.
"""

from __future__ import annotations

import re
import unicodedata

from kb.text.folding import fold_text

_SIGN = "[\u2018\u2019\u201b\u02bc\u02b9\u2032´`']"
_APOSTROPHES = re.compile(
    rf"(?<=\w){_SIGN}(?=\w)|"
    rf"(?<=\b[ldcsmtjn]){_SIGN}\s(?=\w)|(?<=\b(?:un|qu)){_SIGN}\s(?=\w)|"
    rf"(?<=\b(?:dell|nell|dall|sull)){_SIGN}\s(?=\w)|(?<=\ball){_SIGN}\s(?=\w)",
    re.IGNORECASE,
)
"""Within a word, or after an elided one: «l' acqua»."""
_QUOTES = re.compile(
    r"[\"\u201c\u201d\u201e\u201f«»\u2039\u203a\u2033`´]|(?<!\w)['\u2018\u2019\u201a]|"
    r"['\u2018\u2019](?!\w)"
)
_PHRASE = re.compile(
    '"([^"]+)"|[\u201c\u201d\u201e]([^\u201c\u201d\u201e]+)[\u201c\u201d]|«([^«»]+)»|»([^«»]+)«'
)
_OPERATORS = re.compile(
    r"\b(?:site|filetype|ext|cache|related|lang|in)\s*:\s*[\w./-]+"
    r"|\b(?:intitle|inurl|intext|title|text)\s*:\s*(?=\w)"
    r"|(?<=\S\s)(?:AND|OR|NOT|NEAR)(?=\s)|&&|\|\|?|(?<!\w)[+~\-\u2212](?=\w)|(?<=\w)[*~](?!\w)"
    r"|(?<=\w)\^\d+|[<>{}\\()\[\]]"
)
"""What other search engines take for an order: it changes nothing here."""
_DASHES = re.compile(r"[\u2010\u2011\u2012\u2013\u2212]")
_AROUND = " .,;:!?…¿¡-–—*/()[]"


def quoted_phrases(text: str) -> tuple[str, ...]:
    """The phrases in double quotation marks, as ``fold_text`` writes them."""
    folded = (fold_text("".join(found)) for found in _PHRASE.findall(text))
    return tuple(phrase for phrase in folded if phrase)


def normalise_wording(text: str) -> str:
    """Lower-case text with uniform apostrophes, dashes and blanks, without operators.

    Returns ``text`` unchanged if nothing else remains.
    """
    plain = unicodedata.normalize("NFKC", _APOSTROPHES.sub("\u2019", _OPERATORS.sub(" ", text)))
    plain = " ".join(_DASHES.sub("-", _QUOTES.sub(" ", plain)).split())
    return plain.strip(_AROUND).lower() or text


def capitalise(text: str) -> str:
    """The text with a capital first letter, as in most sentences the model was trained on."""
    return text[:1].upper() + text[1:]
