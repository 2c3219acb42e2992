"""What a transfer worksheet shows: its conditions by heading, and how similar the place is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from kb.access import Access
from kb.messages import N_
from kb.places.facts import load_facts
from kb.places.municipalities import Place
from kb.practices.practice import Practice
from kb.storage.worksheets import Worksheet
from kb.worksheets.commands import read_conditions
from kb.worksheets.conditions import Condition, ConditionAnswer, WorksheetPart, list_conditions
from search.similarity.gower import (
    choose_weights,
    compare_contexts,
    context_of_practice,
    context_of_reader,
)
from search.similarity.viewpoint import Viewpoint
from web.presenters import queries
from web.presenters.similarity import SimilarityView, present_similarity
from web.rendering.i18n import Locale
from web.rendering.titles import TitleText, title_of

PARTS: Mapping[WorksheetPart, str] = {
    WorksheetPart.CONDITIONS: N_("Conditions the practice rests on"),
    WorksheetPart.CONTEXT: N_("Where your place differs"),
    WorksheetPart.RESOURCES: N_("Resources it took"),
    WorksheetPart.ACTORS: N_("Who was needed"),
    WorksheetPart.POPULATION: N_("The people it is for"),
    WorksheetPart.INTERVENTION: N_("What is done"),
    WorksheetPart.ENVIRONMENT: N_("Where it is to be done"),
    WorksheetPart.PROCESS: N_("How it can be transferred"),
}
ANSWERS: Mapping[ConditionAnswer, str] = {
    ConditionAnswer.PRESENT: N_("present"),
    ConditionAnswer.ABSENT: N_("absent"),
    ConditionAnswer.UNKNOWN: N_("to be found out"),
}


def group_conditions(worksheet: Worksheet) -> dict[WorksheetPart, list[Condition]]:
    """The conditions by part, in order; parts without conditions are left out."""
    grouped: dict[WorksheetPart, list[Condition]] = {part: [] for part in WorksheetPart}
    for condition in read_conditions(worksheet):
        grouped[condition.part].append(condition)
    return {part: listed for part, listed in grouped.items() if listed}


def count_answers(worksheet: Worksheet) -> dict[ConditionAnswer, int]:
    """How many conditions have each answer."""
    given = [condition.answer for condition in read_conditions(worksheet)]
    return {answer: given.count(answer) for answer in ConditionAnswer}


def read_titles(
    session: Session, access: Access, worksheets: Sequence[Worksheet], reader: Locale
) -> dict[str, TitleText]:
    """The title of each worksheet's practice in the reader's language, by the worksheet's id; the
    title it had when the worksheet was begun, where the practice may no longer be seen."""
    ids = {one.practice_id for one in worksheets}
    practices = queries.items_by_id(session, access, ids)
    return {
        one.id: title_of(practices[one.practice_id], reader)
        if one.practice_id in practices
        else TitleText(one.practice_title, one.language)
        for one in worksheets
    }


def compare_place(
    session: Session, practice: Practice, place: Place, reader: Locale
) -> SimilarityView:
    """Context similarity between a municipality and the place of a practice."""
    viewpoint = Viewpoint(place=place.istat_code)
    code = practice.place.istat_code or ""
    theirs = context_of_practice(practice, load_facts(session, [code]).get(code))
    mine = context_of_reader(session, viewpoint) or {}
    return present_similarity(compare_contexts(mine, theirs, choose_weights(viewpoint)), reader)


def compare_municipality(
    session: Session, code: str, place: Place, reader: Locale
) -> SimilarityView:
    """Context similarity between a municipality and another, by its ISTAT code."""
    viewpoint = Viewpoint(place=place.istat_code)
    mine = context_of_reader(session, viewpoint) or {}
    theirs = context_of_reader(session, Viewpoint(place=code)) or {}
    return present_similarity(compare_contexts(mine, theirs, choose_weights(viewpoint)), reader)


def build_conditions(
    session: Session, practice: Practice, place: Place, reader: Locale
) -> list[Condition]:
    """Conditions of a practice for a municipality, with the differences between the two places."""
    say = reader.gettext
    template = say(
        N_("{name}: here {mine}, there {theirs}. This difference does not prevent a transfer.")
    )
    compared = compare_place(session, practice, place, reader)
    differences = [
        template.format(name=row.name, mine=row.mine, theirs=row.theirs)
        for row in compared.rows
        if row.verdict not in (say("same"), say("similar"))
    ]
    return list_conditions(practice, differences, reader.code, say)
