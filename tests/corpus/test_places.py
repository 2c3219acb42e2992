"""Italian municipalities: found by code and by what people type."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from kb.places import municipalities

CORRECTIONS = Path(municipalities.__file__).parent / "corrections.csv"


def test_a_municipality_is_found_by_its_code():
    siena = municipalities.find("052032")
    assert siena is not None
    assert (siena.name, siena.province, siena.nuts3) == ("Siena", "SI", "ITI19")
    assert siena.population == 52839


def test_an_unknown_code_finds_nothing():
    assert municipalities.find("999999") is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("colle di val d’elsa", "Colle di Val d'Elsa"),
        ("CASTEL SAN NICCOLO", "Castel San Niccolò"),
        ("san quirico d orcia", "San Quirico d'Orcia"),
        ("moransengo tonengo", "Moransengo-Tonengo"),
        ("abbadia san s", "Abbadia San Salvatore"),
    ],
)
def test_accents_apostrophes_and_case_do_not_matter(typed, name):
    assert municipalities.search(typed)[0].name == name


def test_a_word_inside_the_name_is_enough():
    assert "Isola del Giglio" in [place.name for place in municipalities.search("giglio")]


def test_an_exact_name_comes_before_longer_and_larger_ones():
    assert municipalities.search("chiusi")[0].istat_code == "052011"


def test_nothing_typed_finds_nothing():
    assert municipalities.search("  ") == []


@pytest.mark.parametrize(
    ("gone", "into", "population"),
    [("005079", "005122", None), ("018002", "018026", None), ("041032", "041044", 95923)],
)
def test_a_merged_municipality_leads_to_the_one_it_went_into(gone, into, population):
    place = municipalities.find(gone)
    assert place is not None
    assert place.istat_code == into
    assert population is None or place.population == population


def test_every_correction_took_effect():
    for row in csv.DictReader(CORRECTIONS.read_text("utf-8").splitlines()):
        place = municipalities.find(row["istat_code"])
        assert place is not None, row
        assert not row["name"] or place.name == row["name"]
        assert not row["latitude"] or place.latitude == float(row["latitude"])


def test_the_three_provinces_are_complete():
    codes = [f"{province:03}{n:03}" for province in (51, 52, 53) for n in range(1, 60)]
    found = {place.istat_code: place for code in codes if (place := municipalities.find(code))}
    provinces = Counter(place.province for place in found.values())
    assert provinces == {"AR": 36, "SI": 35, "GR": 28}
    for place in found.values():
        assert place.latitude is not None
        assert place.longitude is not None
        assert 42.2 < place.latitude < 43.9, place
        assert 10.7 < place.longitude < 12.4, place
        assert place.elevation_m is not None
        assert place.population, place
