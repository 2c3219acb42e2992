"""The magazine by mail: confirmed twice, sent once, left with one POST, refused lines told."""

import re
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import select, update

import web.bulk_mail
from kb.access import Role
from kb.accounts import accounts
from kb.periodical import deliveries, sending, subscriptions
from kb.periodical.issues import read_texts
from kb.periodical.texts import IssueTexts, SectionTexts
from kb.runtime.outbox import queue_mail, send_waiting
from kb.runtime.services import open_services
from kb.settings import Settings
from kb.storage.collections import Collection, CollectionKind, CollectionState
from kb.storage.network import OutgoingMail
from kb.storage.periodical import Issue, IssueState
from kb.storage.subscriptions import Delivery, DeliveryState, Subscription, SubscriptionState
from kb.storage.tables import now
from tests.web.base import sign_in_as
from tests.web.killed_sender import send_until_killed
from web.app import create_app
from web.exports.issue_mail import write_mail
from web.forms.issue import LANGUAGES
from web.issue_delivery import keep_subscriptions, send_deliveries
from web.presenters.issue_texts import show_published
from web.rendering.i18n import load_locales

ON_BOTH_DATABASES = True
ADDRESS = {"address": "Anna@Example.org", "language": "it", "consent": "true"}
PUBLIC_URL = "http://testserver"


@pytest.fixture(scope="module")
def services(tmp_path_factory, sink, database):
    settings = Settings(
        _env_file=None, data_dir=tmp_path_factory.mktemp("kb"), worker=False, smtp_url=sink.url,
        public_url=PUBLIC_URL, rate_contribution="1000/minute", mail_per_minute=10_000,
        **database,
    )  # fmt: skip
    with open_services(settings, own=True) as opened:
        with opened.database.transaction() as session:
            for role in (Role.CURATOR, Role.ADMIN):
                accounts.create(session, f"a-{role}", role)
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
        for kind in (Delivery, Subscription):
            for row in session.scalars(select(kind)):
                session.delete(row)


@pytest.fixture(scope="module")
def number(services):
    """A published issue."""
    texts = IssueTexts(
        number=1, dated=date(2026, 5, 4), title="Il primo", title_en="The first", language="it",
        editorial="Che cosa **resta**. [Le pratiche](/practices)", sections=(SectionTexts(),),
    )  # fmt: skip
    with services.database.transaction() as session:
        row = Collection(
            id="magazine-1", title=texts.title, argument=texts.editorial,
            kind=CollectionKind.ISSUE, state=CollectionState.PUBLISHED,
        )  # fmt: skip
        session.add(
            Issue(
                number=1, dated=texts.dated, state=IssueState.PUBLISHED, collection=row,
                texts=texts.as_json(), texts_sha256=texts.sha256, published_at=now(),
            )
        )  # fmt: skip
    return 1


def words(answer):
    return " ".join(html.fromstring(answer.text).text_content().split())


def path_in(mail, word):
    body = mail.get_body(("plain",)).get_content()
    return re.search(rf"{PUBLIC_URL}(/magazine/{word}/[\w-]+)", body)[1]


def add_subscribers(services, *addresses):
    with services.database.transaction() as session:
        session.add_all(
            Subscription(address=one, state=SubscriptionState.CONFIRMED, confirmed_at=now())
            for one in addresses
        )


def give_out(site, services, number):
    sign_in_as(site, services, f"a-{Role.CURATOR}")
    answer = site.post(f"/magazine/{number}/send")
    site.cookies.clear()
    return answer


def all_of(services, kind):
    with services.database.session() as session:
        return session.scalars(select(kind)).all()


