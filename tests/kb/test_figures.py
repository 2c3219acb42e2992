"""A card's figures in words: one table of cases for both languages, and what is refused."""

import pytest
from pydantic import ValidationError

from kb.practices.figures import amount_of, baseline_of, cost_of, result_sentence, value_of
from kb.practices.numbers import at_percent, number, percent
from kb.practices.parts import Cost, MeasuredResult

RESULT = {"indicator": "Quota", "indicator_en": "Share", "evidence": "primary", "source": "s"}
COST = {"kind": "investment", "text": "Impianto", "source": "s", "evidence": "primary"}


def result(**fields):
    return MeasuredResult.model_validate(RESULT | fields)


def unit(italian, english):
    return {"unit": italian, "unit_en": english}


def plain(text):
    return text.replace("\u00a0", " ")


SHARE = unit("%", "%")


@pytest.mark.parametrize(
    ("fields", "italian", "english"),
    [
        (SHARE | {"value": 2}, "2 %", "2%"),
        (SHARE | {"value_text": "circa 2"}, "circa 2 %", "about 2%"),
        (SHARE | {"value": 2, "value_text": "2 (circa)"}, "circa 2 %", "about 2%"),
        (SHARE | {"value_text": "62,3"}, "62,3 %", "62.3%"),
        (SHARE | {"value_text": "fino a 50"}, "fino a 50 %", "up to 50%"),
        (SHARE | {"value_text": "tra -15 e -30"}, "tra -15 e -30 %", "between -15 and -30%"),
        (SHARE | {"value_text": "20-35"}, "da 20 a 35 %", "from 20 to 35%"),
        (SHARE | {"value_text": "+28,5"}, "+28,5 %", "+28.5%"),
        (SHARE | {"value_text": "oltre -50"}, "oltre il 50 % in meno", "more than 50% less"),
        (SHARE | {"value_text": "più di -80"}, "oltre l'80 % in meno", "more than 80% less"),
        (
            unit("patti", "pacts") | {"value": 90, "value_text": "oltre 90"},
            "oltre 90 patti",
            "more than 90 pacts",
        ),
        (
            unit("soci", "members") | {"value_text": "almeno 12"},
            "almeno 12 soci",
            "at least 12 members",
        ),
        (
            unit("persone", "people") | {"value_text": "20 o 25 secondo la fonte"},
            "20 o 25 persone, secondo la fonte",
            "20 or 25 people, depending on the source",
        ),
        (
            unit("persone", "people") | {"value_text": "20 o 25, secondo le fonti"},
            "20 o 25 persone, secondo la fonte",
            "20 or 25 people, depending on the source",
        ),
        (
            unit("pasti", "meals") | {"value_text": "da 4.700 a 6.000 secondo la fonte"},
            "da 4.700 a 6.000 pasti, secondo la fonte",
            "from 4,700 to 6,000 meals, depending on the source",
        ),
        (
            unit("milioni di dollari", "million dollars") | {"value": 1, "value_text": "circa 1"},
            "circa 1 milione di dollari",
            "about 1 million dollars",
        ),
        (unit("€", "€") | {"value": 1234.5}, "1.234,5 €", "€1,234.5"),
        ({"value_text": "un terzo", "value_text_en": "one third"}, "un terzo", "one third"),
        (
            unit("posti", "jobs")
            | {
                "value_text": "tra 1.100 e 1.200 secondo altri studi",
                "value_text_en": "between 1,100 and 1,200 according to other studies",
            },
            "tra 1.100 e 1.200 posti, secondo altri studi",
            "between 1,100 and 1,200 jobs, according to other studies",
        ),
    ],
)
def test_number_unit_and_qualifier_are_composed(fields, italian, english):
    made = result(**fields)
    assert plain(value_of(made).text) == italian
    assert plain(value_of(made, "en").text) == english
    assert value_of(made, "en").language == "en"


@pytest.mark.parametrize(
    ("units", "fields", "italian", "english"),
    [
        (unit("% (circa)", "% (about)"), {"value": 40}, "circa 40 %", "about 40%"),
        (
            unit("soci (oltre)", "members (more than)"),
            {"value": 200},
            "oltre 200 soci",
            "more than 200 members",
        ),
        (
            unit("persone (oltre, stagionali compresi)", "people (more than, seasonal included)"),
            {"value": 1000},
            "oltre 1.000 persone, stagionali compresi",
            "more than 1,000 people, seasonal included",
        ),
    ],
)
def test_cards_written_before_are_composed_too(units, fields, italian, english):
    made = result(**units, **fields)
    assert (plain(value_of(made).text), plain(value_of(made, "en").text)) == (italian, english)


