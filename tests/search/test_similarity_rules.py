"""Weighted Gower similarity with values small enough to follow by hand."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from kb.places import municipalities
from kb.practices.practice import PracticePlace
from kb.practices.terms import Governance, Trend
from search.similarity.gower import (
    EMPHASIS,
    FEWEST_KNOWN,
    MOST_AT_ANOTHER_SCALE,
    UNKNOWN,
    VARIABLES,
    Similarity,
    blend_scores,
    choose_weights,
    compare_contexts,
    context_of_place,
)
from search.similarity.viewpoint import FirmSize, Lens, Viewpoint

PAIRS = Path(__file__).parent / "places_alike.csv"
EVEN = {"population": 1.0, "elevation": 1.0, "governance": 1.0, "country": 1.0}
MINE = {"population": 1000, "elevation": 300, "governance": "municipality", "country": "IT"}


@pytest.mark.parametrize(
    ("variable", "mine", "theirs", "expected"),
    [
        ("population", 1000, 1000, 1),
        ("population", 14_000, 28_000, 1 - math.log10(2)),
        ("population", 1_000, 10_000, 0),  # another scale
        ("population", 12_000, 390_000, 0),
        ("population", 5_200, 14_800, 0.75),  # one class of size
        ("population", 1, 900, 0.75),
        ("density", 5, 10_000, 0),
        ("density", 10, 1000, 1 - math.log(100) / math.log(2000)),
        ("elevation", 100, 700, 0.5),
        ("elevation", 0, 5000, 0),
        ("degurba", 1, 2, 0.5),
        ("degurba", 1, 3, 0),
        ("inner_area", "A", "F", 0),
        ("inner_area", "B", "D", 0.6),
        ("trend", Trend.DECLINE, Trend.GROWTH, 0),
        ("trend", Trend.STABLE, Trend.GROWTH, 0.5),
        ("territory", "hill", "hill", 1),
        ("territory", "hill", "plain", 0),
        ("coast", "yes", "no", 0),
        ("economy", "tourism", "tourism", 1),
        ("growth", "shrinking", "high", 0),
        ("size", "micro", "small", pytest.approx(2 / 3)),
        ("strand", "enterprises", "enterprises", 1),
        ("sector", "01.11", "01.11", 1),
    ],
)
def test_two_values_of_a_variable_compare(variable, mine, theirs, expected) -> None:
    compare = VARIABLES[variable].similarity
    assert compare(mine, theirs) == pytest.approx(expected)
    assert compare(theirs, mine) == pytest.approx(expected)


def test_every_variable_is_one_for_equals_and_never_leaves_zero_to_one() -> None:
    for variable in ("population", "density", "elevation", "degurba"):
        compare = VARIABLES[variable].similarity
        for a, b in ((1, 1), (1, 1e9), (2, 3), (0.5, 1e6)):
            assert compare(a, a) == 1
            assert 0 <= compare(a, b) <= 1


def test_the_value_is_the_weighted_mean_of_what_is_known_of_both() -> None:
    theirs = MINE | {"population": 2_900, "elevation": 900}  # one class of size: 0.75; and 0.5
    assert value(compare_contexts(MINE, theirs, EVEN)) == pytest.approx((0.75 + 0.5 + 1 + 1) / 4)
    heavy = EVEN | {"elevation": 3.0}
    assert value(compare_contexts(MINE, theirs, heavy)) == pytest.approx(
        (0.75 + 3 * 0.5 + 1 + 1) / 6
    )


def test_a_place_of_another_scale_is_never_alike() -> None:
    """Bologna has 31 times the residents of Sinalunga."""
    theirs = MINE | {"population": 31_000}
    assert value(compare_contexts(MINE, theirs, EVEN)) == MOST_AT_ANOTHER_SCALE


def test_judged_pairs_of_municipalities_are_told_apart() -> None:
    """Forty pairs judged by hand, from what is shipped of every municipality alone."""
    with PAIRS.open(encoding="utf-8") as file:
        judged = [
            (_compare(row["one"], row["other"]), row["alike"]) for row in csv.DictReader(file)
        ]
    assert len(judged) == 40
    alike = [found for found, verdict in judged if verdict == "yes"]
    other = [found for found, verdict in judged if verdict == "no"]
    assert min(alike) > max(other)
    assert min(alike) >= 0.75
    assert sum(found <= MOST_AT_ANOTHER_SCALE for found in other) >= 17


def _compare(one: str, other: str) -> float:
    contexts = []
    for name in (one, other):
        place = next(found for found in municipalities.search(name) if found.name == name)
        given = PracticePlace(
            name=name, country="IT", istat_code=place.istat_code, governance=Governance.MUNICIPALITY
        )
        contexts.append(context_of_place(given))
    return value(compare_contexts(*contexts, choose_weights(Viewpoint(place="052032"))))


def test_what_is_unknown_lowers_the_coverage_and_not_the_value() -> None:
    weights = EVEN | {"coast": 1.0}
    alike = compare_contexts(MINE | {"coast": "yes"}, MINE, weights)
    assert (alike.value, alike.known, alike.of, alike.missing) == (1, 4, 5, ("coast",))


def test_with_fewer_than_four_variables_there_is_no_value() -> None:
    few = {name: EVEN[name] for name in list(EVEN)[: FEWEST_KNOWN - 1]}
    alike = compare_contexts(MINE, MINE, few)
    assert alike.value is None
    assert alike.known == FEWEST_KNOWN - 1


def test_the_most_telling_reason_comes_first() -> None:
    """Weight times distance from one half, whether alike or not."""
    theirs = MINE | {"population": 1_000_000, "elevation": 800}  # 0 and 0.58
    weights = {"population": 3.0, "elevation": 2.0, "governance": 1.0, "country": 1.0}
    told = [reason.variable for reason in compare_contexts(MINE, theirs, weights).reasons]
    assert told == ["population", "governance", "country", "elevation"]


def test_a_lens_lets_its_variables_count_more() -> None:
    general = choose_weights(Viewpoint(place="052032"))
    territorial = choose_weights(Viewpoint(place="052032", lens=Lens.TERRITORIAL))
    assert territorial["elevation"] == EMPHASIS * general["elevation"]
    assert territorial["population"] == general["population"]
    assert "sector" not in general


def test_a_firm_is_compared_by_its_own_variables() -> None:
    weights = choose_weights(Viewpoint(size=FirmSize.MICRO))
    assert "sector" in weights
    assert "population" not in weights


@pytest.mark.parametrize(
    ("alike", "influence", "expected"),
    [
        (1.0, 0.35, 0.8),
        (0.0, 0.35, 0.8 - 0.35 * 0.8),
        (0.5, 1.0, 0.4),
        (0.0, 0.0, 0.8),
        (None, 1.0, 0.8 * UNKNOWN),
    ],
)
def test_a_far_away_place_costs_a_share_of_the_relevance(alike, influence, expected) -> None:
    other = Similarity(alike, 4, 4, (), ())
    assert blend_scores(0.8, other, influence) == pytest.approx(expected)


def test_a_negative_relevance_falls_too_for_a_far_away_place() -> None:
    far, near = Similarity(0.0, 4, 4, (), ()), Similarity(1.0, 4, 4, (), ())
    assert blend_scores(-0.2, far, 0.5) == pytest.approx(-0.3)
    assert blend_scores(-0.2, near, 0.5) == pytest.approx(-0.2)
    assert blend_scores(-0.2, None, 0.5) == pytest.approx(-0.2 - 0.5 * (1 - UNKNOWN) * 0.2)


def value(alike: Similarity) -> float:
    assert alike.value is not None
    return alike.value
