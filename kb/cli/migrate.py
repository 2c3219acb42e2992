"""``kb migrate``: copy the base to other stores, such as servers, or back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kb.cli.data_folder import require_base
from kb.messages import N_, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kb.maintenance.moving.move import Copied, Plan
    from kb.runtime.services import Services
    from kb.settings import Settings


def register(app: typer.Typer) -> None:
    app.command()(migrate)


def migrate(
    to: Annotated[
        Path, typer.Option(help="File with the settings of the target, written like .env.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be copied.")
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Write all again; first delete what is there.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Copy the knowledge base to the database, files and index that other settings name, without
    embedding again; interrupted, the next run goes on."""
    from kb.cli.progress import progress
    from kb.maintenance.moving.move import move, plan_copy
    from kb.maintenance.moving.target import Route, read_target
    from kb.runtime.services import open_services
    from kb.settings import Settings

    settings = Settings.read()
    require_base(settings)
    target = read_target(settings, to)
    Route.between(settings, target)
    _refuse_owned(settings, target)
    with open_services(settings, own=settings.embedded) as source:
        if dry_run:
            plan = plan_copy(source, target, anew=anew)
            typer.echo(_as_text(plan.as_json()) if as_json else _describe(plan))
            return
        copied = move(source, target, progress, ask, anew=anew)
    typer.echo(_as_text(copied.as_json())) if as_json else _show(copied, to)
    if not copied.same:
        raise typer.Exit(1)


def _refuse_owned(*both: Settings) -> None:
    from kb.runtime.ownership import find_owner

    for settings in both:
        owner = find_owner(settings.data_dir) if settings.embedded else None
        if owner:
            raise ConfigurationError(
                N_("`kb serve` is running at {url}: stop it, then run `kb migrate` again."),
                url=owner.url,
            )


def ask(services: Services, question: str) -> Sequence[tuple[str, float]]:
    """Ids and scores of the results of a question; none of what is no question."""
    from kb.access import OPERATOR
    from kb.messages import PermanentError
    from search.results import Question
    from search.service import search

    try:
        page = search(Question(question), services, OPERATOR, note=False, words_will_do=False)
    except PermanentError:
        return ()
    return [(one.id, one.score) for one in page.results]


def _as_text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _describe(plan: Plan) -> str:
    route = plan.route
    parts = [
        f"{sum(plan.rows.values())} rows of {sum(map(bool, plan.rows.values()))} tables"
        if route.rows
        else "the database stays where it is",
        f"{plan.files} files" if route.files else "files stay where they are",
        f"{plan.points} vectors of {plan.index}" if route.points else "the index stays",
    ]
    begun = "; part of it was copied before" if plan.begun else ""
    return f"To copy: {', '.join(parts)}{begun}."


def _show(copied: Copied, to: Path) -> None:
    for one in copied.noticed:
        typer.echo(f"note: {one}", err=True)
    for one in (*copied.wrong, *copied.rankings):
        typer.echo(str(one))
    if copied.wrong:
        typer.echo("The copy differs from its source and is not marked as finished.", err=True)
        return
    typer.echo(f"{_describe(copied.plan).replace('To copy', 'Copied')}")
    typer.echo(
        f"{copied.questions - len(copied.rankings)} of {copied.questions} questions find the same."
        f" From now on use the settings of {to} and do not start the old base again."
    )
