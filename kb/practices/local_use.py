"""What projects of this base say about a practice, for the filters: whether it is taken up in
Italy, and whether it was measured again here.

Only public projects count, because filters and their counts are the same for every reader.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from kb.domain import Status, Visibility
from kb.practices.filter_values import filter_values_of
from kb.practices.practice import Practice
from kb.storage.filter_values import write_filter_values
from kb.storage.projects import (
    CheckDecision,
    Indicator,
    Measurement,
    MeasurementCheck,
    ProjectPractice,
    ProjectRow,
    Stage,
)
from kb.storage.tables import Item, PracticeRow

UNDER_WAY = (Stage.RUN, Stage.MEASURED)


def local_use_of(session: Session, practice: Practice) -> dict[str, tuple[str, ...]]:
    """The values of the filters ``taken_up`` and ``measured_here``; none where it is neither."""
    taken_up = any(one.country == "IT" for one in practice.adopted_by)
    taken_up = taken_up or _has_project(session, practice.id)
    values = {
        "taken_up": ("italy",) if taken_up else (),
        "measured_here": ("yes",) if _is_measured(session, practice.id) else (),
    }
    return {name: own for name, own in values.items() if own}


def refresh_local_use(session: Session, practice_ids: Iterable[str]) -> None:
    """Write the filter values of practices anew after a change of projects that take them up."""
    for practice_id in practice_ids:
        row = session.get(PracticeRow, practice_id)
        if row is not None and row.status is not Status.DELETED:
            practice = Practice.model_validate(row.record)
            own = filter_values_of(practice) | local_use_of(session, practice)
            write_filter_values(row, own)
    session.flush()


_item, _project = Item.__table__.c, ProjectRow.__table__.c  # the classes would join more tables


def _has_project(session: Session, practice_id: str) -> bool:
    found = (
        select(ProjectPractice.project_id)
        .join(_project.id.table, _project.id == ProjectPractice.project_id)
        .join(_item.id.table, _item.id == ProjectPractice.project_id)
        .where(
            ProjectPractice.practice_id == practice_id,
            _project.stage.in_([one.value for one in UNDER_WAY]),
            _item.status != Status.DELETED,
            _item.visibility == Visibility.PUBLIC,
        )
    )
    return bool(session.scalar(select(exists(found))))


def _is_measured(session: Session, practice_id: str) -> bool:
    """Whether a public project that takes the practice up has a checked value of an indicator that
    answers a result of the practice."""
    later, newer = aliased(Measurement), aliased(MeasurementCheck)
    corrected = exists(select(later.id).where(later.supersedes == Measurement.id))
    decided_again = exists(
        select(newer.id).where(
            newer.measurement_id == Measurement.id, newer.id > MeasurementCheck.id
        )
    )
    found = (
        select(Measurement.id)
        .join(Indicator, Indicator.id == Measurement.indicator_id)
        .join(MeasurementCheck, MeasurementCheck.measurement_id == Measurement.id)
        .join(_item.id.table, _item.id == Indicator.project_id)
        .where(
            Indicator.practice_id == practice_id,
            Measurement.value.is_not(None),
            MeasurementCheck.decision == CheckDecision.CHECKED,
            ~corrected,
            ~decided_again,
            _item.status != Status.DELETED,
            _item.visibility == Visibility.PUBLIC,
        )
    )
    return bool(session.scalar(select(exists(found))))
