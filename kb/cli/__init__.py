"""The command line. Standard output carries answers, standard error everything else."""

from __future__ import annotations

import sys

import typer

from kb.cli import corpus, documents, evaluation, maintenance, operation, questions
from kb.logs import configure
from kb.messages import KbError, TransientError

app = typer.Typer(
    name="kb",
    help="A best-practice knowledge base with semantic search across languages.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for commands in (documents, questions, operation, corpus, evaluation, maintenance):
    commands.register(app)


def main() -> None:
    """Run a command. Exit status 0: all well, 1: some document failed, 2: wrong usage."""
    configure("WARNING")
    try:
        app()
    except KbError as error:
        typer.echo(str(error), err=True)
        sys.exit(1 if isinstance(error, TransientError) else 2)
    except BrokenPipeError:
        sys.exit(0)
