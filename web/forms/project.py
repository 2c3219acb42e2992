"""Read the forms of projects: fields of sections, indicators and measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from kb.messages import N_, PermanentError
from kb.places import municipalities
from kb.practices import values
from kb.storage.projects import MemberPart
from kb.text.folding import fold_text

EMPTY_ROWS = 3
"""Rows for further steps or amounts below those that are there."""
MOST_NAMED = 8


class SentForm:
    """A form as it was sent. Single fields by ``[]``, which are empty if they were not sent."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    def __getitem__(self, name: str) -> str:
        value = self._form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def all(self, name: str) -> list[str]:
        return [one.strip() for one in self._form.getlist(name) if isinstance(one, str)]

    def as_values(self) -> dict[str, str]:
        """The single fields, to show the form again as it was filled in; others are empty."""
        return defaultdict(str, {name: self[name] for name in self._form})

    def whole(self, name: str) -> int:
        """A number of a hidden field; 0 if it is none."""
        text = self[name]
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


class Invited(BaseModel):
    """The form that invites a member."""

    body: str = Field(default="", max_length=200)
    role: str = Field(default="", max_length=200)
    account: str = Field(default="", max_length=200)
    part: MemberPart = MemberPart.PARTNER


async def read_form(request: Request) -> AsyncIterator[SentForm]:
    """The dependency of routes whose form has rows. Its files are closed after the answer."""
    async with request.form() as form:
        yield SentForm(form)


def read_number(text: str, language: str) -> float | str | None:
    """A number as people write it in the language; None for nothing, the text if it is none."""
    if not text:
        return None
    read = values.read(text, language)
    if read is None or len(read.numbers) != 1 or read.qualifier or read.by_source:
        return text
    return read.numbers[0]


def find_municipality(text: str) -> str:
    """The ISTAT code of a municipality given by name or code, also «Castro (LE)».

    Raises:
        PermanentError: none or several have the name.
    """
    if municipalities.find(text):
        return text
    name, _, province = text.rstrip(") ").partition("(")
    found = [
        place
        for place in municipalities.search(name.strip())
        if fold_text(place.name) == fold_text(name)
        and province.strip().upper() in ("", place.province)
    ]
    if len(found) == 1:
        return found[0].istat_code
    if not found:
        raise PermanentError(
            N_("No Italian municipality is called “{name}”: write its whole name."), name=text[:100]
        )
    raise PermanentError(
        N_("Several municipalities are called so: write which one, {names}."),
        names=", ".join(f"{one.name} ({one.province})" for one in found[:MOST_NAMED]),
    )


def _read_about(form: SentForm, language: str) -> dict[str, Any]:
    return {
        "title": form["title"],
        "municipality": find_municipality(form["place"]),
        "lead_body": form["lead_body"],
        "contact": form["contact"],
        "why": form["why"],
        "cup": form["cup"],
        "started": form["started"] or None,
        "seeks": _lines(form["seeks"]),
        "themes": form.all("themes"),
    }


def _read_adaptations(form: SentForm, language: str) -> dict[str, Any]:
    return {name: form[name] for name in ("kept", "changed", "left_out")}


def _read_steps(form: SentForm, language: str) -> dict[str, Any]:
    rows = _rows(form, "step", "due", "done_on")
    return {
        "steps": [
            {"text": text, "due": due or None, "done_on": done or None}
            for text, due, done in rows
            if text
        ]
    }


def _read_budget(form: SentForm, language: str) -> dict[str, Any]:
    rows = _rows(form, "kind", "amount", "source")
    return {
        "budget": [
            {"kind": kind, "amount": read_number(amount, language), "source": source}
            for kind, amount, source in rows
            if amount or source
        ]
    }


def _read_lessons(form: SentForm, language: str) -> dict[str, Any]:
    return {"lessons": form["lessons"]}


SECTIONS: Mapping[str, tuple[str, Callable[[SentForm, str], dict[str, Any]]]] = {
    "about": (N_("What, where and by whom"), _read_about),
    "adaptations": (N_("What was kept, changed and left out"), _read_adaptations),
    "steps": (N_("Steps"), _read_steps),
    "budget": (N_("Budget"), _read_budget),
    "lessons": (N_("Lessons"), _read_lessons),
}
"""Heading and reader of each section of a project's form."""

_TEXTS = (
    "text", "text_en", "unit", "unit_en", "baseline_how", "source", "owner",
)  # fmt: skip
_NUMBERS = ("baseline", "baseline_numerator", "baseline_denominator", "target")
_CHOICES = ("measure", "better", "baseline_on", "target_on", "every_months")


def read_indicator(form: SentForm, language: str) -> dict[str, Any]:
    """Fields of ``IndicatorFields``; the result of a practice comes as ``practice|key``."""
    practice_id, mark, key = form["answers"].partition("|")
    return {
        **{name: form[name] for name in _TEXTS},
        **{name: read_number(form[name], language) for name in _NUMBERS},
        **{name: form[name] or None for name in _CHOICES},
        "practice_id": practice_id[:100] if mark else "",
        "result_key": key[:100],
    }


def read_measurement(form: SentForm, language: str) -> dict[str, Any]:
    """Fields of ``MeasurementFields`` without the evidence."""
    return {
        "period_start": form["period_start"],
        "period_end": form["period_end"],
        **{
            name: read_number(form[name], language)
            for name in ("value", "numerator", "denominator")
        },
        "note": form["note"],
        "supersedes": form.whole("supersedes") or None,
    }


def _rows(form: SentForm, *names: str) -> Iterator[tuple[str, ...]]:
    """The fields of each row of a form; fields that were not sent are empty."""
    return zip_longest(*map(form.all, names), fillvalue="")


def _lines(text: str) -> Sequence[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
