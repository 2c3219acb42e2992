"""``kb bounces``: note the mails that came back, from the notifications about them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from kb.cli.text import printable

SAID = {
    "marked": "came back: marked",
    "known": "was marked before",
    "delayed": "is delayed or arrived: nothing to mark",
    "not-ours": "is about no mail that was sent from here",
    "other": "is no notification about a mail",
}


def register(app: typer.Typer) -> None:
    app.command("bounces")(bounces)


def bounces(
    path: Annotated[
        Path,
        typer.Argument(help="An .eml file, an mbox file, a Maildir or a folder of .eml files."),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON object per message on standard output.")
    ] = False,
) -> None:
    """Mark mails of the magazine and of the news that came back, by delivery status notifications
    (RFC 3464). An address that does not exist three times in a row gets no more."""
    from kb.cli.data_folder import require_base
    from kb.periodical.bounces import note_bounce
    from kb.periodical.notifications import read_mailbox, read_notification
    from kb.runtime.services import open_services
    from kb.settings import Settings

    settings = Settings.read()
    require_base(settings)
    counts: Counter[str] = Counter()
    with open_services(settings) as services:
        for name, content in read_mailbox(path):
            told = read_notification(content)
            with services.database.transaction() as session:
                outcome = note_bounce(session, told)
            counts[outcome] += 1
            status = told.status if told else ""
            if as_json:
                row = {"message": printable(name), "outcome": outcome, "status": status}
                typer.echo(json.dumps(row, ensure_ascii=False))
            else:
                typer.echo(f"{printable(name)}: {SAID[outcome]}{f' ({status})' if status else ''}")
    typer.echo(f"{sum(counts.values())} messages read, {counts['marked']} marked", err=True)
