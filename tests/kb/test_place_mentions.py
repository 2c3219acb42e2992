"""Which words of a question are the name of a place, and which only look like one."""

import pytest

from kb.places.areas import AreaKind, municipality
from kb.places.distance import distance_km
from kb.places.mentions import find_mentions

FOREIGN = (("Baviera", "DE"), ("Baden-Württemberg", "DE"))


def places(text):
    found = find_mentions(text, FOREIGN)
    return [(one.area.kind.value, one.area.name) for one in found.places] if found else []


@pytest.mark.parametrize(
    ("text", "kind", "name", "rest"),
    [
        ("esperienze in Toscana", "region", "Toscana", ""),
        ("esperienze in toscana", "region", "Toscana", ""),
        ("what has been done in Tuscany", "region", "Toscana", ""),
        ("Erfahrungen in der Toskana", "region", "Toscana", ""),
        ("expériences en Toscane", "region", "Toscana", ""),
        ("experiencias en la Toscana", "region", "Toscana", ""),
        ("Che esperienze ci sono a Sinalunga?", "municipality", "Sinalunga", ""),
        ("rifiuti a sinalunga", "municipality", "Sinalunga", "rifiuti"),
        ("sinalunga", "municipality", "Sinalunga", ""),
        ("comune di Sinalunga", "municipality", "Sinalunga", ""),
        ("Sinalunga (Siena)", "municipality", "Sinalunga", ""),
        ("mense a Sinalunga in Toscana", "municipality", "Sinalunga", "mense"),
        ("in provincia di Grosseto", "province", "Grosseto", ""),
        ("provincia di lodi", "province", "Lodi", ""),
        ("esperienze nel senese", "province", "Siena", ""),
        ("nell'aretino", "province", "Arezzo", ""),
        ("il turismo nel Grossetano", "province", "Grosseto", "il turismo"),
        ("che cosa si fa nei comuni della provincia di Arezzo", "province", "Arezzo", ""),
        ("aziende senesi", "province", "Siena", "aziende"),
        ("distretti industriali toscani", "region", "Toscana", "distretti industriali"),
        ("comuni umbri", "region", "Umbria", ""),
        ("una media impresa delle Marche", "region", "Marche", "una media impresa"),
        ("Val d'Orcia", "landscape", "Val d'Orcia", ""),
        ("turismo in Val d’Orcia", "landscape", "Val d'Orcia", "turismo"),
        ("energy in Germany", "country", "Germania", "energy"),
        ("énergie en Allemagne", "country", "Germania", "énergie"),
        ("Energie in Deutschland", "country", "Germania", "Energie"),
        ("energía en Alemania", "country", "Germania", "energía"),
        ("comuni francesi", "country", "Francia", ""),
        ("how did Danish towns merge", "country", "Danimarca", "how did towns merge"),
        ("negli Stati Uniti", "country", "Stati Uniti", ""),
        ("iniziative in Baviera", "region", "Baviera", ""),
        ("a Prato", "municipality", "Prato", ""),
        ("a Bra", "municipality", "Bra", ""),
        ("comune di Massa", "municipality", "Massa", ""),
        ("Siena e provincia", "province", "Siena", ""),
        ("nel territorio aretino", "province", "Arezzo", ""),
        ("turismo in Valdichiana senese", "landscape", "Valdichiana senese", "turismo"),
        ("imprese al Sud", "landscape", "Mezzogiorno", "imprese"),
        ("comuni del sud che assumono", "landscape", "Mezzogiorno", "comuni che assumono"),
        ("nel Mezzogiorno d'Italia", "landscape", "Mezzogiorno", ""),
        ("mezzogiorno", "landscape", "Mezzogiorno", ""),
        ("welfare al Nord", "landscape", "Nord Italia", "welfare"),
        ("distretti del Nord-Est", "landscape", "Triveneto", "distretti"),
        ("paesi dell'Appennino", "landscape", "Appennino", ""),
        ("dell'Appennino reggiano", "landscape", "Appennino reggiano", ""),
        ("scuole nei comuni alpini", "landscape", "Alpi", "scuole"),
        ("Alpine villages", "landscape", "Alpi", ""),
        ("Dörfer in den Alpen", "landscape", "Alpi", ""),
        ("turismo nelle Alpi francesi", "country", "Francia", "turismo"),
        ("trasporti sulle isole", "landscape", "Isole", "trasporti"),
        ("acqua all'Elba", "landscape", "Isola d'Elba", "acqua"),
        ("distretti della Toscana del sud", "region", "Toscana", "distretti del sud"),
        ("acqua nelle isole minori", "landscape", "Isole minori", "acqua"),
        (
            "what do Tuscan towns do about waste",
            "region",
            "Toscana",
            "what do towns do about waste",
        ),
        ("dans la province de Sienne", "province", "Siena", ""),
        ("museums in Florence", "municipality", "Firenze", "museums"),
        ("a Reggio Emilia", "municipality", "Reggio nell'Emilia", ""),
        ("all'Aquila", "municipality", "L'Aquila", ""),
        ("alla Spezia", "municipality", "La Spezia", ""),
    ],
)
def test_a_place_is_recognised(text, kind, name, rest):
    assert places(text) == [(kind, name)]
    assert find_mentions(text, FOREIGN).rest == rest


