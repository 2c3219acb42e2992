"""Papers of an event: the list of those enrolled, and the certificate of attendance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kb.messages import N_
from kb.storage.collections import Collection, Enrolment, EnrolmentState
from web.printing.paper import Block, Paper, PaperLink, PaperParagraph, PaperTable
from web.rendering.i18n import Locale
from web.rendering.titles import title_of

TO_CONFIRM = N_("not confirmed yet")
STATES = {
    EnrolmentState.ENROLLED: N_("enrolled"),
    EnrolmentState.WAITING: N_("waiting list"),
    EnrolmentState.LAPSED: N_("place given away"),
}


def list_participants(event: Collection, people: Sequence[Enrolment], reader: Locale) -> Paper:
    """Name, body, state and a column to sign."""
    say = reader.gettext
    header = [say(N_("Name")), say(N_("Body")), say(N_("State")), say(N_("Signature"))]
    rows = [[one.name, one.body, _say_state(one, reader), ""] for one in people]
    title = say(N_("Participants: {title}")).format(title=title_of(event, reader).text)
    table = PaperTable(header, rows, missing="", widths=(1.2, 1.2, 0.7, 1))
    return Paper(title, say_when(event, reader), reader.code, [table])


def _say_state(one: Enrolment, reader: Locale) -> str:
    words = [STATES[one.state], *([TO_CONFIRM] if one.confirm_by else [])]
    return ", ".join(reader.gettext(word) for word in words)


def describe_event(event: Collection, reader: Locale) -> dict[str, Any]:
    """What a certificate says of the event, kept with it when attendance is marked."""
    title = title_of(event, reader)
    return {
        "title": title.text,
        "language": title.language,
        "when": say_when(event, reader),
        "hours": event.hours,
        "organiser": event.organiser,
    }


def certificate(attended: Enrolment, address: str, reader: Locale) -> Paper:
    """The certificate of who attended; ``address`` verifies it."""
    say = reader.gettext
    event = attended.attested
    blocks: list[Block] = [
        PaperParagraph(say(N_("{name} attended:")).format(name=attended.name)),
        PaperParagraph(event["title"], event["language"]),
        PaperParagraph(event["when"]),
    ]
    if event["hours"]:
        hours = reader.number(event["hours"])
        blocks.append(PaperParagraph(say(N_("Hours: {hours}")).format(hours=hours)))
    if event["organiser"]:
        organised = say(N_("Organised by {name}")).format(name=event["organiser"])
        blocks.append(PaperParagraph(organised))
    verified = say(N_("This address verifies the certificate:"))
    blocks.append(PaperParagraph([f"{verified} ", PaperLink(address, address)]))
    return Paper(say(N_("Certificate of attendance")), attended.name, reader.code, blocks)


def say_when(event: Collection, reader: Locale) -> str:
    """Days and place of an event."""
    first = reader.date(event.held_on) if event.held_on else ""
    several = event.held_until is not None and event.held_until != event.held_on
    last = reader.date(event.held_until) if several and event.held_until else ""
    days = " – ".join(filter(None, (first, last)))
    return " · ".join(filter(None, (days, event.held_in)))
