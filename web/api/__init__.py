"""The JSON API, its documentation, health and metrics."""

from __future__ import annotations

from web.api import admin, collections, docs, documents, health, metrics, practices, search

ROUTERS = (
    search.router,
    practices.router,
    documents.router,
    collections.router,
    admin.router,
    docs.router,
    health.router,
    metrics.router,
)
