"""The JSON API, its documentation, health and metrics."""

from __future__ import annotations

from web.api import (
    admin,
    collections,
    docs,
    document_list,
    documents,
    health,
    metrics,
    network,
    practices,
    projects,
    search,
)

ROUTERS = (
    search.router,
    practices.router,
    projects.router,
    document_list.router,
    documents.router,
    collections.router,
    network.router,
    admin.router,
    docs.router,
    health.router,
    metrics.router,
)