def test_asked_confirmed_read_and_left_with_one_click(site, services, sink, number):
    for wrong, sentence in (
        ({"address": "anna"}, "non è un indirizzo"),
        ({"address": "a@b.it\nBcc: c@d.it"}, "non è un indirizzo"),
        ({"consent": ""}, "consenso"),
    ):
        answer = site.post("/magazine/subscribe", data=ADDRESS | wrong)
        assert answer.status_code == 422, wrong
        assert sentence in words(answer), wrong
    first = site.post("/magazine/subscribe", data=ADDRESS)
    again = site.post("/magazine/subscribe", data=ADDRESS | {"address": "anna@example.org"})
    assert words(first) == words(again)
    assert send_waiting(services) == 1
    (asked,) = sink.received
    assert asked["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    confirm = path_in(asked, "confirm")
    give_out(site, services, number)
    assert send_deliveries(services) == 0  # not confirmed
    assert "Vuoi ricevere" in words(site.get(confirm))
    assert all_of(services, Subscription)[0].state is SubscriptionState.PENDING
    assert "Confermato" in words(site.post(confirm))
    (row,) = all_of(services, Subscription)
    assert "viene cancellato quando disdico" in row.consent
    told = give_out(site, services, number)
    assert "In attesa" in words(told) or told.status_code == 200
    assert send_deliveries(services) == 1
    give_out(site, services, number)
    assert send_deliveries(services) == 0  # never twice
    issue = sink.received[-1]
    assert issue["To"] == "Anna@example.org"
    assert (issue["Precedence"], issue["Auto-Submitted"]) == ("bulk", "auto-generated")
    assert [part.get_content_type() for part in issue.iter_parts()] == ["text/plain", "text/html"]
    rich = issue.get_body(("html",)).get_content()
    assert f'href="{PUBLIC_URL}/practices"' in rich
    assert "<img" not in rich  # nothing tells of opening
    leave = path_in(issue, "leave")
    assert issue["List-Unsubscribe"] == f"<{PUBLIC_URL}{leave}>"
    assert "Disdici" in words(site.get(leave))
    assert all_of(services, Subscription)[0].address == "Anna@example.org"  # a GET ends nothing
    one_click = site.post(
        leave,
        content="List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": "null",
                 "Sec-Fetch-Site": "cross-site"},
        follow_redirects=False,
    )  # fmt: skip
    assert one_click.status_code == 200
    (row,) = all_of(services, Subscription)
    assert (row.state, row.address) == (SubscriptionState.LEFT, None)
    assert "Fatto" in words(site.post(leave))
    assert "Fatto" in words(site.get(leave))
    assert site.post("/magazine/leave/nothing").status_code == 404
    site.post("/magazine/subscribe", data=ADDRESS)
    assert send_waiting(services) == 1  # who left may come back


def test_what_is_written_in_another_language_says_so(services, number):
    with services.database.session() as session:
        texts = read_texts(session.scalars(select(Issue)).one())
        shown = show_published(session, texts, services.settings.zone)
    rich = {
        code: write_mail(shown, PUBLIC_URL, "x", load_locales()[code]).html for code in LANGUAGES
    }
    assert '<h1 lang="it"' in rich["en"]
    assert '<div lang="it"><p>Che cosa' in rich["en"]
    assert 'lang="it"' not in rich["it"].partition("<body")[2]


