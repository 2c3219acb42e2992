"""``kb places``: facts of Italian municipalities, and loading official tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

MOST_CODES = 10


def register(app: typer.Typer) -> None:
    places = typer.Typer(help="Italian municipalities and what is known of them.",
                         no_args_is_help=True)  # fmt: skip
    places.command()(load)
    places.command()(show)
    app.add_typer(places, name="places")


def load(
    files: Annotated[list[Path], typer.Argument(help="CSV files of ISTAT or of inner areas.")],
) -> None:
    """Read official tables: altimetric zone, coast, DEGURBA, inner areas, area, population."""
    from kb.places.official import load as load_table
    from kb.runtime.services import open_services
    from kb.settings import Settings

    with open_services(Settings.read()) as services:
        for path in files:
            with services.database.transaction() as session:
                done = load_table(session, path)
            typer.echo(
                f"{done.name}: {done.facts} facts ({', '.join(done.variables)}) "
                f"of {done.places} municipalities"
            )
            if done.unknown:
                named = ", ".join(done.unknown[:MOST_CODES])
                more = " …" if len(done.unknown) > MOST_CODES else ""
                typer.echo(f"  unknown codes: {len(done.unknown)} ({named}{more})", err=True)
            if done.unreadable:
                typer.echo(f"  cells without a valid value: {done.unreadable}", err=True)


def show(
    code: Annotated[str, typer.Argument(help="ISTAT code, six digits.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Print what is known of a municipality, each fact with its source."""
    from dataclasses import asdict

    from kb.places.facts import facts_of
    from kb.places.municipalities import named
    from kb.runtime.services import open_services
    from kb.settings import Settings

    place = named(code)
    with open_services(Settings.read()) as services, services.database.session() as session:
        facts = facts_of(session, place)
    if as_json:
        listed = {variable.value: asdict(fact) for variable, fact in facts.items()}
        typer.echo(json.dumps({**asdict(place), "facts": listed}, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{place.name} ({place.province}, {place.region}), {place.istat_code}")
    for variable, fact in facts.items():
        year = f", {fact.year}" if fact.year else ""
        typer.echo(f"  {variable.value:16} {fact.value:>10}   {fact.source}{year}")
