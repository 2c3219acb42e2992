"""The Italian screens speak with one voice: the reader is addressed as «tu», as Designers Italia
does; one word stands for one thing (docs/glossary.md, "Words of the screens")."""

import re

import pytest

from web.catalogues import collect, updated

LEI = re.compile(
    r"\b(?:Lei|Suo|Sua|Suoi|Sue)\b|"
    r"\b(?:[Rr]iprovi|[Ee]limini|[Ss]celga|[Cc]ontrolli|[Ss]criva|[Aa]pra|[Tt]olga|[Dd]ivida|[Ii]ndichi|"
    r"[Ff]accia|[Ii]nstalli|[Mm]odifichi|[Cc]hieda|[Cc]orregga|[Dd]ica|[Ee]segua|[Vv]eda|[Tt]orni|"
    r"[Cc]onfronti|[Rr]iduca|[Ii]nvii|[Aa]cceda|[Aa]ggiunga|[Pp]ubblichi|[Cc]erchi|[Ss]egua|[Ll]egga|"
    r"[Ss]i rivolga|Può lasciare)\b"
)
"""The formal address: its pronouns, and its imperatives that are no nouns."""
INFINITIVE = re.compile(
    r"(?:^|[:;.] )[A-Za-z]\w+(?:[aei]re|[aei]rsi|[aei]r(?:l[oaie]|ne|gli))\b[^.:?]*\.$"
)
"""A sentence that tells what to do by an infinitive: «Indicare il motivo.»"""
BANNED = {
    r"(?<!\b[Ii]n )\b[Bb]as[ei]\b(?! di dati\b)": "banca dati",
    r"\b(?<!per )(?<!Primi )(?<!fatto, )pass[oi]\b(?! per)": "brano",
    r"\bpropri[oa] (?:comune|impresa|luogo)\b": "tuo comune",
    r"\b[Ll]ente\b": "criterio di confronto",
    r"\b[Ll]avorazion[ei]\b": "elaborazione",
    r"\b[Ii]l lavoro (?:è|viene|continua)\b": "l'elaborazione",
}
"""Words that the screens do not use, and the word that stands for them."""


@pytest.fixture(scope="module")
def sentences():
    """Every Italian sentence, plural forms each on its own."""
    out = []
    for message in updated("it", collect()):
        if message.id:
            given = message.string
            out.extend([given] if isinstance(given, str) else given)
    assert len(out) > 1500
    return out


def test_nobody_is_addressed_formally(sentences):
    assert [one for one in sentences if LEI.search(one)] == []


def test_what_to_do_is_said_by_imperatives(sentences):
    assert [one for one in sentences if INFINITIVE.search(one)] == []


@pytest.mark.parametrize(("banned", "better"), BANNED.items())
def test_one_word_for_one_thing(sentences, banned, better):
    assert [one for one in sentences if re.search(banned, one)] == [], f"say: {better}"


@pytest.mark.parametrize(
    "wrong",
    ["Le Sue bozze", "Il titolo è vuoto: ne scriva uno.", "Lo controlli e riprovi."],
)
def test_the_rule_finds_the_formal_address(wrong):
    assert LEI.search(wrong)


@pytest.mark.parametrize("wrong", ["Indicare il motivo.", "Il file è troppo grande: dividerlo."])
def test_the_rule_finds_infinitives(wrong):
    assert INFINITIVE.search(wrong)
