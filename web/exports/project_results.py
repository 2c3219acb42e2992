"""The results of a project as XML with the element names of the IATI activity standard 2.03
(iatistandard.org): result, indicator, baseline, period, target, actual.

Only what a researcher outside the project has checked is an ``actual``. It is no publication in the
IATI registry: the association has no identifier there, so ``reporting-org`` refers to its site, and
budget, transactions and sectors are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from xml.etree.ElementTree import Element, indent, tostring

from kb.practices.terms import Better
from kb.projects.parts import list_taking_part
from kb.projects.project import Project
from kb.projects.values import list_checked
from kb.projects.writing import read_project
from kb.storage.projects import Indicator, Measurement, MemberPart, ProjectRow, Stage
from kb.storage.tables import now
from web.printing.paper import replace_unprintable
from web.rendering.i18n import Locale

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
STATUS = {Stage.IDEA: "1", Stage.UNDERSTAND: "1", Stage.ADAPT: "1", Stage.RUN: "2",
          Stage.MEASURED: "4", Stage.STOPPED: "5"}  # fmt: skip
"""Codes of the list ActivityStatus: 1 in the pipeline, 2 under way, 4 closed, 5 cancelled."""
ROLES = {MemberPart.LEAD: "2", MemberPart.PARTNER: "4"}
"""Codes of the list OrganisationRole: 2 accountable, 4 implementing."""
OUTCOME, UNIT, PERCENTAGE, OTHER = "2", "1", "2", "90"
"""Codes of the lists ResultType, IndicatorMeasure (two) and OrganisationType."""
EVIDENCE = "A08"
"""Results, outcomes and outputs, of the list DocumentCategory."""


def write_results(row: ProjectRow, files: set[str], site: str, reader: Locale) -> bytes:
    """``files``: ids of the documents that the reader may open; ``site`` begins addresses."""
    project = read_project(row)
    publisher = {"ref": site, "type": OTHER}
    activity = _make(
        "iati-activity",
        _make("iati-identifier", text=f"{site}/projects/{row.id}"),
        _make("reporting-org", _narrative("Terre Comuni"), attributes=publisher),
        _make("title", _narrative(project.title)),
        _make("description", _narrative(project.why or project.title)),
        *_organisations(row),
        _make("activity-status", attributes={"code": STATUS[row.stage]}),
        *_dates(project),
        _make("recipient-country", attributes={"code": "IT"}),
        _make("location", _make("name", _narrative(project.place_name))),
        *_results(row, files, site, reader),
        attributes={
            XML_LANG: project.language,
            "default-currency": "EUR",
            "last-updated-datetime": row.updated_at.isoformat(),
        },
    )
    about = {"version": "2.03", "generated-datetime": now().isoformat()}
    root = _make("iati-activities", activity, attributes=about)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _make(
    name: str, *children: Element, text: str = "", attributes: Mapping[str, str] | None = None
) -> Element:
    made = Element(name, dict(attributes or {}))
    made.text = text or None
    made.extend(children)
    return made


def _narrative(text: str, language: str = "") -> Element:
    attributes = {XML_LANG: language} if language else None
    return _make("narrative", text=replace_unprintable(text), attributes=attributes)


def _organisations(row: ProjectRow) -> list[Element]:
    return [
        _make("participating-org", _narrative(one.body), attributes={"role": ROLES[one.part]})
        for one in list_taking_part(row)
        if one.part in ROLES
    ]


def _dates(project: Project) -> list[Element]:
    """The start and the end; codes 2 and 4 of the list ActivityDateType."""
    known = (("2", project.started), ("4", project.concluded))
    return [
        _make("activity-date", attributes={"type": code, "iso-date": str(day)})
        for code, day in known
        if day
    ]


def _results(row: ProjectRow, files: set[str], site: str, reader: Locale) -> list[Element]:
    """A result for each indicator."""
    return [
        _make(
            "result",
            _make("title", *_texts(one, row.language)),
            _indicator(one, row.language, files, site, reader),
            attributes={"type": OUTCOME, "aggregation-status": _truth(one.aggregable)},
        )
        for one in row.indicators
    ]


def _texts(one: Indicator, language: str) -> list[Element]:
    english = [_narrative(one.text_en, "en")] if one.text_en and language != "en" else []
    return [_narrative(one.text, language), *english]


def _indicator(
    one: Indicator, language: str, files: set[str], site: str, reader: Locale
) -> Element:
    """``language``: of the project."""
    made = _make(
        "indicator",
        _make("title", *_texts(one, language)),
        attributes={
            "measure": PERCENTAGE if one.unit.startswith("%") else UNIT,
            "ascending": _truth(one.better != Better.LOWER),
            "aggregation-status": _truth(one.aggregable),
        },
    )
    described = " · ".join(part for part in (one.unit, one.source) if part)
    if described:
        made.append(_make("description", _narrative(described, language)))
    if one.baseline is not None and one.baseline_on is not None:
        made.append(_baseline(one, language, one.baseline, one.baseline_on))
    made.extend(_actual(measured, files, site, reader) for measured in list_checked(one))
    made.extend(_targets(one))
    return made


def _baseline(one: Indicator, language: str, value: float, day: date) -> Element:
    attributes = {"iso-date": str(day), "year": str(day.year), "value": _number(value)}
    made = _make("baseline", attributes=attributes)
    if one.baseline_how:
        made.append(_make("comment", _narrative(one.baseline_how, language)))
    return made


def _actual(measured: Measurement, files: set[str], site: str, reader: Locale) -> Element:
    check = measured.checks[-1]
    actual = _make("actual", attributes={"value": _number(measured.value or 0.0)})
    note = f"{measured.note} " if measured.note else ""
    checked = reader.gettext("checked by {name} on {day}")
    said = checked.format(name=check.checker or "–", day=check.checked_at.date().isoformat())
    actual.append(_make("comment", _narrative(f"{note}({said})", reader.code)))
    if measured.document_id in files:
        actual.append(
            _make(
                "document-link",
                _make("title", _narrative(measured.document_title or "–")),
                _make("category", attributes={"code": EVIDENCE}),
                attributes={
                    "url": f"{site}/documents/{measured.document_id}",
                    "format": "text/html",
                },
            )
        )
    return _period(measured.period_start, measured.period_end, [actual])


def _targets(one: Indicator) -> Sequence[Element]:
    """The period in which the target is to be reached, from the baseline on."""
    if one.target is None or one.target_on is None:
        return ()
    target = _make("target", attributes={"value": _number(one.target)})
    return (_period(one.baseline_on or one.target_on, one.target_on, [target]),)


def _period(first: date, last: date, values: Sequence[Element]) -> Element:
    return _make(
        "period",
        _make("period-start", attributes={"iso-date": str(first)}),
        _make("period-end", attributes={"iso-date": str(last)}),
        *values,
    )


def _number(value: float) -> str:
    return f"{value:.15g}"


def _truth(is_true: bool) -> str:
    return "1" if is_true else "0"
