"""What was begun is finished by a later run; what is gone may be in a web archive."""

from __future__ import annotations

import itertools
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from kb.domain import Status
from kb.runtime.services import open_services
from kb.storage.tables import Document
from tests.fetching.conftest import Base
from tests.fetching.site import PAGE, Handler, Site, body, page, redirect, status

WITHIN_S = 120


def held_back(reached: threading.Event, go_on: threading.Event) -> Callable[[Handler], None]:
    """Sends half a file, and the rest when it may go on."""
    content = PAGE.format("<p>La seconda metà arriva tardi.</p>").encode()

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        handler.wfile.flush()
        reached.set()
        go_on.wait(WITHIN_S)
        handler.wfile.write(content[len(content) // 2 :])

    return answer


def test_a_killed_run_is_finished_by_the_next(site: Site, make_base: Callable[..., Base]):
    base = make_base(site)
    reached, go_on = threading.Event(), threading.Event()
    site.routes |= {f"/{n}": page(f"<p>Pagina numero {n}.</p>") for n in range(3)}
    site.routes["/9"] = held_back(reached, go_on)
    base.cite({f"s-{n}": f"{site.url}/{n}" for n in (0, 9, 1, 2)})
    long = {"KB_FETCH_TIMEOUT_S": "100", "KB_FETCH_TOTAL_S": "100"}
    with base.start("fetch", **long) as process:
        assert reached.wait(WITHIN_S)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    go_on.set()
    lines = base.sources("fetch", KB_FETCH_DELAY_S="0.4")
    assert Counter(line["state"] for line in lines.values()) == {"fetched": 4}
    assert len({line["document"] for line in lines.values()}) == 4
    with open_services(base.settings()) as services, services.database.session() as session:
        documents = session.scalars(select(Document)).all()
        assert [one.status for one in documents] == [Status.READY] * 4
    assert not list((base.data_dir / "incoming").iterdir())
    times = [one.at for one in site.asked][-4:]
    assert all(later - earlier >= 0.4 for earlier, later in itertools.pairwise(times))


@pytest.fixture(scope="module")
def third_site() -> Iterator[Site]:
    opened = Site()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lines(
    site: Site, slow_site: Site, third_site: Site, make_base: Callable[..., Base]
) -> dict[str, dict[str, Any]]:
    """A run with an archive, a file that cannot be read, and a robots.txt that fails."""
    base = make_base(site, slow_site, third_site)
    site.routes |= {
        "/lost": status(404),
        "/never": status(410),
        "/undated": status(410),
        "/archive.zip": body(b"Rar!\x1a\x07\x01\x00 an archive"),
    }
    copy, gate = "/web/20150102/lost", f"/gate/{site.url}/"
    slow_site.routes |= {
        f"{gate}lost": redirect(copy, 302, Vary="accept-datetime"),
        copy: page(Memento_Datetime="Fri, 02 Jan 2015 10:00:00 GMT"),
        f"{gate}never": status(404),
        f"{gate}undated": page(Memento_Datetime="Fri, 02 Jan 2015 10:00:00 +99999999999999"),
    }
    third_site.routes |= {"/robots.txt": status(500), "/x": page("<p>Vietata per ora.</p>")}
    cited = {name: f"{site.url}/{name}" for name in ("lost", "never", "undated", "archive.zip")}
    cited["x"] = f"{third_site.url}/x"
    base.cite({f"s-{name.replace('.', '-')}": url for name, url in cited.items()})
    return base.sources("fetch", KB_FETCH_ARCHIVE=f"{slow_site.url}/gate/")


def test_a_copy_of_what_is_gone_comes_from_the_archive(
    lines: dict[str, dict[str, Any]], slow_site: Site
):
    lost = lines["s-lost"]
    assert (lost["state"], lost["archived_at"][:10]) == ("archived", "2015-01-02")
    assert lost["archived_url"] == f"{slow_site.url}/web/20150102/lost"
    assert lost["document"]
    assert "2015-01-02" in lost["reason"]
    for none in ("s-never", "s-undated"):
        assert (lines[none]["state"], lines[none]["document"]) == ("gone", None)
    asked = next(one for one in slow_site.asked if one.path.endswith("/lost"))
    assert asked.headers["Accept-Datetime"] == "Fri, 31 Dec 2021 00:00:00 GMT"


def test_a_file_that_cannot_be_read_is_said(lines: dict[str, dict[str, Any]]):
    assert lines["s-archive-zip"]["state"] == "fetched"
    assert "The file is an archive" in lines["s-archive-zip"]["reason"]


def test_robots_that_cannot_be_read_forbid_everything(
    lines: dict[str, dict[str, Any]], third_site: Site
):
    assert lines["s-x"]["state"] == "failed"
    assert third_site.times_asked("/x") == 0
