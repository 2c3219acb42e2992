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
        ("turismo sulla costa oltre 10.000 presenze", [COAST], "turismo oltre 10.000 presenze"),
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
        ("progetti con meno di 40.000,00 euro", [up_to(40_000, "cost")], "progetti"),
        ("costi sotto euro 50.000", [up_to(50_000, "cost")], ""),
        ("con meno di euro 50.000", [up_to(50_000, "cost")], ""),
        ("budget under 20k for the school", [up_to(20_000, "cost")], "for the school"),
        (
            "risparmio energetico nelle scuole con meno di 50 mila euro",
            [up_to(50_000, "cost")],
            "risparmio energetico nelle scuole",
        ),
        ("what is different with less than 50k", [up_to(50_000, "cost")], "what is different"),
        (
            "Nei comuni montani, come organizzo lo scuolabus?",
            [MOUNTAIN],
            "come organizzo lo scuolabus?",
        ),
        ("Nei piccoli comuni, che scuole restano?", [up_to(5000)], "che scuole restano?"),
        ("per la scuola, nei comuni montani", [MOUNTAIN], "per la scuola"),
        ("comuni con popolazione inferiore a 5.000 abitanti", [up_to(5000)], "comuni"),
        ("comuni che hanno meno di 5.000 abitanti", [up_to(5000)], "comuni"),
        ("towns with a population of under 5,000 people", [up_to(5000)], "towns"),
        ("piccoli comuni rurali sotto i 3.000 abitanti", [up_to(3000)], "piccoli comuni rurali"),
        ("comuni con non meno di 5.000 abitanti", [("residents", "", 5000, None)], "comuni"),
        ("chi lo sta facendo nei piccoli comuni?", [up_to(5000)], "chi lo sta facendo ?"),
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
        "paesi sotto i DİECİMİLA abitanti",
        "paesi sotto i cınquemila abitanti",
        "paesi sotto i ſettemila abitanti",
        "paesi sotto i 5 mıla abitanti",
        "agricoltura in montagna e in collina",
        "nelle grandi città e nei piccoli comuni",
        "servizi in montagna o sulla costa",
        "aree rurali o comuni montani",
        "servizi in collina, in montagna e al mare",
        "sia in montagna che in collina",
        "borse per l'unione di piccoli comuni",
        "fusione di piccoli comuni",
        "la rete dei piccoli comuni",
        "attrarre lavoratori delle grandi città",
        "a differenza delle grandi città",
        "non solo nelle grandi città",
        "fuori dalle grandi città",
        "fuori dalle aree montane",
        "una rete di comuni montani",
        "non solo nei comuni montani",
        "fusione di comuni con meno di 5.000 abitanti",
        "accorpamento dei comuni sotto i 5.000 abitanti",
        "un consorzio di comuni sotto i 5.000 abitanti",
        "convenzione tra comuni sotto i 5.000 abitanti",
        "merger of towns with fewer than 5,000 inhabitants",
        "comuni che hanno perso più di 1.000 abitanti",
        "un borgo a salire da 200 a 350 abitanti",
        "paese passato da 300 a 500 abitanti",
        "quale comune ha coinvolto più di 1.000 residenti",
        "towns serving more than 500 people",
        "comuni con oltre 2.000 abitanti equivalenti",
        "centri diurni per anziani con meno di 30 residenti",
        "centri di accoglienza con meno di 30 residenti",
        "paesi europei con più di 10 milioni di abitanti",
        "comuni con più di 10 milioni di abitanti",
        "spending between 2019 and 2023",
        "spesa da 2019 a 2023",
        "investimenti oltre 2.000 kW",
        "bilancio sotto i 5.000 abitanti",
        "spesa sotto i 5 mila abitanti",
        "aree marine protette",
        "agricoltura in Pianura Padana",
        "la ciclabile sulla Costa dei Trabocchi",
        "alberghi sulla Costa Smeralda",
        "acquisti sul MEPA con meno di 5.000 euro",
        "il RUP per lavori a costi sotto 150.000 euro",
        "comuni con un bilancio sotto i 5 milioni di euro",
        "aiuti a famiglie con meno di 15.000 euro",
        "imprese con capitale oltre 10.000 euro",
        "un gettito con meno di 50.000 euro",
        "patrimonio di meno di 50.000 euro",
        "con entrate oltre 20.000 euro",
        "costo per alunno sotto 5.000 euro",
        "costo al km sotto 50.000 euro",
        "costo pro capite sotto i 2.000 euro",
        "cost per pupil under 2,000 euro",
        f"paesi sotto i {'1' * 310} abitanti",
        f"costi sotto {'1' * 310} euro",
        "a " * 400,
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
