"""Tables of the addresses that cards cite as sources, what became of them, and the sites asked."""

from __future__ import annotations

import enum
import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.tables import Base, now


class SourceState(enum.StrEnum):
    """What was found at a cited address when it was last asked."""

    NOT_ASKED = "not-asked"
    REACHABLE = "reachable"
    """It answers, and was not fetched."""
    FETCHED = "fetched"
    CHANGED = "changed"
    """It was fetched, and what stands there has changed since it was first read."""
    MOVED = "moved"
    """It was fetched from another address, to which the cited one leads for good."""
    ARCHIVED = "archived"
    """It is gone; a copy was fetched from a web archive."""
    GONE = "gone"
    WALL = "wall"
    """It can only be read after signing in, paying or asking a person."""
    ROBOTS = "robots"
    """The site's robots.txt does not allow programs to fetch it."""
    REFUSED = "refused"
    """It was not fetched on purpose: address not allowed, too large, or without text."""
    FAILED = "failed"
    """The site did not answer as it should; it may do so later."""


class Asked(enum.StrEnum):
    """What waits to be done with an address."""

    NOTHING = ""
    FETCH = "fetch"
    CHECK = "check"


class FetchedSource(Base):
    """A cited address: the outcome of its last visit, and its place in the queue of visits."""

    __tablename__ = "fetched_sources"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """See ``address_id``."""
    url: Mapped[str] = mapped_column(Text)
    site: Mapped[str] = mapped_column(String(300), index=True)
    state: Mapped[SourceState] = mapped_column(default=SourceState.NOT_ASKED)
    reason: Mapped[dict[str, Any] | None]
    """What stands in the way, or is to be known: a ``kb.messages.Message``."""
    document_id: Mapped[str | None] = mapped_column(
        ForeignKey("documents.id", ondelete="SET NULL"), index=True
    )
    final_url: Mapped[str] = mapped_column(Text, default="")
    """Address after all redirects."""
    status: Mapped[int | None]
    """HTTP status of the last answer."""
    is_page: Mapped[bool] = mapped_column(default=False)
    """Whether a web page stands there, and not a file."""
    etag: Mapped[str] = mapped_column(Text, default="")
    last_modified: Mapped[str] = mapped_column(String(100), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    archived_url: Mapped[str] = mapped_column(Text, default="")
    archived_at: Mapped[datetime | None]
    """When the archive took its copy."""
    fetched_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]

    asked: Mapped[Asked] = mapped_column(default=Asked.NOTHING, index=True)
    account_id: Mapped[str | None] = mapped_column(String(36))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    run_after: Mapped[datetime | None]
    claimed_by: Mapped[str] = mapped_column(String(100), default="")
    lease_until: Mapped[datetime | None]


class FetchSite(Base):
    """A site (scheme, host and port): its robots.txt, and when it may be asked next."""

    __tablename__ = "fetch_sites"

    site: Mapped[str] = mapped_column(String(300), primary_key=True)
    robots: Mapped[str] = mapped_column(Text, default="")
    robots_read_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    busy_until: Mapped[datetime | None]
    """Until then, a process is asking it."""


def address_id(url: str) -> str:
    """The id of a cited address."""
    return hashlib.sha256(url.strip().encode()).hexdigest()[:32]
