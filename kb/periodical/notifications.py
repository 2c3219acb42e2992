"""Read delivery status notifications (RFC 3464): mails that came back, from files and mailboxes."""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

from kb.messages import N_, PermanentError
from kb.text.http_dates import read_http_date

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
HEADER_TYPES = frozenset({"text/rfc822-headers", "message/global-headers"})
ID_FIELDS = ("X-Original-Message-ID", "Original-Message-ID")
SUFFIXES = frozenset({".eml", ".mime"})
MBOX = b"From "
_ID = re.compile(r"<\s*([^<>\s]+)\s*>")
_ID_LINE = re.compile(r"^[>\s]*Message-ID:\s*<\s*([^<>\s]+)\s*>", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_ROBOT = re.compile(r"mailer-daemon|postmaster", re.IGNORECASE)


@dataclass(frozen=True)
class Notification:
    """``message_ids``: of the mail that came back, the surest first. ``status``: RFC 3463; empty if
    it is not said. ``failed``: it was given up, not only delayed."""

    message_ids: tuple[str, ...]
    status: str
    failed: bool
    at: datetime | None


def read_mailbox(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each message of a file, an mbox, a Maildir or a folder of files.

    Raises:
        PermanentError: there is no such path, it cannot be read, or it holds other files only.
    """
    if not path.exists():
        raise PermanentError(
            N_("There is no file or folder {file}: check the path."), file=str(path)
        )
    found = False
    try:
        for name, content in _list_messages(path):
            found = True
            yield name, content
        is_other = not found and _holds_other_files(path)
    except OSError as error:
        raise PermanentError(
            N_("{file} cannot be read ({reason}): check its rights."),
            file=str(error.filename or path),
            reason=error.strerror or str(error),
        ) from error
    if is_other:
        raise PermanentError(
            N_(
                "No message in {file}: give a .eml file, an mbox file, a Maildir or a folder of "
                ".eml files."
            ),
            file=str(path),
        )


def _list_messages(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir() and _is_maildir(path):
        for part in ("new", "cur"):
            for file in sorted(p for p in (path / part).glob("*") if p.is_file()):
                yield file.name, _read_file(file)
    elif path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES):
            yield str(file.relative_to(path)), _read_file(file)
    elif _is_mbox(path):
        box = mailbox.mbox(path, create=False)
        try:
            for number, key in enumerate(box.keys(), 1):
                yield f"{path.name} {number}", box.get_bytes(key)
        finally:
            box.close()
    elif path.stat().st_size:
        yield path.name, _read_file(path)


def _holds_other_files(path: Path) -> bool:
    """Whether a folder without messages is no empty mailbox."""
    return path.is_dir() and not _is_maildir(path) and any(path.iterdir())


def _is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() or (path / "new").is_dir()


def _read_file(path: Path) -> bytes:
    """Raises OSError, which names the file."""
    try:
        return path.read_bytes()
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MBOX)) == MBOX


def read_notification(content: bytes) -> Notification | None:
    """None if the message is no notification about a mail."""
    message = message_from_bytes(content, policy=policy.compat32)
    blocks = [block for part in message.walk() for block in _read_blocks(part)]
    if not blocks:
        return _read_plain(message)
    recipients = [block for block in blocks if "Action" in block or "Status" in block]
    failed = [one for one in recipients if str(one.get("Action", "")).strip().lower() == "failed"]
    said = (failed or recipients or blocks)[0]
    status = _find_status(str(said.get("Status", ""))) or _find_status(
        str(said.get("Diagnostic-Code", ""))
    )
    dates = [said.get("Last-Attempt-Date"), blocks[0].get("Arrival-Date"), message.get("Date")]
    ids = [*_ids_of_original(message), *(id for b in blocks for id in _ids_in(b, ID_FIELDS))]
    ids += _ids_in(message, ("In-Reply-To", "References"))
    return Notification(tuple(dict.fromkeys(ids)), status, bool(failed), _first_date(dates))


def _read_blocks(part: Message) -> list[Message]:
    """The groups of fields of a delivery status."""
    if part.get_content_type() not in STATUS_TYPES:
        return []
    payload = part.get_payload()
    texts = [str(one) for one in payload] if isinstance(payload, list) else [str(payload)]
    groups = re.split(r"\n[ \t]*\r?\n+", "\n\n".join(texts).replace("\r\n", "\n"))
    parsed = [HeaderParser().parsestr(group.strip()) for group in groups if group.strip()]
    return [block for block in parsed if block.keys()]


def _ids_of_original(message: Message) -> Iterator[str]:
    """From the part that returns the mail, or its headers alone."""
    for part in message.walk():
        if part is message:
            continue
        if part.get_content_type() in HEADER_TYPES:
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            yield from _ID_LINE.findall(text or str(part))
        elif part.get("Message-ID"):
            yield from _ids_in(part, ("Message-ID",))


def _ids_in(message: Message, names: tuple[str, ...]) -> list[str]:
    return [
        id
        for name in names
        for value in message.get_all(name, [])
        for id in _ID.findall(str(value))
    ]


def _read_plain(message: Message) -> Notification | None:
    """A notification in words, as qmail and older programs write them, with the mail below."""
    sender = f"{message.get('From', '')} {message.get('Return-Path', '')}"
    if not _ROBOT.search(sender) and str(message.get("Return-Path", "")).strip() != "<>":
        return None
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    bodies = [part.get_payload(decode=True) for part in parts]
    text = "\n".join(body.decode("utf-8", "replace") for body in bodies if isinstance(body, bytes))
    ids = [*_ids_of_original(message), *_ID_LINE.findall(text)]
    status = _find_status(text)
    if not ids or not status:
        return None
    return Notification(
        tuple(dict.fromkeys(ids)), status, status[0] == "5", _first_date([message.get("Date")])
    )


def _find_status(text: str) -> str:
    found = _STATUS.search(text)
    return found[1] if found else ""


def _first_date(values: Sequence[object]) -> datetime | None:
    for value in values:
        at = read_http_date(str(value)) if value else None
        if at is not None:
            return at
    return None
