"""`kb sources fetch` and `check` against a site that does everything, and lies."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from kb.citations.csl import of_document
from kb.citations.writers import bibtex, ris
from kb.domain import Status, Visibility
from kb.runtime.services import open_services
from kb.storage.tables import Document
from tests.fetching.conftest import Base
from tests.fetching.site import (
    PAGE,
    TEXT,
    Site,
    body,
    bomb,
    drip,
    drip_headers,
    endless,
    first,
    garbage,
    huge,
    page,
    redirect,
    silent,
    status,
    with_etag,
)
from tests.ingest.conftest import assembled, stream, text_at

Lines = dict[str, dict[str, Any]]
LOGIN = '<form><input name=u><input type="password" name=p></form>'
HTML = {"Content_Type": "text/html"}


def pdf(text: str) -> bytes:
    return assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R"
            b"/Resources<</Font<</F 3 0 R>>>>>>",
            stream(text_at(50, 700, text).encode("cp1252")),
        ]
    )


def html(text: str) -> Callable[..., None]:
    return body(f"<!doctype html><html><body>{text}</body></html>".encode(), **HTML)


def unique(name: str) -> Callable[..., None]:
    """A page of its own, since the same bytes become one document."""
    return page(f"<p>Questa è la pagina {name}, e non un'altra.</p>")


ROUTES = {
    "report.pdf": with_etag(pdf("Nel 2021 la raccolta separata era del 78,4 per cento"), '"v1"'),
    "page": unique("page"),
    "nameless": body(pdf("Un rapporto senza nome"), Content_Type="text/html"),
    "packed": body(
        gzip.compress(PAGE.format("<p>Compressa.</p>").encode()), Content_Encoding="gzip"
    ),
    "open-licence": page('<a rel=license href="https://creativecommons.org/licenses/by/4.0/">CC</a>'),
    "closed-licence": page('<a href="https://creativecommons.org/licenses/by-nc/4.0/">CC</a>'),
    "refreshed": html('<meta http-equiv="refresh" content="0; url=/new">'),
    "new": unique("new"),
    "moved": redirect("/dir/newer", 301),
    "dir/newer": unique("newer"),
    "elsewhere": redirect("/other", 302),
    "other": unique("other"),
    "later": first(status(503), unique("later")),
    "with-sign-in-box": page(f"{LOGIN}<p>{TEXT * 10}</p>"),
    "gone": status(404),
    "gone-for-good": status(410),
    "soft": html("<title>Pagina non trovata</title><h1>Ci dispiace</h1>"),
    "soft-de": html("<h1>Seite nicht gefunden</h1>"),
    "sent-home": redirect("/", 302),
    "": unique("home"),
    "lies.pdf": page("<p>Il documento si scarica dopo la registrazione.</p>"),
    "unauthorised": status(401),
    "paid": status(402),
    "forbidden": status(403),
    "legal": status(451),
    "robot-check": status(403, **{"cf-mitigated": "challenge"}),
    "challenge": html("<title>Just a moment...</title>Checking your browser"),
    "password": html(f"<h1>Area riservata</h1>{LOGIN}"),
    "sent-to-login": redirect("/users/login?next=/x"),
    "users/login": unique("login"),
    "abo": page('<script>{"isAccessibleForFree": false}</script>'),
    "needs-cookies": redirect("/needs-cookies", 302, Set_Cookie="a=b"),
    "loop": redirect("/loop-2"),
    "loop-2": redirect("/loop"),
    "secret/list": unique("secret"),
    "sent-to-secret": redirect("/secret/list"),
    "private": redirect("http://10.0.0.1/report.pdf"),
    "metadata": redirect("http://169.254.169.254/latest/meta-data/"),
    "mapped": redirect("http://[::ffff:10.0.0.1]/"),
    "file": redirect("file:///etc/passwd"),
    "with-password": redirect("http://user:secret@example.org/"),
    "endless": endless,
    "huge": huge,
    "bomb": bomb,
    "empty": body(b""),
    "scripts": html("<div id=app></div><script>render('" + TEXT * 3 + "')</script>"),
    "cut-off": body(b"%PDF-1.7 half", Content_Length="5000"),
    "half-packed": body(gzip.compress(TEXT.encode())[:-12], Content_Encoding="gzip"),
    "brotli": body(b"\x0b\x02\x80abc\x03", Content_Encoding="br"),
    "garbage": garbage,
}  # fmt: skip
SLOW = {"silent": silent, "drip": drip, "drip-headers": drip_headers}
STATES = {
    "fetched": "report.pdf page nameless packed open-licence closed-licence refreshed elsewhere "
    "later with-sign-in-box",
    "moved": "moved",
    "gone": "gone gone-for-good soft soft-de sent-home",
    "wall": "lies.pdf unauthorised paid forbidden legal robot-check challenge password "
    "sent-to-login abo needs-cookies",
    "robots": "secret/list sent-to-secret",
    "refused": "loop private metadata mapped file with-password endless huge bomb empty scripts "
    "decimal octal other-port local-name not-an-address",
    "failed": "cut-off half-packed brotli garbage silent drip drip-headers",
}


def source_id(path: str) -> str:
    return f"s-{path.replace('/', '-').replace('.', '-')}"


@pytest.fixture(scope="module")
def base(site: Site, slow_site: Site, make_base: Callable[..., Base]) -> Base:
    made = make_base(site, slow_site)
    robots = b"User-agent: *\nDisallow: /secret/\n\nUser-agent: Evil\nDisallow: /\n"
    site.routes["/robots.txt"] = body(robots, Content_Type="text/plain")
    site.routes |= {f"/{path}": answer for path, answer in ROUTES.items()}
    slow_site.routes |= {f"/{path}": answer for path, answer in SLOW.items()}
    cited = {path: f"{site.url}/{path}" for path in ROUTES if path in " ".join(STATES.values())}
    cited |= {path: f"{slow_site.url}/{path}" for path in SLOW}
    cited |= {
        "decimal": "http://2130706433/",
        "octal": "http://0177.0.0.1/",
        "other-port": f"http://127.0.0.1:{site.port + 1 if site.port < 65535 else 1}/",
        "local-name": "http://localhost:80/admin",
        "not-an-address": "http://[not/an:address",
    }
    del cited[""]
    made.cite({source_id(path): url for path, url in cited.items()})
    return made


@pytest.fixture(scope="module")
def fetched(base: Base) -> Lines:
    return base.sources("fetch")


@pytest.mark.parametrize(
    ("path", "state"), [(path, state) for state, paths in STATES.items() for path in paths.split()]
)
def test_says_what_it_found(fetched: Lines, path: str, state: str):
    line = fetched[source_id(path)]
    assert (line["state"], bool(line["document"])) == (state, state in ("fetched", "moved")), line
    assert state == "fetched" or line["reason"]


def test_asks_politely(fetched: Lines, site: Site):
    assert site.most_at_once == 1
    assert {one.headers["User-Agent"] for one in site.asked} == {
        "TerreComuniKB/0.1.0 (+library@example.org)"
    }
    assert not any("Cookie" in one.headers for one in site.asked)
    assert site.times_asked("/robots.txt") == 1
    assert site.times_asked("/secret/list") == 0


def test_says_how_large_and_where(fetched: Lines, site: Site):
    assert "larger than 1 MB" in fetched[source_id("huge")]["reason"]
    assert fetched[source_id("moved")]["final_url"] == f"{site.url}/dir/newer"
    assert f"{site.url}/dir/newer" in fetched[source_id("moved")]["reason"]
    assert "sent too slowly" in fetched[source_id("drip-headers")]["reason"]
    assert "certificate" not in fetched[source_id("silent")]["reason"]


def test_documents_are_read_and_for_researchers(fetched: Lines, base: Base, site: Site):
    with open_services(base.settings()) as services, services.database.session() as session:
        documents = {one.id: one for one in session.scalars(select(Document))}
        assert len(documents) == len({line["document"] for line in fetched.values()} - {None})
        assert {one.status for one in documents.values()} == {Status.READY}
        of = {
            path: documents[fetched[source_id(path)]["document"]]
            for path in STATES["fetched"].split()
        }
        assert of["open-licence"].visibility is Visibility.PUBLIC
        assert of["open-licence"].licence == "CC BY 4.0"
        others = {one.visibility for path, one in of.items() if path != "open-licence"}
        assert others == {Visibility.RESEARCHERS}
        read = of["page"]
        assert (read.title, read.publisher, read.year) == (
            "Rapporto s-page", "Comune di Fontechiara", 2021,
        )  # fmt: skip
        assert read.source_url == f"{site.url}/page"
        assert read.accessed_at is not None
        assert "contenitori alle famiglie" in " ".join(one.text for one in read.pages)
        cited = of_document(read, "http://here")
        day = read.accessed_at
        assert cited["type"] == "webpage"
        assert cited["accessed"] == {"date-parts": [[day.year, day.month, day.day]]}
        assert f"urldate = {{{day:%Y-%m-%d}}}" in bibtex([cited])
        assert f"Y2  - {day:%Y/%m/%d}" in ris([cited])


def test_a_second_run_asks_only_for_what_is_missing(fetched: Lines, base: Base, site: Site):
    site.asked.clear()
    again = base.sources("fetch")
    assert again[source_id("report.pdf")]["state"] == "fetched"
    assert site.times_asked("/report.pdf") == site.times_asked("/page") == 0
    assert site.times_asked("/gone") == 1


def test_check_tells_what_changed_and_stores_nothing(fetched: Lines, base: Base, site: Site):
    site.asked.clear()
    site.routes["/nameless"] = body(pdf("Un rapporto con altre parole, e più lungo di prima"))
    site.routes["/page"] = page("<p>Questa è la pagina page, e non un'altra. Visite: 1204</p>")
    site.routes["/elsewhere"] = status(404)
    site.routes["/gone"] = unique("back again")
    checked = base.sources("check")
    states = {
        path: checked[source_id(path)]["state"] for path in ("report.pdf", "page", "nameless")
    }
    assert states == {"report.pdf": "fetched", "page": "fetched", "nameless": "changed"}
    assert checked[source_id("elsewhere")]["state"] == "gone"
    assert (
        checked[source_id("elsewhere")]["document"] == fetched[source_id("elsewhere")]["document"]
    )
    assert checked[source_id("gone")]["state"] == "reachable"
    asked = next(one for one in site.asked if one.path == "/report.pdf")
    assert asked.headers["If-None-Match"] == '"v1"'
    with open_services(base.settings()) as services, services.database.session() as session:
        assert session.get_one(Document, checked[source_id("nameless")]["document"]).version == 1


def test_fetching_again_adds_a_version(fetched: Lines, base: Base, site: Site):
    again = base.sources("fetch", "--again")
    assert again[source_id("nameless")]["state"] == "changed"
    assert "changed since" in again[source_id("nameless")]["reason"]
    assert again[source_id("nameless")]["document"] == fetched[source_id("nameless")]["document"]
    assert again[source_id("report.pdf")]["state"] == "fetched"
    with open_services(base.settings()) as services, services.database.session() as session:
        changed = session.get_one(Document, again[source_id("nameless")]["document"])
        assert (changed.version, changed.status) == (2, Status.READY)
        assert "altre parole" in changed.pages[0].text
    listed = base.sources()
    assert listed[source_id("nameless")]["state"] == "changed"


def test_off_unless_allowed(base: Base):
    code, _, err = base.run("fetch", KB_FETCH="")
    assert code == 2
    assert "KB_FETCH=true" in err
    code, _, err = base.run("fetch", KB_FETCH_CONTACT="")
    assert code == 2
    assert "KB_FETCH_CONTACT" in err
    code, _, err = base.run("fetch", "no-such-card")
    assert code == 2
    assert "no-such-card" in err
