"""What projects here measured of one measure, beside the results of practices."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from kb.access import Access
from kb.domain import Kind, Status
from kb.practices.parts import MeasuredResult
from kb.practices.scenarios import LocalResult
from kb.practices.terms import Better, EvidenceLevel
from kb.projects.values import list_checked
from kb.storage.projects import Indicator, Measurement, ProjectRow
from kb.storage.tables import Item
from kb.text.folding import title_order


def list_local_results(
    session: Session, access: Access, measure: str = "", but: str = ""
) -> list[LocalResult]:
    """The newest checked value of each indicator of a measure, in the projects that the caller may
    see. ``measure``: a term of ``measures``; by default any. ``but``: id of a project to leave
    out. A project that became a practice which the caller sees is left out: the practice has its
    results."""
    card = aliased(Item, flat=True)
    cards = select(card.id).where(
        card.kind == Kind.PRACTICE,
        card.status != Status.DELETED,
        card.visibility.in_(access.visibilities),
    )
    wanted = (
        select(Indicator, ProjectRow)
        .join(ProjectRow, ProjectRow.id == Indicator.project_id)
        .options(selectinload(Indicator.measurements).selectinload(Measurement.checks))
        .where(
            Indicator.measure == measure if measure else Indicator.measure != "",
            ProjectRow.id != but,
            or_(ProjectRow.card_id.is_(None), ProjectRow.card_id.not_in(cards)),
            Item.status != Status.DELETED,
            Item.visibility.in_(access.visibilities),
        )
        .order_by(Indicator.position)
    )
    found = []
    rows = session.execute(wanted).all()
    for indicator, row in sorted(rows, key=lambda one: title_order(one[1].title, one[1].id)):
        checked = list_checked(indicator)
        if checked:
            newest = checked[-1]
            result = _read(indicator, newest.value or 0.0, newest.period_end.year)
            found.append(LocalResult(row.id, row.title, row.language, row.municipality, result))
    return found


def _read(indicator: Indicator, value: float, year: int) -> MeasuredResult:
    begun = indicator.baseline_on.year if indicator.baseline_on else None
    return MeasuredResult.model_construct(
        indicator=indicator.text,
        indicator_en=indicator.text_en or indicator.text,
        measure=indicator.measure,
        value=value,
        unit=indicator.unit,
        unit_en=indicator.unit_en or indicator.unit,
        baseline=indicator.baseline,
        baseline_year=begun if begun is None or begun <= year else None,
        year=year,
        better=Better(indicator.better) if indicator.better else Better.NEUTRAL,
        evidence=EvidenceLevel.PRIMARY,
        source="project",
    )
