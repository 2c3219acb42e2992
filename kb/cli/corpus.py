"""``kb corpus``: the starter corpus of practice cards and collections."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kb.corpus.card_files import CardProblem
    from kb.runtime.services import Services

Folder = Annotated[Path | None, typer.Argument(help="Folder of the corpus; the one shipped.")]


def register(app: typer.Typer) -> None:
    corpus = typer.Typer(help="Practice cards and collections.", no_args_is_help=True)
    corpus.command()(load)
    corpus.command()(check)
    corpus.command()(stats)
    corpus.command()(example)
    app.add_typer(corpus, name="corpus")


def load(
    folder: Folder = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove loaded cards whose file is gone.")
    ] = False,
) -> None:
    """Validate the cards and bring what is new or changed into the knowledge base.

    What was edited on the site stays as it is there.
    """
    from kb.corpus.loading import CORPUS, CorpusRefused
    from kb.corpus.loading import load as load_corpus
    from kb.runtime.ownership import find_owner
    from kb.runtime.services import open_services
    from kb.settings import Settings

    settings = Settings.read()
    owner = find_owner(settings.data_dir) if settings.embedded else None
    with open_services(settings, own=settings.embedded and owner is None) as services:
        try:
            loaded = load_corpus(services, folder or CORPUS, prune=prune)
        except CorpusRefused as refused:
            for problem in refused.problems:
                typer.echo(str(problem), err=True)
            typer.echo(str(refused), err=True)
            raise typer.Exit(1) from None
        if owner is None:
            _run_jobs(services)
    typer.echo(
        f"{loaded.practices} practices ({len(loaded.changed)} new or changed), "
        f"{loaded.collections} collections"
    )
    edited = loaded.kept + loaded.kept_collections
    _print_ids("edited on the site and kept as they are there", edited)
    done = "removed" if loaded.removed else "still in the base; --prune removes them"
    _print_ids(f"no longer in this folder and {done}", loaded.gone)


def _run_jobs(services: Services) -> None:
    """Run the queued jobs with a progress display."""
    from ingest.worker import Worker
    from kb.cli.progress import progress
    from kb.embedding.source import find_model
    from kb.storage import jobs

    def left() -> int:
        with services.database.session() as session:
            return jobs.count_unfinished(session)

    total = left()
    if not total:
        return
    with progress("Unpacking the embedding model") as report:
        find_model(services.settings, report)
    with progress("Cards embedded") as report:
        report(0, total)
        Worker(services).run_until_idle(lambda: report(total - left(), total))


def _print_ids(what: str, ids: tuple[str, ...]) -> None:
    if ids:
        typer.echo(f"{len(ids)} {what}: {', '.join(ids)}", err=True)


def check(
    folder: Folder = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Count warnings, do not list them.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object per finding.")] = False,
) -> None:
    """Say what is wrong in cards and list of reports, or should be mended, field by field.

    Errors first, then warnings. Exit status 1 if there are errors.
    """
    from datetime import date

    from kb.corpus.card_files import load_corpus
    from kb.corpus.loading import CORPUS
    from kb.corpus.starter_reports import LIST, check_starter_reports
    from kb.practices.validation import Severity

    corpus = load_corpus(folder or CORPUS, date.today())
    of_list = check_starter_reports((folder or CORPUS) / LIST)
    findings = [*corpus.problems, *corpus.findings, *of_list]
    errors = [one for one in findings if one.severity is Severity.ERROR]
    warnings = [one for one in findings if one.severity is Severity.WARNING]
    for one in [*errors, *([] if quiet else warnings)]:
        typer.echo(_finding_as_json(one) if as_json else str(one))
    typer.echo(
        f"{len(corpus.practices)} practices and {len(corpus.collections)} collections can be "
        f"loaded, {len(errors)} errors, {len(warnings)} warnings",
        err=True,
    )
    if errors:
        raise typer.Exit(1)


def _finding_as_json(problem: CardProblem) -> str:
    import json

    return json.dumps(
        {
            "severity": problem.severity.value,
            "file": problem.file,
            "line": problem.line,
            "field": problem.field,
            "message": str(problem.reason),
        },
        ensure_ascii=False,
    )


def stats(
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Count the valid cards by theme, country, size of place, strand, evidence level and more."""
    import json

    from kb.corpus.card_files import load_corpus
    from kb.corpus.loading import CORPUS
    from kb.practices.counts import tally
    from kb.vocabulary.vocabularies import label

    practices = load_corpus(folder or CORPUS).practices
    tallies = tally(practices)
    if as_json:
        counts = {one.name: dict(one.counts) for one in tallies}
        typer.echo(json.dumps({"practices": len(practices), **counts}))
        return
    typer.echo(f"{len(practices)} practices")
    for one in tallies:
        typer.echo(f"\n{one.name}{' (results)' if one.name == 'evidence' else ''}")
        for value, count in one.counts:
            name = label(one.vocabulary, value, "en") if one.vocabulary else value
            typer.echo(f"  {count:5}  {name}")


def example() -> None:
    """Print a card to begin from."""
    from importlib.resources import files

    typer.echo(files("kb.practices").joinpath("example.md").read_text("utf-8"), nl=False)
