"""The web application: routes, middleware, and the ingest worker that lives beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import Scope

from kb.services import Services
from web import api, docs, errors, health
from web.assets import build
from web.pages import about, collections, documents, home, pageview, practices, search, uploads
from web.security import SecurityMiddleware
from web.templating import STATIC_DIR

MEGABYTE = 1 << 20
A_YEAR_S = 365 * 24 * 3600


class HashedFiles(StaticFiles):
    """Static files; an address that carries the content's hash may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200 and b"v=" in scope.get("query_string", b""):
            response.headers["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable"
        return response


def create_app(services: Services) -> FastAPI:
    """The application on services that are already open; who opened them closes them."""
    limit = (services.settings.max_upload_mb + 1) * MEGABYTE
    app = FastAPI(
        title="Terre Comuni",
        summary="Good practices and reference documents, searched across languages",
        version="0.1.0",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        form_limits={"max_files": 200, "max_fields": 200},
    )
    app.state.services = services
    errors.install(app)
    pages = (home, search, practices, collections, documents, pageview, uploads, about)
    for part in (*pages, api, docs, health):
        app.include_router(part.router)
    app.mount("/static", HashedFiles(directory=STATIC_DIR), name="static")
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=limit)
    app.add_middleware(GZipMiddleware, minimum_size=2000)
    app.add_middleware(SecurityMiddleware, refuse=errors.refuse, max_body_size=limit)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Run the ingest worker beside the pages, unless the settings send it elsewhere."""
    services: Services = app.state.services
    await run_in_threadpool(build)
    if not services.settings.worker:
        yield
        return

    from ingest.worker import Worker

    worker = Worker(services)
    if services.settings.embedded:
        await run_in_threadpool(worker.recover)
    worker.start()
    try:
        yield
    finally:
        await run_in_threadpool(worker.stop)
