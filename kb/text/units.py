"""One pattern for units and multipliers of quantities, in five languages."""

from __future__ import annotations

import re

_MULTIPLIERS = (
    r"(?:milion[ei]|miliard[oi]|mila|millions?|billions?|trillions?|thousand|"
    r"Millionen|Milliarden|Million|Milliarde|Tausend|tausend|milliards?|mille|"
    r"mil millones|millones|millón|mil)(?!\w)|"
    r"(?:mln|mld|bn|Mio|Mrd|Tsd)(?!\w)\.?"
)
_CURRENCIES = (
    "euros?|Euros?|EURO?|USD|GBP|CHF|DKK|SEK|NOK|PLN|"
    "dollar[io]?s?|Dollar|dólar(?:es)?|sterlin[ae]|pounds?|livres?|libras?|Pfund|"
    "coron[ae]s?|kroner|kronor|Kronen|couronnes|franchi|Franken|francs|francos|lire"
)
_SYMBOLS = (
    "[kMGT]?W(?:h|p|e|t|el|th)?|[kMGT]?J|k?cal|k?tep|k?toe|"
    "[kM]?t|ton|tonn|kg|g|mg|µg|μg|ng|q|ql|"
    "CO[2₂]?|tCO[2₂](?:e|eq)?|"
    "km[²2q]?|m[²³23qc]?|cm[²³23]?|mm|[SN]mc|Nm[³3]|ha|"
    "[hmcd]?l|dB|kV|V|Hz|h|min|p\\.p"
)
_COUNTED = (
    # time
    "anni|anno|mesi|mese|settiman[ae]|giorn[io]|ore|ora|minut[io]|"
    "years?|months?|weeks?|days?|hours?|minutes?|"
    "Jahren?|Jahr|Monaten?|Monat|Wochen?|Tagen?|Tag|Stunden?|Minuten?|"
    "ans?|années?|mois|semaines?|jours?|heures?|"
    "años?|meses|mes|semanas?|días?|horas?|minutos?|"
    # measures in words
    "tonnellat[ae]|quintal[ie]|chil(?:i|ogramm[io])|gramm[io]|litr[io]|ettar[io]|"
    "chilometri(?: quadra(?:ti|i))?|metri(?: quadra(?:ti|i)| quadri| cubi)?|acr[io]|"
    "chilowattora|megawattora|kilowattora|gradi|"
    "tonnes?|tons?|kilos?|kilograms?|grams?|lit(?:re|er)s?|hectares?|acres?|miles?|"
    "(?:square |cubic )?(?:kilo)?met(?:re|er)s?|degrees?|"
    "Tonnen?|Kilogramm|Gramm|Liter|Hektar|(?:Quadrat|Kubik|Kilo)?[Mm]etern?|"
    "kilogrammes?|grammes?|hectares?|(?:kilo)?mètres?(?: carrés?| cubes?)?|"
    "toneladas?|kilogramos?|gramos?|litros?|hectáreas?|(?:kiló)?metros?(?: cuadrados?| cúbicos?)?|"
    # people and things
    "ab\\.|abit\\.|abitanti|residenti|utenti|utenze|famiglie|person[ae]|imprese|aziende|addetti|occupati|"
    "dipendenti|posti|soci|pasti|alloggi|comuni|edifici|impianti|studenti|alunni|visitatori|"
    "inhabitants|residents|users|households|families|people|persons|firms|companies|jobs|"
    "employees|members|meals|homes|dwellings|municipalities|buildings|students|visitors|"
    "Einwohner[n]?|Haushalten?|Personen|Unternehmen|Arbeitsplätzen?|Mitglieder[n]?|Wohnungen|"
    "Gemeinden|Gebäuden?|"
    "habitants|ménages|personnes|entreprises|emplois|membres|logements|repas|communes|"
    "habitantes|hogares|personas|empresas|empleos|socios|viviendas|comidas|municipios"
)
_SHARE = (
    r"[%‰]|per ?cento|per ?cent|percento|per mille|Prozent|Promille|pour cent|pour mille|"
    r"por ciento|por mil|punti percentuali|percentage points?|Prozentpunkten?|"
    r"points de pourcentage|puntos porcentuales"
)
_WORD_END = r"(?![\w'’])"
_SIMPLE = (
    rf"(?:[%‰]|°\ ?[CF]{_WORD_END}|[€£$](?!\w)|"
    rf"(?:{_SHARE}|{_CURRENCIES}|{_SYMBOLS}|{_COUNTED}){_WORD_END})"
)
_EQUIVALENT = r"(?:\ ?-?(?:eq|equivalent[ei]?s?|équivalent|[äÄ]quivalente?)\b\.?|e\b|eq\b\.?)?"
_CARBON = (
    rf"(?:[kM]?t|kg|g|mg|tonnellat[ae]|tonnes?|tons?|Tonnen?|toneladas?)"
    rf"\ ?(?:(?:di|of|de)\ )?CO[2₂]{_EQUIVALENT}{_WORD_END}"
)
_PER = (
    r"(?:/(?:[kM]?t|kg)\ ?CO[2₂](?:eq|e)?(?!\w)|"
    r"\ ?/\ ?\(?(?:[€£$]|[^\W\d_]{1,20}\.?[²³23]?(?:[·*]?[^\W\d_]{1,8}[²³]?)?)\)?){0,3}"
)
_BLANK = r"[ \u00a0\u202f]?"

CURRENCY_BEFORE = re.compile(
    r"(?:(?<!\w)(?:EUR|USD|GBP|CHF|DKK|SEK|NOK|[Ee]uro|EURO)|(?:US|AU|CA)?\$|[€£])"
    r"[ \u00a0\u202f]?$"
)
"""A currency at the end of the text before a number."""
MULTIPLIER = re.compile(rf"{_BLANK}(?:{_MULTIPLIERS}|[mMk](?=€)|(?:m|M|k)(?!\w))")
"""A multiplier after a number that has a currency before it or a unit after it."""
MULTIPLIED = re.compile(rf"{_BLANK}(?:{_MULTIPLIERS}|[mMk](?=€))")
"""A multiplier that is clear without a unit."""
UNIT = re.compile(rf"\s?(?:{_CARBON}|{_SIMPLE}{_PER}|d[ie]\ (?:{_CURRENCIES}){_WORD_END})")
"""A unit directly after a number."""
UNIT_AFTER_MULTIPLIER = re.compile(
    rf"\s?(?:(?:di|de|d['’]|of|von)\s?)?(?:{_CARBON}|{_SIMPLE}{_PER})"
)
PER = re.compile(rf"{_PER}")
"""The unit that a price refers to: «/kWh»."""
NOUN = re.compile(rf"\s?(?:{_COUNTED}){_WORD_END}|\s(?:[Ee]uro|EUR|EURO)\s\d")
"""What may follow a year, so that it is not a quantity: a noun, or the start of a price."""
