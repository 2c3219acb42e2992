"""A base for tests of the site: the corpus, and an account for each role. The worker is off."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kb.access import Role
from kb.accounts import accounts
from kb.corpus.loading import load
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from tests.databases import SERVER, fresh

UNLIMITED = dict.fromkeys(
    ("rate_search", "rate_upload", "rate_paper", "rate_sign_in_address"), "1000000/minute"
)
"""Settings for tests that ask more than people do."""


@contextmanager
def base(folder: Path, **fields: Any) -> Iterator[Services]:
    """``fields`` are settings. The accounts are named a-ROLE."""
    with fresh("postgresql" if SERVER else "sqlite", folder) as url:
        given = {"data_dir": folder / "data", "database_url": url, "worker": False} | fields
        with open_services(Settings(_env_file=None, **given), own=True) as opened:
            load(opened)
            with opened.database.transaction() as session:
                for role in Role:
                    accounts.create(session, f"a-{role}", role)
            yield opened
