"""The list of openly licensed reports with which a new base can begin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kb.corpus.card_files import CardProblem
from kb.corpus.loading import CORPUS
from kb.flaws import WRONG, flaw_of, none_of
from kb.messages import N_, Message, PermanentError
from kb.practices.parts import Source
from kb.practices.rules import Address, Language, Line, Slug, Year
from kb.practices.terms import SourceAccess
from kb.settings import Settings
from kb.storage.sources import address_id
from kb.text.licences import is_open
from kb.vocabulary import vocabularies

LIST = "starter_reports.yaml"
"""Name of the list in the folder of the corpus."""


class StarterReport(BaseModel):
    """``url``: the text itself. ``licence_seen``: where the licence is stated."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: Slug
    title: Line
    publisher: Line
    year: Year | None = None
    language: Language
    licence: Line
    url: Address
    licence_seen: Address
    themes: Annotated[tuple[Slug, ...], Field(min_length=1)]

    def as_source(self) -> Source:
        return Source(
            id=self.id,
            title=self.title,
            publisher=self.publisher,
            year=self.year,
            url=self.url,
            language=self.language,
            accessed=SourceAccess.CITED,
        )


def load_starter_reports(settings: Settings) -> list[StarterReport]:
    """The shipped list, or that of ``KB_STARTER_REPORTS``.

    Raises:
        PermanentError: the list cannot be read, or an entry of it is invalid.
    """
    path = settings.starter_reports or CORPUS / LIST
    reports, problems = read_starter_reports(path)
    if problems:
        raise PermanentError(
            N_("The list of reports cannot be used: {place}: {problem}"),
            place=f"{problems[0].file}:{problems[0].line}",
            problem=problems[0].reason,
        )
    return reports


def find_starter_report(settings: Settings, url: str) -> StarterReport | None:
    """The valid report of the list that has this address."""
    wanted = address_id(url)
    reports, _ = read_starter_reports(settings.starter_reports or CORPUS / LIST)
    return next((one for one in reports if address_id(one.url) == wanted), None)


def read_starter_reports(path: Path) -> tuple[list[StarterReport], list[CardProblem]]:
    """The valid entries of a list, and what is wrong in the others."""
    try:
        entries = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        template = N_("This is not valid YAML: {problem}.")
        return [], [_problem(path, "", Message(template, {"problem": str(error)}))]
    if not isinstance(entries, list):
        return [], [_problem(path, "", Message(N_("give a list")))]
    reports: list[StarterReport] = []
    problems: list[CardProblem] = []
    for number, entry in enumerate(entries):
        name = str(entry.get("id", number)) if isinstance(entry, dict) else str(number)
        try:
            report = StarterReport.model_validate(entry)
        except ValidationError as error:
            problems += [_problem(path, name, flaw_of(one)) for one in error.errors()]
            continue
        found = [_problem(path, name, flaw) for flaw in _flaws(report, reports)]
        problems += found
        reports += [] if found else [report]
    return reports, problems


def check_starter_reports(path: Path) -> Iterator[CardProblem]:
    """What is wrong in a list that is to be shipped. Nothing if there is no such file."""
    if not path.exists():
        return
    reports, problems = read_starter_reports(path)
    yield from problems
    for report in reports:
        for address in (report.url, report.licence_seen):
            if not address.startswith("https://"):
                yield _problem(path, report.id, _wrong("url", address, N_("begin with https://")))


def _flaws(report: StarterReport, earlier: Sequence[StarterReport]) -> Iterator[Message]:
    if not is_open(report.licence):
        hint = N_("name an open licence, as CC BY 4.0")
        yield _wrong("licence", report.licence, hint)
    known = vocabularies.load("themes")
    for theme in report.themes:
        if theme not in known:
            yield none_of("themes", theme, known)
    yield from _repeated("id", report.id, (one.id for one in earlier))
    yield from _repeated("title", report.title, (one.title for one in earlier))
    yield from _repeated("url", report.url, (one.url for one in earlier))


def _repeated(name: str, value: str, earlier: Iterable[str]) -> Iterator[Message]:
    if value in earlier:
        yield _wrong(name, value, N_("an earlier entry has it"))


def _wrong(name: str, value: str, hint: str) -> Message:
    params: dict[str, Any] = {"label": name, "value": value, "hint": Message(hint)}
    return Message(WRONG, params)


def _problem(path: Path, name: str, reason: Message) -> CardProblem:
    return CardProblem(path.name, _line_of(path, name), name, reason)


def _line_of(path: Path, name: str) -> int:
    """The line at which an entry begins; 1 if there is none."""
    if not name or not path.is_file():
        return 1
    lines = path.read_text("utf-8", errors="replace").splitlines()
    begins = (n for n, line in enumerate(lines, start=1) if line.strip() == f"- id: {name}")
    return next(begins, 1)
