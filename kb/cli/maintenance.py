"""``kb check``, ``reindex``, ``optimize``, ``backup`` and ``restore``."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kb.cli.data_folder import require_base
from kb.messages import N_, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.runtime.ownership import Owner
    from kb.runtime.services import Services
    from kb.settings import Settings


def register(app: typer.Typer) -> None:
    for command in (check, reindex, optimize, backup, restore):
        app.command()(command)


def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended without loss.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Compare SQL, originals and index; name each difference and the command that mends it."""
    settings, owner = _base()
    report = _check_there(owner, repair) if owner else _check_here(settings, repair)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _show(report)
    if any(one["mended"] and "queued" in one["mended"] for one in report["differences"]):
        typer.echo("What was queued is worked on by `kb serve` or `kb worker`.", err=True)
    if not report["clean"]:
        raise typer.Exit(1)


def _check_there(owner: Owner, repair: bool) -> Any:
    from kb.cli.data_folder import ask

    wish = {"repair": repair}
    return ask(owner, "POST", "/api/v1/admin/check", wish, timeout_s=None).json()


def _check_here(settings: Settings, repair: bool) -> Any:
    from kb.maintenance.check import check_base as compare
    from kb.runtime.original_files import require_originals
    from kb.runtime.services import open_services

    with open_services(settings, own=settings.embedded) as services:
        require_originals(services)
        return compare(services, repair=repair).as_json()


def _show(report: dict[str, Any]) -> None:
    for one in report["differences"]:
        end = f"mended: {one['mended']}" if one["mended"] else one["command"]
        start = "note: " if one["notice"] else ""
        typer.echo(f"{start}{one['what']}  [{one['where']}]  -> {end}")
    if not report["differences"]:
        counts = ", ".join(f"{number} {what}" for what, number in report["counts"].items())
        typer.echo(f"All is well: {counts}.")


def reindex(
    full: Annotated[bool, typer.Option("--full", help="Read the originals again.")] = False,
    resplit: Annotated[bool, typer.Option("--resplit", help="Split the pages again.")] = False,
    reembed: Annotated[
        bool, typer.Option("--reembed", help="Embed the passages again as they are.")
    ] = False,
) -> None:
    """Build the index anew with the present settings; interrupted, the next run goes on. Without
    an option, as much is done again as is needed."""
    from ingest.reindex.reindex import ReindexMode, needed_source
    from kb.runtime.services import open_services

    if full + resplit + reembed > 1:
        raise typer.BadParameter("choose one of --full, --resplit and --reembed")
    wanted = {
        ReindexMode.ORIGINALS: full,
        ReindexMode.PAGES: resplit,
        ReindexMode.PASSAGES: reembed,
    }
    source = next((one for one, chosen in wanted.items() if chosen), None)
    settings, owner = _base()
    if owner:
        raise ConfigurationError(
            N_("`kb serve` is running at {url}: stop it, run `kb reindex`, then start it again."),
            url=owner.url,
        )
    with open_services(settings, own=settings.embedded) as services:
        kept = _reindex(services, source or needed_source(services))
    if not settings.embedded:
        typer.echo("Other processes that were started with other settings must be restarted.")
    if kept:
        raise typer.Exit(1)


def _reindex(services: Services, source: Any) -> int:
    """Returns how many documents could not be read again."""
    from ingest.reindex.reindex import reindex as build

    with _progress() as report:
        done = build(services, source, report)
    for one in done.kept:
        typer.echo(f"kept as it was: {one.title} [{one.id}]  {one.reason}", err=True)
    typer.echo(f"The index {done.name} is active, with {done.points} points.")
    return len(done.kept)


def optimize() -> None:
    """Build the search graph: questions are faster from some 10,000 passages on."""
    settings, owner = _base()
    if owner:
        from kb.cli.data_folder import ask

        ask(owner, "POST", "/api/v1/admin/optimize", {}, timeout_s=None)
    else:
        from kb.runtime.services import open_services

        with open_services(settings, own=settings.embedded) as services:
            services.index.optimize()
    typer.echo("The index is optimised.")


def backup(file: Annotated[Path, typer.Argument(help="The archive to write.")]) -> None:
    """Write database and originals into one archive, while the server may be running."""
    from kb.maintenance.backup import backup as write
    from kb.runtime.original_files import require_originals
    from kb.runtime.services import open_services

    settings, _ = _base()
    with open_services(settings) as services:
        require_originals(services)
        written = write(services, file.absolute())
    counts = written.manifest.counts
    typer.echo(
        f"{file}: {counts['documents']} documents, {counts['practices']} practices, "
        f"{counts['originals']} originals; the index is made anew by `kb restore`."
    )
    for title in written.spoiled:
        typer.echo(f"The original of “{title}” is missing or damaged: run `kb check`.", err=True)
    if written.spoiled:
        raise typer.Exit(1)


def restore(file: Annotated[Path, typer.Argument(help="An archive of `kb backup`.")]) -> None:
    """Make the base of an archive in an empty data folder, and its index."""
    from ingest.reindex.reindex import needed_source
    from kb.maintenance.restore import restore as unpack
    from kb.runtime.services import open_services
    from kb.settings import Settings

    settings = Settings.read()
    manifest = unpack(settings, file)
    typer.echo(
        f"{manifest.counts['items']} items of {manifest.created_at} are in place; making the "
        "index (if this is interrupted, run `kb reindex`).",
        err=True,
    )
    with open_services(settings, own=settings.embedded) as services:
        _reindex(services, needed_source(services))


def _base() -> tuple[Settings, Owner | None]:
    """The settings, and the owning process if the index is embedded and one runs."""
    from kb.runtime.ownership import find_owner
    from kb.settings import Settings

    settings = Settings.read()
    require_base(settings)
    return settings, find_owner(settings.data_dir) if settings.embedded else None


@contextmanager
def _progress() -> Iterator[Any]:
    """A progress bar on standard error; yields the function (done, total) that updates it."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("items", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
