"""Messages that Outlook saved (MS-OXMSG, ``.msg``)."""

from __future__ import annotations

import struct
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from oxmsg import Message
from oxmsg.attachment import Attachment
from oxmsg.properties import Properties
from oxmsg.recipient import Recipient

from ingest.extract.decode import decode
from ingest.extract.extracted import Attached, Extracted, ExtractRequest
from ingest.extract.letter import MAX_ATTACHED, Body, Letter, file_name, from_letter
from ingest.extract.mail import MORE
from ingest.extract.sniff import OUTLOOK
from ingest.extract.timing import time_limit
from kb.messages import N_, PermanentError

BODY, HTML, SUBJECT = 0x1000, 0x1013, 0x0037
ATTACH_NAME, ATTACH_SHORT_NAME, DISPLAY_NAME = 0x3707, 0x3704, 0x3001
CONTENT_ID, HIDDEN, FLAGS, MIME_TAG = 0x3712, 0x7FFE, 0x3714, 0x370E
RENDERED_IN_BODY = 0x4
EMBEDDED = "__SUBSTG1.0_3701000D"
"""The storage of a message attached to this one (PidTagAttachDataObject)."""
MAX_DEPTH = 5
TO, CC = 1, 2
RECIPIENT_TYPE = 0x0C15
EMBEDDED_HEADER = 24
IGNORED = (".p7s", ".vcf", ".ics")
REFERENCE = N_("It is only linked to the message, not in it: upload it by itself.")


def extract_outlook(source: ExtractRequest) -> Extracted:
    with time_limit(source.patience_s):
        try:
            letter = _letter(Message.load(str(source.path)), 0)
        except (KeyError, ValueError, IndexError, AttributeError, struct.error, OSError) as error:
            raise PermanentError(
                N_(
                    "The Outlook message is cut off or damaged: save it again from Outlook, or as"
                    " .eml or PDF, and upload that."
                )
            ) from error
    return from_letter(source, letter, OUTLOOK)


def _letter(message: Message, depth: int) -> Letter:
    properties = message.properties
    letter = Letter(
        subject=_text(properties, SUBJECT),
        sender=_safely(lambda: message.sender) or "",
        to=_recipients(message, TO),
        cc=_recipients(message, CC),
        sent_at=_safely(lambda: message.sent_date),
        bodies=[_body(properties)],
    )
    attached = list(message.attachments)
    for number, one in enumerate(attached[:MAX_ATTACHED], 1):
        if (found := _attached(one, number, letter.bodies[0].text, depth)) is not None:
            letter.attached.append(found)
    if len(attached) > MAX_ATTACHED:
        letter.attached.append(
            Attached("…", reason=PermanentError(MORE, most=MAX_ATTACHED).message)
        )
    return letter


def _body(properties: Properties) -> Body:
    data = _safely(lambda: properties.binary_prop_value(HTML))
    if data:
        return Body(decode(data, _safely(lambda: properties.body_encoding) or ""), html=True)
    if html := _text(properties, HTML):
        return Body(html, html=True)
    return Body(_text(properties, BODY))


def _recipients(message: Message, kind: int) -> str:
    """Names and addresses of those the message went to, or its copies."""
    wanted = [
        one
        for one in message.recipients
        if (one.properties.int_prop_value(RECIPIENT_TYPE) or TO) == kind
    ]
    return "; ".join(map(_named, wanted))


def _named(recipient: Recipient) -> str:
    name = _text(recipient.properties, DISPLAY_NAME)
    address = _safely(lambda: recipient.email_address) or ""
    return f"{name} <{address}>" if name and address and name != address else name or address


def _attached(one: Attachment, number: int, html: str, depth: int) -> Attached | None:
    """The attachment, or nothing where it is a picture of the text or a signature."""
    properties = one.properties
    names = (_text(properties, key) for key in (ATTACH_NAME, DISPLAY_NAME, ATTACH_SHORT_NAME))
    name = next((name for name in names if name), "")
    if name.lower().endswith(IGNORED) or _is_of_body(properties, html):
        return None
    storage = _embedded(one)
    if storage is not None and depth < MAX_DEPTH:
        inner = _letter(_Embedded(storage), depth + 1)
        return Attached(file_name(f"{inner.subject or name}.eml", number, ".eml"), _as_mail(inner))
    data = _safely(lambda: one.file_bytes)
    if not data:
        return Attached(file_name(name, number), reason=PermanentError(REFERENCE).message)
    return Attached(file_name(name, number), data)


def _embedded(one: Attachment) -> Any:
    """The folder of a message that is attached as such; nothing for a file."""
    folders: Any = one._storage  # the library gives no other way to what is no file
    return next((inner for inner in folders.storages if inner.name.upper() == EMBEDDED), None)


def _is_of_body(properties: Properties, html: str) -> bool:
    cid = _text(properties, CONTENT_ID)
    hidden = properties.int_prop_value(FLAGS) or 0
    mime = _text(properties, MIME_TAG)
    shown = bool(cid) and f"cid:{cid}" in html
    return mime.startswith("image/") and (shown or bool(hidden & RENDERED_IN_BODY))


class _Embedded(Message):
    """A message within a message, whose properties begin elsewhere (MS-OXMSG 2.4.1.2)."""

    @property
    def properties(self) -> Properties:
        return Properties(self._storage, properties_header_offset=EMBEDDED_HEADER)


def _as_mail(letter: Letter) -> bytes:
    """The letter in the common form of mails, always the same bytes for the same letter."""
    mail = EmailMessage(policy=SMTP)
    for name, value in (("Subject", letter.subject), ("From", letter.sender), ("To", letter.to)):
        if value:
            mail[name] = " ".join(value.replace(";", ",").split()) if name == "To" else value
    if letter.sent_at:
        mail["Date"] = format_datetime(letter.sent_at)
    body = letter.bodies[0]
    mail.set_content(body.text, subtype="html" if body.html else "plain")
    for attached in letter.attached:
        if attached.data:
            mail.add_attachment(
                attached.data,
                maintype="application",
                subtype="octet-stream",
                filename=attached.name,
            )
    if mail.is_multipart():
        mail.set_boundary("=_part_of_the_message_within_")
    return mail.as_bytes()


def _text(properties: Properties, key: int) -> str:
    return _safely(lambda: properties.str_prop_value(key)) or ""


def _safely(read: Any) -> Any:
    """A property, or nothing where it is damaged: the others are read all the same."""
    with suppress(
        KeyError, ValueError, IndexError, AttributeError, TypeError, LookupError, struct.error
    ):
        return read()
    return None
