"""``kb ingest``: add files and folders to the knowledge base."""

from __future__ import annotations

import json
import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kb.cli.text import printable
from kb.domain import Status
from kb.messages import KbError, Message

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID
    from sqlalchemy.orm import Session

    from kb.runtime.services import Services

POLL_S = 0.5
ENDED = (Status.READY, Status.FAILED)
FOLLOWED = 500
"""Documents polled at once; enough because they are processed in order."""


@dataclass
class IngestLine:
    """The outcome of one file."""

    path: str
    id: str | None = None
    status: Status = Status.QUEUED
    reason: str | None = None
    note: str = ""
    """Printed to standard error beside the outcome."""

    def show(self, as_json: bool) -> None:
        if self.note:
            typer.echo(f"{self.path}: {self.note}", err=True)
        if as_json:
            fields = {name: value for name, value in vars(self).items() if name != "note"}
            typer.echo(json.dumps(fields, ensure_ascii=False))
        else:
            typer.echo(
                f"{self.status:10} {self.path}" + (f"  {self.reason}" if self.reason else "")
            )


def register(app: typer.Typer) -> None:
    app.command()(ingest)


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.")],
    wait: Annotated[
        bool, typer.Option(help="Wait until every document is ready or failed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object per line.")] = False,
) -> None:
    """Add documents. Without a running server, --wait does the work in this process."""
    from kb.runtime.original_files import require_originals
    from kb.runtime.ownership import find_owner
    from kb.runtime.services import open_services
    from kb.settings import Settings

    settings = Settings.read()
    owner = find_owner(settings.data_dir) if settings.embedded else None
    with open_services(settings, own=wait and owner is None and settings.embedded) as services:
        require_originals(services)
        lines = []
        for line in _add_paths(services, paths):
            lines.append(line)
            if not wait:
                line.show(as_json)
        if wait:
            _wait(services, lines, work=owner is None)
            for line in lines:
                line.show(as_json)
    if lines:
        typer.echo(_summarise(lines), err=True)
    else:
        typer.echo("There is no file in what was named: check the paths.", err=True)
    if not wait and owner is None and any(line.id for line in lines):
        typer.echo("The documents wait for `kb serve` or `kb worker`.", err=True)
    if any(line.status is Status.FAILED for line in lines):
        raise typer.Exit(1)


def _summarise(lines: list[IngestLine]) -> str:
    """The number of files and of each outcome."""
    counts = Counter(line.status for line in lines)
    outcomes = ", ".join(f"{counts[status]} {status}" for status in Status if counts[status])
    return f"{len(lines)} {'file' if len(lines) == 1 else 'files'}: {outcomes}."


def _add_paths(services: Services, paths: list[Path]) -> Iterator[IngestLine]:
    """Yield a line for each file and for each unreadable folder."""
    for path in paths:
        if path.is_dir():
            unreadable: list[OSError] = []
            for inside in _walk_files(path, unreadable.append):
                yield _submit(services, inside)
            yield from (_failed_line(Path(error.filename), error) for error in unreadable)
        else:
            yield _submit(services, path)


def _walk_files(folder: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    """The files below a folder sorted by name, without hidden ones."""
    for above, folders, names in os.walk(folder, onerror=on_error):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(above, name)
            if not name.startswith(".") and path.is_file():
                yield path


def _submit(services: Services, path: Path) -> IngestLine:
    from ingest.submit import submit

    shown = printable(str(path))
    try:
        with open(path, "rb", opener=_open_nonblocking) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                return IngestLine(
                    shown, status=Status.FAILED, reason="This is not a file: check the path."
                )
            accepted = submit(services, stream, printable(path.name))
    except OSError as error:
        return _failed_line(path, error)
    except KbError as error:
        return IngestLine(shown, status=Status.FAILED, reason=str(error))
    except Exception as error:  # whatever one file brings up, the others are added
        reason = f"It could not be added ({type(error).__name__}: {error})."
        return IngestLine(shown, status=Status.FAILED, reason=printable(reason))
    line = IngestLine(shown, accepted.id, accepted.status)
    if accepted.existing:
        line.note = f"This file is here already, as “{_find_title(services, accepted.id)}”."
    return line


def _find_title(services: Services, document_id: str) -> str:
    from kb.storage.tables import Item

    with services.database.session() as session:
        item = session.get(Item, document_id)
        return printable(item.title) if item else ""


def _open_nonblocking(path: str, flags: int) -> int:
    """Open without waiting for a writer, if the path is a named pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _failed_line(path: Path, error: OSError) -> IngestLine:
    reason = f"{error.strerror or error}: check the path."
    return IngestLine(printable(str(path)), status=Status.FAILED, reason=reason)


def _wait(services: Services, lines: list[IngestLine], *, work: bool) -> None:
    """Poll until every document is ready or failed; with ``work`` run the worker here."""
    from ingest.worker import Worker

    worker = Worker(services) if work else None
    if worker:
        worker.start()
    try:
        with _progress() as progress:
            task = progress.add_task("", total=len(lines))
            while not _update_lines(services, lines, progress, task):
                time.sleep(POLL_S)
    finally:
        if worker:
            worker.stop()


def _update_lines(
    services: Services, lines: list[IngestLine], progress: Progress, task: TaskID
) -> bool:
    from sqlalchemy import select

    from kb.storage import jobs
    from kb.storage.tables import Item

    unended = ((line.id, line) for line in lines if line.id and line.status not in ENDED)
    waiting = dict(islice(unended, FOLLOWED))
    with services.database.session() as session:
        found = {
            item.id: item for item in session.scalars(select(Item).where(Item.id.in_(waiting)))
        }
        for item_id, line in waiting.items():
            item = found.get(item_id)
            if item is None or item.status is Status.DELETED:
                line.status, line.reason = Status.FAILED, "The document was deleted meanwhile."
                continue
            line.status = item.status
            line.reason = str(Message.from_json(item.reason)) if item.reason else None
            if item.status is Status.PROCESSING and (job := jobs.find_newest(session, item.id)):
                stage = f"{Path(line.path).name}: {job.stage} {job.done}/{job.total}"
                progress.update(task, description=stage)
            if item.status is Status.READY:
                lines += _attachment_lines(session, line, {one.id for one in lines})
    left = sum(line.status not in ENDED for line in lines)
    progress.update(task, completed=len(lines) - left, total=len(lines))
    return left == 0


def _attachment_lines(
    session: Session, line: IngestLine, known: set[str | None]
) -> list[IngestLine]:
    """Lines for attachments that became documents and have no line yet."""
    from sqlalchemy import select

    from kb.storage.history import Attachment

    rows = session.execute(
        select(Attachment.name, Attachment.child_id)
        .where(Attachment.parent_id == line.id, Attachment.child_id.not_in(known - {None}))
        .order_by(Attachment.number)
    )
    found = {child_id: name for name, child_id in rows}
    return [IngestLine(printable(f"{line.path}/{name}"), child) for child, name in found.items()]


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
    )
