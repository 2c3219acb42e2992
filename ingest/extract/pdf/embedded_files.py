"""Files embedded in a PDF: attachments, or the contents of a portfolio."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from ingest.extract.extracted import Attached
from ingest.extract.mail.letter import MAX_ATTACHED, file_name
from ingest.extract.shared.about import one_line
from kb.messages import N_, Message

READ = frozenset(
    ".pdf .p7m .docx .dotx .doc .pptx .potx .ppsx .ppt .xlsx .xltx .xls .odt .ott .ods .odp .rtf"
    " .epub .html .htm .md .rst .csv .txt .eml .msg".split()
)
"""Kinds that become documents; others, such as the XML of an invoice, are only named."""
LONGEST_LIST = 200
_COVER = re.compile(
    r"PDF[- ]?(?:portfolio|Portfolio)|portfolio PDF|portafoglio PDF|raccolta PDF|package PDF"
    r"|PDF package|porte-?documents PDF|cartera PDF",
    re.IGNORECASE,
)


def read_embedded_files(document: Any) -> tuple[list[Attached], list[str]]:
    """The files that become documents of their own, and the names of the others."""
    taken: list[Attached] = []
    named: list[str] = []
    for number in range(document.count_attachments()):
        attachment = document.get_attachment(number)
        name = one_line(attachment.get_name()) or f"{number + 1}"
        if PurePath(name).suffix.lower() in READ and len(taken) < MAX_ATTACHED:
            taken.append(Attached(file_name(name, number + 1), bytes(attachment.get_data())))
        else:
            named.append(name)
    return taken, named


def note_unread_files(names: list[str]) -> tuple[Message, ...]:
    """Note for the document page on files that were not read."""
    if not names:
        return ()
    text = ", ".join(names)
    short = text if len(text) <= LONGEST_LIST else text[: LONGEST_LIST - 1] + "…"
    return (Message(N_("Attached files that are not read: {names}."), {"names": short}),)


def is_portfolio_cover(text: str) -> bool:
    """Whether the page only says that the file must be opened as a portfolio."""
    return len(text) < 600 and _COVER.search(text) is not None
