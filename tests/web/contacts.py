"""The page of contacts in a base that several tests share."""

from sqlalchemy.orm import Session

from kb.access import OPERATOR
from kb.site import pages


def write_contacts(session: Session, text: str) -> None:
    """Write the Italian page, whatever version it is at; an empty text takes it away."""
    current = pages.find_current(session, "contacts", "it")
    pages.write_page(session, OPERATOR, "contacts", "it", text, current.number if current else 0)
