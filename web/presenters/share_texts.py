"""Texts to share: a short one for messengers and social networks, and a mail.

They are put together from titles, figures and addresses of the card or issue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from kb.messages import N_
from kb.periodical.texts import EntryKind, EntryTexts, IssueTexts
from kb.practices.practice import Outcome, Practice
from kb.practices.terms import EvidenceLevel
from kb.vocabulary.vocabularies import label
from web.presenters.tiles import Figure
from web.rendering.i18n import Locale
from web.rendering.titles import summary_of, title_of, where

SHORT_LENGTH = 280
"""Characters with the address: the least that a network in use allows."""
MOST_FIGURES = 3
"""In a mail."""
TRUSTED = (EvidenceLevel.PRIMARY, EvidenceLevel.SECONDARY)


@dataclass(frozen=True)
class ShareTexts:
    short: str
    subject: str
    mail: str

    @property
    def mail_address(self) -> str:
        """Opens a new mail in the reader's own program."""
        body = self.mail.replace("\n", "\r\n")
        return "mailto:?" + urlencode({"subject": self.subject, "body": body}, quote_via=quote)


def write_for_practice(
    practice: Practice, shown: Sequence[Figure], reader: Locale, address: str, licence: str
) -> ShareTexts:
    """Only figures that sources confirm and none contradicts are taken; an outcome that is not
    positive is said."""
    title, summary = title_of(practice, reader).text, summary_of(practice, reader).text
    place = where(practice.place.name, practice.place.country, reader)
    outcome = label("outcomes", practice.outcome.value, reader.code)
    said = "" if practice.outcome is Outcome.POSITIVE else reader.gettext(N_("Outcome: {outcome}."))
    said = said.format(outcome=outcome)
    sure = [one for one in shown if one.result.evidence in TRUSTED and not one.result.disagreement]
    head = f"{_end(title, f' ({place})')} {said}".strip()
    first = f"{sure[0].indicator}: {sure[0].amount}." if sure else ""
    lines = [_figure_line(practice, one, reader) for one in sure[:MOST_FIGURES]]
    return ShareTexts(
        short=fit(head, first, address),
        subject=title,
        mail=_join(
            title, place, said, "", summary, "" if lines else None, *lines, "",
            reader.gettext(N_("The whole card, with its sources: {address}")).format(
                address=address
            ),
            *_licence_line(licence, reader),
        ),
    )  # fmt: skip


def write_for_issue(
    texts: IssueTexts, entries: Sequence[EntryTexts], reader: Locale, address: str, licence: str
) -> ShareTexts:
    title = title_of(texts, reader).text
    named = reader.gettext(N_("Terre Comuni, issue {number} ({day})")).format(
        number=texts.number, day=reader.date(texts.dated)
    )
    titles = [
        f"- {title_of(entry, reader).text}" for entry in entries if entry.kind is not EntryKind.NOTE
    ]
    return ShareTexts(
        short=fit(_end(title, f" – {named}"), "", address),
        subject=f"{title} – {named}",
        mail=_join(
            title, named, "" if titles else None, *titles, "",
            reader.gettext(N_("To read it: {address}")).format(address=address),
            *_licence_line(licence, reader),
        ),
    )  # fmt: skip


def fit(head: str, more: str, address: str) -> str:
    """``head``, ``more`` if there is room for it, and the address, in ``SHORT_LENGTH`` characters;
    a head that is too long is cut between words."""
    room = SHORT_LENGTH - len(address) - 1
    if more and len(head) + 1 + len(more) <= room:
        return f"{head} {more} {address}"
    if len(head) > room:
        cut = head[: max(room - 1, 0)]
        head = (cut.rpartition(" ")[0] or cut).rstrip(" ,;:–-(") + "…"
    return f"{head} {address}"


def _figure_line(practice: Practice, one: Figure, reader: Locale) -> str:
    source = practice.source(one.result.source)
    level = label("evidence", one.result.evidence.value, reader.code)
    page = reader.gettext(N_("p. {page}")).format(page=one.result.page) if one.result.page else ""
    cited = (source.publisher, str(source.year or ""), page, source.url or "")
    return f"- {one.indicator}: {one.in_words} ({level}; {', '.join(filter(None, cited))})"


def _licence_line(licence: str, reader: Locale) -> Iterator[str]:
    if licence:
        yield reader.gettext(N_("Licence of the text: {licence}")).format(licence=licence)


def _end(text: str, after: str) -> str:
    """A sentence with ``after`` before its final stop."""
    return f"{text.rstrip().rstrip('.')}{after}."


def _join(*lines: str | None) -> str:
    """The lines without those that are None, and without an empty one after another."""
    kept: list[str] = []
    for line in lines:
        if line is not None and (line or (kept and kept[-1])):
            kept.append(line)
    return "\n".join(kept)