@pytest.mark.parametrize(
    "text",
    [
        *("Prato", "il prato comunale", "Spello", "Massa", "massa critica", "Fermo", "Potenza"),
        *("potenza termica installata", "Lodi", "Bra", "Comune", "Terra", "i Fondi europei"),
        *("fondi strutturali", "Sale", "il sale sulle strade", "la Rete", "Campi", "ora"),
        *("a norma di legge", "opera pubblica", "marche da bollo", "malta cementizia"),
        *("documenti in francese", "corso di tedesco", "il danese", "bistecca alla fiorentina"),
        *("Giuliano Ferrara", "via Roma", "Piazza Siena", "Cesare Pavese", "parmigiano reggiano"),
        *("mensa a mezzogiorno", "al sud della città", "paesi del sud del mondo", "club alpino"),
        *("Politecnico di Milano", "Università degli studi di Siena", "Banca di Pisa"),
        *("piccole isole ecologiche", "nelle isole itineranti", "le isole mobili"),
        *("isole fotovoltaiche", "la piena dell'Elba ad Amburgo", "pasti per il mezzogiorno"),
        *("isole ecologiche", "isole di calore", "sulle isole pedonali", "il lato sud"),
        *("rifiuti sinalunga", "chi usa il calore", "i borghi più belli d'Italia", "Pontevedra"),
        *("Quanto costa una CER?", "sportello SUAP", "volo dell'aquila", "", "?", "المياه", "水"),
    ],
)
def test_a_word_is_no_place(text):
    assert places(text) == []


@pytest.mark.parametrize(
    "text",
    [
        *("vicino a Siena", "near Siena", "close to Siena", "près de Siena", "cerca de Siena"),
        *("nei pressi di Siena", "attorno a Siena", "nahe Siena", "che cosa c'è vicino a siena"),
    ],
)
def test_what_is_near_a_place_is_asked_for(text):
    (mention,) = find_mentions(text).places
    assert mention.near
    assert mention.area.name == "Siena"


@pytest.mark.parametrize(
    "text",
    [
        *("entro 30 km da Siena", "nel raggio di 30 chilometri da Siena", "within 30 km of Siena"),
        *("a 30 km da Siena", "à moins de 30 km de Sienne", "im Umkreis von 30 km um Siena"),
    ],
)
def test_a_distance_may_be_said(text):
    found = find_mentions(text)
    (mention,) = found.places
    assert (mention.near, mention.radius_km, found.rest) == (True, 30.0, "")


def test_what_is_around_a_town_may_be_said_after_it():
    for text in ("Firenze e dintorni", "in the Siena area"):
        (mention,) = find_mentions(text).places
        assert mention.near


def test_several_places_count_together_and_nested_ones_once():
    assert places("Toscana e Umbria") == [("region", "Toscana"), ("region", "Umbria")]
    assert places("Toscana, Italia") == [("region", "Toscana")]
    assert places("tra Siena e Arezzo") == [("municipality", "Siena"), ("municipality", "Arezzo")]


def test_a_name_of_town_and_province_is_the_town_unless_the_province_is_meant():
    assert places("a Siena") == [(AreaKind.MUNICIPALITY, "Siena")]
    assert places("nel senese") == places("in provincia di Siena") == [("province", "Siena")]


def test_distances_are_those_of_the_map():
    siena, grosseto = municipality("052032").point, municipality("053011").point
    assert distance_km(siena, siena) == pytest.approx(0)
    assert distance_km(siena, grosseto) == pytest.approx(64, abs=2)


def test_mountains_are_those_of_the_chain_and_islands_those_in_the_sea():
    def where(text):
        (mention,) = find_mentions(text).places
        return mention.area

    castel_del_giudice, cortina, capraia = municipality("094009"), municipality("025016"), "049005"
    appennino, alpi, isole = map(where, ("Appennino", "nelle Alpi", "isole minori"))
    assert appennino.holds(castel_del_giudice)
    assert not appennino.holds(cortina)
    assert alpi.holds(cortina)
    assert not alpi.holds(castel_del_giudice)
    assert isole.holds(municipality(capraia))
    assert not isole.holds(municipality("058091"))
    assert where("isole").holds(municipality("082053"))
