"""What a unit measures, in five languages, to tell figures of different things apart."""

from __future__ import annotations

import re

_KINDS = {
    "percent": r"%|‰|per ?cento|percento|per ?cent\b|percent\b|prozent\w*|pour cent|por ciento|"
    r"punti percentuali|percentage points?|points de pourcentage",
    "money": r"€|\$|£|eur(?:o|os)?\b|usd\b|gbp\b|dollar\w*|dólar\w*|sterlin\w*|pounds?\b|franc\w*|"
    r"coron[ae]\w*|kron\w*|lire\b",
    "flow": r"l/s\w*|l/min|litri al (?:secondo|minuto)|lit(?:re|er)s per (?:second|minute)|"
    r"m[³3]/[hs]",
    "energy": r"[kmgt]?wh\w*|[mgt]j\b|tep\b|ktep\b|toe\b|ktoe\b|mm?btus?\b|[kmg]ilowattora|"
    r"therms?\b",
    "power": r"[kmg]w(?:p|e|t|el|th)?\b",
    "mass": r"[km]?t\b|tco2\w*|tonnellat\w*|tonn?e?s?\b|tons?\b|tonnen?\b|toneladas?|kg\b|g\b|"
    r"chil[io]\w*|kilo(?:gram\w*|s)?\b|quintal\w*|gramm\w*|grams?\b|pounds of\b",
    "volume": r"m[³3]|mc\b|mmc\b|metri cubi|cubic met\w*|mètres cubes|metros cúbicos|kubikmeter\w*|"
    r"[hmcd]?l\b|litr[io]\b|lit(?:re|er)s?\b|litros?\b|gallons?\b|ccf\b",
    "area": r"ha\b|ettar[io]|hectares?|hektar\w*|hectáreas?|km[²2q]|m[²2q]\b|mq\b|metri quadr\w*|"
    r"(?:chilo|kilo)met\w* quadr\w*|square \w+|acr[eio]s?\b|quadrat\w+|mètres carrés|"
    r"metros cuadrados",
    "length": r"km\b|m\b|metri\b|chilometri\b|kilomet\w*|kilomèt\w*|met(?:re|er)s?\b|mètres?\b|"
    r"metros\b|miles?\b|cm\b|mm\b",
    "time": r"ann[io]\b|mes[ie]\b|settiman\w*|giorn[io]\b|ore\b|minut\w*|years?\b|months?\b|"
    r"weeks?\b|"
    r"days?\b|hours?\b|jahre?n?\b|monate?n?\b|tage?n?\b|stunden?\b|ans?\b|années?\b|mois\b|"
    r"jours?\b|heures?\b|años?\b|meses\b|días?\b|horas?\b",
    "homes": r"allogg\w*|abitazion\w*|case\b|appartament\w*|famigli\w*|utenz\w*|homes?\b|"
    r"households?\b|dwellings?\b|families\b|haushalt\w*|wohnungen|logements?|ménages?|foyers?\b|"
    r"hogares|viviendas",
    "firms": r"imprese?\b|impresa\b|aziend\w*|compan(?:y|ies)|firms?\b|businesses|enterprises?|"
    r"unternehmen|entreprises?|empresas?",
    "jobs": r"addett\w*|occupat\w*|dipendent\w*|posti di lavoro|lavorator\w*|jobs?\b|employees|"
    r"workers|"
    r"arbeitsplätze\w*|beschäftigte\w*|emplois?|salariés|empleos?|trabajadores",
    "people": r"abitant\w*|ab\.|resident[ei]\b|residents?\b|person[ae]\b|cittadin\w*|student\w*|"
    r"alunn\w*|visitator\w*|turist\w*|inhabitants?|people\b|citizens?\b|pupils?\b|visitors?\b|"
    r"einwohner\w*|personen|habitants?|personnes?|habitantes?|personas?|volontar\w*|volunteers?|"
    r"soci\b|members?\b|mitglieder\w*",
    "places": r"comun[ei]\b|municipalit\w*|gemeinden?\b|communes?\b|municipios?\b",
}
_KIND = re.compile(
    "|".join(f"(?P<{kind}>{forms})" for kind, forms in _KINDS.items()), re.IGNORECASE
)
_SKIPPED = re.compile(r"[\s(]*(?:(?:d[ie]|of|de|d['’]|von|the|degli|delle|dei)\s+)?", re.IGNORECASE)
_CURRENCY_BEFORE = re.compile(r"(?:€|\$|£|\beuro?|\bEUR|\bUSD)\s?$", re.IGNORECASE)
BEFORE = 6
"""Characters before a number in which a currency is looked for."""


def kind_of_unit(unit: str) -> str:
    """What a card's unit measures; empty if unknown."""
    found = _KIND.match(unit.strip())
    return found.lastgroup or "" if found else ""


def kind_at(text: str, start: int, end: int) -> str:
    """What the number ``text[start:end]`` measures, by the words beside it; empty if unknown."""
    if _CURRENCY_BEFORE.search(text[max(0, start - BEFORE) : start]):
        return "money"
    skipped = _SKIPPED.match(text, end)
    found = _KIND.match(text, skipped.end() if skipped else end)
    return found.lastgroup or "" if found else ""
