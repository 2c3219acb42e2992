"""The searchable text of a project: sections with headings, in the language of the project."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kb.places import municipalities
from kb.practices.numbers import number, with_unit
from kb.projects.parts import list_taking_part
from kb.projects.project import Project
from kb.projects.values import list_checked
from kb.storage.projects import Indicator, MemberPart, ProjectRow, Stage

HEADINGS = {
    "it": {
        "about": "Progetto",
        "why": "Perché",
        "conditions": "Che cosa si è capito",
        "adaptations": "Che cosa si è tenuto, cambiato e lasciato",
        "steps": "Passi",
        "indicators": "Indicatori e misure",
        "lessons": "Lezioni",
        "seeks": "Cerca",
        "stopped": "Perché si è fermato",
    },
    "en": {
        "about": "Project",
        "why": "Why",
        "conditions": "What was understood",
        "adaptations": "What was kept, changed and left out",
        "steps": "Steps",
        "indicators": "Indicators and measurements",
        "lessons": "Lessons",
        "seeks": "Seeks",
        "stopped": "Why it stopped",
    },
}
STAGES = {
    "it": {
        Stage.IDEA: "in idea",
        Stage.UNDERSTAND: "nella fase in cui si capisce la pratica",
        Stage.ADAPT: "nella fase in cui si adatta la pratica",
        Stage.RUN: "in corso",
        Stage.MEASURED: "concluso e misurato",
        Stage.STOPPED: "fermato",
    },
    "en": {
        Stage.IDEA: "an idea",
        Stage.UNDERSTAND: "understanding the practice",
        Stage.ADAPT: "adapting the practice",
        Stage.RUN: "running",
        Stage.MEASURED: "concluded and measured",
        Stage.STOPPED: "stopped",
    },
}
_WORDS = {
    "it": {
        "about": "Progetto a {place} ({province}, {region}), {stage}, guidato da {lead}.",
        "partners": "Con {bodies}.",
        "kept": "Tenuto: {text}",
        "changed": "Cambiato: {text}",
        "left_out": "Lasciato: {text}",
        "baseline": "all'inizio {value} ({day})",
        "target": "obiettivo {value} entro il {day}",
        "value": "misurato {value} fino al {day}, verificato",
    },
    "en": {
        "about": "Project in {place} ({province}, {region}), {stage}, led by {lead}.",
        "partners": "With {bodies}.",
        "kept": "Kept: {text}",
        "changed": "Changed: {text}",
        "left_out": "Left out: {text}",
        "baseline": "at the start {value} ({day})",
        "target": "target {value} by {day}",
        "value": "measured {value} until {day}, checked",
    },
}


def build_sections(row: ProjectRow, project: Project) -> list[list[str]]:
    """``[heading, text]`` of the sections that say something, without the titles of practices. Only
    checked values are in it."""
    headings = HEADINGS[project.language]
    texts = {
        "about": _about(row, project),
        "why": project.why,
        "conditions": "\n".join(_conditions(project)),
        "adaptations": "\n".join(_adaptations(project)),
        "steps": "\n".join(step.text for step in project.steps),
        "indicators": "\n".join(
            indicator_sentence(one, project.language)
            for one in row.indicators
            if one.retired_at is None
        ),
        "lessons": project.lessons,
        "seeks": "\n".join(project.seeks),
        "stopped": project.stopped_because if project.stage is Stage.STOPPED else "",
    }
    return [[headings[name], text] for name, text in texts.items() if text.strip()]


def indicator_sentence(indicator: Indicator, language: str) -> str:
    """An indicator with baseline, target and checked values, as one sentence."""
    words = _WORDS[language]
    unit = indicator.unit_en if language == "en" and indicator.unit_en else indicator.unit
    text = indicator.text_en if language == "en" and indicator.text_en else indicator.text
    parts = [text]

    def add(name: str, value: float | None, day: date | None) -> None:
        if value is not None and day is not None:
            written = with_unit(number(value, language), unit, language)
            parts.append(words[name].format(value=written, day=day.strftime("%d/%m/%Y")))

    add("baseline", indicator.baseline, indicator.baseline_on)
    add("target", indicator.target, indicator.target_on)
    for measurement in list_checked(indicator):
        add("value", measurement.value, measurement.period_end)
    head, *rest = parts
    return f"{head}: {'; '.join(rest)}." if rest else f"{head}."


def _about(row: ProjectRow, project: Project) -> str:
    words = _WORDS[project.language]
    place = municipalities.named(project.municipality)
    said = [
        f"{project.title}.",
        words["about"].format(
            place=place.name,
            province=place.province,
            region=place.region,
            stage=STAGES[project.language][project.stage],
            lead=project.lead_body,
        ),
    ]
    bodies = [one.body for one in list_taking_part(row) if one.part is not MemberPart.LEAD]
    if bodies:
        said.append(words["partners"].format(bodies=", ".join(bodies)))
    return " ".join(said)


def _conditions(project: Project) -> Iterator[str]:
    for one in project.findings:
        yield f"{one.text} {one.note}".strip()


def _adaptations(project: Project) -> Iterator[str]:
    for name in ("kept", "changed", "left_out"):
        if text := getattr(project, name):
            yield _WORDS[project.language][name].format(text=text)
