"""Territory, residents and cost in a question: how they are written, and whom they limit."""

import pytest

from kb.practices.traits import PracticeTraits, read_traits
from search.asked_traits import Trait, TraitKind, find_traits

MOUNTAIN = ("territory", "mountain", None, None)
COAST = ("territory", "coast", None, None)


def up_to(most, kind="residents"):
    return (kind, "", None, most)


def named(text):
    return [(one.kind, one.territory, one.low, one.high) for one in find_traits(text).traits]


@pytest.mark.parametrize(
    ("text", "traits", "rest"),
    [
        ("comuni montani", [MOUNTAIN], ""),
        ("rifiuti nei comuni di montagna", [MOUNTAIN], "rifiuti"),
        ("anziani soli in montagna", [MOUNTAIN], "anziani soli"),
        ("schools for mountain villages", [MOUNTAIN], "schools"),
        ("écoles dans les communes de montagne", [MOUNTAIN], "écoles"),
        ("turismo nei comuni costieri", [COAST], "turismo"),
        ("tourism in coastal towns", [COAST], "tourism"),
        ("vino in collina", [("territory", "hill", None, None)], "vino"),
        ("energia nei piccoli comuni", [up_to(5000)], "energia"),
        ("paesi sotto i tremila abitanti", [up_to(3000)], "paesi"),
        ("comuni con meno di 5 mila abitanti", [up_to(5000)], "comuni"),
        ("towns under 5,000 inhabitants", [up_to(5000)], "towns"),
        ("Gemeinden mit weniger als 5.000 Einwohnern", [up_to(5000)], "Gemeinden"),
        ("communes de moins de 3 000 habitants", [up_to(3000)], "communes"),
        ("municipios de menos de 5.000 habitantes", [up_to(5000)], "municipios"),
        ("città tra 20 e 100 mila abitanti", [("residents", "", 20_000, 100_000)], "città"),
        ("tram nelle grandi città", [("residents", "", 100_001, None)], "tram"),
        ("costi sotto 100.000 euro", [up_to(100_000, "cost")], ""),
        ("che costano meno di 50 mila euro", [up_to(50_000, "cost")], ""),
        ("projects under 20k", [up_to(20_000, "cost")], "projects"),
        ("luci con meno di €50.000", [up_to(50_000, "cost")], "luci"),
        ("investimenti oltre un milione di euro", [("cost", "", 1_000_000, None)], ""),
        ("spesa tra 10 e 50 mila euro", [("cost", "", 10_000, 50_000)], ""),
        (
            "paesi sotto i 5.000 abitanti in montagna a costi fino a 20 mila euro",
            [MOUNTAIN, up_to(5000), up_to(20_000, "cost")],
            "paesi",
        ),
    ],
)
def test_what_limits_the_practices_is_taken_out_of_the_question(text, traits, rest):
    assert named(text) == traits
    assert find_traits(text).rest == rest


@pytest.mark.parametrize(
    "text",
    [
        "Conviene la fusione tra comuni sotto i 5.000 abitanti?",
        "Does merging small municipalities save money?",
        "ricoveri in aree montane o rurali",
        "l'unione dei comuni montani del Casentino",
        "più di 5.000 abitanti hanno partecipato",
        "teleriscaldamento in un paese di 3.000 abitanti",
        "risparmio di oltre 10.000 euro",
        "affidamento diretto sotto 140.000 euro",
        "case a meno di 20.000 euro",
        "costo del pasto sotto i 5 euro",
        "costa meno di 2.000 euro per famiglia",
        "impianti da 20 a 50 kW",
        "tra 2010 e 2020",
        "costa smeralda",
        "entro 30 km da Siena",
    ],
)
def test_what_is_part_of_the_subject_limits_nothing(text):
    assert find_traits(text) == ((), text)


def test_what_is_not_known_of_a_practice_does_not_fit():
    place = {"name": "Borgo", "country": "IT", "population": 900, "territory": "hill"}
    costs = [{"amount": 80_000, "currency": "EUR"}, {"amount": None}, {"amount": 178}]
    euros = [cost | {"currency": "EUR"} for cost in costs]
    known = read_traits({"place": place, "costs": euros})
    assert known == PracticeTraits("hill", 900, 80_000)
    assert Trait(TraitKind.COST, high=80_000).fits(known)
    assert not Trait(TraitKind.COST, high=79_999).fits(known)
    assert not Trait(TraitKind.COST, high=10_000_000).fits(PracticeTraits())
    assert not Trait(TraitKind.TERRITORY, territory="mountain").fits(known)
    assert read_traits({"place": place, "costs": [{"amount": 9e4, "currency": "GBP"}]}).cost is None
    assert read_traits({"place": place, "costs": [{"amount": 178, "currency": "EUR"}]}).cost is None
