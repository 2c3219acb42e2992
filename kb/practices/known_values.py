"""Fill a card from what the base knows: municipalities, documents that sources name, quotations.

:func:`explain_values` says of each field of a draft where its value can have come from, so that
people check what they did not type. Nothing about it is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.domain import Status
from kb.messages import N_, Message
from kb.places import municipalities
from kb.places.facts import GEONAMES, Fact, Variable, facts_of
from kb.practices.figure_reading import read_figure
from kb.practices.figure_rules import entries
from kb.practices.filled_fields import without_empty
from kb.practices.quotations import COST, QUOTED, RESULT, source_of, verbatim
from kb.practices.terms import Territory
from kb.storage.tables import Document, PageRow

TAKEN = N_("Taken from {source}: check it.")
FROM_DOCUMENT = N_("Taken from the data of the document “{title}”: check it.")
FROM_QUOTATION = N_("Read in the quotation: check it.")
CENSUS_SHORT = "ISTAT, censimento 2011"
LIST_OF_PLACES = "ISTAT"
_MOUNTAIN, _COAST, _HILL = ("1",), ("2", "4"), ("3",)


def place_facts(session: Session, istat_code: str) -> dict[str, tuple[Any, str]]:
    """Fields of a card's place that are known of a municipality, each with its source; empty if
    there is none with this code."""
    place = municipalities.find(istat_code)
    if place is None:
        return {}
    facts = facts_of(session, place)
    known = {
        "name": (place.name, LIST_OF_PLACES),
        "country": ("IT", LIST_OF_PLACES),
        "region": (place.region, LIST_OF_PLACES),
        "istat_code": (place.istat_code, LIST_OF_PLACES),
        "latitude": (place.latitude, GEONAMES),
        "longitude": (place.longitude, GEONAMES),
        **dict(_measured(facts)),
    }
    return {name: pair for name, pair in known.items() if pair[0] not in (None, "")}


def _measured(facts: Mapping[Variable, Fact]) -> Iterator[tuple[str, tuple[Any, str]]]:
    if fact := facts.get(Variable.POPULATION):
        is_census = fact.year in (None, 2011)
        source = CENSUS_SHORT if is_census else fact.source
        yield "population", (int(float(fact.value)), source)
        yield "population_year", (fact.year, source)
        yield "population_source", (source, source)
        if area := facts.get(Variable.AREA):
            density = round(float(fact.value) / float(area.value), 1)
            yield "density", (density, f"{source}; {area.source}")
    if fact := facts.get(Variable.ELEVATION):
        yield "elevation_m", (int(float(fact.value)), fact.source)
    if fact := facts.get(Variable.DEGURBA):
        yield "degurba", (int(fact.value), fact.source)
    zone, sea = facts.get(Variable.ALTIMETRIC_ZONE), facts.get(Variable.COASTAL)
    if sea and sea.value == "1":
        yield "territory", (Territory.COAST.value, sea.source)
    elif zone:
        yield "territory", (_territory(zone.value), zone.source)


def _territory(zone: str) -> str:
    if zone in _COAST:
        return Territory.COAST.value
    if zone in _MOUNTAIN:
        return Territory.MOUNTAIN.value
    return Territory.HILL.value if zone in _HILL else Territory.PLAIN.value


def document_facts(document: Document) -> dict[str, Any]:
    """Fields of a card's source that are known of the document."""
    fields = source_of(document)
    return {name: fields[name] for name in fields if name not in ("accessed", "read_on")}


def fill_known_values(
    session: Session, access: Access, record: Mapping[str, Any], published: Mapping[str, Any]
) -> dict[str, Any]:
    """The record with its empty fields filled from what is known of the municipality, of the
    documents that its sources name, and of the pages on which its quotations stand.

    Parts that are in the ``published`` record, which is without empty fields, stay as they are:
    their author left them so.
    """
    filled = dict(record)
    place = record.get("place")
    known = published.get("place")
    if isinstance(place, Mapping) and place.get("istat_code") and without_empty(place) != known:
        facts = place_facts(session, str(place["istat_code"]))
        if place.get("population") is not None:
            facts = {n: pair for n, pair in facts.items() if not n.startswith("population")}
        filled["place"] = {**{name: value for name, (value, _) in facts.items()}, **place}
    documents = _documents(session, access, record)
    if documents:
        filled["sources"] = [
            {**document_facts(documents[source["document"]]), **source}
            if source.get("document") in documents and not _is_in(published, "sources", source)
            else source
            for source in record["sources"]
        ]
        for name in QUOTED:
            if record.get(name):
                filled[name] = [
                    one
                    if _is_in(published, name, one)
                    else _with_page(session, one, record, documents)
                    for one in record[name]
                ]
    return filled


