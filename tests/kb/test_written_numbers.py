"""Numbers in all their spellings, and what they count."""

import pytest

from kb.practices.card_figures import figures_of
from kb.practices.taking_places import quotation_around
from kb.text.unit_kinds import kind_at, kind_of_unit
from kb.text.written_numbers import find_numbers, scale_of


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1.234,5 t", [{1234.5}]),
        ("1,234.5 t", [{1234.5}]),
        ("1 234,5 t", [{1234.5}]),
        ("1\u202f234\u202f567 habitants", [{1234567}]),
        ("1'234 Einwohner", [{1234}]),
        ("392,000 inhabitants", [{392, 392000}]),
        ("1.534.973 tons", [{1534973}]),
        ("1,2 milioni di euro", [{1200000}]),
        ("$2.06 million", [{2060000}]),
        ("5,6 millions de tonnes", [{5600000}]),
        ("3 Mio. Euro", [{3000000}]),
        ("4,4 miliardi", [{4400000000}]),
        ("2 mil millones de euros", [{2000000000}]),
        ("40mila", [{40000}]),
        ("due milioni", [{2000000}]),
        ("un milione di pasti", [{1000000}]),
        ("una casa", []),
        ("zwölf Gemeinden und drei Täler", [{12}, {3}]),
        ("doce municipios, sept communes", [{12}, {7}]),
        ("nel 2021 300 case", [{2021}, {300}]),
        ("il 12.11.2020", []),
        ("versione 1.2.3", []),
        ("B2B e CO2", []),
    ],
)
def test_numbers(text, values):
    assert [set(one.values) for one in find_numbers(text)] == values


@pytest.mark.parametrize(
    "text",
    ["78,4 per cento", "78.4%", "78,4 %", "78,4 Prozent", "78,4 pour cent", "78,4 por ciento"],
)
def test_percentages(text):
    (found,) = find_numbers(text)
    assert (found.is_percent, set(found.values)) == (True, {78.4})


@pytest.mark.timeout(200)
@pytest.mark.parametrize("part", ["1.", "1 ", "12,", "1", "due ", "1'"])
def test_texts_made_to_take_long(part):
    find_numbers(part * 100_000)


@pytest.mark.parametrize(
    ("unit", "scale", "rest"),
    [("milioni di kWh", 1e6, "kWh"), ("million kWh", 1e6, "kWh"), ("kWh", 1, "kWh"), ("", 1, "")],
)
def test_scale_of_a_unit(unit, scale, rest):
    assert scale_of(unit) == (scale, rest)


@pytest.mark.parametrize(
    ("text", "number", "kind"),
    [
        ("$693,887 a year", "693,887", "money"),
        ("75 €/kW", "75", "money"),
        ("home to 125,000 residents", "125,000", "people"),
        ("1,5MWh/m", "1,5", "energy"),
        ("40 l/sec", "40", "flow"),
        ("gestisce 47 comuni", "47", "places"),
        ("400 logements anciens", "400", "homes"),
        ("17 gatti", "17", ""),
    ],
)
def test_what_a_number_counts(text, number, kind):
    start = text.index(number)
    assert kind_at(text, start, start + len(number)) == kind


@pytest.mark.parametrize(
    ("unit", "kind"),
    [("%", "percent"), ("t/anno", "mass"), ("euro", "money"), ("abitanti", "people")],
)
def test_what_a_unit_measures(unit, kind):
    assert kind_of_unit(unit) == kind


def figure(**result):
    return figures_of({"results": [{"indicator": "Pasti", **result}]})[0]


@pytest.mark.parametrize(
    ("result", "value", "exact", "rounded"),
    [
        ({"value": 78.0, "unit": "%"}, 78.0, True, True),
        ({"value": 78.0, "unit": "%"}, 78.4, False, True),
        ({"value": -25.0, "unit": "%"}, 25.0, True, True),
        ({"value": 78.4, "unit": "%"}, 79.4, False, False),
        ({"value": 2.1, "unit": "milioni di kWh"}, 2099869.0, False, True),
        ({"value": 70000.0}, 74000.0, False, False),
        ({"value": 12.0}, 12.4, False, True),
        ({"value_text": "oltre 90"}, 90.0, True, True),
        ({"value_text": "tra 50 e 60"}, 60.0, True, True),
    ],
)
def test_agreement(result, value, exact, rounded):
    one = figure(**result)
    assert (one.is_exactly(value), one.is_rounded(value)) == (exact, rounded)


def test_a_long_row_is_quoted_around_its_number():
    words = [f"parola{n}" for n in range(300)]
    words[200] = "1.234,5"
    sentence = " ".join(words)
    quoted = quotation_around(sentence, sentence.index("1.234,5"))
    assert len(quoted.split()) == 120
    assert "1.234,5" in quoted
    assert quoted in sentence
