"""A base for tests of the site: the corpus, and an account for each role. The worker is off."""

import atexit
import functools
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from ingest.worker import Worker
from kb.access import Role
from kb.accounts import accounts
from kb.accounts.sessions import open_session
from kb.corpus.loading import CORPUS, load
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from tests.databases import usual
from web.http.cookies import SESSION_COOKIE

UNLIMITED = dict.fromkeys(
    (
        "rate_search",
        "rate_upload",
        "rate_paper",
        "rate_summary",
        "rate_contribution",
        "rate_enrolment",
        "rate_sign_in_address",
    ),
    "1000000/minute",
)
"""Settings for tests that ask more than people do."""


@contextmanager
def base(folder: Path, **fields: Any) -> Iterator[Services]:
    """The whole corpus, not indexed. ``fields`` are settings. The accounts are named a-ROLE."""
    with _find_database(fields) as database:
        if not database and "database_url" not in fields:
            with copied_base(_load_whole_corpus(), folder, **fields) as opened:
                yield opened
            return
        given = {"data_dir": folder / "data", "worker": False} | database | fields
        with open_services(Settings(_env_file=None, **given), own=True) as opened:
            load(opened)
            create_accounts(opened)
            yield opened


@contextmanager
def copied_base(source: Path, folder: Path, **fields: Any) -> Iterator[Services]:
    """A base on a copy of the data folder ``source``, which has its database in it."""
    shutil.copytree(source, folder / "data")
    settings = Settings(_env_file=None, data_dir=folder / "data", worker=False, **fields)
    with open_services(settings, own=True) as opened:
        yield opened


@functools.cache
def _load_whole_corpus() -> Path:
    """A data folder on SQLite, made once per process; a copy takes a tenth of the time."""
    folder = Path(tempfile.mkdtemp(prefix="kb-corpus-"))
    atexit.register(shutil.rmtree, folder)
    settings = Settings(_env_file=None, data_dir=folder / "data", worker=False)
    with open_services(settings, own=True) as opened:
        load(opened)
        create_accounts(opened)
        return settings.data_dir


def practices_of(collections: Iterable[str]) -> list[str]:
    """The practices in these collections of the corpus."""
    texts = ((CORPUS / "collections" / f"{name}.md").read_text("utf-8") for name in collections)
    return [name for text in texts for name in re.findall(r"practice: ([\w-]+)", text)]


@contextmanager
def indexed_base(
    folder: Path, practices: Sequence[str], collections: Sequence[str] = (), **fields: Any
) -> Iterator[Services]:
    """A base with these cards and collections of the corpus, ready to be searched, without limits.

    The practices of the collections are among the cards. The accounts are named a-ROLE.
    """
    with loaded_base(folder, practices, collections, **fields) as opened:
        Worker(opened).run_until_idle()
        yield opened


@contextmanager
def loaded_base(
    folder: Path, practices: Sequence[str], collections: Sequence[str] = (), **fields: Any
) -> Iterator[Services]:
    """As ``indexed_base``, before anything is indexed."""
    copied = folder / "corpus"
    for kind, names in (("practices", practices), ("collections", collections)):
        (copied / kind).mkdir(parents=True)
        for name in names:
            shutil.copy(CORPUS / kind / f"{name}.md", copied / kind)
    with _find_database(fields) as database:
        given = {"data_dir": folder / "data", "worker": False} | UNLIMITED | database | fields
        with open_services(Settings(_env_file=None, **given), own=True) as opened:
            load(opened, copied)
            create_accounts(opened)
            yield opened


def _find_database(fields: dict[str, Any]) -> AbstractContextManager[dict[str, Any]]:
    """Settings of a database, unless ``fields`` name one."""
    return nullcontext({}) if "database_url" in fields else usual()


def create_accounts(opened: Services) -> None:
    """An account for each role, named a-ROLE."""
    with opened.database.transaction() as session:
        for role in Role:
            accounts.create(session, f"a-{role}", role)


def sign_in_as(browser: TestClient, services: Services, name: str) -> TestClient:
    """The same browser with a session of the account."""
    with services.database.transaction() as session:
        account = accounts.get(session, name)
        browser.cookies.set(SESSION_COOKIE, open_session(session, account, timedelta(days=1)))
    return browser


def visit_as(application: FastAPI, services: Services, role: str | None = None) -> TestClient:
    """A new browser, which follows no redirect, with a session of the account of the role."""
    browser = TestClient(application, headers={"Accept-Language": "it"}, follow_redirects=False)
    return sign_in_as(browser, services, f"a-{role}") if role else browser
