"""What the tools answer: quotations with their addresses, as JSON values."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from kb.access import Right
from kb.collections.contents import group_rows, list_rows
from kb.messages import N_, Message, NotFound, PermanentError
from kb.practices.figures import as_json as practice_as_json
from kb.storage.collections import Collection, CollectionKind
from kb.vocabulary.vocabularies import load as load_terms
from search.result_json import as_json as results_as_json
from search.results import Question
from search.service import search
from web.assistants.caller import Caller
from web.exports.project_data import all_fields
from web.presenters import queries
from web.presenters.comparison import ComparisonLine, compare

VERDICTS = {
    "answered": "The passages answer the question.",
    "near": "No text clearly answers; the passages are on subjects near the question.",
    "nothing": "Nothing in the knowledge base answers the question: say so, and do not answer it"
    " from these passages.",
}
WORDS_ONLY = (
    "For the moment only the words of the question could be searched for, not its meaning: results"
    " may be missing. Say so, and do not conclude that the knowledge base has no answer."
)
MOST_COMPARED = 4
PAGE_CHARACTERS = 20_000
"""Most characters of a page in an answer."""

_TWO_TO_FOUR = N_("Name two to four different practices to compare.")
_NO_RIGHT = N_("This needs an API token with the right to manage documents.")
_NO_PAGE = N_("The document has pages 1 to {last}: there is no page {page}.")
_NO_QUESTION = N_("Ask a question of at least one word.")
_NO_THEME = N_("There is no theme “{theme}”: take one of {known}.")


def answer_question(caller: Caller, question: Question) -> dict[str, Any]:
    """The verdict, and the results with their passages verbatim. Raises PermanentError."""
    if not question.text.strip():
        raise PermanentError(_NO_QUESTION)
    caller.count_search()
    new = partial(caller.is_new, question)
    page = results_as_json(search(question, caller.services, caller.access, is_new=new))
    return {
        "question": page["query"],
        "verdict": page["verdict"],
        "verdict_means": VERDICTS[page["verdict"]] if page["by_meaning"] else WORDS_ONLY,
        "by_meaning": page["by_meaning"],
        "did_you_mean": page["did_you_mean"],
        "results": [_result(caller, one) for one in page["results"]],
    }


def find_theme(slug: str) -> str:
    """The theme. Raises PermanentError for an unknown one."""
    themes = load_terms("themes")
    if slug not in themes:
        raise PermanentError(_NO_THEME, theme=slug[:60], known=", ".join(themes))
    return slug


def read_practice(caller: Caller, practice_id: str) -> dict[str, Any]:
    """The card with its address, each figure with the address of the page it stands on."""
    with caller.services.database.session() as session:
        practice = queries.require_practice(session, caller.access, practice_id)
    held = {one.id: one.document for one in practice.sources if one.document}
    card = practice_as_json(practice)
    for name in ("results", "costs", "quotations"):
        for part in card[name]:
            if address := _page_address(caller, held.get(part.get("source")), part):
                part["address"] = address
    return {"address": f"{caller.site}/practices/{practice.id}", **card}


def read_page(caller: Caller, document_id: str, number: int) -> dict[str, Any]:
    """The text of a page as it was read from the file. Raises PermanentError, NotFound."""
    with caller.services.database.session() as session:
        document = queries.require_document(session, caller.access, document_id)
        page = queries.find_page(session, document, number)
        if page is None:
            raise PermanentError(_NO_PAGE, last=document.page_count, page=number)
        return {
            "document_id": document.id,
            "document_title": document.title,
            "authors": list(document.authors),
            "year": document.year,
            "licence": document.licence,
            "unit": document.unit.value,
            "page": page.number,
            "label": page.label,
            "of": document.page_count,
            "language": document.language,
            "read_by": page.verdict.value,
            "text": page.text[:PAGE_CHARACTERS],
            "cut": len(page.text) > PAGE_CHARACTERS,
            "address": f"{caller.site}/documents/{document.id}/pages/{page.number}",
        }


def read_collection(caller: Caller, collection_id: str) -> dict[str, Any]:
    """The collection with the curator's argument and notes, and the items that may be seen."""
    with caller.services.database.session() as session:
        row = queries.require_curated(session, caller.access, collection_id)
        items = queries.entry_items(session, caller.access, row)
        sections = [
            {
                "title": group.section.title if group.section else None,
                "text": group.section.text if group.section else "",
                "items": [
                    {
                        "kind": items[entry.id].kind.value,
                        "id": entry.id,
                        "title": items[entry.id].title,
                        "note": entry.note,
                        "address": f"{caller.site}/{items[entry.id].kind.value}s/{entry.id}",
                    }
                    for entry in group.entries
                    if entry.id in items
                ],
            }
            for group in group_rows(list_rows(row))
        ]
        return {
            "id": row.id,
            "kind": row.kind.value,
            "title": row.title,
            "title_en": row.title_en,
            "language": row.language,
            "argument": row.argument,
            "held_on": row.held_on.isoformat() if row.held_on else None,
            "held_in": row.held_in,
            "organiser": row.organiser,
            "address": f"{caller.site}{_path_of(row)}",
            "sections": sections,
        }


