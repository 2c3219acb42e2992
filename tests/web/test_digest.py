"""Followed collections, themes and places, and the weekly mail of what is new in them."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import delete, select, update
from sqlalchemy import text as sql

from kb.access import Role
from kb.accounts import accounts
from kb.domain import Kind, Status, Visibility
from kb.maintenance.check import check_base
from kb.own_data.erasing import erase_account
from kb.own_data.taking import take_along
from kb.periodical import digests, sending
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.accounts import Account
from kb.storage.collections import Collection, CollectionEntry
from kb.storage.following import Digest, Follow, FollowKind
from kb.storage.questions import Notice, SavedQuestion
from kb.storage.subscriptions import DeliveryState
from kb.storage.tables import Document, now
from tests.web.base import sign_in_as
from tests.web.killed_sender import WEEKLY, send_until_killed
from web.app import create_app
from web.digest_delivery import keep_digests, send_digests
from web.issue_delivery import keep_subscriptions
from web.saved_question_alerts import queue_answer_mails

ON_BOTH_DATABASES = True
PUBLIC_URL = "http://testserver"
ROME = ZoneInfo("Europe/Rome")


@pytest.fixture(scope="module")
def services(tmp_path_factory, sink, database):
    settings = Settings(
        _env_file=None, data_dir=tmp_path_factory.mktemp("kb"), worker=False, smtp_url=sink.url,
        public_url=PUBLIC_URL, mail_per_minute=10_000, **database,
    )  # fmt: skip
    with open_services(settings, own=True) as opened:
        with opened.database.transaction() as session:
            session.add(Collection(id="acqua", title="Acqua", argument="x"))
        yield opened


@pytest.fixture(scope="module")
def site(services):
    """Without its watcher, so that mails are sent when a test says so."""
    return TestClient(create_app(services), headers={"Accept-Language": "it"})


@pytest.fixture(autouse=True)
def _fresh(site, services, sink):
    site.cookies.clear()
    sink.answers.clear()
    sink.received.clear()
    with services.database.transaction() as session:
        for kind in (Account, Document):
            for row in session.scalars(select(kind)):
                session.delete(row)


def add_account(services, name="anna", *, wants=True):
    with services.database.transaction() as session:
        account = accounts.create(session, name, Role.MEMBER, email=f"{name}@example.org")
        account.language = "it"
        digests.choose_digest(account, wants)
        return account.id


def sign_in(site, services, account_id):
    with services.database.session() as session:
        name = session.get(Account, account_id).name
    sign_in_as(site, services, name)


def add_document(services, title, *, theme="", collection="", **fields):
    given = {"language": "en", "status": Status.READY} | fields
    with services.database.transaction() as session:
        row = Document(
            title=title, kind=Kind.DOCUMENT, filename="a.txt", size=1, content_sha256=title, **given
        )  # fmt: skip
        row.themes = [theme] if theme else []
        session.add(row)
        session.flush()
        if collection:
            session.add(CollectionEntry(collection_id=collection, item_id=row.id, position=0))
        return row.id


def follow(services, account_id, kind, target):
    with services.database.transaction() as session:
        session.add(Follow(account_id=account_id, kind=kind, target=target))


def all_of(services, kind):
    with services.database.session() as session:
        return session.scalars(select(kind)).all()


def words(answer):
    return " ".join(html.fromstring(answer.text).text_content().split())


def test_a_week_begins_on_monday_morning_where_the_site_is():
    for at, name in (
        (datetime(2026, 11, 30, 6, 59, tzinfo=ROME), "2026-W48"),
        (datetime(2026, 11, 30, 7, 0, tzinfo=ROME), "2026-W49"),
        (datetime(2026, 12, 6, 23, 0, tzinfo=ROME), "2026-W49"),
        (datetime(2027, 1, 3, 12, 0, tzinfo=ROME), "2026-W53"),
        (datetime(2026, 10, 26, 6, 30, tzinfo=UTC), "2026-W44"),
    ):
        week = digests.find_week(at, ROME)
        assert week.name == name
        assert (week.begun_at.weekday(), week.begun_at.hour) == (0, 7)
        assert week.begun_at <= at < week.begun_at + digests.WEEK


def test_followed_on_the_pages_and_left_on_that_of_the_account(site, services):
    follow_forms = "//form[@action='/follows']"
    assert not html.fromstring(site.get("/collections/acqua").text).xpath(follow_forms)
    account_id = add_account(services, wants=False)
    sign_in(site, services, account_id)
    for page, kind, target in (
        ("/collections/acqua", "collection", "acqua"),
        ("/practices?theme=green-economy", "theme", "green-economy"),
        ("/documents?theme=green-economy", "theme", "green-economy"),
        ("/places?q=Siena", "place", "052032"),
    ):
        tree = html.fromstring(site.get(page).text)
        (form,) = tree.xpath(follow_forms)
        fields = dict(form.form_values()) | {"target": target}
        assert fields["kind"] == kind
        button, *_ = form.xpath(".//button") or tree.xpath("//button[@form='follow-place']")
        followed = page.startswith("/documents")  # the theme, on the list of practices
        said = "Smetti di seguire" if followed else "Segui"
        assert button.text_content().strip().startswith(said)
        assert ("stop" in fields) is followed
        assert site.post("/follows", data=fields, follow_redirects=False).status_code == 303
        site.post("/follows", data=fields | {"stop": ""})
    assert len(all_of(services, Follow)) == 3
    assert check_base(services).clean
    for wrong in ({"kind": "collection", "target": "x"}, {"kind": "theme", "target": "x"}):
        assert site.post("/follows", data=wrong).status_code == 404
    wrong = site.post("/follows", data={"kind": "place", "target": "999999"})
    assert "codice ISTAT" in words(wrong)
    own = site.get("/account")
    assert not html.fromstring(own.text).xpath("//input[@id='digest-mails'][@checked]")
    site.post("/account/mails", data={"digest": "true"})
    tree = html.fromstring(site.get("/account").text)
    assert tree.xpath("//input[@id='digest-mails'][@checked]")
    forms = tree.xpath(follow_forms)
    assert len(forms) == 3
    for form in forms:
        answer = site.post("/follows", data=dict(form.form_values()), follow_redirects=False)
        assert answer.headers["location"] == "/account#followed-title"
    assert all_of(services, Follow) == []


def test_one_mail_tells_what_may_be_seen_now_and_only_once(site, services, sink):
    account_id = add_account(services)
    add_document(services, "Older than the wish", theme="green-economy")
    for kind, target in (("collection", "acqua"), ("theme", "green-economy"), ("place", "052032")):
        follow(services, account_id, FollowKind(kind), target)
    add_document(services, "Wells and springs", theme="green-economy")
    add_document(services, "Both of them", theme="green-economy", collection="acqua")
    hidden = add_document(services, "Hidden since", theme="green-economy")
    answer = add_document(services, "An answer")
    with services.database.transaction() as session:
        session.get(Document, hidden).visibility = Visibility.RESEARCHERS
        for question in ("Quanta acqua si perde?", "Chi misura le perdite?"):
            saved = SavedQuestion(account_id=account_id, text=question, question={})
            session.add(saved)
            session.flush()
            session.add(Notice(saved_id=saved.id, item_id=answer))
    assert queue_answer_mails(services) == 0  # the answer comes with the weekly mail
    keep_digests(services)
    assert sink.received == []  # the week began before it was asked for
    keep_digests(services, at=now() + WEEKLY)
    keep_digests(services, at=now() + WEEKLY)
    (mail,) = sink.received
    assert (mail["To"], mail["Subject"]) == (
        "anna@example.org",
        "Terre Comuni: novità della settimana",
    )
    text = mail.get_body(("plain",)).get_content()
    order = ["RISPOSTE ALLE TUE DOMANDE", "Quanta acqua", "An answer", "RACCOLTE", "Both of them",
             "TEMI", "Wells and springs"]  # fmt: skip
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert text.count("Both of them") == 1
    assert f"{PUBLIC_URL}/documents/{answer}" in text
    assert "Hidden since" not in text
    assert "Older than" not in text
    rich = mail.get_body(("html",)).get_content()
    assert 'lang="en"' in rich
    assert "<img" not in rich
    _assert_told_once(site, services, sink, account_id, hidden)
    with services.database.transaction() as session:
        admin = accounts.create(session, "boss", Role.ADMIN)
        erase_account(session, accounts.access_of(admin), session.get(Account, account_id))
    assert all_of(services, Follow) == all_of(services, Digest) == []


def _assert_told_once(site, services, sink, account_id, hidden):
    """On the page, in what the account may take along, and in the mails of the next weeks."""
    sign_in(site, services, account_id)
    page = words(site.get("/news"))
    for title in ("An answer", "Both of them", "Wells and springs"):
        assert title in page
    assert "Hidden since" not in page
    with services.database.transaction() as session:
        kept = take_along(session, session.get(Account, account_id))
        assert {"follows", "digests"} <= set(kept)
        assert "leave_sha256" not in kept["digests"][0]
        assert all(one.mailed_at for one in session.scalars(select(Notice)))
        session.execute(update(Digest).values(week="2020-W01"))
        session.get(Document, hidden).visibility = Visibility.PUBLIC
    keep_digests(services, at=now() + WEEKLY)
    text = sink.received[-1].get_body(("plain",)).get_content()
    assert "Hidden since" in text  # only now for everybody
    assert "Wells and springs" not in text
    assert "Both of them" not in text
    assert "An answer" not in text
    with services.database.transaction() as session:
        session.execute(update(Digest).where(Digest.week != "2020-W01").values(week="2020-W02"))
    keep_digests(services, at=now() + WEEKLY)
    assert len(sink.received) == 2  # nothing new, no mail


def test_left_with_one_click_and_never_by_looking(site, services, sink):
    account_id = add_account(services)
    follow(services, account_id, FollowKind.THEME, "green-economy")
    add_document(services, "Wells", theme="green-economy")
    said = len(sink.commands)
    keep_digests(services, lambda: True, at=now() + WEEKLY)
    assert len(sink.commands) == said  # a process that is to end does not call the server
    keep_digests(services, at=now() + WEEKLY)
    (mail,) = sink.received
    leave = re.fullmatch(rf"<{PUBLIC_URL}(/news/leave/[\w-]+)>", mail["List-Unsubscribe"])[1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert leave in mail.get_body(("plain",)).get_content()
    assert "Disdici" in words(site.get(leave))
    assert all_of(services, Account)[0].digest_since is not None
    one_click = site.post(
        leave,
        content="List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": "null",
                 "Sec-Fetch-Site": "cross-site"},
        follow_redirects=False,
    )  # fmt: skip
    assert one_click.status_code == 200
    assert all_of(services, Account)[0].digest_since is None
    assert "Fatto" in words(site.get(leave))
    assert site.post("/news/leave/nothing").status_code == 404


def test_what_is_beyond_the_tenth_comes_next_and_who_cannot_be_read_holds_nobody_up(services, sink):
    broken, account_id = add_account(services, "aldo"), add_account(services, "bea")
    for one in (broken, account_id):
        follow(services, one, FollowKind.THEME, "green-economy")
    titles = {f"Well {number:02}" for number in range(11)}
    for title in titles:
        add_document(services, title, theme="green-economy")
    with services.database.transaction() as session:
        session.execute(
            sql("UPDATE follows SET kind = 'NOTHING' WHERE account_id = :id"), {"id": broken}
        )
        account = session.get(Account, account_id)
        account.digest_since = now() - digests.WEEK
    add_document(services, "Long ago", theme="green-economy", created_at=now() - timedelta(days=20))
    with services.database.transaction() as session:
        session.execute(update(Follow).values(created_at=now() - timedelta(days=40)))
    keep_digests(services, at=now() + WEEKLY)
    (first,) = sink.received
    assert first["To"] == "bea@example.org"
    said = first.get_body(("plain",)).get_content()
    assert len(told := {one for one in titles if one in said}) == 10
    assert "e 1 altra novità, la prossima settimana" in said
    assert "e 1 altra novità" in first.get_body(("html",)).get_content()
    waiting = next(one for one in all_of(services, Digest) if one.account_id == broken)
    assert (waiting.state, waiting.tries) == (DeliveryState.WAITING, 1)
    with services.database.transaction() as session:
        session.execute(update(Digest).values(week="2020-W01"))
        session.delete(session.get(Account, broken))
    keep_digests(services, at=now() + WEEKLY)
    said = sink.received[-1].get_body(("plain",)).get_content()
    assert {one for one in titles if one in said} == titles - told
    assert "Long ago" not in said  # before the mail was asked for


def test_who_left_or_whose_address_is_refused_gets_no_more(site, services, sink):
    account_id = add_account(services)
    follow(services, account_id, FollowKind.THEME, "green-economy")
    add_document(services, "Wells", theme="green-economy")
    sink.answers[b"RCPT"] = b"451 later"
    keep_digests(services, at=now() + WEEKLY)
    sink.answers.clear()
    with services.database.transaction() as session:
        session.execute(update(Digest).values(tried_at=None))
        digests.choose_digest(session.get(Account, account_id), wanted=False)
    assert send_digests(services) == 0
    assert [one.state for one in all_of(services, Digest)] == [DeliveryState.CANCELLED]
    with services.database.transaction() as session:
        session.execute(delete(Digest))
        digests.choose_digest(session.get(Account, account_id), wanted=True)
    sink.answers[b"RCPT"] = b"550 5.1.1 no such box"
    for number in range(3):
        assert all_of(services, Account)[0].digest_since is not None
        keep_digests(services, at=now() + WEEKLY)
        with services.database.transaction() as session:
            session.execute(
                update(Digest)
                .where(Digest.week.like("20%"))
                .values(week=f"19{number}0-W01", created_at=now() - timedelta(days=9 - number))
            )
    assert all_of(services, Account)[0].digest_since is None
    sign_in(site, services, account_id)
    said = words(site.get("/account"))
    assert "questo indirizzo non esiste" in said
    assert "ora è disattivato" in said
    site.post("/account", data={"email": "anna@example.com"})
    said = words(site.get("/account"))
    assert "Non è arrivato" not in said
    assert "questo indirizzo non esiste" not in said


def test_killed_while_sending_or_sent_by_two_nobody_gets_it_twice(services, sink):
    names = [f"n{n}" for n in range(5)]
    for name in names:
        follow(services, add_account(services, name), FollowKind.THEME, "green-economy")
    add_document(services, "Wells", theme="green-economy")
    send_until_killed(services, sink.url, "news")
    assert len(sink.received) == 2
    with services.database.transaction() as session:
        assert len(digests.list_due(session, 4)) == 2  # two of this minute are gone
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(lambda _: send_digests(services), range(2))) == 3
    with services.database.transaction() as session:
        stuck = update(Digest).where(Digest.state == DeliveryState.SENDING)
        session.execute(stuck.values(tried_at=now() - sending.LEASE * 2))
        sending.mark_interrupted(session)
    keep_digests(services, at=now() + WEEKLY)
    assert sorted(mail["To"] for mail in sink.received) == [f"{one}@example.org" for one in names]


def test_without_a_mail_server_the_page_tells_the_news(site, services, monkeypatch):
    without = services.settings.model_copy(update={"smtp_url": None})
    monkeypatch.setattr(services, "settings", without)
    account_id = add_account(services)
    sign_in(site, services, account_id)
    assert "Niente di nuovo" in words(site.get("/news"))
    follow(services, account_id, FollowKind.THEME, "green-economy")
    for number in range(12):
        add_document(services, f"Wells {number}", theme="green-economy")
    page = site.get("/news")
    assert "Da qui non parte posta" in words(page)
    assert len(html.fromstring(page.text).xpath("//ul[contains(@class,'news')]/li")) == 12
    with services.database.transaction() as session:
        day = now() - digests.KEPT - timedelta(days=1)
        session.add(Digest(account_id=account_id, week="2020-W01", created_at=day))
    keep_digests(services, at=now() + WEEKLY)
    keep_subscriptions(services)
    assert all_of(services, Digest) == []
