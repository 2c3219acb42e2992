"""The optional reranker: a sentence-transformers cross-encoder that reads question and passage
together (Nogueira and Cho 2019, Passage Re-ranking with BERT)."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kb.messages import N_, ConfigurationError
from kb.settings import Settings

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

BATCH = 4
"""Passages read at a time; the clock is looked at in between."""
REMEMBERED = 2000
"""Pairs of question and passage whose probability is kept."""
LONGEST = 512
"""Tokens of question and passage together."""
TYPICAL = "Una domanda di prova.", "Il Comune ha riaperto la bottega con dodici abitanti. " * 12
"""A question and a passage of usual length."""


class Reranker:
    """Scores passages for a question within a time budget."""

    def __init__(self, name: str, model: CrossEncoder, budget_s: float) -> None:
        self.name = name
        self._model = model
        self._budget_s = budget_s
        self._one_at_a_time = threading.Lock()
        self._known: dict[tuple[str, str], float] = {}

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """The probability of each passage, from 0 to 1, in the order given; fewer than there are
        passages where the budget is spent before all are read, ``BATCH`` at least."""
        started = time.monotonic()
        with self._one_at_a_time:
            self._forget()
            missing = [one for one in passages if (question, one) not in self._known]
            for first in range(0, len(missing), BATCH):
                if first and time.monotonic() - started >= self._budget_s:
                    break
                batch = missing[first : first + BATCH]
                for passage, given in zip(batch, self._read(question, batch), strict=True):
                    self._known[question, passage] = given
            known = [self._known.get((question, passage)) for passage in passages]
        return [one for one in takewhile(lambda one: one is not None, known) if one is not None]

    def _forget(self) -> None:
        """Passages that a question found are asked for again by its filters and further pages."""
        if len(self._known) > REMEMBERED:
            self._known.clear()

    def seconds_a_batch(self) -> float:
        """Time for ``BATCH`` passages of usual length."""
        question, passage = TYPICAL
        self._read(question, [passage])  # what a first run allocates is no part of it
        started = time.monotonic()
        self._read(question, [passage] * BATCH)
        return time.monotonic() - started

    def _read(self, question: str, passages: Sequence[str]) -> list[float]:
        from torch.nn import Identity

        logits: Any = self._model.predict(
            [(question, passage) for passage in passages],
            batch_size=BATCH,
            show_progress_bar=False,
            activation_fn=Identity(),
        )
        clipped = np.clip(np.asarray(logits, np.float64).ravel(), -30, 30)
        probabilities: list[float] = (1 / (1 + np.exp(-clipped))).tolist()
        return probabilities


def load_reranker(settings: Settings) -> Reranker | None:
    """The configured cross-encoder; None where none is configured.

    Raises:
        ConfigurationError: it is not on this machine, is no cross-encoder with one score, or does
            not read even the first passages within the budget.
    """
    if not settings.reranker_model:
        return None
    folder = _find_folder(settings)
    _require_one_score(folder)
    try:
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(
            str(folder), local_files_only=True, device="cpu", max_length=_longest(folder)
        )
        reranker = Reranker(folder.name, model, settings.reranker_budget_ms / 1000)
        taken = reranker.seconds_a_batch()
    except (OSError, ValueError, ImportError, RuntimeError, KeyError) as error:
        raise ConfigurationError(
            N_("The reranker {model} cannot be loaded ({reason}): choose another one."),
            model=settings.reranker_model,
            reason=str(error).strip().split("\n")[0],
        ) from error
    if taken > settings.reranker_budget_ms / 1000:
        raise ConfigurationError(
            N_(
                "The reranker {model} takes {taken} ms for {count} passages and may take {budget}: "
                "choose a smaller one or raise KB_RERANKER_BUDGET_MS."
            ),
            model=settings.reranker_model,
            taken=round(taken * 1000),
            count=BATCH,
            budget=settings.reranker_budget_ms,
        )
    return reranker


def _find_folder(settings: Settings) -> Path:
    """The folder that is named, or that of a hub model in the local cache."""
    name = settings.reranker_model or ""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_file():
        raise ConfigurationError(
            N_("The reranker {model} is a file: give the folder of a cross-encoder."), model=name
        )
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if not settings.embedding_allow_download:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        offline = not settings.embedding_allow_download
        return Path(snapshot_download(name, local_files_only=offline))
    except (HFValidationError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ConfigurationError(
            N_(
                "The reranker {model} is not on this machine: give its folder in "
                "KB_RERANKER_MODEL, or let it be fetched with KB_EMBEDDING_ALLOW_DOWNLOAD=true."
            ),
            model=name,
        ) from error


def _require_one_score(folder: Path) -> None:
    config = _config(folder)
    kinds = config.get("architectures") or []
    labels = config.get("id2label") or {}
    one = len(labels) == 1 or config.get("num_labels") == 1
    if not (any(str(kind).endswith("ForSequenceClassification") for kind in kinds) and one):
        raise ConfigurationError(
            N_(
                "{model} is no reranker: KB_RERANKER_MODEL wants a cross-encoder that gives one "
                "score to a question and a passage."
            ),
            model=str(folder),
        )


def _config(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _longest(folder: Path) -> int:
    """Some models count positions from 2, so that the last two cannot be used."""
    return min(LONGEST, int(_config(folder).get("max_position_embeddings") or LONGEST + 2) - 2)
