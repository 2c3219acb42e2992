"""Worksheets of an account: opened from a practice and a municipality, and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.messages import N_
from kb.places.facts import loaded
from kb.places.municipalities import Place, find
from kb.practices.practice import Practice
from kb.storage.tables import PracticeRow
from kb.storage.worksheets import Worksheet
from kb.worksheets.conditions import (
    NOTE_CHARACTERS,
    Condition,
    ConditionAnswer,
    WorksheetPart,
    list_conditions,
    merge_answers,
)
from search.similarity.gower import (
    choose_weights,
    compare_contexts,
    context_of_practice,
    context_of_reader,
)
from search.similarity.viewpoint import Viewpoint
from web.presenters.similarity import SimilarityView, present_similarity
from web.rendering.i18n import Locale

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


def of(session: Session, account_id: str) -> Sequence[Worksheet]:
    """The account's worksheets, the last one changed first."""
    own = select(Worksheet).where(Worksheet.account_id == account_id)
    return session.scalars(own.order_by(Worksheet.updated_at.desc(), Worksheet.id)).all()


def own(session: Session, account_id: str, worksheet_id: str) -> Worksheet:
    """Raises 404 for a worksheet of somebody else too: its existence is private."""
    worksheet = session.get(Worksheet, worksheet_id)
    if worksheet is None or worksheet.account_id != account_id:
        raise HTTPException(404)
    return worksheet


def opened(
    session: Session, account_id: str, practice: Practice, place: Place, reader: Locale
) -> Worksheet:
    """The account's worksheet for a practice and a municipality, made if there is none."""
    known = select(Worksheet).where(
        Worksheet.account_id == account_id,
        Worksheet.practice_id == practice.id,
        Worksheet.municipality == place.istat_code,
    )
    if worksheet := session.scalars(known).first():
        return worksheet
    english = reader.code == "en"
    worksheet = Worksheet(
        account_id=account_id,
        practice_id=practice.id,
        practice_title=practice.title_en if english else practice.title,
        practice_sha256=version_of(session, practice.id),
        municipality=place.istat_code,
        language=reader.code,
        conditions=[one.as_json() for one in _conditions(session, practice, place, reader)],
    )
    session.add(worksheet)
    session.flush()
    return worksheet


def renew(session: Session, worksheet: Worksheet, practice: Practice, reader: Locale) -> None:
    """Take the conditions of the card as it is now, keeping every answer."""
    place = find(worksheet.municipality)
    fresh = _conditions(session, practice, place, reader) if place else []
    worksheet.conditions = [one.as_json() for one in merge_answers(conditions(worksheet), fresh)]
    worksheet.practice_sha256 = version_of(session, practice.id)


def answer(worksheet: Worksheet, filled: Mapping[str, str]) -> None:
    """Write down answers and notes, named ``answer-ID`` and ``note-ID``, and the conclusion."""
    answered = []
    for one in conditions(worksheet):
        said = filled.get(f"answer-{one.id}", one.answer)
        note = filled.get(f"note-{one.id}", one.note).strip()[:NOTE_CHARACTERS]
        chosen = ConditionAnswer(said) if said in list(ConditionAnswer) else one.answer
        answered.append(Condition(one.part, one.text, one.language, chosen, note))
    worksheet.conditions = [one.as_json() for one in answered]
    worksheet.conclusion = filled.get("conclusion", worksheet.conclusion).strip()[:NOTE_CHARACTERS]


def conditions(worksheet: Worksheet) -> list[Condition]:
    return [Condition.from_json(one) for one in worksheet.conditions]


def parts(worksheet: Worksheet) -> dict[WorksheetPart, list[Condition]]:
    """The conditions under their headings, in order."""
    grouped: dict[WorksheetPart, list[Condition]] = {part: [] for part in WorksheetPart}
    for one in conditions(worksheet):
        grouped[one.part].append(one)
    return {part: listed for part, listed in grouped.items() if listed}


def counts(worksheet: Worksheet) -> dict[ConditionAnswer, int]:
    given = [one.answer for one in conditions(worksheet)]
    return {answer: given.count(answer) for answer in ConditionAnswer}


def version_of(session: Session, practice_id: str) -> str:
    row = session.get(PracticeRow, practice_id)
    return row.content_sha256 if row else ""


def alike(session: Session, practice: Practice, place: Place, reader: Locale) -> SimilarityView:
    """How like the place of the practice the municipality is."""
    viewpoint = Viewpoint(place=place.istat_code)
    code = practice.place.istat_code or ""
    theirs = context_of_practice(practice, loaded(session, [code]).get(code))
    mine = context_of_reader(session, viewpoint) or {}
    return present_similarity(compare_contexts(mine, theirs, choose_weights(viewpoint)), reader)


def _conditions(
    session: Session, practice: Practice, place: Place, reader: Locale
) -> list[Condition]:
    say = reader.gettext
    template = say(
        N_("{name}: here {mine}, there {theirs}. This difference does not prevent a transfer.")
    )
    compared = alike(session, practice, place, reader)
    differences = [
        template.format(name=row.name, mine=row.mine, theirs=row.theirs)
        for row in compared.rows
        if row.verdict not in (say("same"), say("similar"))
    ]
    return list_conditions(practice, differences, reader.code, say)