def read_project(caller: Caller, project_id: str) -> dict[str, Any]:
    """The project with its indicators and measurements."""
    with caller.services.database.session() as session:
        row = queries.require_project(session, caller.access, project_id)
        fields = all_fields(session, caller.access, row, caller.site)
    return {"address": f"{caller.site}/projects/{project_id}", **fields}


def compare_practices(caller: Caller, practice_ids: list[str]) -> dict[str, Any]:
    """Two to four practices side by side. Raises PermanentError, NotFound."""
    ids = list(dict.fromkeys(practice_ids))
    if not 2 <= len(ids) <= MOST_COMPARED:
        raise PermanentError(_TWO_TO_FOUR)
    with caller.services.database.session() as session:
        practices = [queries.require_practice(session, caller.access, id) for id in ids]
    table = compare(practices, None, caller.reader)
    return {
        "practices": [
            {
                "id": column.id,
                "title": column.title,
                "place": column.place,
                "address": f"{caller.site}/practices/{column.id}",
            }
            for column in table.columns
        ],
        "rows": [
            {"name": row.name, "cells": [[_line(line) for line in cell] for cell in row.cells]}
            for row in table.rows
        ],
        "sources": [
            {
                "number": cited.number,
                "title": cited.source.title,
                "publisher": cited.source.publisher,
                "year": cited.source.year,
                "url": cited.source.url,
            }
            for cited in table.sources
        ],
        "address": f"{caller.site}/compare?{urlencode([('id', id) for id in ids])}",
    }


def list_gaps(caller: Caller, limit: int) -> dict[str, Any]:
    """Questions that nothing in the base answers. Raises PermanentError without the right."""
    if not caller.access.may(Right.DOCUMENTS):
        raise PermanentError(_NO_RIGHT)
    with caller.services.database.session() as session:
        questions = [
            {
                "question": row.text,
                "language": row.language,
                "times": row.times,
                "last_asked_at": row.last_asked_at.isoformat(),
            }
            for row in queries.list_unanswered(session, limit)
        ]
        total = queries.count_unanswered(session)
    return {"total": total, "questions": questions, "address": f"{caller.site}/unanswered"}


def not_found(error: NotFound) -> Message:
    """What a tool says of a thing that is not there, or that the caller may not see."""
    return error.message or Message(N_("There is no such thing here."))


def _result(caller: Caller, one: dict[str, Any]) -> dict[str, Any]:
    address = f"{caller.site}/{one['kind']}s/{one['id']}"
    kept = ("kind", "id", "title", "title_en", "place", "country", "year", "measured_results")
    return {
        **{name: one[name] for name in kept},
        "address": address,
        "quotations": [_quotation(caller, address, passage) for passage in one["passages"]],
    }


def _quotation(caller: Caller, address: str, passage: dict[str, Any]) -> dict[str, Any]:
    """A passage verbatim; ``answers`` are the sentences of it nearest to the question."""
    document_id, page = passage["document_id"], passage["page_answer"] or passage["page_first"]
    if document_id and page:
        query = urlencode({"passage": passage["passage_id"]})
        address = f"{caller.site}/documents/{document_id}/pages/{page}?{query}"
    kept = ("document_title", "page_first", "page_last", "heading", "language", "text", "answers")
    return {**{name: passage[name] for name in kept}, "address": address}


def _page_address(caller: Caller, document_id: str | None, part: dict[str, Any]) -> str:
    page = str(part.get("page") or "")
    if not document_id or not page.isdecimal():
        return ""
    query = f"?{urlencode({'quote': part['quote']})}" if part.get("quote") else ""
    return f"{caller.site}/documents/{document_id}/pages/{page}{query}"


def _path_of(row: Collection) -> str:
    folder = "paths" if row.kind is CollectionKind.PATH else "collections"
    return f"/{folder}/{row.id}"


def _line(line: ComparisonLine) -> dict[str, Any]:
    return {
        "text": line.text,
        "marks": list(line.marks),
        "source": line.source,
        "page": line.page,
    }
