"""Read the corpus: Markdown files with YAML front matter become practices and collections.

Problems of all files are collected with their lines, so that a contributor can mend them together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from kb.messages import N_, Message, PermanentError
from kb.practices.checks.card import check_card
from kb.practices.practice import SECTIONS, CollectionFile, Practice, find_broken_rules
from kb.practices.validation import (
    Loc,
    Rules,
    Severity,
    fill_known_facts,
    no_rules,
    validate_record,
)
from kb.practices.written_rules import written_rules

Record = TypeVar("Record", bound=BaseModel)

FENCE = "---"
HEADING = re.compile(r"^##\s+(.+?)\s*$")
FIELD_OF = {heading: name for name, heading in SECTIONS.items()}


@dataclass(frozen=True)
class CardProblem:
    """A problem in a card. ``file``: path in the corpus folder; ``line`` from 1."""

    file: str
    line: int
    field: str
    reason: Message
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        said = "warning: " if self.severity is Severity.WARNING else ""
        place = f"{self.file}:{self.line}: {said}{self.field}: "
        return f"{place}{self.reason}".replace(": :", ":")


@dataclass(frozen=True)
class Corpus:
    """``problems``: why cards cannot be loaded. ``findings``: what should be mended in those that
    can, errors and warnings."""

    practices: tuple[Practice, ...]
    collections: tuple[CollectionFile, ...]
    problems: tuple[CardProblem, ...]
    findings: tuple[CardProblem, ...] = ()


@dataclass
class _Card:
    """A parsed file: its values, the line of each, and its problems."""

    file: str
    values: dict[str, Any]
    front: yaml.Node | None
    lines: dict[str, int]
    problems: list[CardProblem]

    def complain(self, line: int, field: str, template: str, **params: Any) -> None:
        self.problems.append(CardProblem(self.file, line, field, Message(template, params)))

    def line_of(self, where: Loc) -> int:
        """The line of the innermost part of ``where`` that exists in the file."""
        if where and where[0] in self.lines:
            return self.lines[str(where[0])]
        node, line = self.front, 1
        for step in where:
            node, line = _step_into(node, step, line)
        return line


class _Loader(yaml.CSafeLoader):
    """Safe YAML loader without booleans, so that the country code ``NO`` stays a string."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load_corpus(folder: Path, today: date | None = None) -> Corpus:
    """Read ``practices/`` and ``collections/`` under ``folder``.

    ``today``: check the cards too, as of this day.

    Raises:
        PermanentError: there are no practices.
    """
    cards = [_read_card(path, folder) for path in sorted((folder / "practices").rglob("*.md"))]
    if not cards:
        raise PermanentError(N_("There are no practice cards in “{folder}”."), folder=str(folder))
    practices = [
        _validate_card(card, Practice, _practice_values, find_broken_rules, written_rules)
        for card in cards
    ]
    lists = [_read_card(path, folder) for path in sorted((folder / "collections").rglob("*.md"))]
    collections = [_validate_card(card, CollectionFile, _collection_values) for card in lists]
    for group in (cards, lists):
        _check_ids(group)
    _check_items(lists, {str(card.values["id"]) for card in cards})
    return Corpus(
        practices=tuple(practice for practice in practices if practice),
        collections=tuple(collection for collection in collections if collection),
        problems=tuple(problem for card in cards + lists for problem in card.problems),
        findings=tuple(_check_cards(cards, practices, today)) if today else (),
    )


def _check_cards(
    cards: list[_Card], practices: list[Practice | None], today: date
) -> Iterator[CardProblem]:
    for card, practice in zip(cards, practices, strict=True):
        for finding in check_card(practice.model_dump(), today) if practice else ():
            line = card.line_of(finding.where)
            yield CardProblem(card.file, line, finding.field, finding.message, finding.severity)


def _read_card(path: Path, folder: Path) -> _Card:
    """Parse front matter and body; the id is the file name."""
    card = _Card(path.relative_to(folder).as_posix(), {"id": path.stem}, None, {}, [])
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        card.complain(1, "", N_("This file is not UTF-8 text: save it again as UTF-8."))
        return card
    end = next((n for n, line in enumerate(lines) if n and line == FENCE), None)
    if not lines or lines[0] != FENCE or end is None:
        card.complain(1, "", N_("The card must begin with YAML between two lines “---”."))
        return card
    _read_front(card, "\n".join(["", *lines[1:end]]))
    card.values["body"] = (end + 1, lines[end + 1 :])
    return card


