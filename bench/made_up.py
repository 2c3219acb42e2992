"""Synthetic passages and questions with a natural distribution of word frequencies.

A word's frequency falls with its rank (Zipf 1935, "The Psycho-Biology of Language"), so that BM25
has realistic posting lists. Vectors are random, around one centre per language.
"""

from __future__ import annotations

import random
from itertools import accumulate

import numpy as np

from ingest.points import points_of, rows_of
from kb.domain import Kind, Passage, Status
from kb.embedding.late import LateVectors
from kb.runtime.index_sync import filter_values
from kb.runtime.services import Services
from kb.storage.tables import Document, new_id
from kb.text.sentences import sentences

PASSAGES_PER_DOCUMENT = 20
LANGUAGES = ("it", "en", "de", "fr", "es")
FREQUENT = (
    "comune rifiuti energia scuola bosco cooperativa turismo anziani bilancio unione strada acqua "
    "municipality waste energy school forest cooperative tourism elderly budget union road water "
    "Gemeinde Abfall Energie Schule Wald Genossenschaft Tourismus Haushalt commune déchets école "
    "forêt coopérative tourisme budget municipio residuos energía escuela bosque cooperativa 2019 "
    "ridotto del per cento in anni tra sono hanno costo euro abitanti the of and der die das les"
).split()
SYLLABLES = "ba ce di fo ga le mi no pa re si to va cre gli lon mar per sta tri".split()
RARE = 20_000
MIDDLING = slice(100, 5_000)
"""Ranks of the content words of a question."""


def _vocabulary() -> list[str]:
    chance = random.Random(0)
    rare = ("".join(chance.choices(SYLLABLES, k=chance.randint(2, 5))) for _ in range(RARE))
    return [*FREQUENT, *rare]


VOCABULARY = _vocabulary()
_BY_RANK = list(accumulate(1 / rank for rank in range(1, len(VOCABULARY) + 1)))


def text(chance: random.Random) -> str:
    """Eight sentences of twenty words."""
    words = (chance.choices(VOCABULARY, cum_weights=_BY_RANK, k=20) for _ in range(8))
    return ". ".join(" ".join(sentence).capitalize() for sentence in words) + "."


def question(chance: random.Random) -> str:
    """Seven words: three frequent ones, four content words."""
    return " ".join([*chance.choices(FREQUENT, k=3), *chance.choices(VOCABULARY[MIDDLING], k=4)])


def questions(number: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [question(chance) for _ in range(number)]


def fill(services: Services, size: int) -> None:
    """Add ``size`` passages in documents of twenty, in five languages."""
    rng, chance = np.random.default_rng(0), random.Random(1)
    dimension = services.model.dimension
    centres = {language: rng.normal(size=dimension) for language in LANGUAGES}
    for _ in range(size // PASSAGES_PER_DOCUMENT):
        language = chance.choice(LANGUAGES)
        passages = [
            Passage(new_id(), n, text(chance), ("Capitolo",), language)
            for n in range(PASSAGES_PER_DOCUMENT)
        ]
        vectors = _vectors(rng, centres[language], passages)
        item = Document(
            id=new_id(), kind=Kind.DOCUMENT, title="Documento", language=language,
            status=Status.READY, content_sha256=new_id(), filename="x", size=1,
        )  # fmt: skip
        with services.database.transaction() as session:
            session.add(item)
            session.flush()  # gives the item its visibility, without which nobody finds its points
            session.add_all(rows_of(item.id, passages, vectors))
            points = points_of(services, filter_values(item), "Documento", passages, vectors)
        services.index.upsert(points)


def _vectors(rng: np.random.Generator, centre: np.ndarray, passages: list[Passage]) -> LateVectors:
    vectors = (centre * 3 + rng.normal(size=(len(passages), len(centre)))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    spans = [sentences(passage.text) for passage in passages]
    late = [rng.integers(-9, 9, (len(found), len(centre))).astype(np.int8) for found in spans]
    return LateVectors(vectors, spans, late)
