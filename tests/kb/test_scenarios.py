"""Ranges of what happened elsewhere, on figures by hand."""

import pytest

from kb.practices.parts import MeasuredResult
from kb.practices.practice import Practice
from kb.practices.scenarios import LeftOut, LocalResult, build_scenario, two_figures
from kb.vocabulary.measures import load_measures

WASTE, SHARE, JOBS, CHANGE, COVERAGE = (
    load_measures()[slug]
    for slug in (
        "residual-waste-per-resident",
        "separate-collection",
        "jobs",
        "no2-change",
        "renewable-coverage",
    )
)


def practice(name, measure, **fields):
    given = {
        "indicator": "Valore", "indicator_en": "Value", "evidence": "primary", "source": "s",
        "measure": measure.slug, "unit": measure.unit["it"], "unit_en": measure.unit["en"],
    }  # fmt: skip
    result = MeasuredResult.model_validate(given | fields)
    return Practice.model_construct(id=name, results=(result,))


def waste(*pairs, **fields):
    return [
        practice(f"p{number}", WASTE, baseline=before, value=after, **fields)
        for number, (before, after) in enumerate(pairs)
    ]


def test_the_range_holds_the_worst_and_the_best():
    told = build_scenario(WASTE, 210.0, waste((100, 43), (200, 164), (300, 300), (100, 110)))
    assert told.practices == 4
    assert (told.changes.lowest, told.changes.highest) == pytest.approx((-0.57, 0.1))
    assert (told.applied.lowest, told.applied.highest) == pytest.approx((90.3, 231))
    assert [row.origin.id for row in told.rows] == ["p0", "p1", "p2", "p3"]


def test_under_three_practices_there_is_a_list_and_no_range():
    two = waste((100, 50), (200, 150))
    told = build_scenario(WASTE, 210.0, two)
    assert (told.changes, told.applied, told.levels, len(told.rows)) == (None, None, None, 2)
    twice = build_scenario(WASTE, 210.0, [*two, two[0]])
    assert twice.changes is None  # three results, two practices


def test_what_was_only_hoped_for_is_out():
    hoped = [
        *waste((100, 50), (200, 150)),
        practice("t", WASTE, baseline=100, value=10, nature="target"),
        practice("e", WASTE, baseline=100, value=10, nature="expected"),
    ]
    assert [row.origin.id for row in build_scenario(WASTE, 210.0, hoped).rows] == ["p0", "p1"]


def test_shares_change_by_points_and_stay_shares():
    shares = [
        practice(str(number), SHARE, baseline=before, value=after)
        for number, (before, after) in enumerate(((30, 86.5), (68, 69.8), (50, 40)))
    ]
    told = build_scenario(SHARE, 55.0, shares)
    assert (told.changes.lowest, told.changes.highest) == (-10, 56.5)
    assert (told.applied.lowest, told.applied.highest) == (45, 100)
    assert (told.levels.lowest, told.levels.highest) == (40, 86.5)
    made = [
        practice(str(number), COVERAGE, baseline=before, value=after)
        for number, (before, after) in enumerate(((30, 90), (100, 321), (50, 40)))
    ]
    told = build_scenario(COVERAGE, 120.0, made)
    assert (told.applied.lowest, told.applied.highest) == (110, 341), "more than is consumed"
    odd = build_scenario(WASTE, 210.0, waste((-5, 5)))
    assert odd.rows[0].left_out is LeftOut.FROM_ZERO


def test_counts_have_no_levels_and_no_ratio_from_almost_nothing():
    jobs = [
        practice(str(number), JOBS, baseline=before, value=after)
        for number, (before, after) in enumerate(
            ((0, 7), (2, 650), (27, 72), (50, 150), (500, 400))
        )
    ]
    told = build_scenario(JOBS, 40.0, jobs)
    out = {row.origin.id: row.left_out for row in told.rows if row.left_out}
    assert out == {"0": LeftOut.FROM_ZERO, "1": LeftOut.FROM_FEW}
    assert (told.changes.lowest, told.changes.highest) == pytest.approx((-0.2, 2))
    assert told.levels is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"value": 50}, LeftOut.NO_BASELINE),
        ({"value_text": "tra 50 e 60", "baseline": 100}, LeftOut.NO_NUMBER),
        ({"value": 50, "baseline": 100, "unit": "tonnellate", "unit_en": "t"}, LeftOut.OTHER_UNIT),
    ],
)
def test_a_result_without_a_change_says_why(fields, reason):
    (row,) = build_scenario(WASTE, 210.0, [practice("p", WASTE, **fields)]).rows
    assert (row.change, row.applied, row.left_out) == (None, None, reason)


def test_a_change_needs_no_baseline_and_a_reduction_is_negative():
    changes = [
        practice("a", CHANGE, value=-12),
        practice("b", CHANGE, value=28, indicator="Riduzione del biossido di azoto"),
        practice("c", CHANGE, value=3),
    ]
    told = build_scenario(CHANGE, 40.0, changes)
    assert (told.changes.lowest, told.changes.highest) == pytest.approx((-0.28, 0.03))
    assert (told.applied.lowest, told.applied.highest) == pytest.approx((28.8, 41.2))


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(0, 0), (90.3, 90), (172.2, 170), (0.01234, 0.012), (-57.4, -57), (9.96, 10), (81234, 81000)],
)
def test_two_significant_figures(value, rounded):
    assert two_figures(value) == pytest.approx(rounded)


def test_what_was_measured_here_stands_among_the_rest_the_worse_too():
    worse = practice("x", WASTE, baseline=100, value=130, baseline_year=2026, year=2028)
    here = LocalResult("a-siena", "A Siena", "it", "052032", worse.results[0])
    told = build_scenario(WASTE, 210.0, waste((100, 43), (200, 164)), [here])
    assert told.practices == 3, "two elsewhere and one here are enough"
    assert (told.changes.lowest, told.changes.highest) == pytest.approx((-0.57, 0.3))
    assert [row.origin.id for row in told.rows] == ["p0", "p1", "a-siena"]
