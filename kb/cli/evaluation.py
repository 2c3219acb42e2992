"""``kb eval``: retrieval quality of the product's own pipeline on a BEIR folder."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kb.cli.evaluation_report import EvaluationReport, print_json, print_text

if TYPE_CHECKING:
    from kb.runtime.services import Services
    from search.evaluation.metrics import BeirText, Run, TestSet
    from search.evaluation.summaries import SummaryQuality
    from search.evaluation.verdicts import JudgedQuery
    from search.ranking.grouping import RankedItem


def register(app: typer.Typer) -> None:
    app.command("eval")(evaluate)


def evaluate(
    folder: Annotated[
        Path, typer.Argument(help="queries.jsonl, qrels.tsv, corpus.jsonl or cards beside it.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    run_file: Annotated[Path | None, typer.Option("--run", help="TREC run to write.")] = None,
    unanswerable: Annotated[
        float,
        typer.Option(
            min=0, max=0.95, help="Share of the relevant documents to take out before asking."
        ),
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Which documents are taken out.")] = 0,
    summaries: Annotated[
        int,
        typer.Option(
            min=0, help="Questions of which the language model, if one is set, writes a summary."
        ),
    ] = 20,
) -> None:
    """Ingest a test set into a scratch index, ask its questions, print nDCG, recall and MRR.

    Also how well the verdicts “answered”, “near” and “nothing” fit: for questions that the set
    marks as unanswerable, and for those whose answers are taken out with --unanswerable. Where
    KB_LLM_URL and KB_LLM_MODEL are set, also how much of that model's summaries holds.
    """
    from kb.runtime.services import open_services
    from kb.settings import Settings
    from search.evaluation.centred import rank_by_centred_vectors
    from search.evaluation.emptied import choose_removed, remove_answers
    from search.evaluation.metrics import read_cards, read_test_set, write_run

    test_set = read_test_set(folder)
    removed = choose_removed(test_set, unanswerable, seed)
    if removed:
        test_set = remove_answers(test_set, removed)
    with tempfile.TemporaryDirectory(prefix="kb-eval-") as scratch:
        settings = Settings.read().scratch(Path(scratch))
        with open_services(settings, own=True) as services:
            cards = read_cards(folder)
            items = _add_cards(services, cards) if cards else _add_texts(services, test_set)
            left = {id for id, text in items.items() if text not in removed}
            only = frozenset(left) if len(left) < len(items) else None
            run, judged = _run_queries(services, test_set, items, only)
            plain = _run_without_reranker(services, test_set, items, only)
            centred = rank_by_centred_vectors(services, test_set.queries, items, only)
            written_in = _find_languages(services, test_set, items)
            summarised = _measure_summaries(services, test_set, only, summaries)
    write_run(run_file or Path(f"{folder.resolve().name}.run"), run)
    report = _build_report(test_set, run, written_in, judged, plain, centred)
    report = replace(report, summaries=summarised)
    (print_json if as_json else print_text)(report)


def _build_report(
    test_set: TestSet,
    run: Run,
    written_in: Mapping[str, str],
    judged: list[JudgedQuery],
    plain: Run | None,
    centred: Run,
) -> EvaluationReport:
    """``plain`` is the run without the reranker where there is one, ``centred`` the baseline."""
    from kb.domain import DEFAULT_LANGUAGE
    from kb.text.language import detect
    from search.evaluation.language_pairs import by_pair
    from search.evaluation.metrics import compare_runs, measure_run, summarise_all
    from search.evaluation.question_kinds import by_kind
    from search.evaluation.verdicts import measure_verdicts

    asked_in = {
        query.id: query.language or detect(query.text, prior=DEFAULT_LANGUAGE).language
        for query in test_set.queries
    }
    measured = measure_run(test_set.qrels, run)
    return EvaluationReport(
        len(test_set.queries),
        len(written_in),
        summarise_all(measured),
        None if plain is None else summarise_all(measure_run(test_set.qrels, plain)),
        compare_runs(measured, measure_run(test_set.qrels, centred)),
        by_pair(test_set.qrels, run, asked_in, written_in),
        by_pair(test_set.qrels, centred, asked_in, written_in),
        by_kind(test_set.qrels, run, {query.id: query.kind for query in test_set.queries}),
        measure_verdicts(judged),
    )


def _measure_summaries(
    services: Services, test_set: TestSet, only: frozenset[str] | None, most: int
) -> SummaryQuality | None:
    """Of at most so many questions, spread over the set; None where no model is set."""
    if not (services.settings.offers_summaries and most and test_set.queries):
        return None
    from search.evaluation.summaries import measure_summaries

    step = -(-len(test_set.queries) // most)
    return measure_summaries(services, [one.text for one in test_set.queries[::step]], only)


def _add_cards(services: Services, folder: Path) -> dict[str, str]:
    """Load the cards as ``kb corpus load`` does. Returns ids of practices by themselves."""
    from sqlalchemy import select

    from ingest.worker import Worker
    from kb.corpus.loading import load
    from kb.storage.tables import PracticeRow

    load(services, folder)
    Worker(services).run_until_idle()
    with services.database.session() as session:
        return {id: id for id in session.scalars(select(PracticeRow.id))}


def _add_texts(services: Services, test_set: TestSet) -> dict[str, str]:
    """Returns the id of the text by the id of its item."""
    from rich.console import Console

    from ingest.bulk import PlainText, add

    texts = [PlainText(text.id, text.title, text.text) for text in test_set.documents]
    with Console(stderr=True).status("embedding the corpus"):
        return add(services, texts)


def _find_languages(
    services: Services, test_set: TestSet, items: Mapping[str, str]
) -> dict[str, str]:
    """The language of each document, as the set says it or else as it was found."""
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
    services: Services,
    test_set: TestSet,
    items: Mapping[str, str],
    only: frozenset[str] | None,
) -> tuple[Run, list[JudgedQuery]]:
    """The best documents of every query that something answers, ranked as the search page ranks
    them, and what was said of every query. Asked are the items ``only``, or all."""
    from rich.console import Console
    from rich.progress import track

    from search.evaluation.metrics import RUN_DEPTH

    console = Console(stderr=True)
    run: dict[str, dict[str, float]] = {}
    judged = []
    asked = [(query, True) for query in test_set.queries]
    asked += [(query, False) for query in test_set.unanswerable]
    for query, answerable in track(
        asked, "asking", console=console, disable=not console.is_terminal
    ):
        found, said = _run_query(services, query, only, answerable=answerable)
        judged.append(said)
        if answerable:
            run[query.id] = {items[one.id]: one.score for one in found[:RUN_DEPTH]}
    return run, judged


def _run_without_reranker(
    services: Services,
    test_set: TestSet,
    items: Mapping[str, str],
    only: frozenset[str] | None,
) -> Run | None:
    """The same without the reranker; None where none is used. One that is configured and cannot be
    used is said on standard error."""
    if services.reranker_failure:
        typer.echo(str(services.reranker_failure), err=True)
    if services.reranker is None:
        return None
    services.drop_reranker()
    return _run_queries(services, test_set, items, only)[0]


def _run_query(
    services: Services, query: BeirText, only: frozenset[str] | None, *, answerable: bool
) -> tuple[list[RankedItem], JudgedQuery]:
    """What was found, best first, and the verdict."""
    from kb.access import OPERATOR
    from search.evaluation.verdicts import JudgedQuery
    from search.query import MAX_LENGTH
    from search.results import Question
    from search.service import rank
    from search.verdict.judging import judge, verdict_model

    question = Question(query.text[:MAX_LENGTH], item_ids=only)
    found = rank(question, services, OPERATOR)
    relevance = max((item.relevance for item in found), default=0.0)
    verdict = judge(found, verdict_model(services))
    return found, JudgedQuery(relevance, verdict, answerable)
