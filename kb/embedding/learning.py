"""Fit the language normalisation of any model from texts that exist in several languages."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import yaml
from filelock import FileLock

from kb.embedding.parallel import Parallel, learn
from kb.embedding.preparation import (
    ANY,
    FOLDER,
    METHOD,
    LanguageNormalizer,
    Vectors,
    shipped_normalizer,
)
from kb.messages import N_, ConfigurationError, TransientError

if TYPE_CHECKING:
    from kb.embedding.embedder import Embedder

log = structlog.get_logger()

OWN_TEXTS = FOLDER / "parallel.yaml"
SHORT = range(3, 13)
"""English word counts of a text that serves as a question; longer texts serve as passages."""
QUESTION_WORDS = 25
"""Words kept of a long text's first sentence when it serves as a question."""
LEAST = 30
"""Texts below which a language uses the mean of all languages."""


@dataclass(frozen=True)
class Translated:
    """A text by language (ISO 639-1), English included, and the work it comes from."""

    source: str
    texts: Mapping[str, str]

    @property
    def short(self) -> bool:
        return len(self.texts["en"].split()) in SHORT


def own_texts() -> list[Translated]:
    """The texts shipped with the program, in at least the five vocabulary languages."""
    entries: dict[str, dict[str, str]] = yaml.load(OWN_TEXTS.read_text("utf-8"), yaml.CSafeLoader)
    return [Translated("own", texts) for texts in entries.values()]


def normalizer_version(fingerprint: str) -> str:
    """Version of the model's normalisation, part of the index name; vectors of different versions
    are not comparable.

    For a fitted one it is derived from method and texts, not from the numbers, which differ in the
    last digits between processors; it is therefore known before fitting.
    """
    shipped = shipped_normalizer(fingerprint)
    return shipped.version if shipped else _learned_version()


def load_normalizer(
    fingerprint: str, cache_dir: Path, embedder: Callable[[], Embedder]
) -> LanguageNormalizer:
    """The model's normalisation: shipped, cached, or fitted from the shipped texts at the first
    call.

    ``embedder`` is called only for fitting. The result is cached in ``cache_dir``. Safe when
    several processes call it at once.

    Raises:
        TransientError: the cache folder cannot be written.
    """
    if shipped := shipped_normalizer(fingerprint):
        return shipped
    path = cache_dir / "preparations" / f"{fingerprint}-{_learned_version()}.npz"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            with suppress(ConfigurationError):  # missing or damaged
                return LanguageNormalizer.load(path)
            learned = _learn_from_own_texts(embedder())
            unfinished = path.with_suffix(".new.npz")
            learned.save(unfinished)
            unfinished.replace(path)
            return learned
    except OSError as error:
        raise TransientError(
            N_(
                "What was learned for the embedding model cannot be kept in {folder} ({reason}): "
                "make room there, or give another folder in KB_CACHE_DIR."
            ),
            folder=str(path.parent),
            reason=error.strerror or str(error),
        ) from error


def learn_normalizer(texts: Sequence[Translated], embedder: Embedder) -> LanguageNormalizer:
    """Fit a normalisation. Short texts and the first sentences of long ones serve as questions,
    long ones as passages."""
    long = [text for text in texts if not text.short]
    first = [replace(t, texts={c: _first_sentence(s) for c, s in t.texts.items()}) for t in long]
    passages = _embed_all(long, embedder.embed_passages)
    queries = _embed_all([*first, *filter(lambda t: t.short, texts)], embedder.embed_queries)
    preparation = learn(passages, queries)
    enough = {ANY, *(_frequent_languages(passages) & _frequent_languages(queries))}
    return LanguageNormalizer(
        {code: mean for code, mean in preparation.passage_means.items() if code in enough},
        {code: mean for code, mean in preparation.query_means.items() if code in enough},
        preparation.transform,
    )


def _learned_version() -> str:
    return f"p{METHOD}t{hashlib.sha256(OWN_TEXTS.read_bytes()).hexdigest()[:6]}"


def _learn_from_own_texts(embedder: Embedder) -> LanguageNormalizer:
    texts = own_texts()
    log.warning("learning to take the language out of the model's vectors", texts=len(texts))
    begun = time.monotonic()
    learned = learn_normalizer(texts, embedder)
    log.warning("learned", seconds=round(time.monotonic() - begun, 1))
    return learned


def _first_sentence(text: str) -> str:
    return " ".join(text.split(". ", maxsplit=1)[0].split()[:QUESTION_WORDS])


def _embed_all(texts: Sequence[Translated], embed: Callable[[Sequence[str]], Vectors]) -> Parallel:
    rows = [
        (meaning, code, text.source, words)
        for meaning, text in enumerate(texts)
        for code, words in text.texts.items()
    ]
    meanings, languages, sources, words = zip(*rows, strict=True)
    return Parallel(embed(words), meanings, languages, sources)


def _frequent_languages(texts: Parallel) -> set[str]:
    return {code for code, number in Counter(texts.languages).items() if number >= LEAST}
