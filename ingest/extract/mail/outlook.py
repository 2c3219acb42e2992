"""Messages saved by Outlook (MS-OXMSG, ``.msg``)."""

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

from ingest.extract.extracted import Attached, Extracted, ExtractRequest
from ingest.extract.mail.eml import MORE
from ingest.extract.mail.letter import MAX_ATTACHED, Body, Letter, file_name, from_letter
from ingest.extract.shared.decode import decode
from ingest.extract.shared.timing import time_limit
from ingest.extract.sniff import OUTLOOK
from kb.messages import N_, PermanentError

BODY, HTML, SUBJECT = 0x1000, 0x1013, 0x0037
ATTACH_NAME, ATTACH_SHORT_NAME, DISPLAY_NAME = 0x3707, 0x3704, 0x3001
CONTENT_ID, HIDDEN, FLAGS, MIME_TAG = 0x3712, 0x7FFE, 0x3714, 0x370E
RENDERED_IN_BODY = 0x4
EMBEDDED = "__SUBSTG1.0_3701000D"
"""Storage of a message attached to this one (PidTagAttachDataObject)."""
MAX_DEPTH = 5
"""Nesting of attached messages that is followed."""
TO, CC = 1, 2
RECIPIENT_TYPE = 0x0C15
EMBEDDED_HEADER = 24
"""Bytes of the property stream's header in an attached message."""
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
        sender=_read_or_none(lambda: message.sender) or "",
        to=_recipients(message, TO),
        cc=_recipients(message, CC),
        sent_at=_read_or_none(lambda: message.sent_date),
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
    data = _read_or_none(lambda: properties.binary_prop_value(HTML))
    if data:
        return Body(decode(data, _read_or_none(lambda: properties.body_encoding) or ""), html=True)
    if html := _text(properties, HTML):
        return Body(html, html=True)
    return Body(_text(properties, BODY))


def _recipients(message: Message, kind: int) -> str:
    """Names and addresses of the recipients of one kind (To or Cc)."""
    wanted = [
        one
        for one in message.recipients
        if (one.properties.int_prop_value(RECIPIENT_TYPE) or TO) == kind
    ]
    return "; ".join(map(_display_name, wanted))


def _display_name(recipient: Recipient) -> str:
    name = _text(recipient.properties, DISPLAY_NAME)
    address = _read_or_none(lambda: recipient.email_address) or ""
    return f"{name} <{address}>" if name and address and name != address else name or address


def _attached(one: Attachment, number: int, html: str, depth: int) -> Attached | None:
    """The attachment; None if it is a picture shown in the text or a signature."""
    properties = one.properties
    names = (_text(properties, key) for key in (ATTACH_NAME, DISPLAY_NAME, ATTACH_SHORT_NAME))
    name = next((name for name in names if name), "")
    if name.lower().endswith(IGNORED) or _is_of_body(properties, html):
        return None
    storage = _embedded(one)
    if storage is not None and depth < MAX_DEPTH:
        inner = _letter(_Embedded(storage), depth + 1)
        return Attached(file_name(f"{inner.subject or name}.eml", number, ".eml"), _as_mail(inner))
    data = _read_or_none(lambda: one.file_bytes)
    if not data:
        return Attached(file_name(name, number), reason=PermanentError(REFERENCE).message)
    return Attached(file_name(name, number), data)


def _embedded(one: Attachment) -> Any:
    """The storage of an attached message; None for a file."""
    folders: Any = one._storage  # the library has no public access to storages
    return next((inner for inner in folders.storages if inner.name.upper() == EMBEDDED), None)


def _is_of_body(properties: Properties, html: str) -> bool:
    cid = _text(properties, CONTENT_ID)
    hidden = properties.int_prop_value(FLAGS) or 0
    mime = _text(properties, MIME_TAG)
    shown = bool(cid) and f"cid:{cid}" in html
    return mime.startswith("image/") and (shown or bool(hidden & RENDERED_IN_BODY))


class _Embedded(Message):
    """An attached message, whose properties have a shorter header (MS-OXMSG 2.4.1.2)."""

    @property
    def properties(self) -> Properties:
        return Properties(self._storage, properties_header_offset=EMBEDDED_HEADER)


def _as_mail(letter: Letter) -> bytes:
    """The letter as an RFC 5322 message; the same letter always gives the same bytes."""
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
    return _read_or_none(lambda: properties.str_prop_value(key)) or ""


def _read_or_none(read: Any) -> Any:
    """A property; None if it is damaged, so that the others are still read."""
    with suppress(
        KeyError, ValueError, IndexError, AttributeError, TypeError, LookupError, struct.error
    ):
        return read()
    return None
