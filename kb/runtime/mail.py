"""Send mail through the SMTP server of the settings; without one, nothing is sent."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from kb.messages import N_, PermanentError, TransientError
from kb.settings import Settings

TIMEOUT_S = 20
"""Seconds for each step of the SMTP dialogue."""
PORTS = {"smtp": 587, "smtps": 465}


def is_set(settings: Settings) -> bool:
    return settings.smtp_url is not None


def send(
    settings: Settings,
    to: str,
    subject: str,
    text: str,
    *,
    reply_to: str = "",
    calendar: str = "",
) -> None:
    """Send one plain-text mail, with an iCalendar file (``calendar``) if there is one. TLS is used
    if the server offers it; a password is only sent over TLS.

    Raises:
        PermanentError: no server is configured, or it rejects this mail or sender.
        TransientError: the server is unreachable or asks to try again later.
    """
    if settings.smtp_url is None:
        raise PermanentError(N_("No mail server is set: see KB_SMTP_URL."))
    server = urlsplit(settings.smtp_url.get_secret_value())
    message = _message(settings.smtp_from, to, subject, text)
    if reply_to:
        message["Reply-To"] = _address(reply_to)
    if calendar:
        message.add_attachment(calendar, subtype="calendar", filename="invito.ics")
    try:
        with _connect(server) as connection:
            connection.send_message(message)
    except smtplib.SMTPResponseException as error:
        _raise_for(error.smtp_code, error.smtp_error)
    except smtplib.SMTPRecipientsRefused as error:
        _raise_for(*next(iter(error.recipients.values())))
    except smtplib.SMTPNotSupportedError as error:
        raise _refused_error(str(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise TransientError(
            N_("The mail server does not answer ({reason}): try again later."), reason=str(error)
        ) from error


def _message(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, _address(to)
    message["Subject"] = " ".join(subject.split())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _address(email: str) -> str:
    """Raises PermanentError if it has line breaks, which would end the header."""
    if not email.isprintable():
        raise PermanentError(N_("“{email}” is not a mail address."), email=email[:254])
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


def _raise_for(code: int, said: bytes | str) -> None:
    reason = f"{code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
    if 400 <= code < 500:
        raise TransientError(
            N_("The mail server does not answer ({reason}): try again later."), reason=reason
        )
    raise _refused_error(reason)


def _refused_error(reason: str) -> PermanentError:
    return PermanentError(N_("The mail server refused the mail ({reason})."), reason=reason)
