"""The composition root: the only place that chooses and opens the parts."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import exists, select

from kb.domain import SPLITTER_VERSION, Status
from kb.embedding.embedder import ModelSource, find_model, load_embedder
from kb.embedding.learning import load_normalizer, normalizer_version
from kb.embedding.preparation import LanguageNormalizer
from kb.embedding.reranker import Reranker, load_reranker
from kb.embedding.service.errors import NO_VECTORS
from kb.messages import N_, ConfigurationError, KbError, TransientError
from kb.runtime.arrivals import Arrivals
from kb.runtime.first_index import name_first_index
from kb.runtime.index_sync import fill_missing_keys, tell_index
from kb.runtime.model_reference import ReferenceVectors
from kb.runtime.original_files import remove_leftovers
from kb.runtime.ownership import Ownership
from kb.runtime.warming import warm_once
from kb.settings import Settings
from kb.storage.commits import Committed
from kb.storage.db import Database
from kb.storage.disposal import discard_originals
from kb.storage.opening_database import open_database
from kb.storage.opening_originals import open_originals
from kb.storage.originals import Originals
from kb.storage.private_files import make_private, remove_abandoned
from kb.storage.tables import ActiveIndex, Item
from kb.vectors.opening import Recipe, VectorIndex, drop_index, list_indexes, open_index, recipe_of
from kb.vectors.sparse import Bm25

if TYPE_CHECKING:
    from kb.embedding.embedder import Embedder


log = structlog.get_logger()

RETRY_S = 2.0
"""Seconds between two tries to open what a server holds, at the start."""


@dataclass
class Services:
    """What pages, worker and commands stand on. The model and the index open on first use."""

    settings: Settings
    database: Database
    originals: Originals
    ownership: Ownership
    work_arrived: Arrivals = field(default_factory=Arrivals)
    """Told by the database of jobs that this process queued, so that its worker need not poll."""
    item_ready: threading.Event = field(default_factory=threading.Event)
    """Set when this process has made an item searchable."""
    ready: threading.Event = field(default_factory=threading.Event)
    """Set when a question can be answered."""
    failure: KbError | None = None
    """Why the parts could not be opened, or no vectors are computed since the start."""
    background: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "background")
    )
    """Small writes that no answer waits for, one after another. Closing waits for them."""
    reranker_failure: ConfigurationError | None = None
    """Why the configured reranker is not used."""
    _embedder: Embedder | None = None
    _index: VectorIndex | None = None
    _retired: list[VectorIndex] = field(default_factory=list)
    """Indexes that were replaced, open until the end."""
    _opening: threading.RLock = field(default_factory=threading.RLock)

    def discard_originals(self, sha256s: Iterable[str]) -> None:
        """Delete originals and page images that nothing refers to; call it after the commit."""
        discard_originals(self.database, self.originals, self.settings.page_images_of, sha256s)

    def __post_init__(self) -> None:
        self.database.on_commit.append(self._after_commit)

    def _after_commit(self, written: Committed) -> None:
        if written.jobs:
            self.work_arrived.notify()
        for item_id in sorted(written.items):
            tell_index(self, item_id)

    @cached_property
    def model(self) -> ModelSource:
        """What the configured model is, without loading it."""
        return find_model(self.settings)

    @cached_property
    def preparation(self) -> LanguageNormalizer:
        """What takes the language out of the model's vectors; learned once, if none is shipped."""
        return load_normalizer(
            self.model.fingerprint, self.settings.cache_dir, lambda: self.embedder
        )

    @cached_property
    def wanted(self) -> Recipe:
        """How the settings ask for vectors to be made."""
        return Recipe(
            self.model.fingerprint,
            SPLITTER_VERSION,
            normalizer_version(self.model.fingerprint),
            self.bm25.version,
            self.settings.quantization,
        )

    @property
    def recipe(self) -> str:
        """The same as the first part of an index's name."""
        return self.wanted.name

    @cached_property
    def bm25(self) -> Bm25:
        return Bm25()

    @property
    def embedder(self) -> Embedder:
        """The embedding model, loaded.

        Raises:
            ConfigurationError: there is no such model on this machine.
        """
        with self._opening:
            if self._embedder is None:
                self._embedder = load_embedder(self.settings, reference=self.reference.find)
            return self._embedder

    @cached_property
    def reference(self) -> ReferenceVectors:
        """What a service must give that serves the configured model."""
        return ReferenceVectors(self.settings, self.database, self.model)

    @cached_property
    def reranker(self) -> Reranker | None:
        """The configured reranker. One that cannot be used is logged once, and search goes on
        without."""
        try:
            return load_reranker(self.settings)
        except ConfigurationError as error:
            self.reranker_failure = error
            log.warning("searching without the reranker", reason=str(error))
            return None

    def use_model_of(self, other: Services) -> None:
        """Take over the embedding model of services with the same model, instead of loading it a
        second time."""
        self._embedder, self.preparation = other.embedder, other.preparation

    def drop_reranker(self) -> None:
        """Search without the reranker from now on."""
        self.reranker = None

    @property
    def index(self) -> VectorIndex:
        """The active index, opened. It may be one that a new index is due for, see ``due``.

        Raises:
            ConfigurationError: it was made with another model, it is missing though it should not
                be empty, or another process holds it.
            ServiceUnavailable: it is on a server that does not answer.
        """
        with self._opening:
            if self._index is not None and not self.settings.embedded:
                self._follow_switch(self._index)
            if self._index is None:
                self.require_space()
                name = self._active_name()
                opened = open_index(self.settings, name, self.model.dimension)
                try:
                    fill_missing_keys(self.database, opened)
                except BaseException:
                    opened.close()
                    raise
                self._index = opened
            return self._index

    def due(self) -> str | None:
        """The name of the active index where it was made otherwise than the settings ask, but
        answers their questions until a new one is built: after another splitter, or with another
        quantization."""
        with self.database.session() as session:
            name: str | None = session.scalar(select(ActiveIndex.name))
        if name is None or recipe_of(name) == self.recipe or not self._answers(name):
            return None
        return name

    def _answers(self, name: str) -> bool:
        made = Recipe.read(name)
        return made is not None and made.answers(self.wanted)

    @contextmanager
    def replacing_index(self, index: VectorIndex) -> Iterator[None]:
        """Take ``index`` as the active one at the end of the block, which makes it so in SQL.
        Whoever asks for the index meanwhile waits."""
        with self._opening:
            yield
            if self._index is not None:
                self._retired.append(self._index)
            self._index = index

    def drop_retired(self, name: str) -> None:
        """Close and delete an index that was replaced and that no question holds any more."""
        with self._opening:
            gone = [index for index in self._retired if index.name == name]
            self._retired = [index for index in self._retired if index.name != name]
        for index in gone:
            index.close()
        drop_index(self.settings, name)

    def _follow_switch(self, opened: VectorIndex) -> None:
        """Another process may have built a new index on the server and dropped this one, which
        questions under way may still hold; or it is gone from the server."""
        with self.database.session() as session:
            name = session.scalar(select(ActiveIndex.name))
        if name != opened.name or opened.gone:
            self._retired.append(opened)
            self._index = None

    def require_space(self, coming: int = 0) -> None:
        """To be called before ``coming`` bytes are added. The embedded index maps its files into
        memory: a disk that fills up under it does not fail a write, it ends the process.

        Raises:
            TransientError: less than the reserve is left on the disk of the data folder.
        """
        reserve, folder = self.settings.disk_reserve_mb, self.settings.data_dir
        if shutil.disk_usage(folder).free - coming < reserve << 20:
            raise TransientError(
                N_("Less than {limit} MB are left on the disk of {folder}: free some disk space."),
                limit=reserve,
                folder=str(folder),
            )

    @property
    def waits(self) -> bool:
        """Whether what failed at the start is tried again: what passes and, once
        questions are answered, an embedding service that must be mended."""
        awaited = (TransientError, *NO_VECTORS) if self.ready.is_set() else TransientError
        return isinstance(self.failure, awaited)

    def warm(
        self,
        ask: Callable[[], object] = lambda: None,
        stopping: Callable[[], bool] = lambda: True,
        announce: Callable[[], object] = lambda: None,
    ) -> None:
        """Open what a question needs, so that the first one does not wait for it; ``ask`` then asks
        one. While a server or the database does not answer that is tried again, until ``stopping``.
        ``announce`` is called once questions are answered, by their words alone while no vectors
        are computed."""
        announced = False
        while True:
            warm_once(self, ask)
            if self.ready.is_set() and not announced:
                announced = True
                announce()
            if not self.waits or stopping():
                return
            log.warning("search waits", reason=str(self.failure))
            time.sleep(RETRY_S)

    def _active_name(self) -> str:
        with self.database.session() as session:
            active = session.get(ActiveIndex, 1)
            filled = session.scalar(select(exists().where(Item.status == Status.READY)))
        if active is None:
            active = name_first_index(self.database, self.recipe)
        stale = recipe_of(active.name) != self.recipe
        if stale and not self._answers(active.name):
            raise ConfigurationError(
                N_(
                    "The index was made as {active} and the settings ask for {wanted}: "
                    "run `kb reindex`, or set KB_EMBEDDING_MODEL, KB_EMBEDDING_DIMENSIONS and "
                    "KB_QUANTIZATION back."
                ),
                active=active.name,
                wanted=self.recipe,
            )
        if filled and active.name not in list_indexes(self.settings):
            raise ConfigurationError(
                N_("The index {name} is not there: run `kb reindex`."), name=active.name
            )
        if stale:
            log.warning(
                "the index was made by another version or with other settings: it answers, and a"
                " worker builds a new one",
                index=active.name,
                wanted=self.recipe,
            )
        return active.name

    def close(self) -> None:
        self.background.shutdown()
        for index in (*self._retired, *([self._index] if self._index else [])):
            index.close()
        if self._embedder:
            self._embedder.close()
        self.database.close()


@contextmanager
def open_services(
    settings: Settings, *, own: bool = False, half_copied: bool = False
) -> Iterator[Services]:
    """Open the parts on a data folder and close them at the end.

    ``own``: become the owner of the folder, as every process must that opens the embedded index or
    works through its queue. ``half_copied``: also open a base into which another is being copied.

    Raises:
        ConfigurationError: another process owns the folder, or a part cannot be opened.
    """
    make_private(settings.data_dir)
    ownership = Ownership(settings.data_dir)
    if own:
        ownership.acquire()
    try:
        database = open_database(settings.sql_url, half_copied=half_copied)
        services = Services(settings, database, open_originals(settings), ownership)
        if own or not settings.embedded:
            remove_leftovers(services, alone=settings.embedded)
            remove_abandoned(settings.data_dir, alone=settings.embedded)
        try:
            yield services
        finally:
            services.close()
    finally:
        ownership.release()
