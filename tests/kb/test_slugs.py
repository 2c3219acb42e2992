"""Ids made of titles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.slugs import number_until_free, slugify


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Tariffa puntuale a Treviso", "tariffa-puntuale-a-treviso"),
        ("L'acqua di Forlì", "l-acqua-di-forli"),
        ("L’acqua di Forlì", "l-acqua-di-forli"),
        ("  Più – meno, 50 % ", "piu-meno-50"),
        ("1.000,5 euro", "1-000-5-euro"),
        ("snake_case/and:signs", "snake-case-and-signs"),
        ("Straßen in Łódź", "strassen-in-lodz"),
        ("Ελλάδα", "ellada"),
        ("…", ""),
        ("", ""),
    ],
)
def test_a_title_becomes_a_slug(title: str, slug: str) -> None:
    assert slugify(title) == slug


def test_a_long_title_is_cut_without_a_hyphen_at_the_end() -> None:
    assert slugify("one two three", longest=8) == "one-two"
    assert slugify("a" * 100, longest=70) == "a" * 70


@given(st.text())
def test_a_slug_has_only_letters_digits_and_hyphens_between_them(title: str) -> None:
    slug = slugify(title, longest=40)
    assert slug == slug.strip("-")
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(slug) <= 40
    assert slugify(slug) == slug


def test_what_is_taken_gets_the_first_free_number() -> None:
    assert number_until_free("a", set()) == "a"
    assert number_until_free("a", {"a", "a-2", "a-4"}) == "a-3"
