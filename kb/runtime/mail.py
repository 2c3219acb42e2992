"""Send mail through the SMTP server of the settings; without one, nothing is sent."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, Policy, default
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from kb.messages import N_, KbError, PermanentError, TransientError
from kb.settings import Settings

TIMEOUT_S = 20
"""Seconds for each step of the SMTP dialogue."""
PORTS = {"smtp": 587, "smtps": 465}
_LATER = N_("The mail server does not answer ({reason}): try again later.")
_REFUSED = N_("The mail server refused the mail ({reason}).")


class AddressHeader(UnstructuredHeader, BaseHeader):
    """A header with an address of a page, which mail programs read only where it is not encoded:
    one line of at most 998 characters, however long."""

    max_count = 1

    def fold(self, *, policy: Policy[Any]) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", AddressHeader)
_POLICY = default.clone(header_factory=_HEADERS)


def is_set(settings: Settings) -> bool:
    return settings.smtp_url is not None


NO_SUCH_BOX = frozenset({550, 551, 553})
"""SMTP codes with which a server refuses a recipient for good (RFC 5321, 4.2.3)."""
NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""Enhanced statuses that say so of the recipient (RFC 3463, 3.2; RFC 7505). 5.1.7 and 5.1.8 are
about the sender."""
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_STATUS = re.compile(r"\d{3}(?: [245]\.\d{1,3}\.\d{1,3}\b)?")
_OURS = re.compile(r"relay|authenti|spam|block|black|reputation|policy", re.IGNORECASE)
"""Words of servers that refuse who sends, where there is no enhanced status."""


class NotTaken(PermanentError):
    """This mail is refused, by the server or before it is sent; its address may exist."""


class RecipientRefused(NotTaken):
    """The server says that the address does not exist."""


class Interrupted(TransientError):
    """The connection ended while the mail was handed over: it may have been taken."""


def send(settings: Settings, to: str, subject: str, text: str) -> None:
    """Send one plain-text mail.

    Raises:
        PermanentError: no server is configured, or it rejects this mail or sender.
        TransientError: the server is unreachable or asks to try again later.
    """
    message = build_message(settings, to, subject, text)
    with open_connection(settings) as connection:
        deliver(connection, message)


