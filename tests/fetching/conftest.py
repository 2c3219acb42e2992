"""A base with one card that cites what a test names, and the `kb sources` command on it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kb.corpus.card_files import load_corpus
from kb.practices.practice import Practice
from kb.practices.publishing import publish_practice
from kb.runtime.services import open_services
from kb.settings import Settings
from tests.fetching.site import Site
from tests.kb_command import KB, ROOT

CARD = "contarina-tariffa-puntuale"


@cache
def read_card() -> dict[str, Any]:
    """A card of the starter corpus."""
    cards = load_corpus(ROOT / "corpus").practices
    return next(card for card in cards if card.id == CARD).model_dump(mode="json")


@dataclass
class Base:
    """``environment``: settings of the commands, beside those that allow to fetch."""

    data_dir: Path
    allowed: tuple[Site, ...]
    environment: dict[str, str] = field(default_factory=dict)

    def settings(self, **fields: Any) -> Settings:
        return Settings(_env_file=None, data_dir=self.data_dir, **fields)

    def cite(self, addresses: Mapping[str, str]) -> None:
        """Publish a card that cites these addresses, by the id of the source."""
        card = read_card()
        for source in card["sources"]:
            source["url"] = None
        more = [
            {
                "id": name, "title": f"Rapporto {name}", "publisher": "Comune di Fontechiara",
                "year": 2021, "url": url, "language": "it", "accessed": "cited",
            }
            for name, url in addresses.items()
        ]  # fmt: skip
        practice = Practice.model_validate(card | {"sources": [*card["sources"], *more]})
        with (
            open_services(self.settings(), own=True) as services,
            services.database.transaction() as session,
        ):
            publish_practice(session, practice)

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "KB_DATA_DIR": str(self.data_dir),
            "LANG": "en_US.UTF-8",
            "KB_FETCH": "true",
            "KB_FETCH_CONTACT": "library@example.org",
            "KB_FETCH_ALLOW": ",".join(f"127.0.0.1:{site.port}" for site in self.allowed),
            "KB_FETCH_DELAY_S": "0.05",
            "KB_FETCH_TIMEOUT_S": "2",
            "KB_FETCH_TOTAL_S": "4",
            "KB_FETCH_MAX_MB": "1",
            **self.environment,
            **more,
        }
        return subprocess.Popen(
            [*KB, "sources", *arguments],
            env={name: value for name, value in environment.items() if value}, cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *arguments: str, **more: str) -> tuple[int, str, str]:
        """Exit status, standard output and standard error."""
        with self.start(*arguments, **more) as process:
            out, err = process.communicate(timeout=280)
            return process.returncode, out, err

    def sources(self, *arguments: str, **more: str) -> dict[str, dict[str, Any]]:
        """What ``kb sources … --json`` says of each source that has an address, by its id."""
        code, out, err = self.run(*arguments, "--json", **more)
        assert code in (0, 1), err
        lines = [json.loads(line) for line in out.splitlines()]
        return {line["source"]: line for line in lines if line["url"]}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    opened = Site()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def slow_site() -> Iterator[Site]:
    """Another site, asked meanwhile."""
    opened = Site()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def make_base(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Base]:
    return lambda *sites: Base(tmp_path_factory.mktemp("kb"), sites)
