"""What is installed is what is declared, and exactly the files that were locked."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-postgresql.lock")


def locked(name: str) -> dict[str, str]:
    """Package → version."""
    pins = re.findall(r"^([\w.-]+)==([^ ;\\]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    return dict(pins)


def names_of(requirements: list[str]) -> set[str]:
    names = (re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in requirements)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_the_hashes_of_its_files(name: str) -> None:
    for pin in re.split(r"^(?=[\w.-]+==)", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)[
        1:
    ]:
        assert "--hash=sha256:" in pin, pin


def test_every_declared_package_is_locked_but_pytorch() -> None:
    """PyTorch comes from several indexes with hashes of their own (Makefile)."""
    assert names_of(PROJECT["dependencies"]) - {"torch"} <= set(locked("requirements.lock"))
    extras = PROJECT["optional-dependencies"]
    assert names_of(extras["dev"]) <= set(locked("requirements-dev.lock"))
    assert names_of(extras["postgresql"]) <= set(locked("requirements-postgresql.lock"))


@pytest.mark.parametrize("name", LOCKS[1:])
def test_the_locks_agree(name: str) -> None:
    main = locked("requirements.lock")
    other = locked(name)
    assert {one: other[one] for one in other if one in main} == {
        one: main[one] for one in main if one in other
    }
    assert "torch" not in main.keys() | other.keys()
