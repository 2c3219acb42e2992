"""Language normalisation of vectors, between the model and the index.

Multilingual models separate texts by language more than by meaning, so that in a base of several
languages a question finds mostly texts in its own language. Two linear steps reduce this.
Subtracting the language's mean vector, computed separately for passages and queries, aligns the
languages (Libovický, Rosa, Fraser: On the language neutrality of pre-trained multilingual
representations, EMNLP Findings 2020). Within-class covariance normalisation then reduces the
directions in which translations of the same text differ (Hatch, Kajarekar, Stolcke: Within-class
covariance normalization for SVM-based speaker recognition, Interspeech 2006; a class is a meaning,
its members are translations).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from kb.messages import N_, ConfigurationError

Vectors = npt.NDArray[np.float32]

METHOD = 3
"""Increase when the same data would give other vectors."""
ANY = "und"
"""Stands for every language without a mean of its own."""
FOLDER = Path(__file__).parent


class LanguageNormalizer:
    """Removes the language component of vectors: subtract the language's mean, apply the covariance
    normalisation, L2-normalise. float32, shape (n, dimension) in and out.

    ``passage_means`` and ``query_means``: a vector per ISO 639-1 code, and one under ``ANY``.
    ``transform``: shape (dimension, dimension).
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

    def _normalize(
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
        """Short hash of the parameters."""
        digest = hashlib.sha256(self.transform.tobytes())
        for means in (self.passage_means, self.query_means):
            for language in sorted(means):
                digest.update(language.encode() + means[language].tobytes())
        return f"p{METHOD}{digest.hexdigest()[:6]}"

    def passages(self, vectors: Vectors, languages: Sequence[str]) -> Vectors:
        """Shape (passages, dimension); ``languages``: one code per passage."""
        return self._normalize(vectors, languages, self.passage_means)

    def query(self, vector: Vectors, language: str) -> Vectors:
        """Shape (dimension,)."""
        prepared: Vectors = self._normalize(vector[np.newaxis], [language], self.query_means)[0]
        return prepared

    def undo_transform(self, prepared: Vectors) -> Vectors:
        """Prepared vectors, shape (n, dimension), as they would be with only the language's mean
        subtracted, L2-normalised: the baseline that evaluation compares with."""
        centred = prepared.astype(np.float64) @ self._inverse
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        found: Vectors = (centred / np.maximum(lengths, 1e-9)).astype(np.float32)
        return found

    @cached_property
    def _inverse(self) -> npt.NDArray[np.float64]:
        return np.linalg.inv(self.transform.astype(np.float64))

    def save(self, path: Path) -> None:
        """Write the parameters to a file for ``load``."""
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
        """Raises ConfigurationError if the file was not written by ``save``."""
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
    """The normalisation shipped for the model, or None."""
    path = FOLDER / f"preparation-{fingerprint}.npz"
    return LanguageNormalizer.load(path) if path.is_file() else None
