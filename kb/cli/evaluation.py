"""``kb eval``: retrieval quality of the product's own pipeline on a BEIR folder."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kb.services import Services
    from search.evaluate import Run, TestSet


def register(app: typer.Typer) -> None:
    app.command("eval")(evaluate)


def evaluate(
    folder: Annotated[Path, typer.Argument(help="corpus.jsonl, queries.jsonl, qrels.tsv.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    run_file: Annotated[Path | None, typer.Option("--run", help="TREC run to write.")] = None,
) -> None:
    """Ingest a test set into a scratch index, ask its questions, print nDCG, recall and MRR."""
    from kb.services import open_services
    from kb.settings import Settings
    from search.evaluate import measure, read, summary, write_run

    test_set = read(folder)
    with tempfile.TemporaryDirectory(prefix="kb-eval-") as scratch:
        settings = Settings.read().model_copy(
            update={"data_dir": Path(scratch), "database_url": None, "qdrant_url": None}
        )
        with open_services(settings, own=True) as services:
            run = _run(services, test_set)
    scores = {name: summary(values) for name, values in measure(test_set.qrels, run).items()}
    write_run(run_file or Path(f"{folder.resolve().name}.run"), run)
    if as_json:
        means = {name: round(score.mean, 4) for name, score in scores.items()}
        typer.echo(json.dumps({"queries": len(test_set.queries), **means}))
        return
    typer.echo(f"{len(test_set.queries)} queries, {len(test_set.documents)} documents")
    for name, score in scores.items():
        typer.echo(f"{name:10} {score.mean:.4f}  [{score.low:.4f}, {score.high:.4f}]")


def _run(services: Services, test_set: TestSet) -> Run:
    """The best documents of every query, found as the search page finds them."""
    from rich.console import Console
    from rich.progress import track

    from ingest.bulk import PlainText, add
    from kb.access import OPERATOR
    from search.evaluate import DEPTH
    from search.results import Question
    from search.service import rank

    console = Console(stderr=True)
    texts = [PlainText(text.id, text.title, text.text) for text in test_set.documents]
    with console.status("embedding the corpus"):
        items = add(services, texts)
    run: dict[str, dict[str, float]] = {}
    for query in track(
        test_set.queries, "asking", console=console, disable=not console.is_terminal
    ):
        found = rank(Question(query.text[:1000]), services, OPERATOR)
        run[query.id] = {items[one.id]: one.score for one in found[:DEPTH]}
    return run
