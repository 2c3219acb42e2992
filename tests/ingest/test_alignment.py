"""Edits lead from raw to cleaned text and back, exactly."""

import re

from hypothesis import given
from hypothesis import strategies as st

from ingest.text.alignment import Draft, to_raw, to_text
from kb.domain import Page, Verdict

RAW = st.text(alphabet="ab -\n", max_size=40)
RULES = [
    (re.compile("a+"), "A"),
    (re.compile("b"), ""),
    (re.compile(r"-\n"), "~~"),
    (re.compile("A "), lambda match: match.group() * 2),
    (re.compile(r"\Z"), "!"),
    (re.compile(" +"), " "),
]


def edited(raw, rules):
    draft = Draft(raw)
    for pattern, new in rules:
        draft = draft.sub(pattern, new)
    return Page(1, "", raw, draft.text, draft.edits, Verdict.TEXT)


def assert_consistent(page):
    raw_at = text_at = 0
    for edit in page.edits:
        assert raw_at <= edit.raw_start <= edit.raw_end <= len(page.raw)
        assert text_at <= edit.start <= edit.end <= len(page.text)
        assert page.raw[raw_at : edit.raw_start] == page.text[text_at : edit.start]
        raw_at, text_at = edit.raw_end, edit.end
    assert page.raw[raw_at:] == page.text[text_at:]


@given(RAW, st.lists(st.sampled_from(RULES), max_size=6))
def test_rules_in_any_order_give_what_re_sub_gives_and_consistent_edits(raw, rules):
    page = edited(raw, rules)
    expected = raw
    for pattern, new in rules:
        expected = pattern.sub(new, expected)
    assert page.text == expected
    assert_consistent(page)


@given(RAW, st.lists(st.sampled_from(RULES), max_size=6), st.data())
def test_a_place_goes_to_raw_and_back(raw, rules, data):
    page = edited(raw, rules)
    start = data.draw(st.integers(0, len(page.text)))
    end = data.draw(st.integers(start, len(page.text)))
    raw_start, raw_end = to_raw(page, start, end)
    assert 0 <= raw_start <= raw_end <= len(page.raw)
    touches = [edit for edit in page.edits if edit.start <= end and start <= edit.end]
    if not touches:
        assert page.raw[raw_start:raw_end] == page.text[start:end]
        assert to_text(page.edits, raw_start) == start


@given(RAW, st.lists(st.sampled_from(RULES), max_size=6), st.data())
def test_order_is_kept_both_ways(raw, rules, data):
    page = edited(raw, rules)
    places = sorted(data.draw(st.lists(st.integers(0, len(raw)), min_size=2, max_size=2)))
    assert to_text(page.edits, places[0]) <= to_text(page.edits, places[1])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(page.text)), min_size=3, max_size=3)))
    first = to_raw(page, cuts[0], cuts[1])
    second = to_raw(page, cuts[1], cuts[2])
    assert first[0] <= second[0]
    assert first[1] <= second[1] or cuts[1] == cuts[2]


def test_what_was_removed_beside_a_place_is_not_part_of_it():
    page = edited("bbaabb", [(re.compile("b"), "")])
    assert page.text == "aa"
    assert to_raw(page, 0, 2) == (2, 4)
