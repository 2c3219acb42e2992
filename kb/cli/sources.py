"""``kb sources``: what became of the sources that cards cite; fetch and check them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kb.cli.text import printable
from kb.messages import Message

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from kb.practices.cited_sources import CardSource
    from kb.runtime.services import Services
    from kb.settings import Settings
    from kb.storage.sources import Asked

    Lister = Callable[[Session], list[CardSource]]

Cards = Annotated[list[str] | None, typer.Argument(help="Ids of practices; all if none is named.")]
AsJson = Annotated[bool, typer.Option("--json", help="A JSON object per line.")]
OBTAINED = frozenset({"fetched", "changed", "moved", "archived", "reachable", "here"})
"""States of sources that can be read."""


def register(app: typer.Typer) -> None:
    sources = typer.Typer(
        help="The sources that cards cite: list, fetch and check them.",
        invoke_without_command=True,
    )
    sources.callback()(list_sources)
    sources.command()(fetch)
    sources.command()(check)
    sources.command()(figures)
    app.add_typer(sources, name="sources")


def list_sources(context: typer.Context, as_json: AsJson = False) -> None:
    """List the cited sources with what was found at their addresses."""
    if context.invoked_subcommand is not None:
        return
    from kb.cli.data_folder import require_base
    from kb.runtime.services import open_services
    from kb.settings import Settings

    settings = Settings.read()
    require_base(settings)
    with open_services(settings) as services:
        _report(services, _card_lister(None), as_json)


def fetch(
    cards: Cards = None,
    starter: Annotated[
        bool, typer.Option("--starter", help="Instead, openly licensed reports to begin with.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also ask for those that were fetched before.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Download cited sources as documents of the base, seen by researchers only.

    With --starter, the reports of the list that the page /documents/starter shows, seen by all.
    """
    from kb.settings import Settings
    from kb.storage.sources import Asked

    if starter and cards:
        raise typer.BadParameter("name practices or give --starter, not both")
    settings = Settings.read()
    with _open(settings) as (services, alone):
        listed = _starter_lister(settings) if starter else _card_lister(cards)
        _visit(services, listed, Asked.FETCH, again=again, alone=alone)
        if alone:
            _read_documents(services)
        obtained = _report(services, listed, as_json)
    if not obtained:
        raise typer.Exit(1)


def check(cards: Cards = None, as_json: AsJson = False) -> None:
    """Say which cited addresses are dead, have moved or changed. Nothing is stored but that."""
    from kb.settings import Settings
    from kb.storage.sources import Asked

    settings = Settings.read()
    with _open(settings) as (services, alone):
        listed = _card_lister(cards)
        _visit(services, listed, Asked.CHECK, again=True, alone=alone)
        obtained = _report(services, listed, as_json)
    if not obtained:
        raise typer.Exit(1)


def figures(cards: Cards = None, as_json: AsJson = False) -> None:
    """List the figures of cards with their page, or with the place found for them, if any."""
    from kb.access import OPERATOR
    from kb.cli.data_folder import require_base
    from kb.practices.cited_sources import list_cited_sources
    from kb.runtime.services import open_services
    from kb.settings import Settings

    settings = Settings.read()
    require_base(settings)
    counts: Counter[str] = Counter()
    with open_services(settings) as services, services.database.session() as session:
        cited = list_cited_sources(session, OPERATOR, cards or None)
        for practice_id in dict.fromkeys(one.practice_id for one in cited):
            for line in _figure_lines(services, session, practice_id):
                counts[line["state"]] += 1
                typer.echo(json.dumps(line, ensure_ascii=False) if as_json else _as_words(line))
    total = counts.total()
    typer.echo(
        f"{counts['with-page']} of {total} figures with their page, {counts['found']} with a place"
        f" that was found, {counts['not-found']} without.",
        err=True,
    )


def _figure_lines(
    services: Services, session: Session, practice_id: str
) -> Iterator[dict[str, Any]]:
    from kb.access import OPERATOR
    from kb.practices.card_figures import figures_of
    from kb.practices.cited_sources import find_bound_documents
    from kb.practices.figure_places import find_places
    from kb.practices.taking_places import card_text

    text = card_text(session, OPERATOR, practice_id)
    if text is None:
        return
    found_figures = figures_of(text.record)
    documents = find_bound_documents(session, OPERATOR, text.record.get("sources") or ())
    places = find_places(services, session, documents, found_figures)
    for figure, found in zip(found_figures, places, strict=True):
        best = found.places[0] if found.places else None
        place = {"page": figure.page, "source": figure.source, "sentence": figure.quote}
        if not figure.has_place and best is not None:
            place = {
                "page": str(best.page),
                "source": best.source_id,
                "sentence": " ".join(best.sentence.split()),
            }
        state = "with-page" if figure.has_place else "found" if best else "not-found"
        yield {
            "card": practice_id,
            "figure": figure.key,
            "state": state,
            "indicator": figure.texts[0] if figure.texts else "",
            **place,
        }


