"""Whatever stands in an address or a form, no page breaks; what search quotes is verbatim."""

import re
import uuid
from html import unescape
from urllib.parse import quote, urlencode

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import select

from ingest.bulk import PlainText, add
from kb.access import Role
from kb.storage.collections import Collection
from kb.storage.tables import PassageRow, PracticeRow
from tests.web.base import UNLIMITED, base
from web.app import create_app

ODD = st.sampled_from(
    (
        "", "0", "-1", "1", "9" * 20, f"-{'9' * 20}", "9" * 5000, "\x00", "\ud800", "\u202e", "..",
        "½", "nan", "true", "[", "'", "%", "{0}", "<b>", "a\r\nb", "è" * 3000,
    )
) | st.text(max_size=40)  # fmt: skip
UNDECLARED = (
    "version", "visibility", "action", "revision", "placed", "new_section", "title", "find", "move",
    "note", "text", "language", "country", "year", "themes", "results-0-value",
    "dated", "editorial", "address", "new_note", "do",
    "taken", "before", "value", "period_start", "amount", "step", "due", "place",
)  # fmt: skip
"""Fields of forms that routes read by themselves."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
REQUESTS = 8
"""To each route."""
RARELY = settings(
    max_examples=REQUESTS, deadline=None, derandomize=True, database=None,
    phases=[Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    """A base of its own, for what is tried here leaves its marks."""
    folder = tmp_path_factory.mktemp("odd")
    with base(folder, **UNLIMITED) as opened:
        opened.warm()
        yield opened


@pytest.fixture(scope="module")
def application(services):
    with TestClient(create_app(services), raise_server_exceptions=False) as opened:
        yield opened


def routes(application):
    for route in iter_route_contexts(application.app.routes):
        if hasattr(route, "dependant"):
            for method in sorted(route.methods - {"HEAD"}):
                yield method, route.path, tuple(names_in(route.dependant))


def names_in(dependant):
    """Names of the parameters and form fields that a route declares."""
    for field in dependant.query_params + dependant.body_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield field.alias
    for one in dependant.dependencies:
        yield from names_in(one)


def known(services, browser):
    """Ids of what is there, by the names they have in paths; document and draft are new."""
    text = PlainText("a", "Notes", f"Notes {uuid.uuid4()}. The mill was restored by a cooperative.")
    (document,) = add(services, [text])
    with services.database.session() as session:
        practice = session.scalars(select(PracticeRow.id)).first()
        collection = session.scalars(select(Collection.id)).first()
    draft = browser.post(f"/practices/{practice}/edit", follow_redirects=False)
    project = browser.post(
        "/projects",
        data={"title": "Odd", "place": "Siena", "lead_body": "Comune", "practice": practice},
        follow_redirects=False,
    ).headers["location"]
    browser.post(f"{project}/indicators/new", data={"text": "Odd"})
    indicator = re.search(r'id="indicator-([0-9a-f-]{36})"', browser.get(project).text)[1]
    if browser.get("/magazine/1/edit").status_code == 404:
        browser.post("/magazine/new")
    return {
        "project_id": project.rpartition("/")[2], "indicator_id": indicator, "section": "steps",
        "file": "results.xml",
        "document_id": document, "practice_id": practice, "item_id": practice,
        "collection_id": collection, "revision_id": draft.headers["location"].split("/")[-1],
        "step_id": "results", "slug": "who-we-are", "code": "none",
        "token": "none", "path_id": collection, "unit_id": "none",
        "vocabulary": "themes", "listed": "practices",
        "suffix": "bib", "format": "pdf", "number": "1", "page": "1",
    }  # fmt: skip


@st.composite
def requests_to(draw, path, names, ids):
    """What fills the path, at most one odd value among things that are there, and odd fields."""
    parts = {name: ids.get(name, "1") for name in re.findall(r"{(\w+)}", path)}
    if parts and draw(st.booleans()):
        parts[draw(st.sampled_from(sorted(parts)))] = draw(ODD)
    fields = st.dictionaries(st.sampled_from((*names, *UNDECLARED)), ODD, max_size=4)
    return parts, draw(fields)


def sent(browser, method, path, parts, fields):
    values = {name: quote(in_bytes(value), safe="") for name, value in parts.items()}
    given = urlencode({name: in_bytes(value) for name, value in fields.items()})
    address = path.format(**values)
    if method == "GET":
        return browser.get(f"{address}?{given}", follow_redirects=False)
    return browser.request(method, address, content=given, headers=FORM, follow_redirects=False)


def in_bytes(text):
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.timeout(1200)
def test_nothing_in_an_address_or_a_form_breaks_a_page(services, application, sign_in):
    broken = []
    read = known(services, sign_in(Role.ADMIN))

    def try_out(method, path, names):
        there = read if method == "GET" else known(services, sign_in(Role.ADMIN))

        @RARELY
        @given(requests_to(path, names, there))
        def hold(request):
            answer = sent(sign_in(Role.ADMIN), method, path, *request)
            if answer.status_code >= 500:
                broken.append((method, path, request))

        hold()

    for route in routes(application):
        try_out(*route)
    assert not broken, sorted({(m, p) for m, p, _ in broken})


QUESTIONS = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.text(st.sampled_from("\x00\x0b\u200b\u202e\ufeff\ud800\udfff\U0010ffff ﷽'%*?"), max_size=30),
    st.lists(st.sampled_from(("mulino", "9" * 60, "costo", "<b>", "{0}", "renewable", "🙂"))).map(
        " ".join
    ),
)
FILTERS = st.dictionaries(
    st.sampled_from(
        "theme country language lang kind year_from year_to place territory economy ateco size "
        "growth lens influence page limit".split()
    ),
    ODD,
    max_size=2,
)
QUOTED = re.compile(r'<figure class="passage">\s*<blockquote[^>]*>(.*?)</blockquote>', re.DOTALL)


@pytest.fixture
def texts(services):
    with services.database.session() as session:
        return set(session.scalars(select(PassageRow.text)))


@settings(RARELY, max_examples=60)
@given(question=QUESTIONS, filters=FILTERS)
def test_any_question_is_refused_or_answered_in_words_of_the_base(client, texts, question, filters):
    asked = {"q": question, **filters}
    page = sent(client, "GET", "/search", {}, asked)
    assert page.status_code in (200, 303, 422), "303: to the address without empty fields"
    for quoted in QUOTED.findall(page.text):
        assert unescape(re.sub("<[^>]*>", "", quoted)) in texts
    answer = sent(client, "GET", "/api/v1/search", {}, asked)
    assert answer.status_code in (200, 422)
    for result in answer.json().get("results", ()):
        for passage in result["passages"]:
            assert passage["text"] in texts
            assert all(words in passage["text"] for words in passage["answers"])
