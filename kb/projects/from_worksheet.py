"""Begin a project with what a transfer worksheet has found out."""

from __future__ import annotations

from typing import Any

from kb.projects.project import MOST_STEPS
from kb.storage.worksheets import Worksheet
from kb.worksheets.commands import read_conditions
from kb.worksheets.conditions import ConditionAnswer


def fields_of_worksheet(worksheet: Worksheet) -> dict[str, Any]:
    """Fields of a ``Project``: answered conditions are findings, unknown ones become steps, and the
    conclusion says why. The notes stay in the worksheet, which its owner alone reads."""
    conditions = read_conditions(worksheet)
    findings = [
        {"text": one.text[:1000], "present": one.answer is ConditionAnswer.PRESENT}
        for one in conditions
        if one.answer is not ConditionAnswer.UNKNOWN
    ]
    steps = [
        {"text": one.text[:500]} for one in conditions if one.answer is ConditionAnswer.UNKNOWN
    ]
    return {
        "municipality": worksheet.municipality,
        "practice_ids": [worksheet.practice_id],
        "findings": findings[:MOST_STEPS],
        "steps": steps[:MOST_STEPS],
        "why": worksheet.conclusion,
    }
