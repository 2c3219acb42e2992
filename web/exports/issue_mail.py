"""An issue as a mail, in plain text and in HTML, and the mail that asks for confirmation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kb.messages import N_
from kb.periodical.texts import EntryKind
from web.presenters.issue_texts import EntryFate, IssueEntry, ShownIssue
from web.rendering.i18n import Locale
from web.rendering.markdown import markdown_outside, plain_text
from web.rendering.templating import environment

WITHDRAWN = N_("Withdrawn after publication: it is no longer for everybody.")
READ_HERE = N_("Read this issue on the site: {address}")
LEAVE_HERE = N_("You get this because you asked for it. To stop, open this page: {address}")
CONFIRM_SUBJECT = N_("Terre Comuni: confirm that you want the magazine")
CONFIRM_TEXT = N_(
    "Somebody, probably you, asked for the magazine of Terre Comuni at this address. To get it, "
    "open this page and press the button:\n\n{address}\n\nIf it was not you, do nothing: the "
    "address is erased after {days} days."
)


class IssueMail(NamedTuple):
    text: str
    html: str


def write_mail(shown: ShownIssue, site: str, leave: str, reader: Locale) -> IssueMail:
    """The issue with its links. ``leave``: address that ends the subscription."""
    address = f"{site}/magazine/{shown.texts.number}"
    html = (
        environment(reader)
        .get_template("magazine/_mail.html")
        .render(
            shown=shown,
            site=site,
            address=address,
            leave=leave,
            outside=lambda text: markdown_outside(text, site),
        )
    )
    return IssueMail("\n".join(_write_lines(shown, site, address, leave, reader)) + "\n", html)


def _write_lines(
    shown: ShownIssue, site: str, address: str, leave: str, reader: Locale
) -> Iterator[str]:
    yield from (shown.texts.title, reader.date(shown.texts.dated), "")
    yield from (reader.gettext(READ_HERE).format(address=address), "")
    yield from (plain_text(shown.texts.editorial), "")
    for section in shown.sections:
        if section.title:
            yield from (section.title.upper(), "")
        if section.text:
            yield from (plain_text(section.text), "")
        for entry in section.entries:
            yield from _write_entry(entry, site, reader)
            yield ""
    yield from ("-- ", reader.gettext(LEAVE_HERE).format(address=leave))


def _write_entry(entry: IssueEntry, site: str, reader: Locale) -> Iterator[str]:
    texts = entry.texts
    if entry.seen is EntryFate.WITHDRAWN:
        yield reader.gettext(WITHDRAWN)
        return
    if texts.kind is EntryKind.NOTE:
        yield plain_text(texts.note)
        return
    yield f"* {texts.title}"
    facts = [f"{fact.label}: {fact.value}" for fact in texts.facts]
    for line in (texts.lead, plain_text(texts.note), texts.summary, *facts):
        if line:
            yield line
    if entry.seen is not EntryFate.REMOVED:
        yield site + texts.path
