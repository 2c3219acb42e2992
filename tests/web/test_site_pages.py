"""The pages about the association, written by administrators, and what visitors write."""

from datetime import timedelta
from functools import partial

import pytest
from fastapi.testclient import TestClient
from lxml import html

from kb.site.contributions import ERASED
from kb.storage.site import Contribution
from kb.storage.tables import now
from tests.web.base import UNLIMITED, base, visit_as
from web.app import create_app
from web.network_upkeep import keep_network

ON_BOTH_DATABASES = True
TEXT = "# Chi siamo\n\nUna rete di **comuni** e imprese.\n\n<script>alert(1)</script>"


@pytest.fixture(scope="module")
def services(tmp_path_factory, sink, database):
    sink.received.clear()  # mails of the same tests on another database
    folder = tmp_path_factory.mktemp("site")
    with base(folder, smtp_url=sink.url, **UNLIMITED, **database) as opened:
        yield opened


@pytest.fixture
def be(services):
    """A visitor, or who has the role."""
    return partial(visit_as, create_app(services), services)


def write(admin, slug, text, seen, language="it"):
    address = f"/about/{slug}/edit?written_in={language}"
    return admin.post(address, data={"text": text, "seen": str(seen)})


def words(answer):
    return " ".join(html.fromstring(answer.text).xpath("string(//main)").split())


def test_a_page_is_written_read_kept_in_versions_and_taken_away(be):
    visitor, admin = be(), be("admin")
    assert visitor.get("/about/who-we-are").status_code == 404
    assert "Chi siamo" in words(admin.get("/about"))
    assert write(admin, "who-we-are", TEXT, 0).status_code == 303
    page = visitor.get("/about/who-we-are")
    assert html.fromstring(page.text).xpath("string(//main//h2)") == "Chi siamo"
    assert "<strong>comuni</strong>" in page.text
    assert "<script>alert" not in page.text
    english = visitor.get("/about/who-we-are?lang=en")
    assert "written in Italian only" in words(english)
    assert html.fromstring(english.text).xpath("//main//div[@lang='it']")
    assert write(admin, "who-we-are", "We are a network.", 0, "en").status_code == 303
    assert "We are a network." in words(be().get("/about/who-we-are?lang=en"))
    assert write(admin, "who-we-are", "", 1).status_code == 303
    assert be().get("/about/who-we-are").status_code == 404
    versions = words(admin.get("/about/who-we-are/versions?written_in=it"))
    assert "Versione 2" in versions
    assert "Versione 1" in versions
    assert "comuni" in versions


def test_two_administrators_at_once_lose_nothing(be):
    admin = be("admin")
    assert write(admin, "contacts", "Via Roma 1", 0).status_code == 303
    late = write(admin, "contacts", "Via Milano 2", 0)
    assert late.status_code == 422
    boxes = [box.text for box in html.fromstring(late.text).xpath("//main//textarea")]
    assert [text.strip() for text in boxes] == ["Via Milano 2", "Via Roma 1"]
    seen = html.fromstring(late.text).xpath("//input[@name='seen']/@value")
    assert write(admin, "contacts", "Via Roma 1, Via Milano 2", seen[0]).status_code == 303
    assert "Via Milano 2" in words(be().get("/about/contacts"))


def test_a_reported_error_is_read_and_answered_by_mail(be, services, sink):
    visitor, researcher = be(), be("researcher")
    footer = html.fromstring(visitor.get("/collections").text)
    (link,) = footer.xpath("//footer//a[contains(@href, '/contribute/error')]/@href")
    form = html.fromstring(visitor.get(link).text)
    assert form.xpath("//input[@name='address']/@value") == ["/collections"]
    sent = {
        "address": "/collections", "text": "Il valore del 2019 è <b>sbagliato</b>",
        "email": "chi@example.org",
    }  # fmt: skip
    assert visitor.post("/contribute/error", data=sent).status_code == 303
    assert visitor.post("/contribute/error", data=sent).status_code == 303
    page = researcher.get("/contributions")
    assert page.text.count("Il valore del 2019 è &lt;b&gt;") == 1
    article = "//article[contains(., 'Il valore del 2019')]//form/@action"
    (action,) = html.fromstring(page.text).xpath(article)
    assert researcher.post(action, data={"do": "", "reply": "Grazie"}).status_code == 422
    answered = researcher.post(action, data={"do": "accept", "reply": "Corretto, grazie."})
    assert answered.headers["location"] == "/contributions?done=accept"
    assert researcher.post(action, data={"do": "decline"}).status_code == 422
    keep_network(services)
    (mail,) = [one for one in sink.received if one["To"] == "chi@example.org"]
    for words_of_it in ("Corretto, grazie.", "Il valore del 2019"):
        assert words_of_it in mail.get_content()
    with services.database.transaction() as session:
        kept = session.get_one(Contribution, action.rpartition("/")[2])
        kept.decided_at = now() - ERASED - timedelta(days=1)
    keep_network(services)
    with services.database.session() as session:
        kept = session.get_one(Contribution, kept.id)
        assert kept.erased_at
        assert (kept.text, kept.email, kept.reply, kept.address) == ("", "", "", "")


def test_a_proposed_practice_becomes_a_draft(be):
    visitor, researcher = be(), be("researcher")
    sent = {
        "title": "Il mercato di Scansano", "place": "Scansano", "text": "Aperto nel 2020.",
        "address": "javascript:alert(1)",
    }  # fmt: skip
    assert visitor.post("/contribute/practice", data=sent).status_code == 303
    page = researcher.get("/contributions")
    assert 'href="javascript' not in page.text
    xpath = "//article[contains(., 'mercato di Scansano')]//form/@action"
    (action,) = html.fromstring(page.text).xpath(xpath)
    begun = researcher.post(action, data={"do": "accept"})
    assert begun.headers["location"].startswith("/drafts/")
    draft = researcher.get(begun.headers["location"], follow_redirects=True)
    assert "Aperto nel 2020." in draft.text
    assert "Il mercato di Scansano" in words(
        researcher.get(begun.headers["location"], follow_redirects=True)
    )


@pytest.mark.parametrize(
    ("kind", "wrong", "sentence"),
    [
        ("error", {"text": " "}, "Scrivi che cosa è sbagliato"),
        ("error", {"text": "x", "email": "a b@c"}, "non è un indirizzo"),
        ("practice", {"text": "x"}, "Dalle un nome"),
        ("practice", {"title": "x" * 201, "text": "x"}, "Troppo lungo"),
    ],
)
def test_what_is_wrong_is_said_and_stays_in_the_form(be, kind, wrong, sentence):
    answer = be().post(f"/contribute/{kind}", data={"name": "Ada"} | wrong)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert 'value="Ada"' in answer.text


def test_programs_that_fill_in_hidden_fields_leave_nothing(be):
    sent = {"text": "buy", "leave_empty": "http://x"}
    assert be().post("/contribute/error", data=sent).status_code == 303
    assert "buy" not in be("researcher").get("/contributions").text


def test_who_sends_too_often_is_asked_to_wait(services):
    settings = services.settings.model_copy(update={"rate_contribution": "1/hour"})
    limited = type(services)(**{**vars(services), "settings": settings})
    visitor = TestClient(create_app(limited), follow_redirects=False)
    assert visitor.post("/contribute/error", data={"text": ""}).status_code == 422
    assert visitor.post("/contribute/error", data={"text": ""}).status_code == 429
