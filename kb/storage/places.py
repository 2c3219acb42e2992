"""Table of facts about municipalities loaded from official statistics, beside those shipped in
``kb.places``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.storage.tables import Base, now


class PlaceFact(Base):
    """The newest loaded value of a variable for a municipality."""

    __tablename__ = "place_facts"

    istat_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    variable: Mapped[str] = mapped_column(String(20), primary_key=True)
    """A ``kb.places.facts.Variable``."""
    value: Mapped[str] = mapped_column(String(20))
    year: Mapped[int | None]
    source: Mapped[str] = mapped_column(Text)
    """Publisher, table and file name."""
    loaded_at: Mapped[datetime] = mapped_column(default=now)
