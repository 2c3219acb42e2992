"""Figures as people write them: found in texts, shown in full, refused where they are none."""

import pytest
from pydantic import ValidationError

from kb.practices.parts import Cost, number


@pytest.mark.parametrize(
    ("value", "italian", "english"),
    [
        (1234.5, "1.234,5", "1,234.5"),
        (12345678901.5, "12.345.678.901,5", "12,345,678,901.5"),
        (1234567890.25, "1.234.567.890,25", "1,234,567,890.25"),
        (0.1 + 0.2, "0,3", "0.3"),
        (-0.0000012, "-0,0000012", "-0.0000012"),
        (40.0, "40", "40"),
    ],
)
def test_a_figure_is_written_in_full(value, italian, english):
    assert (number(value), number(value, "en")) == (italian, english)


@pytest.mark.parametrize(
    ("value", "reason"),
    [("nan", "finite"), (float("inf"), "finite"), ("-inf", "finite"), ("1e25", "less than")],
)
def test_what_is_no_number_is_no_figure(value, reason):
    fields = {"kind": "running", "text": "x", "currency": "EUR", "source": "s"}
    with pytest.raises(ValidationError, match=reason):
        Cost.model_validate({**fields, "amount": value, "evidence": "primary"})
