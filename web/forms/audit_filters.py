"""The filters of the audit log."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from ingest.metadata import blank_is_none
from kb.accounts import audit
from web.rendering.i18n import Locale

EARLIEST, LATEST = date(1900, 1, 1), date(9999, 12, 30)
"""Days whose midnight is a moment in every time zone."""
Day = Annotated[date | None, BeforeValidator(blank_is_none)]


class AuditFilters(BaseModel):
    """Empty means any. Days are in the reader's time zone."""

    account: str = Field(default="", max_length=100, description="Sign-in name.")
    action: str = Field(default="", max_length=50, description="Such as `document.delete`.")
    subject: str = Field(default="", max_length=100, description="Id of what was changed.")
    thing: str = Field(default="", max_length=200, description="Part of a title or name.")
    since: Day = Field(default=None, description="The first day.")
    until: Day = Field(default=None, description="The last day.")

    def entries(self, reader: Locale) -> audit.AuditQuery:
        def midnight(day: date | None) -> datetime | None:
            known = min(max(day, EARLIEST), LATEST) if day else None
            return datetime.combine(known, time(), reader.zone) if known else None

        after = self.until + timedelta(days=1) if self.until and self.until < date.max else None
        return audit.AuditQuery(
            self.account, self.action, self.subject, self.thing, midnight(self.since),
            midnight(after),
        )  # fmt: skip
