"""Durations measured in this process, for ``/metrics``."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

SEARCH_SECONDS = Histogram(
    "kb_search_seconds",
    "Time from a question to its results.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
WORD_SEARCHES = Counter(
    "kb_word_searches",
    "Questions searched for by their words alone, because no vector could be computed.",
    registry=REGISTRY,
)
INGEST_SECONDS = Histogram(
    "kb_ingest_seconds",
    "Time that a job was worked on, waiting not counted.",
    ("operation", "outcome"),
    buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600),
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "kb_request_seconds",
    "Time to answer a request.",
    ("method", "route", "status"),
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
    registry=REGISTRY,
)
RUNNING_REQUESTS = Gauge(
    "kb_running_requests", "Costly requests being answered.", ("work",), registry=REGISTRY
)
WAITING_REQUESTS = Gauge(
    "kb_waiting_requests", "Requests that wait for their turn.", ("work",), registry=REGISTRY
)
REFUSED_REQUESTS = Counter(
    "kb_refused_requests",
    "Requests answered 503 because too many were before them.",
    ("work",),
    registry=REGISTRY,
)
