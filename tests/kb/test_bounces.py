"""Mails that came back after they were taken, told by notifications of several mail servers."""

import json
import mailbox
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from kb.access import Role
from kb.accounts import accounts
from kb.domain import Kind
from kb.messages import PermanentError
from kb.periodical.bounces import BounceOutcome, note_bounce
from kb.periodical.deliveries import list_answers
from kb.periodical.notifications import read_mailbox, read_notification
from kb.periodical.sending import is_held_against
from kb.storage.accounts import Account
from kb.storage.collections import Collection, CollectionKind
from kb.storage.db import Database
from kb.storage.following import Digest
from kb.storage.periodical import Issue, IssueState
from kb.storage.questions import Notice, SavedQuestion
from kb.storage.subscriptions import Delivery, DeliveryState, Subscription, SubscriptionState
from kb.storage.tables import Document, now
from web.rendering.mail_status import explain_status

DAY = "Mon, 23 Nov 2026 09:30:00 +0100"
POSTFIX = """\
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Date: {day}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: {day}

Final-Recipient: rfc822; anna@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <anna@example.org>: Recipient address rejected

--B
Content-Type: text/rfc822-headers

From: kb@example.org
Message-ID: <{id}@kb.example.org>
Subject: Il primo

--B--
"""
GOOGLE = """\
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
Date: {day}
MIME-Version: 1.0
In-Reply-To: <{id}@kb.example.org>
Content-Type: multipart/report; boundary="B"; report-type=delivery-status

--B
Content-Type: text/html

<p>Address not found</p>

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
X-Original-Message-ID: <{id}@kb.example.org>

Final-Recipient: rfc822; anna@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550-5.1.1 The email account does not exist.

--B--
"""
UTF8 = """\
From: postmaster@example.org
Date: {day}
MIME-Version: 1.0
Content-Type: multipart/report; boundary="B"; report-type=global-delivery-status

--B
Content-Type: message/global-delivery-status

Reporting-MTA: dns; example.org

Final-Recipient: utf-8; già@example.org
Action: Failed
Status: 5.2.2 (mailbox full)

--B
Content-Type: message/rfc822

From: kb@example.org
Message-ID:
 <{id}@kb.example.org>

Ciao
--B--
"""
QMAIL = """\
Return-Path: <>
From: MAILER-DAEMON@mail.example.org
Date: {day}
Subject: failure notice

Hi. This is the qmail-send program at mail.example.org.

<anna@example.org>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: <{id}@kb.example.org>
Subject: Il primo
"""
AWAY = """\
From: anna@example.org
In-Reply-To: <{id}@kb.example.org>
Subject: Fuori ufficio

Torno lunedi.
"""


def write(kind, id, action="failed", status="5.1.1"):
    return kind.format(id=id, day=DAY, action=action, status=status).encode()


@pytest.fixture
def database(tmp_path):
    opened = Database(f"sqlite:///{tmp_path / 'kb.sqlite'}")
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture
def sent(database):
    """Ids of deliveries of four issues to one subscription, the oldest first."""
    with database.transaction() as session:
        reader = Subscription(
            address="anna@example.org", state=SubscriptionState.CONFIRMED, confirmed_at=now()
        )
        session.add(reader)
        ids = []
        for number in range(1, 5):
            row = Collection(
                id=f"magazine-{number}", title="x", argument="x", kind=CollectionKind.ISSUE
            )
            issue = Issue(number=number, state=IssueState.PUBLISHED, collection=row, dated=now())
            session.add(issue)
            session.flush()
            delivery = Delivery(
                issue_id=row.id,
                subscription_id=reader.id,
                state=DeliveryState.SENT,
                created_at=datetime(2026, 11, number, tzinfo=UTC),
            )
            session.add(delivery)
            session.flush()
            ids.append(delivery.id)
    return ids


def note(database, content):
    with database.transaction() as session:
        return note_bounce(session, read_notification(content))


def test_notifications_of_several_servers_are_read(database, sent):
    first, second, third, fourth = sent
    assert note(database, write(POSTFIX, first, "delayed", "4.4.1")) is BounceOutcome.DELAYED
    assert note(database, write(AWAY, first)) is BounceOutcome.OTHER
    assert note(database, b"") is BounceOutcome.OTHER
    assert note(database, write(POSTFIX, "nobody")) is BounceOutcome.NOT_OURS
    for kind, id in ((POSTFIX, first), (UTF8, second), (GOOGLE, third), (QMAIL, fourth)):
        assert note(database, write(kind, id)) is BounceOutcome.MARKED, kind
        assert note(database, write(kind, id)) is BounceOutcome.KNOWN
    with database.session() as session:
        (one,) = list_answers(session, "magazine-1")
        assert (one.state, one.answer, one.count) == (DeliveryState.BOUNCED, "5.1.1", 1)
        assert one.last_at == datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
        assert session.get(Delivery, second).answer == "5.2.2"
        reader = session.scalars(select(Subscription)).one()
        assert reader.state is SubscriptionState.CONFIRMED  # a full box is not held against it


