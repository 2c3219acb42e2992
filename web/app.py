"""The web application: routes, middleware, and the ingest worker thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import Scope

from ingest.processes.render import Renderer
from ingest.processes.uploaded_image import CoverReader, PictureReader
from kb.constants import A_YEAR_S, MEGABYTE
from kb.runtime.services import Services
from web import api, pages
from web.api.description import DescribedApplication
from web.assets import is_built
from web.assistants.http import AssistantEndpoint
from web.http import errors
from web.http.asked import AskedLately
from web.http.idempotency import MOST_FIELDS, MOST_FILES
from web.http.limits import RateLimits
from web.http.methods import MethodsMiddleware
from web.http.overload import OverloadMiddleware
from web.http.queues import WorkQueues
from web.http.requests import RequestMiddleware
from web.http.security import RequestRules, SecurityMiddleware, hosts_of
from web.rendering.templating import STATIC_DIR
from web.saved_question_alerts import Watcher

if TYPE_CHECKING:
    from ingest.worker import Worker

COMPRESSION = 5
"""Level of gzip: pages are hardly longer than at 9, and take half as long."""

log = structlog.get_logger()


class HashedFiles(StaticFiles):
    """Static files; addresses with a content hash (``v=``) are cacheable for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200 and b"v=" in scope.get("query_string", b""):
            response.headers["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable"
        return response


def create_app(services: Services, listening: str | None = None) -> FastAPI:
    """The application on open services; the caller closes them.

    ``listening`` is the address it is served at, from which the accepted host names follow; None
    accepts every ``Host``.
    """
    limit = (services.settings.max_upload_mb + 1) * MEGABYTE
    app = DescribedApplication(
        title="Terre Comuni",
        summary="Good practices and reference documents, searched across languages",
        version=version("terre-comuni-kb"),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        form_limits={"max_files": MOST_FILES, "max_fields": MOST_FIELDS},
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.services = services
    app.state.limits = RateLimits(services.settings, services.database)
    app.state.queues = WorkQueues(services.settings)
    app.state.asked_lately = AskedLately(app.state.limits)
    errors.install(app)
    for router in (*pages.ROUTERS, *api.ROUTERS):
        app.include_router(router)
    app.state.assistants = AssistantEndpoint(services)
    app.router.routes.append(app.state.assistants.route())
    app.mount("/static", HashedFiles(directory=STATIC_DIR), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=COMPRESSION)
    app.add_middleware(OverloadMiddleware, refuse=errors.refuse_busy)
    hosts = hosts_of(services.settings, listening) if listening is not None else frozenset()
    rules = RequestRules(limit, hosts, services.settings.public_url or "")
    app.add_middleware(
        SecurityMiddleware, refuse=errors.refuse, refuse_busy=errors.refuse_busy, rules=rules
    )
    app.add_middleware(MethodsMiddleware)
    app.add_middleware(RequestMiddleware)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Run the page renderer, the watcher of saved questions and, unless ``KB_WORKER`` is false, the
    ingest worker."""
    services: Services = app.state.services
    if not is_built():
        log.warning("front-end files are missing: run `make install`")
    app.state.renderer = Renderer(services.settings)
    app.state.covers = CoverReader()
    app.state.pictures = PictureReader()
    worker = await run_in_threadpool(_start_worker, services)
    watcher = Watcher(services)
    watcher.start()
    try:
        async with app.state.assistants.run():
            yield
    finally:
        await run_in_threadpool(watcher.stop)
        app.state.renderer.close()
        app.state.covers.close()
        app.state.pictures.close()
        if worker is not None:
            await run_in_threadpool(worker.stop)


def _start_worker(services: Services) -> Worker | None:
    if not services.settings.worker:
        return None

    from ingest.worker import Worker

    worker = Worker(services)
    worker.start()
    return worker
