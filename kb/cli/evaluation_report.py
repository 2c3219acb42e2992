"""What ``kb eval`` found, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from search.evaluation.language_pairs import Pair
    from search.evaluation.metrics import BaselineScores, Score
    from search.evaluation.question_kinds import KindQuality
    from search.evaluation.summaries import SummaryQuality
    from search.evaluation.verdicts import VerdictQuality


@dataclass(frozen=True)
class EvaluationReport:
    """What is printed of a test set: quality over all queries, by languages and by kind, and how
    well the verdicts fit. ``without_reranker``: quality without it, where one is used;
    ``centred``, ``centred_pairs``: the baseline of ``search.evaluation.centred``, the pairs in the
    same order."""

    queries: int
    documents: int
    scores: Mapping[str, Score]
    without_reranker: Mapping[str, Score] | None
    centred: BaselineScores
    pairs: list[Pair]
    centred_pairs: list[Pair]
    kinds: list[KindQuality]
    verdicts: VerdictQuality
    summaries: SummaryQuality | None = None
    """Of the language model, where one is set."""


def print_json(report: EvaluationReport) -> None:
    record: dict[str, Any] = {"queries": report.queries, **_means(report.scores)}
    if report.without_reranker is not None:
        record["without_reranker"] = _means(report.without_reranker)
    record["centred"] = _means(report.centred.scores)
    if report.verdicts.unanswerable:
        precision, recall = _of_nothing(report.verdicts)
        record |= {"refusal_precision": precision, "refusal_recall": recall}
    pairs = [
        {
            "query": pair.query,
            "document": pair.document,
            "queries": pair.queries,
            **_means(pair.scores),
            "centred": _means(centred.scores),
        }
        for pair, centred in zip(report.pairs, report.centred_pairs, strict=True)
    ]
    kinds = [
        {"kind": one.kind, "queries": one.queries, **_means(one.scores)} for one in report.kinds
    ]
    by_kind = {"kinds": kinds} if kinds else {}
    verdicts = _verdicts(report.verdicts)
    summaries = {"summaries": _summaries(report.summaries)} if report.summaries else {}
    typer.echo(json.dumps({**record, "pairs": pairs, **by_kind, "verdicts": verdicts, **summaries}))


def _summaries(quality: SummaryQuality) -> dict[str, Any]:
    return {
        **asdict(quality),
        "dropped": dict(quality.dropped),
        "surviving": _rounded(quality.surviving),
        "per_question": _rounded(quality.per_question),
    }


def _of_nothing(quality: VerdictQuality) -> tuple[float, float | None]:
    from search.results import AnswerVerdict

    precision = quality.precision(AnswerVerdict.NOTHING)
    return 1.0 if precision is None else _rounded(precision), _rounded(
        quality.recall(AnswerVerdict.NOTHING)
    )


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _verdicts(quality: VerdictQuality) -> dict[str, Any]:
    return {
        "answerable": quality.answerable,
        "unanswerable": quality.unanswerable,
        "auc": _rounded(quality.auc),
        "verdicts": {
            count.verdict: {
                "answerable": count.answerable,
                "unanswerable": count.unanswerable,
                "precision": _rounded(quality.precision(count.verdict)),
                "recall": _rounded(quality.recall(count.verdict)),
            }
            for count in quality.counts
        },
        "reliability": [
            {name: _rounded(value) for name, value in asdict(one).items()}
            for one in quality.reliability
        ],
    }


def _means(scores: Mapping[str, Score]) -> dict[str, float]:
    return {name: round(score.mean, 4) for name, score in scores.items()}


def print_text(report: EvaluationReport) -> None:
    typer.echo(f"{report.queries} queries, {report.documents} documents")
    plain = report.without_reranker
    for name, score in report.scores.items():
        without = f"   without the reranker {_interval(plain[name])}" if plain else ""
        typer.echo(f"{name:10} {_interval(score)}{without}")
    _print_centred(report.centred)
    typer.echo("query → document, queries, nDCG@10, recall@10, nDCG@10 of centred vectors alone")
    for pair, centred in zip(report.pairs, report.centred_pairs, strict=True):
        ndcg, recall = (_interval(pair.scores[name]) for name in ("ndcg@10", "recall@10"))
        typer.echo(
            f"{pair.query:>3} → {pair.document:3} {pair.queries:6}   {ndcg}   {recall}   "
            f"{centred.scores['ndcg@10'].mean:.4f}"
        )
    if report.kinds:
        typer.echo("kind of question, queries, nDCG@10, recall@10")
    for one in report.kinds:
        ndcg, recall = (_interval(one.scores[name]) for name in ("ndcg@10", "recall@10"))
        typer.echo(f"{one.kind:12} {one.queries:4}   {ndcg}   {recall}")
    _print_verdicts(report.verdicts)
    if report.summaries is not None:
        _print_summaries(report.summaries)


def _print_summaries(quality: SummaryQuality) -> None:
    typer.echo(
        f"summaries by {quality.model}, questions, statements that hold, per question, refused,"
        " without an answer, not sent"
    )
    shown = "–" if quality.per_question is None else f"{quality.per_question:.1f}"
    typer.echo(
        f"{quality.questions:10}   {_percent(quality.surviving):>6} of {quality.written}   "
        f"{shown}   {quality.refused}   {quality.failed}   {quality.unsent}"
    )
    for reason, count in quality.dropped.most_common():
        typer.echo(f"{reason:12} {count:6}")


def _print_centred(centred: BaselineScores) -> None:
    typer.echo("centred vectors alone, and what is gained over them")
    for name, score in centred.scores.items():
        gain = centred.gains[name]
        typer.echo(
            f"{name:10} {_interval(score)}   {gain.mean:+.4f}  [{gain.low:+.4f}, {gain.high:+.4f}]"
        )


def _print_verdicts(quality: VerdictQuality) -> None:
    auc = "–" if quality.auc is None else f"{quality.auc:.4f}"
    typer.echo(
        f"verdict, of {quality.answerable} that something answers, "
        f"of {quality.unanswerable} that nothing answers, precision, recall; AUC {auc}"
    )
    for count in quality.counts:
        precision = _percent(quality.precision(count.verdict))
        recall = _percent(quality.recall(count.verdict))
        typer.echo(
            f"{count.verdict:10} {count.answerable:6} {count.unanswerable:6}   "
            f"{precision:>6}   {recall:>6}"
        )
    typer.echo("relevance, queries, mean, share that something answers")
    for one in quality.reliability:
        between = f"{one.low:.1f} – {one.high:.1f}"
        typer.echo(f"{between} {one.queries:6}   {one.mean:.3f}   {one.answerable:.3f}")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _interval(score: Score) -> str:
    return f"{score.mean:.4f}  [{score.low:.4f}, {score.high:.4f}]"