def _is_in(published: Mapping[str, Any], name: str, entry: Mapping[str, Any]) -> bool:
    return without_empty(entry) in published.get(name, ())


def _with_page(
    session: Session,
    entry: dict[str, Any],
    record: Mapping[str, Any],
    documents: Mapping[str, Document],
) -> dict[str, Any]:
    document = _document_of(entry, record, documents)
    if document is None or entry.get("page") or not entry.get("quote"):
        return entry
    page = _find_page(session, document, str(entry["quote"]))
    return entry if page is None else {**entry, "page": str(page)}


def _find_page(session: Session, document: Document, words: str) -> int | None:
    """The only page on which the words stand; None if there is none, or are several."""
    pages = session.execute(
        select(PageRow.number, PageRow.text).where(PageRow.document_id == document.id)
    )
    found = [number for number, text in pages if verbatim(text, words)]
    return found[0] if len(found) == 1 else None


def explain_values(
    session: Session, access: Access, record: Mapping[str, Any], published: Mapping[str, Any]
) -> dict[str, Message]:
    """Where the values of fields come from that were filled in and not typed, by the path of the
    field. What is ``published`` already was checked and is left out."""
    return {
        path: message
        for path, value, message in _explain(session, access, record, published)
        if _value_at(record, path) == value and value not in (None, "")
    }


def _explain(
    session: Session, access: Access, record: Mapping[str, Any], published: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Message]]:
    place = record.get("place")
    if isinstance(place, Mapping) and without_empty(place) != published.get("place"):
        for name, (value, origin) in place_facts(session, str(place.get("istat_code"))).items():
            yield f"place.{name}", value, Message(TAKEN, {"source": origin})
    documents = _documents(session, access, record)
    for n, source in entries(record, "sources"):
        document = documents.get(str(source.get("document")))
        if document is not None and not _is_in(published, "sources", source):
            message = Message(FROM_DOCUMENT, {"title": document.title})
            for field, known in document_facts(document).items():
                yield f"sources.{n}.{field}", known, message
    for name in (RESULT, COST):
        for n, entry in entries(record, name):
            if entry.get("quote") and not _is_in(published, name, entry):
                document = _document_of(entry, record, documents)
                language = document.language if document else ""
                yield from _explain_quoted(f"{name}.{n}", entry, language)


def _explain_quoted(
    path: str, entry: Mapping[str, Any], language: str
) -> Iterator[tuple[str, Any, Message]]:
    figure = read_figure(str(entry["quote"]), language)
    if figure is None:
        return
    fields = figure.result_fields() if path.startswith(RESULT) else figure.cost_fields()
    for name, value in fields.items():
        yield f"{path}.{name}", value, Message(FROM_QUOTATION)


def _documents(session: Session, access: Access, record: Mapping[str, Any]) -> dict[str, Document]:
    """The documents that the sources name, that are here and that the caller may see, by id."""
    named = [str(one["document"]) for _, one in entries(record, "sources") if one.get("document")]
    found = (session.get(Document, one) for one in dict.fromkeys(named))
    return {
        one.id: one
        for one in found
        if one and one.status is not Status.DELETED and one.visibility in access.visibilities
    }


def _document_of(
    entry: Mapping[str, Any], record: Mapping[str, Any], documents: Mapping[str, Document]
) -> Document | None:
    for _, source in entries(record, "sources"):
        if source.get("id") == entry.get("source") and entry.get("source"):
            return documents.get(str(source.get("document")))
    return None


def _value_at(record: Mapping[str, Any], path: str) -> Any:
    value: Any = record
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        else:
            value = value[int(step)] if int(step) < len(value) else None
    return value
