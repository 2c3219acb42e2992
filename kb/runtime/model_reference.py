"""The vectors by which a service is known to serve the configured model: shipped or in the base."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from kb.domain import Status
from kb.embedding.reference import REFERENCE_TEXTS, Reference, shipped_reference
from kb.embedding.service.errors import has_no_reference
from kb.embedding.source import ModelSource
from kb.settings import Settings
from kb.storage.db import Database
from kb.storage.model_references import find_reference, keep_reference
from kb.storage.tables import ActiveIndex, Item
from kb.vectors.opening import Recipe


class ReferenceVectors:
    """Of one model, in one base."""

    def __init__(self, settings: Settings, database: Database, model: ModelSource) -> None:
        self._settings = settings
        self._database = database
        self._model = model
        self._is_kept = False

    def find(self) -> Reference | None:
        """What a service that serves the model gives for the reference texts. None where nothing
        has been embedded yet.

        Raises:
            WrongService: the index was filled by a version that kept no reference.
        """
        shipped = shipped_reference(self._model.fingerprint, self._model.dimension)
        if shipped is not None:
            return shipped
        with self._database.session() as session:
            kept = find_reference(session, self._model.fingerprint)
            if kept is None and self._settings.embedding_url and self._is_in_use(session):
                raise has_no_reference(self._model.name)
        return kept

    def keep(self, embed: Callable[[Sequence[str]], Reference]) -> None:
        """Embed the reference texts as passages and keep their vectors, unless there are some."""
        if not self._is_kept and self.find() is None:
            vectors = embed(REFERENCE_TEXTS)
            with self._database.transaction() as session:
                keep_reference(session, self._model.fingerprint, vectors)
        self._is_kept = True

    def _is_in_use(self, session: Session) -> bool:
        """Whether the index has vectors of the model."""
        name: str | None = session.scalar(select(ActiveIndex.name))
        made = Recipe.read(name) if name else None
        ready = exists().where(Item.status == Status.READY)
        same = made is not None and made.model == self._model.fingerprint
        return same and bool(session.scalar(select(ready)))
