"""``kb judgements``: export judged results as a test set for ``kb eval``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command("judgements")(judgements)


def judgements(
    folder: Annotated[Path, typer.Argument(help="Folder to write; files of that name go.")],
) -> None:
    """Write the results that people judged as a BEIR folder, which `kb eval` reads."""
    from kb.runtime.services import open_services
    from kb.settings import Settings
    from search.evaluation.judgements import write_test_set

    with open_services(Settings.read()) as services, services.database.session() as session:
        count = write_test_set(session, folder)
    typer.echo(f"{count} judged questions written to {folder}", err=True)
