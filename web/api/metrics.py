"""``/metrics`` for Prometheus: counts from SQL, and timings of this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from secrets import compare_digest
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from kb.access import Right
from kb.runtime.metrics import REGISTRY
from kb.runtime.services import Services
from kb.storage.tables import Item, Job, JobStatus, PassageRow, now
from web.http.context import NotAllowed, ServicesDep, access

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(request: Request, services: ServicesDep) -> Response:
    """For administrators, or with the token ``KB_METRICS_TOKEN``."""
    if not _shows_token(request, services):
        seen = access(request, services)
        if not seen.may(Right.ADMINISTER):
            raise NotAllowed(seen)
    base = CollectorRegistry()
    base.register(BaseCollector(services))
    return Response(
        generate_latest(base) + generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST
    )


class BaseCollector(Collector):
    """Counts from SQL at the time of the request, independent of the process that changed them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        with self._services.database.session() as session:
            jobs = session.execute(
                select(Job.status, Job.operation, func.count()).group_by(Job.status, Job.operation)
            ).all()
            oldest = session.scalar(
                select(func.min(Job.created_at)).where(Job.status == JobStatus.QUEUED)
            )
            stages = session.execute(
                select(Job.stage, func.count())
                .where(Job.status == JobStatus.FAILED)
                .group_by(Job.stage)
            ).all()
            items = session.execute(
                select(Item.kind, Item.status, func.count()).group_by(Item.kind, Item.status)
            ).all()
            passages = session.scalar(select(func.count()).select_from(PassageRow)) or 0
        yield _gauge("kb_jobs", "Jobs in the queue and its history.", "status operation", jobs)
        waits = (now() - oldest).total_seconds() if oldest else 0.0
        yield _gauge("kb_oldest_job_seconds", "Age of the oldest waiting job.", "", [(waits,)])
        named = [(stage or "none", count) for stage, count in stages]
        yield _gauge("kb_failed_jobs", "Failed jobs by where they failed.", "stage", named)
        yield _gauge("kb_items", "Documents and practices.", "kind status", items)
        yield _gauge("kb_passages", "Passages in the base.", "", [(passages,)])


def _gauge(name: str, what: str, labels: str, rows: Iterable[Sequence[Any]]) -> Metric:
    """``rows``: label values, then the number."""
    family = GaugeMetricFamily(name, what, labels=labels.split())
    for *values, number in rows:
        family.add_metric([str(value) for value in values], number)
    return family


def _shows_token(request: Request, services: Services) -> bool:
    token = services.settings.metrics_token
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return (
        token is not None
        and scheme.lower() == "bearer"
        and compare_digest(shown.encode(), token.get_secret_value().encode())
    )
