"""The figure that a quoted sentence tells, by small examples in five languages."""

import pytest

from kb.practices.figure_reading import read_figure

SENTENCES = [
    ("it", "I rifiuti sono scesi da 30 a 28 t nel 2021.", (28, "t", 2021, 30, None)),
    (
        "en",
        "The price of a meal fell from 6.20 euro in 2018 to 4.90 euro in 2020.",
        (4.9, "euro", 2020, 6.2, 2018),
    ),
    ("en", "Waste was cut to 28 tonnes from 30 tonnes.", (28, "t", None, 30, None)),
    (
        "it",
        "La raccolta differenziata passa dal 45% del 2015 all'82% del 2020.",
        (82, "%", 2020, 45, 2015),
    ),
    (
        "de",
        "Der Verbrauch ist von 1.200 kWh auf 900 kWh gesunken.",
        (900, "kWh", None, 1200, None),
    ),
    (
        "fr",
        "La population est passée de 1 200 habitants en 2010 à 1 350 habitants en 2020.",
        (1350, "abitanti", 2020, 1200, 2010),
    ),
    (
        "it",
        "Il consumo è pari a 200 litri al giorno, contro 250 litri nel 2015.",
        (200, "litri al giorno", None, 250, 2015),
    ),
    (
        "it",
        "Nel 2021 la cucina comune ha servito 412.300 pasti.",
        (412300, "pasti", 2021, None, None),
    ),
    ("en", "The kitchen served 1.234 meals in 2019.", (1.234, "", 2019, None, None)),
    ("fr", "Les émissions ont baissé de 30 % entre 2010 et 2020.", (30, "%", 2020, None, None)),
    ("it", "Hanno partecipato 2000 persone.", (2000, "persone", None, None, None)),
    ("it", "Nel 2020 si sono usati 1950 kWh.", (1950, "kWh", 2020, None, None)),
    ("en", "By 2030 savings of 30 % on energy compared with 2018.", (30, "%", None, None, None)),
]


@pytest.mark.parametrize(("language", "sentence", "expected"), SENTENCES)
def test_value_unit_years_and_the_value_before_are_read(language, sentence, expected):
    figure = read_figure(sentence, language)
    assert (
        figure.value,
        figure.unit,
        figure.year,
        figure.baseline,
        figure.baseline_year,
    ) == expected


def test_money_has_a_currency_and_other_figures_are_no_cost():
    paid = read_figure("La costruzione è costata 1,2 milioni di euro nel 2019.", "it")
    assert paid.cost_fields() == {"amount": 1_200_000, "currency": "EUR", "year": 2019}
    assert read_figure("Sono stati raccolti 12 kg di pane.", "it").cost_fields() == {}


def test_no_figure_is_read_where_there_is_none():
    assert read_figure("Nel 2019 il Comune ha deciso.", "it") is None
    assert read_figure("", "it") is None


def test_what_sounds_like_a_forecast_is_expected():
    figure = read_figure("By 2030 the villages expect savings of 30 %.", "en")
    assert figure.result_fields(hoped=True)["nature"] == "expected"
