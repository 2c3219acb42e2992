"""A preparation for any model, learned from texts that exist in several languages."""

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
"""Words in English of a text that stands for a question; longer ones are passages."""
QUESTION_WORDS = 25
LEAST = 30
"""A language with fewer texts gets the mean of all."""


@dataclass(frozen=True)
class Translated:
    """A text by language (ISO 639-1), English among them, and the work it is from."""

    source: str
    texts: Mapping[str, str]

    @property
    def short(self) -> bool:
        return len(self.texts["en"].split()) in SHORT


def own_texts() -> list[Translated]:
    """The texts that come with the program, in at least the five languages of the vocabularies."""
    entries: dict[str, dict[str, str]] = yaml.load(OWN_TEXTS.read_text("utf-8"), yaml.CSafeLoader)
    return [Translated("own", texts) for texts in entries.values()]


def normalizer_version(fingerprint: str) -> str:
    """Part of the index's name: vectors of different versions do not compare.

    Of a learned preparation it names the method and the texts, not the numbers, which differ in
    the last digits from one processor to another; so it is known before anything is learned.
    """
    shipped = shipped_normalizer(fingerprint)
    return shipped.version if shipped else _learned_version()


def load_normalizer(
    fingerprint: str, cache_dir: Path, embedder: Callable[[], Embedder]
) -> LanguageNormalizer:
    """What was learned for the model: shipped, or from the program's own texts at the first call.

    Only then is ``embedder`` called. What was learned is kept in ``cache_dir``, since it comes out
    the same again; safe when several processes ask at once.

    Raises:
        TransientError: it cannot be kept there.
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
    """A preparation for the model. Short texts and the first sentences of long ones serve as
    questions, long ones as passages."""
    long = [text for text in texts if not text.short]
    first = [replace(t, texts={c: _question(s) for c, s in t.texts.items()}) for t in long]
    passages = _embedded(long, embedder.embed_passages)
    queries = _embedded([*first, *filter(lambda t: t.short, texts)], embedder.embed_queries)
    preparation = learn(passages, queries)
    enough = {ANY, *(_frequent(passages) & _frequent(queries))}
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


def _question(text: str) -> str:
    return " ".join(text.split(". ", maxsplit=1)[0].split()[:QUESTION_WORDS])


def _embedded(texts: Sequence[Translated], embed: Callable[[Sequence[str]], Vectors]) -> Parallel:
    rows = [
        (meaning, code, text.source, words)
        for meaning, text in enumerate(texts)
        for code, words in text.texts.items()
    ]
    meanings, languages, sources, words = zip(*rows, strict=True)
    return Parallel(embed(words), meanings, languages, sources)


def _frequent(texts: Parallel) -> set[str]:
    return {code for code, number in Counter(texts.languages).items() if number >= LEAST}
