"""``kb eval``: retrieval quality of the product's own pipeline on a BEIR folder."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kb.runtime.services import Services
    from search.evaluation.language_pairs import Pair
    from search.evaluation.metrics import RefusalQuality, Run, Score, TestSet
    from search.evaluation.question_kinds import KindQuality


@dataclass(frozen=True)
class EvaluationReport:
    """Printed results of a test set: quality overall, by language pair and by kind."""

    queries: int
    documents: int
    scores: Mapping[str, Score]
    pairs: list[Pair]
    kinds: list[KindQuality]
    refusal: RefusalQuality | None


def register(app: typer.Typer) -> None:
    app.command("eval")(evaluate)


def evaluate(
    folder: Annotated[
        Path, typer.Argument(help="queries.jsonl, qrels.tsv, corpus.jsonl or cards beside it.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    run_file: Annotated[Path | None, typer.Option("--run", help="TREC run to write.")] = None,
) -> None:
    """Ingest a test set into a scratch index, ask its questions, print nDCG, recall and MRR.

    Where the set marks questions that nothing answers, also how well these are refused.
    """
    from kb.runtime.services import open_services
    from kb.settings import Settings
    from search.evaluation.metrics import read_cards, read_test_set, write_run

    test_set = read_test_set(folder)
    with tempfile.TemporaryDirectory(prefix="kb-eval-") as scratch:
        settings = Settings.read().scratch(Path(scratch))
        with open_services(settings, own=True) as services:
            cards = read_cards(folder)
            items = _add_cards(services, cards) if cards else _add_texts(services, test_set)
            run, refusal = _run_queries(services, test_set, items)
            written_in = _find_languages(services, test_set, items)
    write_run(run_file or Path(f"{folder.resolve().name}.run"), run)
    report = _build_report(test_set, run, written_in, refusal)
    (_print_json if as_json else _print)(report)


def _build_report(
    test_set: TestSet, run: Run, written_in: Mapping[str, str], refusal: RefusalQuality | None
) -> EvaluationReport:
    from kb.domain import DEFAULT_LANGUAGE
    from kb.text.language import detect
    from search.evaluation.language_pairs import by_pair
    from search.evaluation.metrics import measure_run, summarise
    from search.evaluation.question_kinds import by_kind

    asked_in = {
        query.id: query.language or detect(query.text, prior=DEFAULT_LANGUAGE).language
        for query in test_set.queries
    }
    return EvaluationReport(
        len(test_set.queries),
        len(written_in),
        {name: summarise(values) for name, values in measure_run(test_set.qrels, run).items()},
        by_pair(test_set.qrels, run, asked_in, written_in),
        by_kind(test_set.qrels, run, {query.id: query.kind for query in test_set.queries}),
        refusal,
    )


def _print_json(report: EvaluationReport) -> None:
    record = _means(report.scores)
    if report.refusal:
        record["refusal_precision"] = round(report.refusal.precision, 4)
        record["refusal_recall"] = round(report.refusal.recall, 4)
    pairs = [
        {
            "query": pair.query,
            "document": pair.document,
            "queries": pair.queries,
            **_means(pair.scores),
        }
        for pair in report.pairs
    ]
    kinds = [
        {"kind": one.kind, "queries": one.queries, **_means(one.scores)} for one in report.kinds
    ]
    by_kind = {"kinds": kinds} if kinds else {}
    typer.echo(json.dumps({"queries": report.queries, **record, "pairs": pairs, **by_kind}))


def _means(scores: Mapping[str, Score]) -> dict[str, float]:
    return {name: round(score.mean, 4) for name, score in scores.items()}


def _print(report: EvaluationReport) -> None:
    typer.echo(f"{report.queries} queries, {report.documents} documents")
    for name, score in report.scores.items():
        typer.echo(f"{name:10} {_format_interval(score)}")
    typer.echo("query → document, queries, nDCG@10, recall@10")
    for pair in report.pairs:
        ndcg, recall = (_format_interval(pair.scores[name]) for name in ("ndcg@10", "recall@10"))
        typer.echo(f"{pair.query:>3} → {pair.document:3} {pair.queries:6}   {ndcg}   {recall}")
    if report.kinds:
        typer.echo("kind of question, queries, nDCG@10, recall@10")
    for one in report.kinds:
        ndcg, recall = (_format_interval(one.scores[name]) for name in ("ndcg@10", "recall@10"))
        typer.echo(f"{one.kind:12} {one.queries:4}   {ndcg}   {recall}")
    if report.refusal:
        refusal = report.refusal
        typer.echo(
            f"refusal    precision {refusal.precision:.4f}, recall {refusal.recall:.4f}: "
            f"{refusal.rightly} of {refusal.unanswerable} that nothing answers were refused, "
            f"{refusal.refused - refusal.rightly} others too"
        )


def _format_interval(score: Score) -> str:
    return f"{score.mean:.4f}  [{score.low:.4f}, {score.high:.4f}]"


def _add_cards(services: Services, folder: Path) -> dict[str, str]:
    """Load the cards as ``kb corpus load`` does. Returns each practice id mapped to itself."""
    from sqlalchemy import select

    from ingest.worker import Worker
    from kb.corpus.loading import load
    from kb.storage.tables import PracticeRow

    load(services, folder)
    Worker(services).run_until_idle()
    with services.database.session() as session:
        return {id: id for id in session.scalars(select(PracticeRow.id))}


def _add_texts(services: Services, test_set: TestSet) -> dict[str, str]:
    """Ingest the texts. Returns the text id by item id."""
    from rich.console import Console

    from ingest.bulk import PlainText, add

    texts = [PlainText(text.id, text.title, text.text) for text in test_set.documents]
    with Console(stderr=True).status("embedding the corpus"):
        return add(services, texts)


def _find_languages(
    services: Services, test_set: TestSet, items: Mapping[str, str]
) -> dict[str, str]:
    """The language of each document: stated by the set, else detected."""
    from sqlalchemy import select

    from kb.storage.tables import Item

    with services.database.session() as session:
        found = {
            items[id]: language
            for id, language in session.execute(select(Item.id, Item.language))
            if id in items
        }
    return found | {text.id: text.language for text in test_set.documents if text.language}


def _run_queries(
    services: Services, test_set: TestSet, items: dict[str, str]
) -> tuple[Run, RefusalQuality | None]:
    """Ranked documents of every query as the search page ranks them, and the refusals."""
    from rich.console import Console
    from rich.progress import track

    from kb.access import OPERATOR
    from search.evaluation.metrics import RUN_DEPTH, RefusalQuality
    from search.query import MAX_LENGTH
    from search.ranking.grouping import is_answered
    from search.results import Question
    from search.service import rank

    console = Console(stderr=True)
    run: dict[str, dict[str, float]] = {}
    refused = 0
    for query in track(
        test_set.queries, "asking", console=console, disable=not console.is_terminal
    ):
        found = rank(Question(query.text[:MAX_LENGTH]), services, OPERATOR)
        run[query.id] = {items[one.id]: one.score for one in found[:RUN_DEPTH]}
        refused += not is_answered(found)
    if not test_set.unanswerable:
        return run, None
    rightly = sum(
        not is_answered(rank(Question(query.text[:MAX_LENGTH]), services, OPERATOR))
        for query in test_set.unanswerable
    )
    return run, RefusalQuality(refused + rightly, rightly, len(test_set.unanswerable))
