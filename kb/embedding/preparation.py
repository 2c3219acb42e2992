"""The step between the model and the index that brings languages together.

A multilingual model places a text by its language first and by its meaning second, so that in a
base of several languages a question finds the texts of its own language, whatever they say.
Two linear steps take most of that away. Subtracting the mean vector of the language, for passages
and for queries apart, moves the languages onto each other (Libovický, Rosa, Fraser: On the language
neutrality of pre-trained multilingual representations, EMNLP Findings 2020). Within-class
covariance normalisation then plays down the directions in which translations of one text still
differ (Hatch, Kajarekar, Stolcke: Within-class covariance normalization for SVM-based speaker
recognition, Interspeech 2006; here the class is a meaning and its members are translations).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from kb.messages import N_, ConfigurationError

Vectors = npt.NDArray[np.float32]

METHOD = 3
"""Raise it when the same data would give other vectors."""
ANY = "und"
"""Stands for every language without a mean of its own."""
FOLDER = Path(__file__).parent


class LanguageNormalizer:
    """Moves vectors of length 1 towards what they mean whatever the language; length 1 again.

    ``passage_means`` and ``query_means`` have one vector per ISO 639-1 code, and one under ``ANY``;
    ``transform``, of shape (dimension, dimension), is applied to what is left.
    """

    def __init__(
        self,
        passage_means: Mapping[str, Vectors],
        query_means: Mapping[str, Vectors],
        transform: Vectors,
    ) -> None:
        self.passage_means = dict(passage_means)
        self.query_means = dict(query_means)
        self.transform = transform

    def _prepared(
        self, vectors: Vectors, languages: Sequence[str], means: Mapping[str, Vectors]
    ) -> Vectors:
        if not len(vectors):
            return vectors
        rest = vectors - np.stack([means.get(language, means[ANY]) for language in languages])
        rest = rest @ self.transform
        lengths = np.linalg.norm(rest, axis=1, keepdims=True)
        prepared: Vectors = (rest / np.maximum(lengths, 1e-9)).astype(np.float32)
        return prepared

    @property
    def version(self) -> str:
        """Tells different numbers apart."""
        digest = hashlib.sha256(self.transform.tobytes())
        for means in (self.passage_means, self.query_means):
            for language in sorted(means):
                digest.update(language.encode() + means[language].tobytes())
        return f"p{METHOD}{digest.hexdigest()[:6]}"

    def passages(self, vectors: Vectors, languages: Sequence[str]) -> Vectors:
        """Shape (passages, dimension); ``languages`` has one code per passage."""
        return self._prepared(vectors, languages, self.passage_means)

    def query(self, vector: Vectors, language: str) -> Vectors:
        """Shape (dimension,)."""
        prepared: Vectors = self._prepared(vector[np.newaxis], [language], self.query_means)[0]
        return prepared

    def save(self, path: Path) -> None:
        """Write what ``load`` reads."""
        languages = sorted(self.passage_means)
        np.savez_compressed(
            path,
            languages=np.array(languages),
            passages=np.stack([self.passage_means[code] for code in languages]),
            queries=np.stack([self.query_means[code] for code in languages]),
            transform=self.transform.astype(np.float16),
        )

    @classmethod
    def load(cls, path: Path) -> LanguageNormalizer:
        """Raises ConfigurationError when the file is not one of ``save``."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
                languages = [str(code) for code in data["languages"]]
                return cls(
                    dict(zip(languages, data["passages"].astype(np.float32), strict=True)),
                    dict(zip(languages, data["queries"].astype(np.float32), strict=True)),
                    data["transform"].astype(np.float32),
                )
        except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error) as error:
            raise ConfigurationError(
                N_("The file {name} for the preparation of vectors is damaged: make it again."),
                name=path.name,
            ) from error


def shipped_normalizer(fingerprint: str) -> LanguageNormalizer | None:
    """What comes with the program for the model, if anything does."""
    path = FOLDER / f"preparation-{fingerprint}.npz"
    return LanguageNormalizer.load(path) if path.is_file() else None
