"""The Typer application of the `kb` command: sub-commands and handling of errors."""

from __future__ import annotations

import os
import sys

import typer

from kb.cli import (
    assistants,
    bounces,
    corpus,
    documents,
    embeddings,
    evaluation,
    judgements,
    maintenance,
    migrate,
    operation,
    places,
    questions,
    sources,
    users,
)
from kb.cli.text import printable
from kb.messages import N_, ConfigurationError, KbError, TransientError
from kb.runtime.logs import configure

app = typer.Typer(
    name="kb",
    help="A best-practice knowledge base with semantic search across languages.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for commands in (
    bounces,
    documents,
    questions,
    operation,
    embeddings,
    assistants,
    corpus,
    evaluation,
    judgements,
    maintenance,
    migrate,
    places,
    sources,
    users,
):
    commands.register(app)


def main() -> None:
    """Run a command. Exit status 0: all well, 1: some document failed, 2: wrong usage."""
    configure("WARNING")
    os.umask(0o077)  # files are readable by their owner only
    try:
        app()
    except KbError as error:
        typer.echo(_in_the_users_language(error), err=True)
        sys.exit(1 if isinstance(error, TransientError) else 2)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        if error.filename is None:
            raise
        refused = ConfigurationError(
            N_("{file} cannot be read or written ({reason}): check the path and its permissions."),
            file=printable(os.fsdecode(error.filename)),
            reason=error.strerror or str(error),
        )
        typer.echo(_in_the_users_language(refused), err=True)
        sys.exit(2)


def _in_the_users_language(error: KbError) -> str:
    """The message in the language of the terminal if it has a catalogue, else in English."""
    from web.rendering.i18n import load_locales

    wanted = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    reader = load_locales().get(wanted[:2])
    return reader.say(error.message) if reader else str(error)
