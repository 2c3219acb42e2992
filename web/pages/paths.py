"""Training paths for readers: list, path, units with questions, records of completion."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from kb.access import Access, Right
from kb.collections.contents import SectionRow, list_rows
from kb.messages import N_, NotFound
from kb.paths import progress
from kb.paths.progress import Unit
from kb.paths.questions import read_number
from kb.storage.collections import Collection, CollectionState
from kb.storage.paths import AnswerKind
from web.exports.path_record import record_paper
from web.forms.collection import PostedDep
from web.http.addresses import site_of
from web.http.context import AccessDep, RequestContext, ServicesDep, ViewDep, own_account
from web.http.limits import RateLimited, limited
from web.http.queues import QueuedWork, queued
from web.presenters import queries
from web.presenters.metadata.collections import describe_path
from web.presenters.metadata.site import describe_list
from web.presenters.paths import count_lost_passages, present_answers, present_readings
from web.presenters.queries import require_path
from web.printing.download import PaperFormat, download_paper
from web.rendering.metadata import describe_part

router = APIRouter(include_in_schema=False)


@router.get("/paths")
def path_list(view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        paths = queries.list_paths(session, access)
        return view.page(
            "paths/list.html",
            metadata=describe_list(view.site, "/paths", N_("Training paths")),
            paths=paths,
            entries_seen=queries.entries_seen(session, access),
            records=progress.list_records(session, access.account_id) if access.account_id else (),
            heading="h1",
        )


@router.get("/paths/{path_id}")
def path_page(path_id: str, view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    with services.database.session() as session:
        path = require_path(session, access, path_id)
        units = progress.list_units(session, path, access.account_id)
        records = (
            progress.list_records(session, access.account_id, path.id) if access.account_id else ()
        )
        return view.page(
            "paths/page.html",
            metadata=describe_path(session, view.site, path_id),
            loose=bool(list_rows(path)) and not isinstance(list_rows(path)[0], SectionRow),
            course=path,
            units=units,
            next=next((unit for unit in units if not (unit.done and unit.current)), None),
            records=records,
            changed=progress.list_changes(session, records[0], path) if records else (),
            lacks_record=bool(access.account_id)
            and path.state is CollectionState.PUBLISHED
            and progress.lacks_record(units, records),
            lost=count_lost_passages(session, access, units)
            if access.may(Right.COLLECTIONS)
            else 0,
        )


@router.post("/paths/{path_id}/record", dependencies=[Depends(own_account)])
def get_record(path_id: str, services: ServicesDep, access: AccessDep) -> Response:
    """Make the record of who has done all units, where the last answer did not: a unit was removed,
    or attendance came last."""
    with services.database.transaction() as session:
        path = require_path(session, access, path_id)
        record = progress.record_completion(session, access, path)
        address = f"/records/{record.code}" if record is not None else f"/paths/{path_id}"
    return RedirectResponse(address, 303)


@router.get("/paths/{path_id}/units/{unit_id}")
def unit_page(
    path_id: str, unit_id: str, view: ViewDep, services: ServicesDep, access: AccessDep
) -> Response:
    with services.database.session() as session:
        path = require_path(session, access, path_id)
        return _show_unit(view, session, path, unit_id, None)


@router.post("/paths/{path_id}/units/{unit_id}", dependencies=[limited(RateLimited.SEARCH)])
def answer(
    path_id: str,
    unit_id: str,
    view: ViewDep,
    services: ServicesDep,
    access: AccessDep,
    sent: PostedDep,
) -> Response:
    """Explain the answers; those of an account are noted, and complete the path with the last."""
    if access.account_id:
        with services.database.transaction() as session:
            path = require_path(session, access, path_id)
            unit = _require_unit(session, access, path, unit_id)
            given = _read_answers(unit, sent)
            published = path.state is CollectionState.PUBLISHED
            progress.answer_unit(session, access.account_id, unit, given, counted=published)
            progress.record_completion(session, access, path)
    with services.database.session() as session:
        path = require_path(session, access, path_id)
        unit = _require_unit(session, access, path, unit_id)
        if not unit.questions and (unit.event is None or unit.attended):
            return RedirectResponse(f"/paths/{path_id}", 303)
        return _show_unit(view, session, path, unit_id, sent)


@router.get("/records/{code}")
def record_page(code: str, view: ViewDep, services: ServicesDep, access: AccessDep) -> Response:
    """What verifies a record: who, which path, which revision of it, when."""
    with services.database.session() as session:
        record = progress.require_record(session, code)
        path = queries.find_collection(session, access, record.path_id)
        return view.page(
            "paths/record.html",
            record=record,
            course=path,
            changed=progress.list_changes(session, record, path) if path is not None else (),
        )


@router.get(
    "/records/{code}/record.pdf",
    dependencies=[limited(RateLimited.PAPER), queued(QueuedWork.PAPER)],
)
def record_file(code: str, view: ViewDep, services: ServicesDep) -> Response:
    with services.database.session() as session:
        record = progress.require_record(session, code)
        paper = record_paper(record, f"{site_of(view.request)}/records/{code}", view.reader)
    return download_paper(f"record-{code}", PaperFormat.PDF, paper)


def _require_unit(session: Session, access: Access, path: Collection, unit_id: str) -> Unit:
    for unit in progress.list_units(session, path, access.account_id):
        if unit.id == unit_id:
            return unit
    raise NotFound()


def _read_answers(unit: Unit, sent: FormData) -> dict[str, list[str]]:
    """The chosen answers by question; a question that was left out, or has words where a number is
    asked, is not among them."""
    given = {
        question.id: [text for text in sent.getlist(question.id) if isinstance(text, str) and text]
        for question in unit.questions
    }
    numbers = {one.id for one in unit.questions if one.kind is AnswerKind.NUMBER}
    return {
        id: texts
        for id, texts in given.items()
        if texts and (id not in numbers or read_number(texts[0]))
    }


def _show_unit(
    view: RequestContext, session: Session, path: Collection, unit_id: str, sent: FormData | None
) -> Response:
    units = progress.list_units(session, path, view.access.account_id)
    unit = next((one for one in units if one.id == unit_id), None)
    if unit is None:
        raise NotFound()
    whole = describe_path(session, view.site, path.id) if sent is None else None
    given = {} if sent is None else _read_answers(unit, sent)
    section = next(one for one in path.sections if one.id == unit_id)
    following = next((one for one in units if one.number > unit.number and not one.done), None)
    return view.page(
        "paths/unit.html",
        metadata=whole and describe_part(whole, f"units/{unit_id}", unit.title, "LearningResource"),
        course=path,
        unit=unit,
        section=section,
        readings=present_readings(session, view.access, path, unit, view.reader),
        questions=present_answers(session, view.access, path, unit, given),
        shows_event=unit.event is not None
        and queries.find_collection(session, view.access, unit.event.id) is not None,
        answered=sent is not None,
        missing=sent is not None and len(given) < len(unit.questions),
        following=following,
        last=all(one.done for one in units),
        records=progress.list_records(session, view.access.account_id, path.id)
        if view.access.account_id
        else (),
    )
