"""Mail goes to a server that really speaks SMTP."""

import socket
from email.policy import SMTP

import pytest
from sqlalchemy import update

from kb.messages import PermanentError, TransientError
from kb.runtime import mail
from kb.runtime.outbox import LEASE, queue_mail, send_waiting
from kb.runtime.services import open_services
from kb.storage.network import OutgoingMail
from kb.storage.tables import now


def test_a_mail_arrives_as_it_was_written(make_settings, mail_server):
    settings = make_settings(smtp_url=mail_server.url, smtp_from="kb@example.org")
    mail.send(settings, "anna@example.org", "Città\nBcc: x@x", "Perché no?\n.\nPunto.")
    (arrived,) = mail_server.received
    assert (arrived["From"], arrived["To"]) == ("kb@example.org", "anna@example.org")
    assert arrived["Subject"] == "Città Bcc: x@x"
    assert arrived["Bcc"] is None
    assert arrived.get_content().splitlines() == ["Perché no?", ".", "Punto."]


def test_a_long_address_to_unsubscribe_is_written_as_it_is(make_settings):
    address = f"https://buone-pratiche.unione.esempio.it/magazine/leave/{'x' * 43}"
    message = mail.build_message(make_settings(), "a@b.example", "x", "y", unsubscribe=address)
    assert f"List-Unsubscribe: <{address}>\r\n".encode() in message.as_bytes(policy=SMTP)


def test_an_address_cannot_add_headers(make_settings, mail_server):
    with pytest.raises(PermanentError, match="is not a mail address"):
        mail.send(
            make_settings(smtp_url=mail_server.url), "a@b.example\nBcc: c@d.example", "x", "y"
        )
    assert mail_server.commands == []


def test_a_password_is_not_sent_in_the_clear(make_settings, mail_server):
    settings = make_settings(smtp_url=mail_server.url.replace("//", "//user:geheim@"))
    with pytest.raises(PermanentError, match="encryption"):
        mail.send(settings, "a@b.example", "x", "y")
    assert not [line for line in mail_server.commands if line.startswith(b"AUTH")]
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize(
    ("verb", "answer", "error"),
    [
        (b"RCPT", b"550 no such box", PermanentError),
        (b"RCPT", b"451 later", TransientError),
        (b"MAIL", b"421 busy", TransientError),
        (b"DATA", b"554 no", PermanentError),
    ],
)
def test_refusals_say_whether_to_try_again(make_settings, mail_server, verb, answer, error):
    mail_server.answers[verb] = answer
    with pytest.raises(error, match=answer.decode()):
        mail.send(make_settings(smtp_url=mail_server.url), "a@b.example", "x", "y")


def test_a_refusal_is_told_however_the_address_was_written(make_settings, mail_server):
    mail_server.answers[b"RCPT"] = b"550 no such box"
    with pytest.raises(PermanentError, match="no such box"):
        mail.send(make_settings(smtp_url=mail_server.url), "<a@b.example>", "x", "y")


def test_what_the_server_will_never_take_is_not_tried_again(make_settings, mail_server):
    with pytest.raises(PermanentError, match="SMTPUTF8"):
        mail.send(make_settings(smtp_url=mail_server.url), "città@b.example", "x", "y")


def test_no_server_and_a_server_that_is_away(make_settings, mail_server):
    with pytest.raises(PermanentError, match="KB_SMTP_URL"):
        mail.send(make_settings(), "a@b.example", "x", "y")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(TransientError):
        mail.send(make_settings(smtp_url=f"smtp://127.0.0.1:{port}"), "a@b.example", "x", "y")


@pytest.fixture
def waiting(make_settings, mail_server):
    """Services of a base where three mails wait."""
    with open_services(make_settings(smtp_url=mail_server.url)) as services:
        with services.database.transaction() as session:
            for name in ("anna", "bruno", "carla"):
                queue_mail(session, f"{name}@b.example", "x", "y")
        yield services


def test_waiting_mails_share_a_connection(waiting, mail_server):
    assert send_waiting(waiting) == 3
    assert mail_server.commands.count(b"quit") == 1
    assert send_waiting(waiting) == 0


@pytest.mark.parametrize(
    "answers",
    [
        {b"DATA": b"421 closing", b"NOOP": b"421 closing"},
        {b"RCPT": b"421 closing", b"NOOP": b"421 closing"},
        {b"MAIL": b"550 5.7.1 not from you"},
    ],
)
def test_a_mail_at_which_no_more_can_be_sent_is_tried_last(waiting, mail_server, answers):
    mail_server.answers |= answers
    assert send_waiting(waiting) == 0
    assert sum(line.startswith(b"mail") for line in mail_server.commands) == 1
    mail_server.answers.clear()
    assert send_waiting(waiting) == 2
    with waiting.database.transaction() as session:
        session.execute(update(OutgoingMail).values(sending_at=now() - LEASE * 2))
    assert send_waiting(waiting) == 1
    assert len({one["To"] for one in mail_server.received}) == 3


def test_a_server_that_refuses_the_sender_at_the_recipient_loses_no_mail(waiting, mail_server):
    mail_server.answers[b"RCPT"] = b"554 5.7.1 Relay access denied"
    assert send_waiting(waiting) == 0
    mail_server.answers.clear()
    with waiting.database.transaction() as session:
        session.execute(update(OutgoingMail).values(sending_at=now() - LEASE * 2))
    assert send_waiting(waiting) == 3


def test_a_mail_that_is_refused_holds_up_no_other(waiting, mail_server):
    with waiting.database.transaction() as session:
        session.add(
            OutgoingMail(address="x\ny@b.example", subject="", text="", created_at=now() - LEASE)
        )
    assert send_waiting(waiting) == 3
    mail_server.answers[b"RCPT"] = b"550 no such box"
    with waiting.database.transaction() as session:
        queue_mail(session, "nobody@b.example", "x", "y")
    assert send_waiting(waiting) == 0
    with waiting.database.session() as session:
        assert session.query(OutgoingMail).count() == 0
