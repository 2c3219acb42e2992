"""The weekly mail of news, in plain text and in HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb.messages import N_
from web.presenters.news import FollowedGroup, FollowedPart
from web.rendering.i18n import Locale
from web.rendering.templating import environment

SUBJECT = N_("Terre Comuni: news of the week")
WHY = N_(
    "You get this because you asked for it on the page of your account. What you follow is listed "
    "there: {account}\nTo stop this mail, open this page: {leave}"
)


class DigestMail(NamedTuple):
    subject: str
    text: str
    html: str


def write_digest(
    parts: Sequence[FollowedPart], site: str, leave: str, reader: Locale
) -> DigestMail:
    """``leave``: address that ends the mails."""
    subject = reader.gettext(SUBJECT)
    html = (
        environment(reader)
        .get_template("news/_mail.html")
        .render(parts=parts, site=site, leave=leave, subject=subject)
    )
    text = "\n".join(_write_lines(parts, site, leave, reader)) + "\n"
    return DigestMail(subject, text, html)


def _write_lines(
    parts: Sequence[FollowedPart], site: str, leave: str, reader: Locale
) -> Iterator[str]:
    for part in parts:
        yield from (reader.gettext(part.heading).upper(), "")
        for group in part.groups:
            yield from (" ".join(group.title.split()), "")
            yield from _write_group(group, site, reader)
            yield ""
    why = reader.gettext(WHY).format(account=f"{site}/account#followed-title", leave=leave)
    yield from ("-- ", why)


def _write_group(group: FollowedGroup, site: str, reader: Locale) -> Iterator[str]:
    for line in group.lines:
        title = " ".join(line.title.split())
        yield f"* {title}" + (f" ({line.place})" if line.place else "")
        yield f"  {site}{line.path}"
    if group.more:
        more = reader.ngettext(
            "and {count} more, next week", "and {count} more, next week", group.more
        )
        yield more.format(count=reader.number(group.more))
