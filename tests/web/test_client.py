"""The Python client, generated anew, against the running program."""

import importlib
import pkgutil
import re
import sys
import time
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest

from docs.client import PACKAGE, write_client
from kb.runtime.ownership import find_owner

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "client.md"
TEXT = "Il mulino di Valdombra è gestito da una cooperativa, che macina il grano ogni sabato."


@pytest.fixture(scope="module")
def package(front_door, tmp_path_factory):
    """Every module of the client, imported, by its last name."""
    folder = tmp_path_factory.mktemp("client") / "client"
    description = front_door.client.get("/api/openapi.json").json()
    assert write_client(description, folder) == []
    assert 'name="terre-comuni-kb-client"' in (folder / "setup.py").read_text("utf-8")
    sys.path.insert(0, str(folder))
    try:
        whole = importlib.import_module(PACKAGE)
        names = [one.name for one in pkgutil.walk_packages(whole.__path__, f"{PACKAGE}.")]
        yield {name.rpartition(".")[2]: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(folder))
        for name in [one for one in sys.modules if one.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


def test_the_example_of_the_guide_adds_finds_reads_and_pages(package, front_door):
    front_door.client.post("/api/v1/documents", files={"file": ("b.txt", b"Another text.")})
    status = package["models"].Status
    owner = find_owner(front_door.data_dir)
    names = {
        "SITE": str(front_door.client.base_url).rstrip("/"), "TOKEN": owner.token,
        "TEXT": TEXT.encode(),
        "KEY": "guide-1", "WAITING": set(status) - {status.READY, status.FAILED},
        "BytesIO": BytesIO, "time": SimpleNamespace(sleep=lambda _: time.sleep(0.2)),
        "AuthenticatedClient": package["client"].AuthenticatedClient,
        "File": package["types"].File, "BodyAddDocument": package["models"].BodyAddDocument,
    }  # fmt: skip
    for operation in ("add_document", "get_document", "list_pages", "list_documents", "search"):
        names[operation] = package[operation]
    names["search"] = importlib.import_module(f"{PACKAGE}.api.search.search")
    code = re.search(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)[1]
    exec(code, names)
    names["client"].get_httpx_client().close()
    assert names["document"].status is status.READY
    assert [page.text for page in names["pages"]] == [TEXT]
    first = names["found"].results[0]
    assert (first.id, first.title) == (names["accepted"].id, "Il mulino")
    assert first.passages[0].text == names["quoted"] == TEXT
    assert names["listed"].total >= 2
    assert len(names["listed"].documents) == 1
    problem = names["problem"]
    assert isinstance(problem, package["models"].ProblemDetails)
    assert (problem.status, problem.type_, problem.instance) == (
        404, "about:blank", "/api/v1/documents/none",
    )  # fmt: skip
    assert problem.detail
