"""``kb corpus``: the starter corpus of practice cards and collections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path | None, typer.Argument(help="Folder of the corpus; the one shipped.")]


def register(app: typer.Typer) -> None:
    corpus = typer.Typer(help="Practice cards and collections.", no_args_is_help=True)
    corpus.command()(load)
    corpus.command()(check)
    app.add_typer(corpus, name="corpus")


def load(folder: Folder = None) -> None:
    """Validate the cards and bring what is new or changed into the knowledge base."""
    from ingest.corpus import CORPUS, CorpusRefused
    from ingest.corpus import load as load_corpus
    from ingest.worker import Worker
    from kb.ownership import find_owner
    from kb.services import open_services
    from kb.settings import Settings

    settings = Settings.read()
    owner = find_owner(settings.data_dir) if settings.embedded else None
    with open_services(settings, own=settings.embedded and owner is None) as services:
        try:
            loaded = load_corpus(services, folder or CORPUS)
        except CorpusRefused as refused:
            for problem in refused.problems:
                typer.echo(str(problem), err=True)
            typer.echo(str(refused), err=True)
            raise typer.Exit(1) from None
        if owner is None:
            worker = Worker(services)
            worker.recover()
            worker.run_until_idle()
    typer.echo(
        f"{loaded.practices} practices ({len(loaded.changed)} new or changed), "
        f"{loaded.collections} collections"
    )


def check(folder: Folder = None) -> None:
    """Say what is missing in the cards, field by field. Exit status 1 if anything is."""
    from ingest.cards import load_corpus
    from ingest.corpus import CORPUS

    corpus = load_corpus(folder or CORPUS)
    for problem in corpus.problems:
        typer.echo(str(problem))
    typer.echo(
        f"{len(corpus.practices)} practices and {len(corpus.collections)} collections are valid, "
        f"{len(corpus.problems)} problems",
        err=True,
    )
    if corpus.problems:
        raise typer.Exit(1)