def _as_words(line: dict[str, Any]) -> str:
    where = f"  {line['source']} p. {line['page']}: {line['sentence']}" if line["page"] else ""
    told = f"{line['state']:10} {line['card']}/{line['figure']}  {line['indicator']}{where}"
    return printable(told)


def _card_lister(cards: Sequence[str] | None) -> Lister:
    """Lists the sources of these cards, or of all."""
    from kb.access import OPERATOR
    from kb.practices.cited_sources import list_cited_sources

    return lambda session: list_cited_sources(session, OPERATOR, cards or None)


def _starter_lister(settings: Settings) -> Lister:
    """Lists the reports to begin with."""
    from kb.access import OPERATOR
    from kb.corpus.starter_reports import load_starter_reports
    from kb.practices.cited_sources import look_up_sources

    reports = load_starter_reports(settings)
    listed = [("starter", "", report.as_source()) for report in reports]
    return lambda session: look_up_sources(session, OPERATOR, listed)


@contextmanager
def _open(settings: Settings) -> Iterator[tuple[Services, bool]]:
    """The base, and whether this process is to read the documents because no server runs."""
    from ingest.fetching.queue import require_enabled
    from kb.cli.data_folder import require_base
    from kb.runtime.ownership import find_owner
    from kb.runtime.services import open_services

    require_enabled(settings)
    require_base(settings)
    owner = find_owner(settings.data_dir) if settings.embedded else None
    with open_services(settings, own=settings.embedded and owner is None) as services:
        yield services, owner is None


def _visit(services: Services, listed: Lister, asked: Asked, *, again: bool, alone: bool) -> None:
    """Visit the addresses of the sources and wait until all have been. ``alone``: no other process
    works on the base."""
    from ingest.fetching.fetcher import Fetcher
    from ingest.fetching.queue import ask_for
    from kb.cli.progress import progress

    fetcher = Fetcher(services)
    if alone:
        fetcher.recover()
    with services.database.transaction() as session:
        cited = listed(session)
        wanted = [one.url for one in cited if one.url and (again or one.document is None)]
        ids = ask_for(session, wanted, asked)
    with progress("Sources asked") as report:
        fetcher.run_until_done(ids, lambda left: report(len(ids) - left, len(ids)))


def _read_documents(services: Services) -> None:
    from ingest.worker import Worker

    Worker(services).run_until_idle()


def _report(services: Services, listed: Lister, as_json: bool) -> bool:
    """Print a line for each source and a summary. Returns whether all can be read."""
    with services.database.session() as session:
        cited = listed(session)
        for one in cited:
            line = _as_json(one) if as_json else _as_line(one)
            typer.echo(line)
    counts = Counter(one.state for one in cited)
    said = ", ".join(f"{count} {state}" for state, count in counts.most_common())
    noun = "source" if len(cited) == 1 else "sources"
    typer.echo(f"{len(cited)} {noun}{': ' if said else ''}{said}.", err=True)
    return OBTAINED.issuperset(counts)


def _as_line(one: CardSource) -> str:
    where = f"{one.practice_id}/{one.source.id}"
    told = " ".join(str(note) for note in _notes(one))
    return printable(f"{one.state:10} {where}  {one.url}" + (f"  {told}" if told else ""))


def _as_json(one: CardSource) -> str:
    visit = one.visit
    fields: dict[str, Any] = {
        "card": one.practice_id,
        "source": one.source.id,
        "url": one.url,
        "state": one.state,
        "reason": " ".join(str(note) for note in _notes(one)) or None,
        "document": one.document.id if one.document else None,
    }
    if visit is not None:
        fields |= {
            "status": visit.status,
            "final_url": visit.final_url,
            "archived_url": visit.archived_url,
        }
        for name in ("fetched_at", "checked_at", "changed_at", "archived_at"):
            moment = getattr(visit, name)
            fields[name] = moment.isoformat() if moment else None
    return json.dumps(fields, ensure_ascii=False)


def _notes(one: CardSource) -> list[Message]:
    from kb.practices.cited_sources import notes_of

    return notes_of(one)