def test_a_refused_address_stops_nobody_else(site, services, sink, number):
    add_subscribers(services, "a@example.org", "b@example.org")
    give_out(site, services, number)
    sink.answers[b"RCPT"] = b"550 5.1.1 <a@example.org> no such box"
    assert send_deliveries(services) == 0
    assert {one.state for one in all_of(services, Delivery)} == {DeliveryState.REFUSED}
    assert {one.refusals for one in all_of(services, Subscription)} == {1}
    sign_in_as(site, services, f"a-{Role.CURATOR}")
    page = words(site.get(f"/magazine/{number}"))
    assert "550 5.1.1 (2)" in page
    assert "a@example.org" not in page
    with services.database.transaction() as session:
        session.execute(update(Subscription).values(refusals=subscriptions.MOST_REFUSALS - 1))
        session.execute(update(Delivery).values(state=DeliveryState.SENDING))
        for address in ("a@example.org", "b@example.org"):
            queue_mail(session, address, "Domanda", "Di altro")
        for one in session.scalars(select(Delivery.id)):
            deliveries.finish_delivery(session, one, DeliveryState.REFUSED, "550")
        for mail in session.scalars(select(OutgoingMail)).all():
            assert mail.subject == "Domanda"  # what the magazine does not send stays
            session.delete(mail)
    rows = all_of(services, Subscription)
    assert {(one.state, one.address) for one in rows} == {(SubscriptionState.STOPPED, None)}


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        (b"RCPT", b"554 5.7.1 Relay access denied"),
        (b"RCPT", b"550 relay not permitted"),
        (b"RCPT", b"530 5.7.0 Authentication required"),
        (b"RCPT", b"550 5.1.1 no such box"),
        (b"DATA", b"554 5.7.1 looks like spam"),
    ],
)
def test_what_is_refused_to_all_is_held_against_nobody(site, services, sink, number, verb, answer):
    many = web.bulk_mail.MOST_REFUSED + 3
    add_subscribers(services, *(f"m{n}@example.org" for n in range(many)))
    give_out(site, services, number)
    sink.answers[verb] = answer
    assert send_deliveries(services) == 0
    rows = all_of(services, Delivery)
    assert sum(one.tries for one in rows) == web.bulk_mail.MOST_REFUSED
    assert {one.state for one in rows} == {DeliveryState.WAITING}
    with services.database.transaction() as session:
        one = next(row.id for row in rows if row.tries)
        old = {"tries": 50, "created_at": now() - sending.GIVEN_UP * 2}
        session.execute(
            update(Delivery).where(Delivery.id == one).values(state=DeliveryState.SENDING, **old)
        )
        deliveries.finish_delivery(session, one, DeliveryState.WAITING, "554")
        assert session.get(Delivery, one).state is DeliveryState.REFUSED  # given up by its age
    assert {one.refusals for one in all_of(services, Subscription)} == {0}
    sink.answers.clear()
    assert send_deliveries(services, stopping=lambda: True) == 0
    assert send_deliveries(services) == many - web.bulk_mail.MOST_REFUSED


def test_what_breaks_before_it_is_handed_over_waits(site, services, number):
    add_subscribers(services, "a@example.org")
    give_out(site, services, number)
    with services.database.transaction() as session:
        issue = session.scalars(select(Issue)).one()
        kept, issue.texts = issue.texts, {}
    try:
        with pytest.raises(KeyError):
            send_deliveries(services)
    finally:
        with services.database.transaction() as session:
            session.scalars(select(Issue)).one().texts = kept
    assert all_of(services, Delivery)[0].state is DeliveryState.WAITING
    assert send_deliveries(services) == 1


def test_a_server_that_stops_half_way_is_asked_again(site, services, sink, number):
    add_subscribers(services, "a@example.org", "b@example.org")
    give_out(site, services, number)
    sink.answers[b"RCPT"] = b"451 later"
    assert send_deliveries(services) == 0
    rows = all_of(services, Delivery)
    assert {(one.state, one.tries) for one in rows} == {(DeliveryState.WAITING, 1)}
    sink.answers.clear()
    assert send_deliveries(services) == 0  # not at once
    with services.database.transaction() as session:
        session.execute(update(Delivery).values(tried_at=now() - sending.AGAIN * 2))
    assert send_deliveries(services) == 2
    sink.answers[b"MAIL"] = b"550 not from you"
    add_subscribers(services, "c@example.org", "d@example.org")
    give_out(site, services, number)
    assert send_deliveries(services) == 0
    waiting = [one for one in all_of(services, Delivery) if one.state is DeliveryState.WAITING]
    assert sorted(one.tries for one in waiting) == [0, 1]  # the sender is refused: nobody is blamed