def _read_front(card: _Card, text: str) -> None:
    try:
        card.front = yaml.compose(text, _Loader)
        values = yaml.load(text, _Loader)  # noqa: S506 - derived from the safe loader
    except yaml.MarkedYAMLError as error:
        card.front = None
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        card.complain(line, "", N_("This is not valid YAML: {problem}."), problem=error.problem)
        return
    if not isinstance(values, dict):
        card.front = None
        card.complain(1, "", N_("The front matter must be fields with values."))
        return
    for name in {"id", "body"} & values.keys():
        template = N_("“{name}” comes from the file: remove this field.")
        card.complain(card.line_of((name,)), name, template, name=name)
    for key in _repeated_keys(card.front):
        template = N_("This field is here twice.")
        card.complain(key.start_mark.line + 1, str(key.value), template)
    card.values = {**values, **card.values}


def _validate_card(
    card: _Card,
    record: type[Record],
    values_of: Callable[[_Card], dict[str, Any]],
    rules: Rules = no_rules,
    when_written: Rules = no_rules,
) -> Record | None:
    """Validate a card's values. Returns the record, or None after adding to ``card.problems``."""
    if "body" not in card.values or card.front is None:
        return None
    made, found = validate_record(record, values_of(card), rules, when_written)
    for finding in found:
        line = card.line_of(finding.where)
        card.problems.append(CardProblem(card.file, line, finding.field, finding.message))
    return None if card.problems else made


def _practice_values(card: _Card) -> dict[str, Any]:
    """Front matter plus one field per ``

    Raises:
        `` heading; facts of the place are filled in by its ISTAT code.
    """
    first, lines = card.values["body"]
    values = {name: value for name, value in card.values.items() if name != "body"}
    sections: dict[str, list[str]] = {}
    current: str | None = None
    for number, line in enumerate(lines, start=first + 1):
        if heading := HEADING.match(line):
            current = _section(card, heading[1], number, sections)
        elif current is not None:
            sections[current].append(line)
        elif line.strip():
            card.complain(number, "", N_("Text before the first heading “## Problema”."))
    if isinstance(values.get("place"), dict):
        values["place"] = fill_known_facts(values["place"])
    return {**values, **{name: "\n".join(text).strip() for name, text in sections.items()}}


def _section(card: _Card, heading: str, line: int, sections: dict[str, list[str]]) -> str | None:
    name = FIELD_OF.get(heading)
    if name is None:
        known = ", ".join(SECTIONS.values())
        card.complain(line, heading, N_("This heading is not one of {known}."), known=known)
        return None
    if name in sections:
        card.complain(line, heading, N_("This heading is here twice."))
    card.lines[name] = line
    sections[name] = []
    return name


def _collection_values(card: _Card) -> dict[str, Any]:
    values = {name: value for name, value in card.values.items() if name != "body"}
    return {**values, "argument": "\n".join(card.values["body"][1]).strip()}


def _check_ids(cards: list[_Card]) -> None:
    seen: dict[str, str] = {}
    for card in cards:
        first = seen.setdefault(str(card.values["id"]), card.file)
        if first != card.file:
            card.complain(1, "id", N_("“{file}” has the same name."), file=first)


def _check_items(cards: list[_Card], practices: set[str]) -> None:
    for card in cards:
        items = card.values.get("items")
        for n, item in enumerate(items if isinstance(items, list) else []):
            name = item.get("practice") if isinstance(item, dict) else None
            if name is not None and name not in practices:
                where = ("items", n, "practice")
                template = N_("There is no practice “{name}”.")
                card.complain(card.line_of(where), f"items.{n}.practice", template, name=name)


def _step_into(node: yaml.Node | None, step: str | int, line: int) -> tuple[yaml.Node | None, int]:
    """The child node of a YAML node and its line; None and the line of the parent if there is
    none."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line + 1
    return None, line


def _repeated_keys(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key
            seen.add(str(key.value))
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated_keys(value)
