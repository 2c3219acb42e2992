"""Context similarity: what is unknown lowers the coverage, never the value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.messages import PermanentError
from kb.places import activities
from kb.places.official import load
from kb.practices.practice import PracticePlace
from kb.practices.terms import Economy, Territory
from kb.storage.db import Database
from search.similarity.gower import (
    FEWEST_KNOWN,
    LENSES,
    UNKNOWN,
    VARIABLES,
    Similarity,
    blend_scores,
    choose_weights,
    compare_contexts,
    context_of_place,
    context_of_reader,
)
from search.similarity.viewpoint import FirmGrowth, FirmSize, Lens, Viewpoint

SIENA, RADICOFANI, GROSSETO = "052032", "052023", "053011"
EVERYTHING = Viewpoint(place=SIENA, ateco="62")

values = {
    "population": st.integers(1, 10_000_000),
    "density": st.floats(0.1, 20_000),
    "elevation": st.integers(-5, 3000),
    "degurba": st.integers(1, 3),
    "territory": st.sampled_from(list(Territory)),
    "coast": st.sampled_from(["yes", "no"]),
    "inner_area": st.sampled_from("ABCDEF"),
    "economy": st.sampled_from(list(Economy)),
    "trend": st.sampled_from(["growth", "stable", "decline"]),
    "governance": st.sampled_from(["municipality", "firm"]),
    "country": st.sampled_from(["IT", "DK"]),
    "sector": st.sampled_from(["62", "62.10", "10.51 01.4", "C"]),
    "strand": st.sampled_from(["enterprises", "institutions"]),
    "growth": st.sampled_from(list(FirmGrowth)),
    "size": st.sampled_from(list(FirmSize)),
}
contexts = st.fixed_dictionaries({}, optional=values)
lenses = st.sampled_from(list(Lens))


def test_every_variable_is_drawn():
    assert set(values) == set(VARIABLES)
    assert frozenset().union(*LENSES.values()) <= set(VARIABLES)


@given(contexts, contexts, lenses)
def test_likeness_is_symmetric_between_nothing_and_one(mine, theirs, lens):
    weights = choose_weights(Viewpoint(place=SIENA, ateco="62", lens=lens))
    here, there = compare_contexts(mine, theirs, weights), compare_contexts(theirs, mine, weights)
    shared = len(mine.keys() & theirs.keys())
    assert here.known == there.known == shared == here.of - len(here.missing)
    assert (here.value is None) == (shared < FEWEST_KNOWN)
    if here.value is not None:
        assert 0 <= here.value <= 1
        assert here.value == pytest.approx(there.value)


@given(contexts)
def test_a_context_is_wholly_like_itself(context):
    if len(context) >= FEWEST_KNOWN:
        assert compare_contexts(
            context, context, choose_weights(EVERYTHING)
        ).value == pytest.approx(1)


@given(contexts, contexts, contexts)
def test_what_is_unknown_of_one_changes_the_coverage_alone(mine, theirs, more):
    """To know of theirs what is not known of mine leaves the value as it is."""
    weights = choose_weights(EVERYTHING)
    before = compare_contexts(mine, theirs, weights)
    added = {name: value for name, value in more.items() if name not in mine} | theirs
    after = compare_contexts(mine, added, weights)
    assert after.value == before.value
    assert (after.known, after.of) == (before.known, before.of)


@given(st.floats(-1, 10), contexts, contexts, st.floats(0, 1))
def test_blending_only_lowers_and_never_below_nothing(score, mine, theirs, influence):
    alike = compare_contexts(mine, theirs, choose_weights(EVERYTHING))
    assert score - abs(score) <= blend_scores(score, alike, influence) <= score
    assert blend_scores(score, alike, 0) == score
    if alike.value is None:
        unknown = blend_scores(score, Similarity(UNKNOWN, 0, 0, (), ()), influence)
        assert blend_scores(score, alike, influence) == unknown


@pytest.fixture
def session(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/kb.sqlite")
    database.upgrade()
    path = tmp_path / "territorio-2024.csv"
    path.write_text(
        "PRO_COM;ZONA_ALT;COM_LIT;DEGURBA;SUP_KMQ;POP;AREE_INT\n"
        "053011;4;1;2;473,55;81.000;A\n",
        encoding="utf-8",
    )  # fmt: skip
    with database.transaction() as writing:
        load(writing, path)
    with database.session() as reading:
        yield reading
    database.close()


def test_a_village_is_more_like_a_village(session):
    village = context_of_place(
        PracticePlace(
            name="Dobbiaco", country="IT", population=3300, population_source="ISTAT",
            elevation_m=1200, governance="municipality",
        )
    )  # fmt: skip
    radicofani, siena = (
        compare_contexts(context_of_reader(session, here), village, choose_weights(here))
        for here in (Viewpoint(place=RADICOFANI), Viewpoint(place=SIENA))
    )
    assert radicofani.value > siena.value


def test_known_of_fills_only_what_the_card_says():
    known = context_of_place(PracticePlace(name="Copenaghen", country="DK"))
    assert known == {"country": "DK"}


def test_official_facts_are_known_of_the_reader_and_of_a_practice(session):
    mine = context_of_reader(session, Viewpoint(place=GROSSETO))
    assert (mine["territory"], mine["coast"], mine["inner_area"]) == ("hill", "yes", "A")
    assert mine["density"] == pytest.approx(81_000 / 473.55)
    assert mine["trend"] == "stable"
    unloaded = context_of_place(PracticePlace(name="Grosseto", country="IT", istat_code=GROSSETO))
    assert {"population", "elevation"} <= unloaded.keys()
    assert "coast" not in unloaded


def test_a_coastal_card_says_nothing_of_hill_or_plain():
    known = context_of_place(PracticePlace(name="Samsø", country="DK", territory="coast"))
    assert known == {"country": "DK", "coast": "yes"}


def test_what_the_reader_says_of_the_place_counts(session):
    mine = context_of_reader(session, Viewpoint(place=SIENA, territory=Territory.HILL))
    assert mine["territory"] == "hill"
    assert context_of_reader(session, Viewpoint()) is None


def test_a_firm_is_compared_by_what_cards_say_of_firms(session):
    viewpoint = Viewpoint(ateco="62.10", growth=FirmGrowth.HIGH, size=FirmSize.SMALL)
    mine = context_of_reader(session, viewpoint)
    near = {"sector": "62 72.1", "strand": "enterprises", "growth": "high", "country": "IT"}
    far = {"sector": "01.4", "strand": "institutions", "governance": "state", "country": "DK"}
    weights = choose_weights(viewpoint)
    assert compare_contexts(mine, near, weights).value == 1
    assert compare_contexts(mine, near, weights).missing == ("size", "governance")
    assert compare_contexts(mine, far, weights).value < 0.1


def test_a_lens_makes_its_variables_count_more(session):
    mine = {"population": 5000, "degurba": 3, "territory": "hill", "elevation": 500}
    theirs = {"population": 5000, "degurba": 3, "territory": "coast", "elevation": 0}
    value = {
        lens: compare_contexts(
            mine, theirs, choose_weights(Viewpoint(place=SIENA, lens=lens))
        ).value
        for lens in Lens
    }
    assert value[Lens.DEMOGRAPHIC] > value[Lens.GENERAL] > value[Lens.TERRITORIAL]


@pytest.mark.parametrize("viewpoint", [Viewpoint(place="999999"), Viewpoint(ateco="00.00")])
def test_an_unknown_code_is_refused(session, viewpoint):
    with pytest.raises(PermanentError, match=viewpoint.place or viewpoint.ateco):
        context_of_reader(session, viewpoint)


@pytest.mark.parametrize(
    ("words", "code"),
    [("software", "58.2"), ("vino", "11.02"), ("parrucchiere", "96.2"), ("62.10", "62.10")],
)
def test_activities_are_found_by_words(words, code):
    assert code in [found.code for found, _ in activities.find(words).shown]


def test_a_word_stands_for_singular_and_plural_and_not_for_others():
    titles = " ".join(found.title for found, _ in activities.find("vino", 50).shown)
    assert "vini" in titles
    assert "vincite" not in titles
    assert "barb" not in " ".join(found.title for found, _ in activities.find("bar", 50).shown)
    assert {"10.41.1"} <= {found.code for found, _ in activities.find("olio", 50).shown}
    assert activities.find("ristor").total > 0


def test_an_activity_is_not_listed_on_every_level_that_has_its_title():
    for word in ("vino", "parrucchiere", "edilizia", "software"):
        titles = [found.title for found, _ in activities.find(word, 100).shown]
        assert len(titles) == len(set(titles)), word
    levels = {found.code: level for found, level in activities.find("vino").shown}
    assert levels["11.02.1"] == levels["11.02"] + 1


def test_activities_are_kin_by_what_they_share():
    assert activities.kinship("62.10.00", "62") == 1
    assert activities.kinship("10.51", "10.39") == activities.kinship("10.39", "10.51") == 0.6
    assert activities.kinship("10.51", "62.10") == 0
    assert activities.find("zz").shown == activities.find("").shown == ()