def test_a_date_that_is_no_date_is_passed_over(sent):
    absurd = "Mon, 23 Nov 2026 09:30:00 +99999999999999"
    arrived = f"Arrival-Date: {DAY}", f"Arrival-Date: {absurd}"
    content = write(POSTFIX, sent[0]).replace(arrived[0].encode(), arrived[1].encode())
    assert absurd.encode() in content
    assert read_notification(content).at == datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    unsaid = content.replace(DAY.encode(), absurd.encode())
    assert read_notification(unsaid).at is None


def test_an_address_that_is_not_there_three_times_in_a_row_gets_no_more(database, sent):
    for number, id in enumerate(sent[1:], 1):
        assert note(database, write(POSTFIX, id)) is BounceOutcome.MARKED
        with database.session() as session:
            reader = session.scalars(select(Subscription)).one()
            assert (reader.address is None) == (number == 3)
    assert reader.state is SubscriptionState.STOPPED
    with database.transaction() as session:
        account = accounts.create(session, "anna", Role.MEMBER, email="anna@example.org")
        account.digest_since = now()
        rows = [
            Digest(account_id=account.id, week=f"2026-W{n}", state=DeliveryState.SENT,
                   created_at=now() - timedelta(days=n))
            for n in range(10, 13)
        ]  # fmt: skip
        item = Document(
            title="x", kind=Kind.DOCUMENT, filename="a.txt", size=1, content_sha256="x",
            language="it",
        )  # fmt: skip
        saved = SavedQuestion(account_id=account.id, text="Quanta acqua?", question={})
        session.add_all([*rows, item, saved])
        session.flush()
        session.add(Notice(saved_id=saved.id, item_id=item.id, mailed_at=now()))
        rows[0].told = [f"answer:{saved.id}:{item.id}", f"item:{item.id}"]
        ids = [row.id for row in rows]
    for id in ids:
        assert note(database, write(GOOGLE, id)) is BounceOutcome.MARKED
    with database.session() as session:
        assert session.scalars(select(Account)).one().digest_since is None
        assert session.scalars(select(Notice)).one().mailed_at is None  # it did not arrive


@pytest.mark.parametrize(
    ("answer", "held", "words"),
    [
        ("5.1.1", True, "there is no such address"),
        ("550 5.1.10", True, "there is no such address"),
        ("5.2.1", True, "the mailbox is closed"),
        ("550", True, "there is no such address"),
        ("5.1.7", False, "the address of the sender is not accepted"),
        ("550 5.1.8", False, "the address of the sender is not accepted"),
        ("5.2.2", False, "the mailbox is full"),
        ("5.7.1", False, "its mail server takes no mail from here"),
    ],
)
def test_only_an_address_that_is_not_there_is_held_against_it(answer, held, words):
    assert is_held_against(Digest(state=DeliveryState.BOUNCED, answer=answer)) is held
    assert explain_status(answer) == words


def test_mailboxes_of_every_form_are_read_and_wrong_paths_told(tmp_path):
    messages = [write(POSTFIX, "a"), write(GOOGLE, "b")]
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "one.eml").write_bytes(messages[0])
    (folder / "two.EML").write_bytes(messages[1])
    box, kept = mailbox.mbox(tmp_path / "mbox"), mailbox.Maildir(tmp_path / "maildir")
    for message in messages:
        box.add(message)
        kept.add(message)
    box.close()
    for path in (folder, tmp_path / "mbox", tmp_path / "maildir"):
        found = [read_notification(content) for _, content in read_mailbox(path)]
        assert sorted(one.message_ids[0] for one in found) == [
            "a@kb.example.org",
            "b@kb.example.org",
        ], path
    for name in ("empty", "other", "bad"):
        (tmp_path / name).mkdir()
    (tmp_path / "zero").touch()
    mailbox.Maildir(tmp_path / "new-maildir")
    for name in ("empty", "zero", "new-maildir"):
        assert list(read_mailbox(tmp_path / name)) == [], name
    (tmp_path / "other" / "a.txt").touch()
    (tmp_path / "bad" / "a.eml").symlink_to("/proc/self/mem")
    for path, told in (
        (tmp_path / "nothing", "no file or folder"),
        (tmp_path / "other", "No mess"),
        (tmp_path / "bad", "a.eml cannot be read"),
    ):
        with pytest.raises(PermanentError, match=told):
            list(read_mailbox(path))


def test_the_command_tells_what_each_message_was(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    file = tmp_path / "one.eml"
    file.write_bytes(write(POSTFIX, "nobody"))
    done = subprocess.run(
        [sys.executable, "-c", "from kb.cli import main; main()", "bounces", str(file), "--json"],
        env={**os.environ, "KB_DATA_DIR": str(data), "LANG": "en_US.UTF-8"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = {"message": "one.eml", "outcome": "not-ours", "status": "5.1.1"}
    assert json.loads(done.stdout) == told
    assert "1 messages read, 0 marked" in done.stderr
