"""Italian certified mail (PEC): the provider's envelope and the message that it delivers.

Source: technical rules of certified mail (D.M. 2 November 2005, annex): headers X-Trasporto and
X-Ricevuta, attachments postacert.eml and daticert.xml.
"""

from __future__ import annotations

from contextlib import suppress
from email.message import Message as MailMessage
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

MESSAGE = "postacert.eml"
DATA = "daticert.xml"
OWN = frozenset({DATA, "smime.p7s", "smime.p7m"})
LABEL = "Posta elettronica certificata"
FIELDS = (
    ("gestore", "dati/gestore-emittente"),
    ("giorno", "dati/data/giorno"),
    ("ora", "dati/data/ora"),
    ("mittente", "intestazione/mittente"),
    ("identificativo", "dati/identificativo"),
)


def delivered(mail: MailMessage) -> MailMessage | None:
    """The message in a transport envelope; None if the mail is not one."""
    if not (
        mail.get("X-Trasporto") or (mail.get("X-TipoRicevuta") is None and _find_part(mail, DATA))
    ):
        return None
    if mail.get("X-Ricevuta"):
        return None
    part = _find_part(mail, MESSAGE)
    inner = part.get_payload(0) if part is not None and part.is_multipart() else None
    return inner if isinstance(inner, MailMessage) else None


def stamps(mail: MailMessage) -> list[str]:
    """One line with the provider's data: provider, time, sender, number."""
    part = _find_part(mail, DATA)
    data = part.get_payload(decode=True) if part is not None else None
    if not isinstance(data, bytes):
        return []
    with suppress(ParseError, DefusedXmlException, ValueError):
        root: Element = fromstring(data)
        found = [(name, (root.findtext(path) or "").strip()) for name, path in FIELDS]
        said = "; ".join(f"{name} {value}" for name, value in found if value)
        return [f"{LABEL}: {said}"] if said else []
    return []


def _find_part(mail: MailMessage, name: str) -> MailMessage | None:
    """The attachment of this name in the mail itself, not in a message inside it."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        if part is not mail and (part.get_filename() or "").lower() == name:
            return part
        if part.get_content_maintype() == "multipart":
            payload = part.get_payload()
            waiting += [one for one in payload if isinstance(one, MailMessage)]
    return None
