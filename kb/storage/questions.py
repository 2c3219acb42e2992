"""Tables of saved questions, notices about new answers, and judgements of results."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.storage.accounts import Account
from kb.storage.tables import Base, new_id, now


class SavedQuestion(Base):
    """A question whose owner is notified of new answers."""

    __tablename__ = "saved_questions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(String(1000))
    question: Mapped[dict[str, Any]]
    """A ``search.results.Question``, filters included."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    checked_at: Mapped[datetime] = mapped_column(default=now)
    """Items that became searchable up to this time have been checked."""

    account: Mapped[Account] = relationship()
    notices: Mapped[list[Notice]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Notice.created_at.desc()"
    )


class Notice(Base):
    """A new item that answers a saved question."""

    __tablename__ = "notices"

    saved_id: Mapped[str] = mapped_column(
        ForeignKey("saved_questions.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(
        ForeignKey("items.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]


class Judgement(Base):
    """Whether a user found a result useful; ``kb judgements`` exports them as a test set."""

    __tablename__ = "judgements"

    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    text: Mapped[str] = mapped_column(String(1000), primary_key=True)
    item_id: Mapped[str] = mapped_column(
        ForeignKey("items.id", ondelete="CASCADE"), primary_key=True
    )
    useful: Mapped[bool]
    judged_at: Mapped[datetime] = mapped_column(default=now)
