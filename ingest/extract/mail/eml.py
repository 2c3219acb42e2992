"""Mail files (RFC 5322, ``.eml``), including signed and certified ones (PEC)."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from contextlib import suppress
from email import policy
from email.generator import BytesGenerator
from email.header import decode_header, make_header
from email.message import Message as MailMessage
from email.parser import BytesParser
from email.utils import collapse_rfc2231_value
from io import BytesIO

from ingest.extract.extracted import Attached, Extracted, ExtractRequest
from ingest.extract.mail import certified_mail
from ingest.extract.mail.cms import is_signed, signatures_of, unwrap
from ingest.extract.mail.letter import MAX_ATTACHED, Body, Letter, file_name, from_letter
from ingest.extract.shared.decode import decode
from ingest.extract.shared.timing import time_limit
from kb.messages import N_, PermanentError
from kb.text.http_dates import read_http_date

MEDIA_TYPE = "message/rfc822"
MAX_DEPTH = 20
"""Nesting of parts that is followed."""
MORE = N_("This message has more than {most} attachments: the others were not taken in.")
MAILBOX = N_(
    "The file is a mailbox with several messages: save each message to keep as a file of its own"
    " (.eml) and upload those."
)
IGNORED = frozenset(
    {
        *("application/pkcs7-signature", "application/x-pkcs7-signature", "text/calendar"),
        *("application/pgp-signature", "application/pgp-keys", "application/pgp-encrypted"),
        *("text/vcard", "text/x-vcard", "text/directory", "message/delivery-status"),
        *("message/disposition-notification", "text/rfc822-headers", "message/external-body"),
        *("application/ms-tnef", "text/x-amp-html"),
    }
)
SIGNED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_MAILBOX = re.compile(rb"(?:\r?\n){2}From \S+ [^\r\n]*\d{4}[^\r\n]*\r?\n[!-9;-~]+:")
_TAG = re.compile(
    r"<(?:style|title)\b.*?</(?:style|title)>|<[^>]*>|&nbsp;", re.DOTALL | re.IGNORECASE
)
_CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)


def extract_mail(source: ExtractRequest) -> Extracted:
    data = source.path.read_bytes().lstrip(b"\r\n\xef\xbb\xbf")
    if data.startswith((b"From ", b">From ")):
        if _MAILBOX.search(data):
            raise PermanentError(MAILBOX)
        data = data.partition(b"\n")[2]
    with time_limit(source.patience_s):
        letter = read_letter(parsed_mail(data))
    return from_letter(source, letter, MEDIA_TYPE)


def parsed_mail(data: bytes) -> MailMessage:
    return BytesParser(policy=policy.compat32).parsebytes(data)


def read_letter(mail: MailMessage) -> Letter:
    """Read a mail; of a certified one the delivered message, with the provider's data."""
    delivered = certified_mail.delivered(mail)
    letter = read_letter(delivered) if delivered is not None else _letter(mail)
    if delivered is not None:
        letter.stamps = certified_mail.stamps(mail)
        letter.subject = letter.subject or header(mail, "subject")
        letter.signatures += _letter(mail).signatures
    return letter


def _letter(mail: MailMessage) -> Letter:
    letter = Letter(
        subject=header(mail, "subject"),
        sender=header(mail, "from"),
        to=header(mail, "to"),
        cc=header(mail, "cc"),
        sent_at=read_http_date(header(mail, "date")),
    )
    parts = list(_leaf_parts(mail, letter, 0))
    letter.bodies = [_read_body(part) for part in parts if _is_text(part)]
    shown = {name for body in letter.bodies for name in _CID.findall(body.text)}
    files = [part for part in parts if not _is_text(part) and not _is_ignored(part, shown)]
    for number, part in enumerate(files[:MAX_ATTACHED], 1):
        letter.attached.append(_read_attachment(part, number))
    if len(files) > MAX_ATTACHED:
        letter.attached.append(
            Attached("…", reason=PermanentError(MORE, most=MAX_ATTACHED).message)
        )
    return letter


def header(mail: MailMessage, name: str) -> str:
    """A header as text, with encoded words decoded."""
    raw = next((str(value) for key, value in mail.raw_items() if key.lower() == name), "")
    if not raw.isascii():
        raw = decode(raw.encode("utf-8", "surrogateescape"))
    return _words(raw)


