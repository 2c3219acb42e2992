"""Dumps of public practices and measurements, written in pieces, and their catalogue."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import func, select

from kb.access import PUBLIC
from kb.domain import Kind, Status, Visibility
from kb.harvesting import public_records
from kb.harvesting.open_datasets import DataFile, OpenDataCatalogue, OpenDataset
from kb.practices.field_texts import country_name
from kb.practices.figures import as_json, cost_sentence, result_sentence
from kb.practices.practice import Cost, MeasuredResult, Practice
from kb.storage.db import Database
from kb.storage.public_records import PublicRecord
from kb.storage.tables import Item, PracticeRow, now
from web.exports.measurement_data import COLUMNS as MEASUREMENT_COLUMNS
from web.exports.measurement_data import MEASUREMENTS, has_checked, read_checked
from web.presenters import queries
from web.printing.csv import escape_formula

AT_ONCE = 50
"""Practices read from the database at a time."""
BYTE_ORDER_MARK = "\ufeff"
PRACTICES = OpenDataset(
    id="practices",
    titles={"it": "Buone pratiche per i comuni", "en": "Good practices for municipalities"},
    descriptions={
        "it": "Schede di buone pratiche: che cosa è stato fatto, dove, da chi, con quali risultati"
        " misurati e costi, con le fonti.",
        "en": "Cards of good practices: what was done, where, by whom, with which measured results"
        " and costs, with their sources.",
    },
    themes=("GOVE", "REGI", "ENVI", "ENER", "SOCI"),
    keywords=("buone pratiche", "comuni", "aree interne"),
    files=(
        DataFile("/data/practices.csv", "CSV", "text/csv"),
        DataFile("/data/practices.jsonl", "JSON", "application/x-ndjson"),
        DataFile("/data/practices.md", "TXT", "text/markdown"),
    ),
    landing_page="/practices",
)
RESULTS = OpenDataset(
    id="results",
    titles={
        "it": "Risultati misurati delle buone pratiche",
        "en": "Measured results of good practices",
    },
    descriptions={
        "it": "Ogni risultato con valore, unità, anni, affidabilità, fonte e pagina.",
        "en": "Each result with value, unit, years, evidence level, source and page.",
    },
    themes=("GOVE", "REGI", "ENVI"),
    keywords=("indicatori", "risultati misurati"),
    files=(DataFile("/data/results.csv", "CSV", "text/csv"),),
    landing_page="/practices",
)
PRACTICE_COLUMNS = (
    "id", "title", "title_en", "summary", "summary_en", "place", "region", "country", "istat_code",
    "latitude", "longitude", "population", "start", "end", "status", "outcome", "themes", "sectors",
    "keywords", "results", "best_evidence", "sources", "address", "licence",
)  # fmt: skip
RESULT_COLUMNS = (
    "practice_id", "practice", "place", "country", "indicator", "indicator_en", "value",
    "value_text", "unit", "unit_en", "baseline", "baseline_year", "year", "measured_by", "method",
    "nature", "better", "evidence", "measure", "disagreement", "source_title", "source_publisher",
    "source_year", "source_url", "page", "quote", "note", "address", "licence",
)  # fmt: skip
SEPARATOR = " | "
"""Between the values of a cell with several."""


def describe_catalogue(
    database: Database, site: str, host: str, mail: str, licence: str
) -> OpenDataCatalogue:
    """The catalogue, dated by the first and the last change of a public practice."""
    public = (
        Item.kind == Kind.PRACTICE,
        Item.visibility == Visibility.PUBLIC,
        Item.status == Status.READY,
    )
    with database.session() as session:
        dates = select(func.min(Item.created_at), func.max(Item.updated_at)).where(*public)
        issued, modified = session.execute(dates).one()
    today = now().date()
    return OpenDataCatalogue(
        site=site,
        host=host,
        mail=mail,
        licence=licence,
        issued=_day(issued, today),
        modified=_day(modified, today),
        datasets=(PRACTICES, RESULTS, *((MEASUREMENTS,) if has_checked(database) else ())),
    )


@dataclass(frozen=True)
class PublicState:
    """``digest`` is another one after each change of what everybody may find; ``changed``: when
    that was noticed last."""

    digest: str
    changed: datetime


def read_state(database: Database) -> PublicState:
    """What the files and the catalogue depend on, without reading the cards."""
    public_records.refresh(database)
    found = select(Item.id, Item.updated_at).where(
        Item.visibility == Visibility.PUBLIC, Item.status == Status.READY
    )
    with database.session() as session:
        rows = session.execute(found.order_by(Item.id)).all()
        changed = session.scalar(select(func.max(PublicRecord.changed_at)))
    told = "\n".join(f"{id} {updated.isoformat()}" for id, updated in rows)
    known = [moment for moment in (changed, *(updated for _, updated in rows)) if moment]
    return PublicState(hashlib.sha256(told.encode()).hexdigest(), max(known, default=now()))


def read_public(database: Database) -> Iterator[Practice]:
    """The practices that everybody may see and find, by id, some at a time."""
    with database.session() as session:
        ids = sorted(queries.list_ready_ids(session, PUBLIC, Kind.PRACTICE))
    for start in range(0, len(ids), AT_ONCE):
        with database.session() as session:
            found = queries.items_by_id(session, PUBLIC, ids[start : start + AT_ONCE])
            rows = [found[id] for id in sorted(found)]
            practices = queries.read_practices(
                session, PUBLIC, [row for row in rows if isinstance(row, PracticeRow)]
            )
        yield from practices  # outside the session: who reads slowly holds no connection


def write_practices_csv(practices: Iterable[Practice], site: str, licence: str) -> Iterator[str]:
    """A row per practice."""
    rows = ([*_practice_row(one, site), licence] for one in practices)
    return _write_csv(PRACTICE_COLUMNS, rows)


def write_results_csv(practices: Iterable[Practice], site: str, licence: str) -> Iterator[str]:
    """A row per measured result, with its source and evidence."""
    rows = (
        [*_result_row(practice, result, site), licence]
        for practice in practices
        for result in practice.results
    )
    return _write_csv(RESULT_COLUMNS, rows)


def write_measurements_csv(database: Database, site: str, licence: str) -> Iterator[str]:
    """A row per checked measurement of the public projects."""
    return _write_csv(MEASUREMENT_COLUMNS, read_checked(database, site, licence))


def write_jsonl(practices: Iterable[Practice], site: str, licence: str) -> Iterator[str]:
    """A line of JSON per practice, as the API returns it, with address and licence."""
    for practice in practices:
        record = {
            **as_json(practice),
            "address": f"{site}/practices/{practice.id}",
            "licence": licence,
        }
        yield to_json(record).decode() + "\n"


def write_markdown(practices: Iterable[Practice], site: str, licence: str) -> Iterator[str]:
    """The cards one after another, each figure with its evidence and source."""
    yield f"# Terre Comuni\n\n{site}/ · {licence}\n" if licence else f"# Terre Comuni\n\n{site}/\n"
    for practice in practices:
        yield "\n" + "\n".join(_markdown_lines(practice, site)) + "\n"


def _markdown_lines(practice: Practice, site: str) -> Iterator[str]:
    place = practice.place
    where = ", ".join(filter(None, (place.name, place.region, country_name(place.country))))
    yield f"## {practice.title}\n"
    yield f"{where} · {practice.start}–{practice.end or ''} · <{site}/practices/{practice.id}>\n"
    yield f"{practice.summary}\n"
    for heading, text in practice.text_sections()[1:]:
        yield f"### {heading}\n\n{_with_provenance(practice, text)}\n"
    yield "### Fonti\n"
    for source in practice.sources:
        parts = (source.title, source.publisher, source.year, source.url and f"<{source.url}>")
        yield "- " + ". ".join(str(part) for part in parts if part)


def _with_provenance(practice: Practice, text: str) -> str:
    """The text of a section; results and costs as a list, each with evidence and source."""
    if text == _joined(result_sentence(one) for one in practice.results):
        return "\n".join(f"- {_figure(practice, one)}" for one in practice.results)
    if text == _joined(cost_sentence(one) for one in practice.costs):
        return "\n".join(f"- {_cost(practice, one)}" for one in practice.costs)
    return text


def _joined(sentences: Iterable[str]) -> str:
    return "\n".join(sentences).strip()


def _figure(practice: Practice, result: MeasuredResult) -> str:
    return f"{result_sentence(result)} [{_provenance(practice, result)}]"


def _cost(practice: Practice, cost: Cost) -> str:
    sentence = cost_sentence(cost)
    return f"{sentence} [{_provenance(practice, cost)}]" if cost.source else sentence


def _provenance(practice: Practice, figure: MeasuredResult | Cost) -> str:
    """Evidence level, source and page."""
    source = practice.source(figure.source or "")
    page = f"p. {figure.page}" if figure.page else ""
    evidence = figure.evidence.value if figure.evidence else ""
    parts = (evidence, source.title, source.publisher, source.year, page)
    return "; ".join(str(part) for part in parts if part)


def _practice_row(practice: Practice, site: str) -> list[Any]:
    place = practice.place
    best = practice.best_evidence
    return [
        practice.id, practice.title, practice.title_en, practice.summary, practice.summary_en,
        place.name, place.region, place.country, place.istat_code, place.latitude, place.longitude,
        place.population, practice.start, practice.end, practice.status.value,
        practice.outcome.value, SEPARATOR.join(practice.themes), SEPARATOR.join(practice.sectors),
        SEPARATOR.join(practice.keywords), len(practice.results), best.value if best else None,
        SEPARATOR.join(source.url or source.title for source in practice.sources),
        f"{site}/practices/{practice.id}",
    ]  # fmt: skip


def _result_row(practice: Practice, result: MeasuredResult, site: str) -> list[Any]:
    source = practice.source(result.source)
    return [
        practice.id, practice.title, practice.place.name, practice.place.country, result.indicator,
        result.indicator_en, result.value, result.value_text, result.unit, result.unit_en,
        result.baseline, result.baseline_year, result.year, result.measured_by, result.method,
        result.nature.value, result.better.value, result.evidence.value, result.measure,
        result.disagreement, source.title, source.publisher, source.year, source.url, result.page,
        result.quote, result.note, f"{site}/practices/{practice.id}",
    ]  # fmt: skip


def _write_csv(header: Iterable[str], rows: Iterable[list[Any]]) -> Iterator[str]:
    """RFC 4180 with commas and a byte order mark, in pieces; no cell is run as a formula."""
    out = io.StringIO(BYTE_ORDER_MARK)
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([escape_formula(_as_text(value)) for value in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _as_text(value: Any) -> str:
    """A cell: whole numbers without decimals, nothing for None."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def _day(moment: Any, otherwise: date) -> date:
    return moment.date() if moment is not None else otherwise
