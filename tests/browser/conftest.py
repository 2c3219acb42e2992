"""The program as people start it, and a real Chromium in front of it."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from kb.access import Role
from kb.accounts import accounts, passwords
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from tests.kb_command import KB, ROOT
from tests.mail_sink import Sink
from tests.ports import reserve_port
from tests.web.base import create_accounts, indexed_base, practices_of

COLLECTION = "unioni-e-fusioni-cosa-dicono-i-numeri"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}

REPORT = """
<html lang="en"><head><title>Shared kitchens of the Lower Valley</title>
<style>section {{ break-after: page }} body {{ font-family: serif }}</style></head><body>
<section><h1>Shared kitchens of the Lower Valley</h1>
<p>This is an example document written for tests. Nine villages closed their separate school
kitchens and opened a common one. The first chapter tells how the decision was taken.</p></section>
<section><h1>What it cost</h1>
<p>The villages had to agree on recipes, on delivery times and on who employs the cooks. The old
rooms were given to the parish choirs, who had asked for them for many years.</p>
<p>{sentence}</p>
<p>The mayor of the largest village would have preferred a contract with a private firm, and said
so in the newspaper. His council voted the other way.</p></section>
<section><h1>What was learned</h1>
<p>Start with the cooks. They know what is thrown away.</p></section>
</body></html>
"""
PASSWORD = "quattro gatti sotto il portico"
SENTENCE = "The price of a school meal fell from 6.20 euro to 4.90 euro within two years."


PATIENCE_MS = 60_000
"""How long a page may take on a busy machine."""
expect.set_options(timeout=PATIENCE_MS)
LONG_S = 900
"""How long a job may take on the busiest machine."""


@dataclass
class Server:
    """A running program: where it answers, and where its data lies."""

    url: str
    data_dir: Path
    mails: Sink | None = None
    """The mail server that it sends to."""

    def wait_for_jobs(self) -> None:
        """Return once no job waits or runs: everything submitted before has ended."""
        ends = time.monotonic() + LONG_S
        while self._live_jobs():
            assert time.monotonic() < ends, f"jobs still at work after {LONG_S} s"
            time.sleep(0.2)

    def _live_jobs(self) -> int:
        address = f"file:{self.data_dir / 'kb.sqlite'}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=30)) as database:
            live = "SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')"
            return database.execute(live).fetchone()[0]


@dataclass
class Window:
    """A browser page that remembers what went wrong in it."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _on_console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a collection of the corpus and its practices, ready to be searched."""
    folder = tmp_path_factory.mktemp("filled")
    practices = practices_of([COLLECTION])
    with indexed_base(folder, practices, [COLLECTION], database_url=None) as services:
        choose_passwords(services)
    return folder / "data"


@pytest.fixture(scope="module")
def server(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The program on a copy of that folder, and a mail server."""
    folder = tmp_path_factory.mktemp("kb")
    shutil.copytree(filled, folder / "data")
    with contextlib.closing(Sink()) as mails, reserve_port() as port:
        environment = {
            **os.environ, "KB_DATA_DIR": str(folder / "data"), "KB_SMTP_URL": mails.url,
            "KB_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }  # fmt: skip
        with serve(folder, environment, port) as running:
            yield replace(running, mails=mails)


@contextlib.contextmanager
def serve_for_all_roles(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    """The program on the data in ``folder``, with an account for each role, named a-ROLE."""
    settings = Settings(_env_file=None, data_dir=folder / "data")
    with open_services(settings, own=True) as services:
        create_accounts(services)
        choose_passwords(services)
    with serve(folder, environment) as running:
        yield running


def choose_passwords(services: Services) -> None:
    with services.database.transaction() as session:
        for role in Role:
            passwords.choose(accounts.get(session, f"a-{role}"), PASSWORD)


@contextlib.contextmanager
def serve(folder: Path, environment: dict[str, str], port: int = 0) -> Iterator[Server]:
    """The program on the data in ``folder``."""
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [*KB, "serve", "--port", str(port)],
            env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
        ) as process,
    ):  # fmt: skip
        line = process.stdout.readline()
        assert line.startswith("ready "), (folder / "log").read_text()
        yield Server(line.split()[1], folder / "data")
        process.terminate()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
        except Error as error:
            pytest.skip(f"no Chromium: run python -m tests.browser.install ({error.message[:80]})")
        yield browser
        browser.close()


def open_context(chromium: Browser, server: Server, **options) -> BrowserContext:
    """A browser of an Italian reader, with cookies of its own. ``options``: of Playwright."""
    given = {"locale": "it-IT", "viewport": DESKTOP} | options
    opened = chromium.new_context(base_url=server.url, **given)
    opened.set_default_timeout(PATIENCE_MS)
    return opened


@pytest.fixture
def context(chromium: Browser, server: Server) -> Iterator[BrowserContext]:
    with contextlib.closing(open_context(chromium, server)) as opened:
        yield opened


@pytest.fixture
def window(context: BrowserContext) -> Iterator[Window]:
    opened = Window(context.new_page())
    yield opened
    assert opened.problems == []


@pytest.fixture
def signed_in(chromium: Browser, server: Server) -> Iterator[Callable[..., Window]]:
    """Opens a window and signs in with the account of a role; several may be open at once."""
    windows: list[Window] = []

    def open_window(role: Role, **options) -> Window:
        page = open_context(chromium, server, **options).new_page()
        windows.append(Window(page))
        sign_in(page, server, role)
        return windows[-1]

    yield open_window
    for window in windows:
        window.page.context.close()
    assert [window.problems for window in windows if window.problems] == []


def sign_in(page: Page, server: Server, role: Role) -> None:
    page.goto("/login")
    page.fill("#name", f"a-{role}")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Accedi").click()
    page.wait_for_url(server.url + "/")


@pytest.fixture
def visit(chromium: Browser, server: Server, signed_in) -> Iterator[Callable[..., Page]]:
    """Opens an address in a new window, signed in if a role is given."""
    contexts: list[BrowserContext] = []

    def open_page(role: Role | None, address: str, **options) -> Page:
        if role:
            page = signed_in(role, **options).page
        else:
            contexts.append(open_context(chromium, server, **options))
            page = contexts[-1].new_page()
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def report(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PDF of three pages with an answer on the second, printed by the browser."""
    path = tmp_path_factory.mktemp("documents") / "shared-kitchens.pdf"
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.set_content(REPORT.format(sentence=SENTENCE))
    page.pdf(path=path, format="A4", tagged=True, outline=True)
    page.close()
    return path