@contextmanager
def open_connection(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A connection to the server. TLS is used if the server offers it; a password is only sent over
    TLS.

    Raises:
        PermanentError: no server is configured, or it rejects the sender.
        TransientError: the server is unreachable or asks to try again later.
    """
    if settings.smtp_url is None:
        raise PermanentError(N_("No mail server is set: see KB_SMTP_URL."))
    with _errors_in_words():
        connection = _connect(urlsplit(settings.smtp_url.get_secret_value()))
    try:
        yield connection
    finally:
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()
        connection.close()


def deliver(connection: smtplib.SMTP, message: EmailMessage) -> None:
    """Hand one mail over.

    Raises:
        RecipientRefused: the server says that there is no such address.
        NotTaken: it refuses the mail, or the address for another reason.
        Interrupted: it is not known whether the server took it.
        PermanentError: the server rejects the sender.
        TransientError: the server is unreachable or asks to try again later.
    """
    with _errors_in_words():
        try:
            connection.ehlo_or_helo_if_needed()
            sender, to = parseaddr(message["From"])[1], parseaddr(message["To"])[1]
            plain = sender.isascii() and to.isascii()
            if not plain and not connection.has_extn("smtputf8"):
                raise NotTaken(_REFUSED, reason="SMTPUTF8")
            written = message.as_bytes(policy=SMTP if plain else SMTPUTF8)
            _require(connection.mail(sender, [] if plain else ["SMTPUTF8", "BODY=8BITMIME"]))
            answer = connection.rcpt(to)
            _require(answer, RecipientRefused if _names_recipient(*answer) else NotTaken)
            _hand_over(connection, written)
        except BaseException:
            with suppress(OSError, smtplib.SMTPException):
                connection.rset()
            raise


def is_open(connection: smtplib.SMTP) -> bool:
    """Whether the server still answers, so that another mail can be tried."""
    try:
        return connection.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _hand_over(connection: smtplib.SMTP, written: bytes) -> None:
    try:
        answer = connection.data(written)
    except smtplib.SMTPDataError as error:
        answer = error.smtp_code, _as_bytes(error.smtp_error)
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise Interrupted(
            N_("The connection ended while the mail was sent ({reason})."), reason=str(error)
        ) from error
    _require(answer, NotTaken)


def _names_recipient(code: int, said: bytes) -> bool:
    """Whether the answer to RCPT says that there is no such address: by its enhanced status, or
    without one by its code."""
    text = said.decode("utf-8", "replace")
    if code not in NO_SUCH_BOX:
        return False
    enhanced = _ENHANCED.match(text)
    return enhanced[0] in NO_SUCH_ADDRESS if enhanced else not _OURS.search(text)


def read_status(error: KbError) -> str:
    """The SMTP code and enhanced status of what a server answered, without its words, which may
    repeat the address; empty if it did not answer."""
    found = _STATUS.match(str(error.message.params.get("reason", "")))
    return found[0] if found else ""


def _require(answer: tuple[int, bytes], refused: type[PermanentError] = PermanentError) -> None:
    """Raises TransientError for 4xx, ``refused`` for what is no success."""
    code, said = answer
    if not 200 <= code < 300:
        reason = f"{code} {said.decode('utf-8', 'replace')}"
        if 400 <= code < 500:
            raise TransientError(_LATER, reason=reason)
        raise refused(_REFUSED, reason=reason)


@contextmanager
def _errors_in_words() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPResponseException as error:
        _require((error.smtp_code, _as_bytes(error.smtp_error)))
        raise
    except smtplib.SMTPNotSupportedError as error:
        raise PermanentError(_REFUSED, reason=str(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise TransientError(_LATER, reason=str(error)) from error


def _as_bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def build_message(  # noqa: PLR0913 - the parts of a mail
    settings: Settings,
    to: str,
    subject: str,
    text: str,
    *,
    html: str = "",
    reply_to: str = "",
    calendar: str = "",
    unsubscribe: str = "",
) -> EmailMessage:
    """A mail, the plain text first. ``calendar``: an iCalendar file to attach. ``unsubscribe``:
    address that ends the subscription by one POST (RFC 8058).

    Raises:
        NotTaken: ``to`` or ``reply_to`` is no mail address.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"], message["To"] = settings.smtp_from, _address(to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if reply_to:
        message["Reply-To"] = _address(reply_to)
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    if calendar:
        message.add_attachment(calendar, subtype="calendar", filename="invito.ics")
    return message


def _address(email: str) -> str:
    """Raises NotTaken if it has line breaks, which would end the header."""
    if not email.isprintable():
        raise NotTaken(N_("“{email}” is not a mail address."), email=email[:254])
    return email


def _connect(server: SplitResult) -> smtplib.SMTP:
    host, port = server.hostname or "", server.port or PORTS[server.scheme]
    trust = ssl.create_default_context()
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=trust)
    else:
        connection = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    try:
        _start_tls_and_sign_in(connection, server, trust)
    except BaseException:
        connection.close()
        raise
    return connection


def _start_tls_and_sign_in(
    connection: smtplib.SMTP, server: SplitResult, trust: ssl.SSLContext
) -> None:
    connection.ehlo_or_helo_if_needed()
    encrypted = server.scheme == "smtps"
    if not encrypted and connection.has_extn("starttls"):
        connection.starttls(context=trust)
        encrypted = True
    if server.username:
        if not encrypted:
            raise PermanentError(
                N_("The mail server offers no encryption: the password was not sent to it.")
            )
        connection.login(unquote(server.username), unquote(server.password or ""))
