"""Nouns for what practices count, the words of one line for the same, in five languages."""

from __future__ import annotations

from functools import lru_cache

from kb.text.folding import fold_text

_SAME = (
    "posti addetti occupati dipendenti lavoratori impieghi jobs employees workers arbeitsplätze "
    "beschäftigte mitarbeiter emplois salariés empleos trabajadores",
    "abitanti residenti inhabitants residents einwohner bewohner habitants habitantes",
    "famiglie nuclei utenze clienti households families customers users haushalte familien kunden "
    "ménages familles foyers abonnés hogares familias",
    "soci aderenti members mitglieder membres adhérents socios miembros",
    "comuni municipalities gemeinden kommunen communes municipios",
    "imprese aziende ditte firms companies businesses enterprises unternehmen betriebe firmen "
    "entreprises empresas",
    "case alloggi abitazioni appartamenti homes houses dwellings flats wohnungen häuser logements "
    "maisons viviendas casas",
    "pasti meals mahlzeiten essen repas comidas",
    "visitatori turisti ospiti presenze visitors tourists guests besucher gäste visiteurs "
    "visitantes",
    "studenti alunni bambini scolari students pupils children schüler kinder élèves enfants "
    "alumnos",
    "persone people persons personen menschen personnes personas",
)
ENDING = 2
"""Letters at the end of a noun that may differ: «soci», «socio»."""
FEWEST_SAME = 3
"""Letters at the beginning that never do."""


@lru_cache(256)
def nouns_like(noun: str) -> tuple[str, ...]:
    """The folded noun and those that count the same."""
    lines = (tuple(fold_text(line).split()) for line in _SAME)
    return next((line for line in lines if any(is_form_of(noun, one) for one in line)), (noun,))


def is_form_of(word: str, noun: str) -> bool:
    """Whether two folded words differ in their endings only."""
    kept = max(FEWEST_SAME, min(len(word), len(noun)) - ENDING)
    return word[:kept] == noun[:kept] and abs(len(word) - len(noun)) <= ENDING
