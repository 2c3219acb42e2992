"""A question that nothing answers: what the page offers instead, and how often it is counted."""

import re

import pytest
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import select

from kb.access import Role
from kb.accounts.sessions import open_session
from kb.storage.accounts import Account
from kb.storage.tables import UnansweredQuestion
from search.unanswered import wait_until_noted
from tests.web.base import indexed_base
from web.app import create_app
from web.http.cookies import SESSION_COOKIE

NOBODY_KNOWS = "Chi ha vinto il campionato mondiale di scacchi del 1972?"
KNOWN = "unione di comuni risparmio"
PRACTICES = ("unioni-comuni-emilia-romagna", "danimarca-fusioni-2007", "barcellona-superilles")
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    with indexed_base(tmp_path_factory.mktemp("kb"), PRACTICES) as services:
        yield services


@pytest.fixture(scope="module")
def app(base):
    with TestClient(create_app(base), headers={"Accept-Language": "it"}) as opened:
        yield opened


@pytest.fixture
def reader(app, base):
    """Somebody who has not signed in, or, called with a role, an account of it."""
    app.cookies.clear()

    def sign_in(role):
        from datetime import timedelta

        with base.database.transaction() as session:
            account = session.scalars(select(Account).where(Account.name == f"a-{role}")).one()
            app.cookies.set(SESSION_COOKIE, open_session(session, account, timedelta(days=1)))
        return app

    return lambda role=None: sign_in(role) if role else app


def times(base, text):
    wait_until_noted(base)
    with base.database.session() as session:
        row = session.get(UnansweredQuestion, text)
        return row.times if row else 0


@pytest.mark.parametrize("role", [None, *Role])
def test_no_link_of_a_refusal_is_refused(reader, role):
    client = reader(role)
    page = html.fromstring(client.get("/search", params={"q": NOBODY_KNOWS}).text)
    links = page.xpath("//main//section[contains(@class, 'results')]//a/@href")
    assert links
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200, link
        assert answer.url.path != "/login", link
    offered = any(link.startswith("/unanswered") for link in links)
    assert offered == (role in (Role.RESEARCHER, Role.CURATOR, Role.ADMIN))


def test_a_refusal_helps_on(reader):
    page = html.fromstring(reader(Role.OFFICER).get("/search", params={"q": NOBODY_KNOWS}).text)
    text = " ".join(page.text_content().split())
    assert "Come riformulare la domanda" in text
    assert "A chi rivolgersi" in text
    assert "compare ogni nuova scheda" in text
    assert re.search(r"\d+ pratic", text)
    assert 1 <= len(page.xpath("//ol[contains(@class, 'hits')]/li")) <= 3
    assert page.xpath("//mark") == []
    assert page.xpath("//*[contains(@class, 'pager')]") == []
    assert page.xpath("//*[contains(@class, 'filters')]") == []


def test_an_answer_keeps_its_marks_and_filters(reader):
    page = html.fromstring(reader().get("/search", params={"q": KNOWN}).text)
    assert page.xpath("//mark")
    assert page.xpath("//*[contains(@class, 'filters')]")


def test_one_question_is_counted_once(reader, base):
    question = "Quante medaglie ha vinto la squadra di pallanuoto nel 1960?"
    client = reader(Role.OFFICER)
    for more in ({}, {"influence": "0.7"}, {"lens": "economic"}, {"place": "052032"}, {"page": 2}):
        client.get("/search", params={"q": question} | more, headers=FRAGMENT)
        client.get("/search", params={"q": question} | more)
    client.get("/search/references.bib", params={"q": question})
    client.get("/search", params={"q": question.upper()})
    client.get("/api/v1/search", params={"q": question})
    assert times(base, question) == 1
    reader(Role.MEMBER).get("/search", params={"q": question})
    assert times(base, question) == 2
    client = reader()
    client.cookies.clear()
    client.get("/search", params={"q": question})
    assert times(base, question) == 3


def test_a_question_first_asked_with_a_filter_is_counted_when_asked_of_everything(reader, base):
    question = "Chi ha scritto l'inno della squadra di rugby nel 1971?"
    client = reader(Role.CURATOR)
    client.get("/search", params={"q": question, "kind": "practice"})
    assert times(base, question) == 0
    client.get("/search", params={"q": question})
    assert times(base, question) == 1


def test_the_address_holds_what_was_asked_and_no_more(reader):
    client = reader()
    asked = f"/search?q={KNOWN}&size=&growth=&territory=&influence=0.35&year_from=&lens=general"
    answer = client.get(asked, follow_redirects=False)
    assert answer.headers["location"] == "/search?q=unione+di+comuni+risparmio"
    part = client.get(f"{asked}&theme=energy&page=1", headers=FRAGMENT)
    assert part.headers["HX-Push-Url"] == "/search?q=unione+di+comuni+risparmio&theme=energy"
    assert client.get("/search?q=&theme=", follow_redirects=True).status_code == 200
