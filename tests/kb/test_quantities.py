"""Quantities are found as people write them, in five languages, in time that grows with length."""

import csv
from pathlib import Path

import pytest

from kb.text.quantities import quantities
from tests.kb.growth import assert_linear

CASES = Path(__file__).parents[3] / "shared" / "cases" / "quantities.tsv"


def found(text):
    return [one.text for one in quantities(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nel 2019 300 famiglie e nel 2020 1 200 famiglie.", ["300 famiglie", "1 200 famiglie"]),
        ("Costa 1.234.567,89 € oppure 12345,6 kWh", ["1.234.567,89 €", "12345,6 kWh"]),
        ("1,234.56 USD, 1'200 Franken", ["1,234.56 USD", "1'200 Franken"]),
        ("la valle 12 3456 kg", ["3456 kg"]),
        ("€ 1.000 in 10 anni", ["€ 1.000", "10 anni"]),
        ("pari a euro 5.000,00 di spesa", ["euro 5.000,00"]),
        ("12%, 12 %, 5 ‰, 12 per cento", ["12%", "12 %", "5 ‰", "12 per cento"]),
        ("25,5 Prozent; 5 punti percentuali", ["25,5 Prozent", "5 punti percentuali"]),
    ],
)
def test_numbers_have_a_unit(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "€ 3 mln",
        "3 mln di euro",
        "12 mila euro",
        "100mila euro",
        "1 milione di euro",
        "2 milioni di tonnellate",
        "£3.5bn",
        "$5m",
        "500 k€",
        "EUR 1.5 million",
        "2,5 Mio. €",
        "3,5 Mrd. EUR",
        "12,5 milliards d'euros",
        "3 millones de euros",
        "€ 5-7 milioni",
    ],
)
def test_millions_belong_to_the_number(text):
    assert found(f"Costa {text} in tutto") == [text]


@pytest.mark.parametrize(
    "text",
    [
        "0,35 €/kWh",
        "2.500 mq",
        "120 kWh/m²",
        "30.000 €/anno",
        "40 µg/m³",
        "1.200 t CO2eq",
        "45 t di CO₂ equivalente",
        "45 tonnes of CO2",
        "12 €/t CO2",
        "40 ton",
        "15.000 Smc",
        "8.000 ab./km²",
        "1.000.000 di euro",
        "24 h",
    ],
)
def test_units_are_whole(text):
    assert found(f"Sono {text} in tutto") == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20-25 kg", ["20-25 kg"]),
        ("10–15 %", ["10–15 %"]),
        ("tra 10 e 15 kg", ["tra 10 e 15 kg"]),
        ("tra -15 e -30 %", ["tra -15 e -30 %"]),
        ("da 10.000 a 15.000 t", ["da 10.000 a 15.000 t"]),
        ("dal 10 al 15 %", ["dal 10 al 15 %"]),
        ("from 10 to 15 hours", ["from 10 to 15 hours"]),
        ("between 10 and 15 tonnes", ["between 10 and 15 tonnes"]),
        ("zwischen 10 und 15 Mio. Euro", ["zwischen 10 und 15 Mio. Euro"]),
        ("entre 3 et 5 millions d’euros", ["entre 3 et 5 millions d’euros"]),
        ("de 3 a 5 millones de euros", ["de 3 a 5 millones de euros"]),
        ("20 o 25 persone", ["20 o 25 persone"]),
        ("from 6.20 euro in 2018 to 4.90 euro", ["6.20 euro", "4.90 euro"]),
        ("from −4,5 % to 31 %", ["−4,5 %", "31 %"]),
    ],
)
def test_a_range_is_one_quantity_and_no_negative_number(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("calo del -14 % rispetto a +28,5 %", ["-14 %", "+28,5 %"]),
        ("- 25 kg di pane", ["25 kg"]),
        ("PM10-25 kg e CO2 500 kg", ["25 kg", "500 kg"]),
    ],
)
def test_a_sign_stands_before_its_number(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nel 2015 comuni e imprese", []),
        ("In 2019 households paid", []),
        ("il 1° gennaio 2024 ore 10", []),
        ("nel 2020 euro 5.000", ["euro 5.000"]),
        ("programma 2014-2020 euro 5 milioni", ["euro 5 milioni"]),
        ("in 2000 famiglie", ["2000 famiglie"]),
        ("2.000 abitanti nel 2015", ["2.000 abitanti"]),
        ("altri 20 l'anno", []),
        ("articolo 3, comma 2", []),
    ],
)
def test_years_are_told_from_values(text, expected):
    assert found(text) == expected


@pytest.mark.skipif(not CASES.is_file(), reason="the folder of cases is not beside the checkout")
def test_the_reported_cases():
    with CASES.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert {row["text"]: found(row["text"]) for row in rows} == {
        row["text"]: [row["right"]] for row in rows
    }


@pytest.mark.parametrize(
    "row", ["1.111.", "1 111 ", "1-", "10 e ", "tra 1 e ", "€ 1 ", "a 1.", "− 1", "3 mln/", "5/"]
)
def test_time_grows_with_length(row):
    assert_linear(lambda text: list(quantities(text)), row)
