"""``kb serve`` and ``kb worker``: the long-running processes."""

from __future__ import annotations

import signal
import socket
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer

from kb.cli.text import printable
from kb.messages import N_, ConfigurationError, TransientError

if TYPE_CHECKING:
    import uvicorn

    from kb.runtime.services import Services

HOST, PORT = "127.0.0.1", 8000
STARTED_POLL_S = 0.05
FIRST_QUESTION = "Quanto costa la prima domanda?"
"""Asked at the start, so that statements, models and samples are there when users ask."""


def register(app: typer.Typer) -> None:
    app.command()(serve)
    app.command()(worker)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = HOST,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any that is free.")
    ] = PORT,
) -> None:
    """Serve pages and API, and work through the ingest queue unless KB_WORKER=false."""
    from kb.runtime.logs import configure
    from kb.settings import Settings

    settings = Settings.read()
    configure(settings.log_level, settings.log_format)
    listener = open_listener(host, port)

    import uvicorn

    from kb.runtime.original_files import look_at_originals
    from kb.runtime.services import open_services
    from web.app import create_app
    from web.http.connections import TimedProtocol, raise_file_limit

    with open_services(settings, own=settings.embedded) as services:
        look_at_originals(services)
        app = create_app(services, host)
        raise_file_limit()
        tempfile.tempdir = str(settings.spool_dir())
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=TimedProtocol,
                log_config=None,
                access_log=False,
            )
        )
        name = f"[{host}]" if ":" in host else host
        url = f"http://{name}:{listener.getsockname()[1]}"
        announcer = threading.Thread(target=_announce, args=(services, server, url))
        announcer.start()
        server.run(sockets=[listener])
        announcer.join()
    if services.failure and not services.waits:
        raise services.failure


def _announce(services: Services, server: uvicorn.Server, url: str) -> None:
    """Load model and index while health checks are answered already, then print the address."""
    from kb.access import PUBLIC
    from search.results import Question
    from search.service import search

    services.warm(
        lambda: search(Question(FIRST_QUESTION), services, PUBLIC, note=False),
        stopping=lambda: server.should_exit,
        announce=lambda: _tell_ready(services, server, url),
    )
    if services.failure:
        server.should_exit = True


def _tell_ready(services: Services, server: uvicorn.Server, url: str) -> None:
    while not (server.started or server.should_exit):
        time.sleep(STARTED_POLL_S)
    if server.should_exit:
        return
    if services.settings.embedded:
        services.ownership.announce(url)
    try:
        _offer_claim(services, url)
    except TransientError as error:
        typer.echo(str(error), err=True)
    typer.echo(f"ready {url}")


def _offer_claim(services: Services, url: str) -> None:
    """If there is no administrator, print how to create the first one."""
    from kb.accounts import accounts, links

    with services.database.transaction() as session:
        if accounts.has_admin(session):
            return
        token = links.offer_claim(session, one_process=services.settings.embedded)
    address = links.address(services.settings.public_url or url, token)
    typer.echo(
        "There is no administrator yet; without any account, only this machine itself may upload. "
        f"The first administrator is made at\n  {address}\n"
        "(once, within a day) or with `kb user add NAME --role admin`.",
        err=True,
    )


def worker() -> None:
    """Work through the ingest queue until stopped, without serving pages."""
    from ingest.worker import Worker
    from kb.runtime.logs import configure
    from kb.runtime.original_files import look_at_originals
    from kb.runtime.services import open_services
    from kb.settings import Settings

    settings = Settings.read()
    configure(settings.log_level, settings.log_format)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with open_services(settings, own=settings.embedded) as services:
        look_at_originals(services)
        ingest_worker = Worker(services)
        ingest_worker.start()
        stop.wait()
        ingest_worker.stop()


def open_listener(host: str, port: int) -> socket.socket:
    """A socket with explicit protocol TCP: asyncio sets ``TCP_NODELAY`` only then, without which
    each answer took 40 ms longer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, UnicodeError, TypeError) as error:  # a name may be none that IDNA can write
        reason = error.strerror if isinstance(error, OSError) else None
        raise ConfigurationError(
            N_(
                "The address {host}:{port} cannot be used ({reason}): choose another --port or"
                " --host."
            ),
            host=printable(host),
            port=port,
            reason=reason or str(error),
        ) from error
    return listener
