"""Commands on transfer worksheets: list, open, renew, answer and delete those of an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.messages import N_, NotFound, PermanentError
from kb.practices.practice import Practice
from kb.storage.tables import PracticeRow
from kb.storage.worksheets import Worksheet
from kb.worksheets.conditions import NOTE_CHARACTERS, Condition, ConditionAnswer, merge_answers


def list_worksheets(session: Session, account_id: str) -> Sequence[Worksheet]:
    """The account's worksheets, the last changed first."""
    own = select(Worksheet).where(Worksheet.account_id == account_id)
    return session.scalars(own.order_by(Worksheet.updated_at.desc(), Worksheet.id)).all()


def require_worksheet(session: Session, account_id: str, worksheet_id: str) -> Worksheet:
    """The account's worksheet. Raises NotFound; another account's worksheet is not found either,
    because its existence is private."""
    worksheet = session.get(Worksheet, worksheet_id)
    if worksheet is None or worksheet.account_id != account_id:
        raise NotFound()
    return worksheet


def open_worksheet(
    session: Session,
    account_id: str,
    practice: Practice,
    municipality: str,
    language: str,
    build_conditions: Callable[[], Iterable[Condition]],
) -> Worksheet:
    """Return the account's worksheet for a practice and a municipality; create it if there is none.

    ``municipality`` is an ISTAT code, ``language`` that of the title and the general questions.
    ``build_conditions`` is called only for a new worksheet.
    """
    existing = select(Worksheet).where(
        Worksheet.account_id == account_id,
        Worksheet.practice_id == practice.id,
        Worksheet.municipality == municipality,
    )
    if worksheet := session.scalars(existing).first():
        return worksheet
    worksheet = Worksheet(
        account_id=account_id,
        practice_id=practice.id,
        practice_title=practice.title_en if language == "en" else practice.title,
        practice_sha256=find_card_hash(session, practice.id),
        municipality=municipality,
        language=language,
        conditions=[condition.as_json() for condition in build_conditions()],
    )
    session.add(worksheet)
    session.flush()
    return worksheet


def renew_conditions(session: Session, worksheet: Worksheet, fresh: Iterable[Condition]) -> None:
    """Replace the conditions with those of the present card; answers and notes are kept."""
    merged = merge_answers(read_conditions(worksheet), fresh)
    worksheet.conditions = [condition.as_json() for condition in merged]
    worksheet.practice_sha256 = find_card_hash(session, worksheet.practice_id)


def save_answers(worksheet: Worksheet, filled: Mapping[str, str]) -> None:
    """Store form fields ``answer-ID``, ``note-ID`` and ``conclusion``.

    Fields that were not sent and answers outside ``ConditionAnswer`` change nothing; notes are cut
    to ``NOTE_CHARACTERS``.
    """
    answered = []
    for condition in read_conditions(worksheet):
        sent = filled.get(f"answer-{condition.id}", condition.answer)
        note = filled.get(f"note-{condition.id}", condition.note).strip()[:NOTE_CHARACTERS]
        answer = ConditionAnswer(sent) if sent in list(ConditionAnswer) else condition.answer
        answered.append(Condition(condition.part, condition.text, condition.language, answer, note))
    worksheet.conditions = [condition.as_json() for condition in answered]
    worksheet.conclusion = filled.get("conclusion", worksheet.conclusion).strip()[:NOTE_CHARACTERS]


MOST_SCENARIOS = 5


def keep_scenario(worksheet: Worksheet, measure: str, value: float) -> None:
    """Note a measure and the municipality's own value, in place of an earlier one of the measure.

    Raises:
        PermanentError: there are ``MOST_SCENARIOS`` already.
    """
    others = [one for one in worksheet.scenarios if one["measure"] != measure]
    if len(others) >= MOST_SCENARIOS:
        raise PermanentError(
            N_("A worksheet holds {most} comparisons: take one out first."), most=MOST_SCENARIOS
        )
    worksheet.scenarios = [*others, {"measure": measure, "value": value}]


def drop_scenario(worksheet: Worksheet, measure: str) -> None:
    """Take a comparison out; no effect if there is none of the measure."""
    worksheet.scenarios = [one for one in worksheet.scenarios if one["measure"] != measure]


def delete_worksheet(session: Session, account_id: str, worksheet_id: str) -> None:
    """Delete the account's worksheet. Raises NotFound."""
    session.delete(require_worksheet(session, account_id, worksheet_id))


def read_conditions(worksheet: Worksheet) -> list[Condition]:
    """The conditions stored in a worksheet, in order."""
    return [Condition.from_json(stored) for stored in worksheet.conditions]


def find_card_hash(session: Session, practice_id: str) -> str:
    """SHA-256 of the practice's present content; empty if the practice does not exist."""
    row = session.get(PracticeRow, practice_id)
    return row.content_sha256 if row else ""