@pytest.mark.parametrize(
    ("indicator", "english", "value", "better", "written"),
    [
        ("Variazione dei ricoveri", "Change in admissions", 28.5, "lower", "+28,5 %"),
        ("Variazione dei ricoveri", "Change in admissions", -14, "lower", "-14 %"),
        ("Riduzione dello spreco", "Reduction in waste", -80, "lower", "80 %"),
        ("Forte calo degli omicidi", "Fall in homicides", -66, "lower", "66 %"),
        ("Riduzione del traffico in città", "Traffic reduction in the town", -30, "lower", "30 %"),
        ("Emissioni evitate", "Emissions avoided", -12, "neutral", "12 %"),
        ("Risparmio di energia", "Energy saving", -5, "higher", "-5 %"),
        ("Ricoveri dopo la riduzione dei posti", "Admissions after cuts", -20, "lower", "-20 %"),
        ("Abitanti", "Residents", 28.5, "higher", "28,5 %"),
    ],
)
def test_a_change_has_its_sign_and_a_decrease_no_second_minus(
    indicator, english, value, better, written
):
    made = result(
        **SHARE
        | {"indicator": indicator, "indicator_en": english, "value": value, "better": better}
    )
    assert plain(value_of(made).text) == written


def test_words_without_english_stay_in_the_language_of_the_card():
    made = value_of(result(value_text="nullo: pochi risparmi"), "en")
    assert (made.text, made.language) == ("nullo: pochi risparmi", "it")


def test_a_value_before_has_its_unit():
    made = result(**unit("soci (oltre)", "members (more than)"), value=200, baseline=12)
    assert plain(baseline_of(made)) == "12 soci"
    assert result_sentence(made, "en") == "Share: more than 200 members from 12 members."


@pytest.mark.parametrize(
    ("fields", "italian", "english"),
    [
        (
            {"amount": 108_000_000, "year": 2016},
            "108 milioni di euro (2016)",
            "108 million euros (2016)",
        ),
        ({"amount": 1_000_000}, "1 milione di euro", "1 million euros"),
        ({"amount": 5_500_000_000}, "5,5 miliardi di euro", "5.5 billion euros"),
        ({"amount": 12_570_000}, "12,57 milioni di euro", "12.57 million euros"),
        ({"amount": 1_234_567}, "1.234.567 euro", "1,234,567 euros"),
        ({"amount": 160_000}, "160.000 euro", "160,000 euros"),
        ({"amount": 10.57}, "10,57 euro", "10.57 euros"),
        ({"amount": 10.5}, "10,50 euro", "10.50 euros"),
        ({"amount": 1}, "1 euro", "1 euro"),
        ({"amount": -480_000}, "-480.000 euro", "-480,000 euros"),
        (
            {"amount": 400_000_000, "currency": "DKK"},
            "400 milioni di corone danesi",
            "400 million Danish kroner",
        ),
        (
            {"amount": 70_000_000, "amount_text": "circa 70 milioni"},
            "circa 70 milioni di euro",
            "about 70 million euros",
        ),
        (
            {"amount_text": "tra 5 e 7 milioni, secondo la fonte", "year": 2019},
            "tra 5 e 7 milioni di euro, secondo la fonte (2019)",
            "between 5 and 7 million euros, depending on the source (2019)",
        ),
        ({"amount": 178, "amount_text": "circa 178"}, "circa 178 euro", "about 178 euros"),
        ({"currency": None}, "", ""),
    ],
)
def test_money_has_its_currency_and_year(fields, italian, english):
    cost = Cost.model_validate(COST | {"currency": "EUR"} | fields)
    assert plain(cost_of(cost)) == italian
    assert plain(cost_of(cost, "en")) == english
    assert amount_of(cost) in cost_of(cost)


@pytest.mark.parametrize(
    ("value", "italian"),
    [
        (80, "all'80 %"),
        (8, "all'8 %"),
        (11, "all'11 %"),
        (1, "all'1 %"),
        (89, "all'89 %"),
        (8.5, "all'8,5 %"),
        (18, "al 18 %"),
        (100, "al 100 %"),
        (110, "al 110 %"),
        (75, "al 75 %"),
        (0, "allo 0 %"),
        (800, "all'800 %"),
    ],
)
def test_a_share_has_the_preposition_of_its_name(value, italian):
    assert plain(at_percent(value)) == italian
    assert at_percent(value, "en") == percent(value, "en") == f"{number(value, 'en')}%"


@pytest.mark.parametrize(
    ("value", "italian", "english"),
    [
        (1234.5, "1.234,5", "1,234.5"),
        (12345678901.5, "12.345.678.901,5", "12,345,678,901.5"),
        (1234567890.25, "1.234.567.890,25", "1,234,567,890.25"),
        (0.1 + 0.2, "0,3", "0.3"),
        (-0.0000012, "-0,0000012", "-0.0000012"),
        (40.0, "40", "40"),
    ],
)
def test_a_figure_is_written_in_full(value, italian, english):
    assert (number(value), number(value, "en")) == (italian, english)


@pytest.mark.parametrize(
    ("value", "reason"),
    [("nan", "finite"), (float("inf"), "finite"), ("-inf", "finite"), ("1e25", "less than")],
)
def test_what_is_no_number_is_no_figure(value, reason):
    fields = {"kind": "running", "text": "x", "currency": "EUR", "source": "s"}
    with pytest.raises(ValidationError, match=reason):
        Cost.model_validate({**fields, "amount": value, "evidence": "primary"})
