"""A question and its address say the same, whatever is asked; nothing too long gets through."""

import unicodedata
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.access import PUBLIC
from kb.domain import Kind
from kb.filters import FILTERS, choose
from kb.messages import PermanentError
from search.query import MAX_LENGTH, build_filter, validate_question
from search.results import Question
from search.similarity.viewpoint import Lens, Viewpoint
from web.forms.question import Asked, list_parameters

VALUES = st.lists(st.text(min_size=1, max_size=12), max_size=4, unique=True).map(tuple)
YEARS = st.none() | st.integers(0, 9999)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
CHOICES = {
    field.name: st.tuples(YEARS, YEARS) if field.is_range else VALUES for field in FILTERS
} | {"kind": st.lists(st.sampled_from(Kind), unique=True).map(tuple)}
QUESTIONS = st.builds(
    Question,
    text=TEXTS,
    filters=st.builds(choose, **CHOICES),
    viewpoint=st.builds(
        Viewpoint,
        place=st.none() | st.from_regex(r"\A[0-9]{6}\Z"),
        lens=st.sampled_from(Lens),
        influence=st.floats(0, 1),
    ),
)


@given(QUESTIONS)
def test_the_address_of_a_question_leads_back_to_it(question):
    said = parse_qs(urlencode(list_parameters(question)), keep_blank_values=True)
    many = {field.name for field in FILTERS}
    fields = {name: values if name in many else values[0] for name, values in said.items()}
    assert Asked.model_validate(fields).question() == question


@given(QUESTIONS)
def test_a_filter_asks_for_nothing_that_was_not_asked(question):
    made = build_filter(question, PUBLIC)
    assert made.visibility == PUBLIC.visibilities
    assert made.conditions == question.filters


def as_kept(letter: str) -> str:
    """Control characters part words, and what is no character (a lone surrogate) is a ?."""
    return {"Cc": " ", "Cs": "?"}.get(unicodedata.category(letter), letter)


@given(st.text(st.characters(exclude_categories=()), max_size=MAX_LENGTH * 2))
def test_what_is_asked_is_trimmed_or_refused(text):
    words = " ".join("".join(map(as_kept, text)).split())
    if len(words) <= MAX_LENGTH and any(map(str.isalnum, words)):
        assert validate_question(Question(text)).text == words
    else:
        with pytest.raises(PermanentError):
            validate_question(Question(text))


def test_page_and_interface_refuse_a_question_that_is_too_long_alike(client):
    question = {"q": "a" * (MAX_LENGTH + 1)}
    for address in ("/search", "/api/v1/search"):
        assert client.get(address, params=question).status_code == 422
