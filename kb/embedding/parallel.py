"""Fit a language normalisation from vectors of parallel texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kb.embedding.preparation import ANY, LanguageNormalizer

Array = npt.NDArray[np.floating]

ROUNDS = 30
"""Iterations of alternating least squares; the means converge much earlier."""
SHRINKAGE = 0.6
"""Chosen on development texts from works not used for fitting; 0.4 to 0.7 give equal results."""


@dataclass(frozen=True)
class Parallel:
    """Vectors, shape (texts, dimension). Texts with equal ``meanings[i]`` are translations of each
    other; ``sources[i]``: the work they come from."""

    vectors: Array
    meanings: Sequence[object]
    languages: Sequence[str]
    sources: Sequence[str]


def learn(passages: Parallel, queries: Parallel) -> LanguageNormalizer:
    """Fit a normalisation from a model's vectors of passages and of short texts."""
    means = language_means(passages)
    covariance = translation_covariance(passages, means)
    return LanguageNormalizer(means, language_means(queries), normalising(covariance))


def language_means(texts: Parallel) -> dict[str, npt.NDArray[np.float32]]:
    """Mean vector of every language over the same meanings, and the mean of these under ``ANY``.

    A vector is modelled as meaning plus language (two-way analysis of variance without interaction,
    by weighted least squares), so that a language for which only some texts exist is not confounded
    with their topics. Each source is weighted by the square root of its size, so that no single
    work dominates.
    """
    _, meanings = np.unique(np.array([str(m) for m in texts.meanings]), return_inverse=True)
    codes, languages = np.unique(np.array(texts.languages), return_inverse=True)
    sizes = Counter(texts.sources)
    weights = np.array([sizes[source] ** -0.5 for source in texts.sources])
    effects: Array = np.zeros((len(codes), texts.vectors.shape[1]))
    shared: Array = effects[languages]
    for _ in range(ROUNDS):
        shared = _weighted_means(texts.vectors - effects[languages], meanings, weights)[meanings]
        effects = _weighted_means(texts.vectors - shared, languages, weights)
    means = effects + np.average(shared, axis=0, weights=weights)
    found = dict(zip(codes.tolist(), means.astype(np.float32), strict=True))
    return {**found, ANY: means.mean(axis=0).astype(np.float32)}


def translation_covariance(
    passages: Parallel, means: Mapping[str, npt.NDArray[np.float32]]
) -> Array:
    """Covariance of translations around their meaning, shape (dimension, dimension).

    Meanings in a single language are left out.
    """
    centred = passages.vectors - np.stack([means[language] for language in passages.languages])
    _, meanings, sizes = np.unique(
        np.array([str(m) for m in passages.meanings]), return_inverse=True, return_counts=True
    )
    shared = _weighted_means(centred, meanings, np.ones(len(meanings)))
    spread = (centred - shared[meanings])[sizes[meanings] > 1]
    freedom = max(1, int((sizes[sizes > 1] - 1).sum()))
    covariance: Array = spread.T @ spread / freedom
    return covariance


def normalising(covariance: Array) -> npt.NDArray[np.float32]:
    """Inverse square root of the covariance, after shrinkage towards a multiple of the identity.

    Scaled such that an isotropic covariance gives the identity.
    """
    size = len(covariance)
    even = np.trace(covariance) / size
    if not even > 0:
        return np.eye(size, dtype=np.float32)
    values, directions = np.linalg.eigh(covariance / even)
    values = (1 - SHRINKAGE) * values + SHRINKAGE
    root = (directions * values**-0.5) @ directions.T
    return np.asarray(root, np.float16).astype(np.float32)


def _weighted_means(vectors: Array, groups: npt.NDArray[np.intp], weights: Array) -> Array:
    """Mean of each group, shape (groups, dimension)."""
    sums = np.zeros((int(groups.max()) + 1, vectors.shape[1]))
    np.add.at(sums, groups, vectors * weights[:, np.newaxis])
    means: Array = sums / np.bincount(groups, weights)[:, np.newaxis]
    return means
