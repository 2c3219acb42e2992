"""What official statistics say of municipalities, beside what ``kb.places`` ships."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.tables import Base, now


class PlaceFact(Base):
    """One value of one variable for one municipality, the newest that was loaded."""

    __tablename__ = "place_facts"

    istat_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    variable: Mapped[str] = mapped_column(String(20), primary_key=True)
    """A ``kb.places.facts.Variable``."""
    value: Mapped[str] = mapped_column(String(20))
    year: Mapped[int | None]
    source: Mapped[str] = mapped_column(Text)
    """Publisher, table and name of the file it was read from."""
    loaded_at: Mapped[datetime] = mapped_column(default=now)