def test_killed_while_sending_nobody_gets_it_twice(site, services, sink, number):
    addresses = [f"n{n}@example.org" for n in range(5)]
    add_subscribers(services, *addresses)
    give_out(site, services, number)
    send_until_killed(services, sink.url, "issues")
    assert len(sink.received) == 2
    assert send_deliveries(services) == 3
    with services.database.transaction() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.state == DeliveryState.SENDING)
            .values(tried_at=now() - sending.LEASE * 2)
        )
    keep_subscriptions(services)
    assert sorted(mail["To"] for mail in sink.received) == addresses
    states = sorted(one.state for one in all_of(services, Delivery))
    assert states == sorted([DeliveryState.INTERRUPTED, *[DeliveryState.SENT] * 4])


def test_the_rate_of_the_settings_is_kept(site, services, number):
    add_subscribers(services, *(f"r{n}@example.org" for n in range(4)))
    give_out(site, services, number)
    with services.database.transaction() as session:
        assert len(deliveries.list_due(session, 3)) == 3
        first = deliveries.list_due(session, 3)[0]
        deliveries.take_delivery(session, first, "token")
        assert len(deliveries.list_due(session, 3)) == 2
        assert deliveries.list_due(session, 1) == []


def test_five_thousand_addresses_are_taken_and_broken_lines_told(site, services):
    lines = [f"Persona {n} <p{n}@example.org>" for n in range(5000)]
    lines[0] = "nome;email"
    lines[1] = "Rossi; Anna; anna.rossi@comune.esempio.it; Siena"
    lines[9], lines[19], lines[29] = "nessuno", "P8@example.org", "a@b"
    lines[39], lines[49] = "due@@example.org", "già@ex ample.org"
    sign_in_as(site, services, f"a-{Role.ADMIN}")
    file = {"file": ("indirizzi.csv", "\r\n".join(lines).encode("cp1252"), "text/csv")}
    refused = site.post("/magazine/subscribers", data={"how": " "}, files=file)
    assert refused.status_code == 422
    assert "dove e come" in words(refused)
    answer = site.post("/magazine/subscribers", data={"how": "Moduli del 2025"}, files=file)
    assert answer.status_code == 200, answer.text
    told = words(answer)
    assert "Indirizzi aggiunti: 4994" in told
    rows = html.fromstring(answer.text).xpath("//table//tbody/tr")
    said = {row.xpath("string(td[1])"): row.xpath("string(td[3])") for row in rows}
    assert set(said) == {"1", "10", "20", "30", "40", "50"}
    assert "riga 9" in said["20"]
    assert "intestazione" in said["1"]
    again = site.post(
        "/magazine/subscribers", data={"how": "x", "lines": "anna.rossi@comune.esempio.it"}
    )
    assert "già iscritto" in words(again)
    with services.database.session() as session:
        kept = session.scalars(select(Subscription).limit(1)).one()
    assert kept.consent == "Moduli del 2025"
    add_subscribers(services, "già@example.org")
    assert site.post("/magazine/subscribers/erase", data={"address": "x@y.org"}).status_code == 422
    gone = site.post("/magazine/subscribers/erase", data={"address": "GIÀ@example.org"})
    assert "è cancellato" in words(gone)
    add_subscribers(services, "attesa@example.org")
    with services.database.transaction() as session:
        waits = subscriptions.find_address(session, "attesa@example.org")
        waits.state = SubscriptionState.PENDING
    old = {"how": "x", "lines": "già@example.org\nATTESA@example.org\nnuovo@example.org"}
    told = words(site.post("/magazine/subscribers", data=old))
    for part in ("Indirizzi aggiunti: 1", "ha disdetto", "non è ancora confermato"):
        assert part in told


def test_without_a_mail_server_the_feed_is_offered(site, services, monkeypatch):
    without = services.settings.model_copy(update={"smtp_url": None})
    monkeypatch.setattr(services, "settings", without)
    page = site.get("/magazine/subscribe")
    assert "/magazine/feed.atom" in page.text
    answer = site.post("/magazine/subscribe", data=ADDRESS)
    assert answer.status_code == 422
    with services.database.transaction() as session:
        session.add(Subscription(address="x@example.org", asked_at=now() - timedelta(days=8)))
    keep_subscriptions(services)
    assert all_of(services, Subscription) == []
