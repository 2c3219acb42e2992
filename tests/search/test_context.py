"""Context similarity: what is unknown lowers the coverage, never the value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.messages import PermanentError
from kb.practice import PracticePlace
from search.context import FEWEST_KNOWN, VARIABLES, known_of, place_of, similarity

SIENA, RADICOFANI = "052032", "052023"

places = st.fixed_dictionaries(
    {},
    optional={
        "population": st.integers(1, 10_000_000),
        "density": st.floats(0.1, 20_000),
        "elevation": st.integers(-5, 3000),
        "degurba": st.integers(1, 3),
        "territory": st.sampled_from(["mountain", "hill", "plain", "coast"]),
        "economy": st.sampled_from(["tourism", "industry"]),
        "trend": st.sampled_from(["growth", "decline"]),
        "governance": st.sampled_from(["municipality", "union"]),
        "country": st.sampled_from(["IT", "DK"]),
    },
)


@given(places, places)
def test_likeness_is_symmetric_between_nothing_and_one(mine, theirs):
    here, there = similarity(mine, theirs), similarity(theirs, mine)
    shared = len(mine.keys() & theirs.keys())
    assert here.known == there.known == shared
    assert (here.value is None) == (shared < FEWEST_KNOWN)
    if here.value is not None:
        assert 0 <= here.value <= 1
        assert here.value == pytest.approx(there.value)


@given(places)
def test_a_place_is_wholly_like_itself(place):
    if len(place) >= FEWEST_KNOWN:
        assert similarity(place, place).value == pytest.approx(1)


def test_a_village_is_more_like_a_village():
    village = known_of(
        PracticePlace(
            name="Dobbiaco", country="IT", population=3300, population_source="ISTAT",
            elevation_m=1200, governance="municipality",
        )
    )  # fmt: skip
    assert (
        similarity(place_of(RADICOFANI), village).value > similarity(place_of(SIENA), village).value
    )


def test_known_of_fills_only_what_the_card_says():
    known = known_of(PracticePlace(name="Copenaghen", country="DK"))
    assert known == {"country": "DK"}
    assert set(known) <= set(VARIABLES)


def test_an_unknown_code_is_refused():
    with pytest.raises(PermanentError, match="999999"):
        place_of("999999")