def _words(raw: str) -> str:
    with suppress(Exception):  # unknown charsets, invalid base64
        return " ".join(str(make_header(decode_header(raw))).split())
    return " ".join(raw.split())


def _leaf_parts(part: MailMessage, letter: Letter, depth: int) -> Iterator[MailMessage]:
    """The leaf parts of a message, outside messages inside it; of alternatives, the text parts."""
    if depth > MAX_DEPTH:
        return
    kind = part.get_content_type()
    if kind == "message/rfc822":
        if depth:
            yield part
            return
    elif kind in SIGNED:
        yield from _open_signed(part, letter, depth)
        return
    elif part.get_content_subtype().endswith("pkcs7-signature"):
        letter.signatures += signatures_of(_payload(part))
        return
    if not part.is_multipart():
        yield part
        return
    for inner in _choose_parts(part):
        yield from _leaf_parts(inner, letter, depth + 1)


def _choose_parts(part: MailMessage) -> list[MailMessage]:
    """The sub-parts to read. Of a plain text and its HTML alternative the HTML, which has tables
    and links, unless it is empty."""
    inner = [one for one in part.get_payload() if isinstance(one, MailMessage)]
    if part.get_content_subtype() == "alternative":
        plain = [one for one in inner if one.get_content_type() == "text/plain"]
        web = [
            one for other in inner for one in other.walk() if one.get_content_type() == "text/html"
        ]
        if any(_TAG.sub("", _read_body(one).text).strip() for one in web):
            return [one for one in inner if one not in plain]
        return plain or inner
    return inner


def _open_signed(part: MailMessage, letter: Letter, depth: int) -> Iterator[MailMessage]:
    """The sub-parts of an S/MIME message signed around its content. A signed file stays an
    attachment."""
    name = _name(part).lower()
    data = _payload(part)
    if name and name != "smime.p7m":
        yield part
    elif is_signed(data):
        signed = unwrap(data)
        letter.signatures += signed.signatures
        yield from _leaf_parts(parsed_mail(signed.content), letter, depth + 1)


def _is_text(part: MailMessage) -> bool:
    """Whether a part is displayed text (or an alternative of it), not a file."""
    kind = part.get_content_type()
    loose = kind in ("text/plain", "text/html") and not _name(part)
    return loose and part.get_content_disposition() != "attachment"


def _read_body(part: MailMessage) -> Body:
    text = decode(_payload(part), str(part.get_content_charset("")))
    flowed = str(part.get_param("format", "")).lower() == "flowed"
    return Body(text, part.get_content_type() == "text/html", flowed)


def _is_ignored(part: MailMessage, shown: set[str]) -> bool:
    """Whether a part is skipped: signatures, address cards, and pictures shown in the text."""
    kind, name = part.get_content_type(), _name(part).lower()
    if kind in IGNORED or name.endswith((".p7s", ".vcf", ".ics")) or name in certified_mail.OWN:
        return True
    if part.get_content_maintype() != "image":
        return False
    cid = str(part.get("content-id", "")).strip("<> ")
    return cid in shown or part.get_content_disposition() != "attachment"


def _read_attachment(part: MailMessage, number: int) -> Attached:
    if part.get_content_type() == "message/rfc822":
        data, subject = _read_inner_message(part)
        return Attached(file_name(_name(part) or f"{subject}.eml", number, ".eml"), data)
    suffix = mimetypes.guess_extension(part.get_content_type()) or ""
    return Attached(file_name(_name(part), number, suffix), _payload(part))


def _read_inner_message(part: MailMessage) -> tuple[bytes, str]:
    """The bytes and subject of a forwarded message."""
    inner = part.get_payload(0) if part.is_multipart() else None
    if not isinstance(inner, MailMessage):
        data = _payload(part)
        return data, header(parsed_mail(data), "subject")
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False, maxheaderlen=0, policy=policy.compat32).flatten(
        inner
    )
    return buffer.getvalue(), header(inner, "subject")


def _payload(part: MailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _name(part: MailMessage) -> str:
    with suppress(Exception):  # unknown encodings of parameters
        raw = part.get_param("filename", None, "content-disposition") or part.get_param("name")
        if isinstance(raw, (str, tuple)):
            name = collapse_rfc2231_value(raw)
            if not name.isascii():
                name = decode(name.encode("utf-8", "surrogateescape"))
            return _words(name)
    return ""
