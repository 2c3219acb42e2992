"""Raised figures: a power, part of a word, or the mark of a note set apart in brackets."""

import pytest

from ingest.extract.shared.raised import raised_text


@pytest.mark.parametrize(
    ("before", "raised", "after"),
    [
        ("erano scesi nel 2020", "3", "2020[3]"),
        ("del 45%", "12", "45%[12]"),
        ("nel 2020", " 3 ", "2020 [3] "),
        ("le famiglie", "1,2", "famiglie[1,2]"),
        ("le famiglie", "3-5", "famiglie[3-5]"),
        ("le famiglie", "(4)", "famiglie[4]"),
        ("le famiglie", "[4]", "famiglie[4]"),
        ("fine.", "21", "fine.[21]"),
        ("", "1", "[1]"),
        ("ai sensi dell’art. 10", "3", "10[3]"),
        ("la legge 10", "6", "10[6]"),
        ("erano 10", "47", "10[47]"),
        ("erano 110", "3", "110[3]"),
        ("106 m", "3", "m³"),
        ("superficie di 40 km", "2", "km²"),
        ("200 kWh/m", "2", "m²"),
        ("€/m", "3", "m³"),
        ("9,8 m/s", "2", "m/s²"),
        ("12 m", "-1", "m⁻¹"),
        ("parla di film", "2", "film[2]"),
        ("le rum", "3", "rum[3]"),
        ("volume di 10", "6", "10^6"),
        ("pari a 4,2 × 10", "5", "10^5"),
        ("pari a 4,2x10", "6", "x10^6"),
        ("circa 10", "-3", "10^-3"),
        ("R", "2", "R²"),
        ("le scuole e", "2", "e[2]"),
        ("la 1", "a", "1ª"),
        ("il 3", "o", "3º"),
        ("le 2", "nd", "2nd"),
        ("M", "me", "Mme"),
        ("n", "°", "n°"),
        ("Kit", "®", "Kit®"),
        ("valore", "*", "valore*"),
        ("Na", "+", "Na+"),
        ("45%", "a", "45%[a]"),
        ("x ", "una frase intera messa in alto", "x una frase intera messa in alto"),
    ],
)
def test_raised_characters(before, raised, after):
    assert (before + raised_text(before, raised)).endswith(after)
