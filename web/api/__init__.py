"""The JSON API, its documentation, health and metrics."""

from __future__ import annotations

from web.api import (
    admin,
    collections,
    docs,
    document_list,
    document_pages,
    documents,
    health,
    metrics,
    network,
    network_writing,
    oai,
    open_data,
    practices,
    project_measuring,
    project_writing,
    projects,
    questions,
    search,
    summaries,
)

ROUTERS = (
    search.router,
    summaries.router,
    practices.router,
    projects.router,
    project_writing.router,
    project_measuring.router,
    document_list.router,
    documents.router,
    document_pages.router,
    collections.router,
    questions.router,
    network_writing.router,
    network.router,
    admin.router,
    docs.router,
    health.router,
    metrics.router,
    oai.router,
    open_data.router,
)
