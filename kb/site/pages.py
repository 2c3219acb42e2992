"""The pages about the association, which an administrator writes in each language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.domain import DEFAULT_LANGUAGE
from kb.messages import N_, NotFound, PermanentError
from kb.storage.site import SitePageVersion

SLUGS = (
    "who-we-are",
    "statute",
    "board",
    "programme",
    "contacts",
    "legal-notes",
    "accessibility-statement",
)
TEXT_LENGTH = 100_000


def find_page(session: Session, slug: str, language: str) -> SitePageVersion | None:
    """The current text in ``language``, else in the default language; None where none is written.

    Raises NotFound for a page that does not exist.
    """
    for wanted in dict.fromkeys((language, DEFAULT_LANGUAGE)):
        current = find_current(session, slug, wanted)
        if current is not None and current.text:
            return current
    return None


def find_current(session: Session, slug: str, language: str) -> SitePageVersion | None:
    """The newest version in this language, an empty one included. Raises NotFound."""
    return session.scalars(_select_versions(slug, language).limit(1)).first()


def list_versions(session: Session, slug: str, language: str) -> Sequence[SitePageVersion]:
    """The versions in this language, newest first. Raises NotFound for an unknown page."""
    return session.scalars(_select_versions(slug, language)).all()


def list_written(session: Session) -> tuple[str, ...]:
    """The slugs of the pages that have a text in any language, in the order of ``SLUGS``."""
    order = SitePageVersion.slug, SitePageVersion.language, SitePageVersion.number
    has_text = SitePageVersion.text != ""
    rows = session.execute(
        select(SitePageVersion.slug, SitePageVersion.language, has_text).order_by(*order)
    )
    newest = {(slug, language): bool(filled) for slug, language, filled in rows}
    written = {slug for (slug, _), filled in newest.items() if filled}
    return tuple(slug for slug in SLUGS if slug in written)


def write_page(  # the page, its text and the version it was written from
    session: Session, access: Access, slug: str, language: str, text: str, seen: int
) -> None:
    """Add a version; ``seen`` is the number of the version that the text was written from, 0 for
    none. A text that is the current one adds nothing.

    Raises:
        NotFound: there is no such page.
        PermanentError: the text is too long, or somebody wrote another version meanwhile.
    """
    current = find_current(session, slug, language)
    if len(text) > TEXT_LENGTH:
        raise PermanentError(
            N_("Too long: at most {max_length} characters."), max_length=TEXT_LENGTH
        )
    number = current.number if current is not None else 0
    if current is not None and current.text == text:
        return
    if number != seen:
        raise PermanentError(
            N_(
                "{name} changed this page meanwhile. Your text is below, theirs beside it: put "
                "them together and save."
            ),
            name=current.written_by if current is not None else "",
        )
    session.add(
        SitePageVersion(
            slug=slug,
            language=language,
            number=number + 1,
            text=text,
            account_id=access.account_id,
            written_by=access.name,
        )
    )
    audit.record_event(session, access, "page.write", slug, language=language, number=number + 1)


def _select_versions(slug: str, language: str) -> Select[SitePageVersion]:
    """The newest first. Raises NotFound for an unknown page."""
    if slug not in SLUGS:
        raise NotFound()
    of_page = SitePageVersion.slug == slug, SitePageVersion.language == language
    return select(SitePageVersion).where(*of_page).order_by(SitePageVersion.number.desc())


def list_changes(session: Session) -> list[tuple[str, datetime]]:
    """The slugs of the pages that have a text, each with the time of its last version."""
    newest = func.max(SitePageVersion.written_at)
    rows = session.execute(select(SitePageVersion.slug, newest).group_by(SitePageVersion.slug))
    changed = {row[0]: row[1] for row in rows}
    return [(slug, changed[slug]) for slug in list_written(session)]
